import type { Call } from '../call.ts';
import { satisfies } from '../filters/evaluate.ts';
import type { Group, Subject } from '../filters/leaf.ts';
import { parseProperties } from '../filters/parse.ts';
import { foundBySearchPart } from '../filters/search.ts';
import { projectActions } from '../store/actions.ts';
import { memberships } from '../store/cohorts.ts';
import { type Happening, projectEvents } from '../store/events.ts';
import { projectGroups } from '../store/groups.ts';
import { everyPerson, type Person } from '../store/persons/persons.ts';
import { text, truthy } from '../wire/python.ts';
import { type Entity, isOne } from './entity.ts';
import { parseRange, type Range } from './range.ts';

/** One person and what it did, oldest first, after the insight's own filters. */
export interface Actor {
  readonly person: Person;
  readonly deeds: readonly Happening[];
  readonly cohorts: ReadonlySet<number>;
  /** Is this deed one of the entity's? */
  readonly did: (entity: Entity, deed: Happening) => boolean;
}

/** The people an insight looks at, and in which range. */
export interface Scene {
  readonly actors: readonly Actor[];
  readonly range: Range;
  readonly now: number;
}

/** Which part of a project an insight looks at. */
export interface Sight {
  /** What each event, with its person, has to satisfy. */
  readonly filter: Group;
  readonly isSought: (person: Person) => boolean;
  readonly withoutStaff: boolean;
  readonly range: Range;
}

const NO_COHORTS: ReadonlySet<number> = new Set();

/** The project's own filter for its staff, which `filter_test_accounts` switches on. */
export function isTestAccount(person: Person): boolean {
  return text(person.properties['email']).endsWith('@staff.test');
}

/**
 * Gathers every person that is sought, with the events that pass the filter. Deleted persons are still here: their
 * events are, and they count for paging (PostHog contract §5). The range is not applied, since a funnel, a lifecycle and
 * a timeline each mean something else by it.
 */
export function gather(call: Call, projectId: number, sight: Sight): Scene {
  const actions = projectActions(call.sql, projectId);
  const cohorts = memberships(call.sql);
  const groups = projectGroups(call.sql, projectId);
  const deeds = Map.groupBy(projectEvents(call.sql, projectId), (deed) => deed.personId);
  const actors = everyPerson(call.sql, projectId)
    .filter((person) => sight.isSought(person) && !(sight.withoutStaff && isTestAccount(person)))
    .map((person): Actor => {
      const own = cohorts.get(person.id) ?? NO_COHORTS;
      const subject = (deed: Happening): Subject => ({
        person: person.properties,
        event: deed.properties,
        cohorts: own,
        distinctIds: person.distinctIds,
        uuid: person.uuid,
        group: groups.get(deed.group ?? '')?.properties ?? {},
      });
      const passes = (deed: Happening): boolean => satisfies(sight.filter, subject(deed), call.now);
      return {
        person,
        deeds: (deeds.get(person.id) ?? []).filter(passes),
        cohorts: own,
        did: (entity, deed) => isOne(entity, deed, subject(deed), actions, call.now),
      };
    });
  return { actors, range: sight.range, now: call.now };
}

/** Gathers what a legacy filter looks at: `properties`, `filter_test_accounts`, `search` and the dates. */
export function gatherLegacy(call: Call, projectId: number, dictionary: Record<string, unknown>): Scene {
  const search = text(dictionary['search']);
  const staff = dictionary['filter_test_accounts'];
  return gather(call, projectId, {
    filter: parseProperties(dictionary['properties']),
    isSought: (person) => search === '' || foundBySearchPart(person, search),
    withoutStaff: truthy(staff) && staff !== 'false',
    range: parseRange(dictionary, call.now),
  });
}

/** The deeds inside a range. */
export function within(range: Range, deeds: readonly Happening[]): Happening[] {
  return deeds.filter((deed) => deed.at >= range.from && deed.at <= range.to);
}
