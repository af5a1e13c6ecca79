import type { Call } from '../call.ts';
import { satisfies } from '../filters/evaluate.ts';
import { parseProperties } from '../filters/parse.ts';
import { foundBySearchPart } from '../filters/search.ts';
import { memberships } from '../store/cohorts.ts';
import { type Happening, projectEvents } from '../store/events.ts';
import { everyPerson, type Person } from '../store/persons.ts';
import { text, truthy } from '../wire/python.ts';
import { type Entity, isOne } from './entity.ts';
import { parseRange, type Range } from './range.ts';

/** One person and what it did, oldest first, after the insight's own filters. */
export interface Actor {
  readonly person: Person;
  readonly deeds: readonly Happening[];
  /** Is this deed one of the entity's? */
  readonly did: (entity: Entity, deed: Happening) => boolean;
}

/** The people an insight looks at, and in which range. */
export interface Scene {
  readonly actors: readonly Actor[];
  readonly range: Range;
}

const NO_COHORTS: ReadonlySet<number> = new Set();

/** The project's own filter for its staff, which `filter_test_accounts` switches on. */
function isTestAccount(person: Person): boolean {
  return text(person.properties['email']).endsWith('@staff.test');
}

/**
 * Gathers everybody of a project with the events that pass `properties`, `filter_test_accounts` and `search`. Deleted
 * persons are still here: their events are, and they count for paging (PostHog contract §5). The range is not applied,
 * since a funnel, a lifecycle and a timeline each mean something else by it.
 */
export function gather(call: Call, projectId: number, dictionary: Record<string, unknown>): Scene {
  const filter = parseProperties(dictionary['properties']);
  const search = text(dictionary['search']);
  const withoutStaff =
    truthy(dictionary['filter_test_accounts']) && dictionary['filter_test_accounts'] !== 'false';
  const cohorts = memberships(call.sql);
  const deeds = Map.groupBy(projectEvents(call.sql, projectId), (deed) => deed.personId);
  const actors = everyPerson(call.sql, projectId)
    .filter((person) => search === '' || foundBySearchPart(person, search))
    .filter((person) => !withoutStaff || !isTestAccount(person))
    .map((person): Actor => {
      const own = cohorts.get(person.id) ?? NO_COHORTS;
      const passes = (deed: Happening): boolean =>
        satisfies(filter, { person: person.properties, event: deed.properties, cohorts: own }, call.now);
      return {
        person,
        deeds: (deeds.get(person.id) ?? []).filter(passes),
        did: (entity, deed) => isOne(entity, deed, person.properties, own, call.now),
      };
    });
  return { actors, range: parseRange(dictionary, call.now) };
}

/** The deeds inside a range. */
export function within(range: Range, deeds: readonly Happening[]): Happening[] {
  return deeds.filter((deed) => deed.at >= range.from && deed.at <= range.to);
}
