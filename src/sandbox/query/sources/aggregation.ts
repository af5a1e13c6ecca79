import type { Call } from '../../call.ts';
import { satisfies } from '../../filters/evaluate.ts';
import type { Subject } from '../../filters/leaf.ts';
import { isOne } from '../../insights/entity.ts';
import { type Actor, isTestAccount, type Scene, type Sight } from '../../insights/scene.ts';
import { projectActions } from '../../store/actions.ts';
import { memberships } from '../../store/cohorts.ts';
import { type Happening, projectEvents } from '../../store/events.ts';
import { projectGroups } from '../../store/groups.ts';
import { own } from '../../store/json.ts';
import { everyPerson, type Person } from '../../store/persons/persons.ts';
import { text } from '../../wire/python.ts';
import type { InsightQuery } from '../schema/insights.ts';
import { unsupported } from '../unsupported.ts';

/**
 * An insight may be about groups or sessions instead of persons. Upstream's way to those has no place for the filters of
 * persons, so that `properties` and `fixedProperties` restrict nothing (PostHog query contract §2, groups leak).
 */

/** What an insight's actors are. */
export type Aggregation =
  | { readonly by: 'person' }
  | { readonly by: 'group'; readonly index: number }
  | { readonly by: 'session' };

/** Reads what an insight aggregates by. Only the newest generation knows sessions. */
export function aggregationOf(call: Call, query: InsightQuery): Aggregation {
  const ofSeries = query.series.map((series) => series.math_group_type_index ?? undefined);
  const index = query.aggregation_group_type_index ?? ofSeries.find((found) => found !== undefined);
  if (index !== undefined) return { by: 'group', index };
  if (query.series.some((series) => series.math === 'unique_group')) return { by: 'group', index: 0 };
  const expression = query.kind === 'FunnelsQuery' ? query.funnelsFilter?.funnelAggregateByHogQL : undefined;
  if (typeof expression === 'string' && expression !== 'person_id') {
    if (expression === 'properties.$session_id' && call.generation === 'C') return { by: 'session' };
    throw unsupported('evaluates no hogql expressions');
  }
  if (query.series.some((series) => series.math === 'hogql' || (series.math_hogql ?? '') !== '')) {
    throw unsupported('evaluates no hogql expressions');
  }
  return { by: 'person' };
}

function keyOf(aggregation: Aggregation, deed: Happening): string {
  if (aggregation.by === 'session') return text(own(deed.properties, '$session_id'));
  // The sandbox has groups of type 0 only.
  return aggregation.by === 'group' && aggregation.index === 0 ? (deed.group ?? '') : '';
}

const NO_COHORTS: ReadonlySet<number> = new Set();

/** A group or a session in the place of a person: its key stands where the UUID would. */
function standIn(call: Call, key: string, group: ReturnType<typeof groupsOf>, first: Happening): Person {
  const found = group.get(key);
  return {
    id: 0,
    uuid: key,
    projectId: call.projectId,
    properties: found?.properties ?? {},
    createdAt: found?.createdAt ?? first.at,
    lastSeenAt: null,
    isIdentified: false,
    state: 'live',
    distinctIds: [first.distinctId],
  };
}

function groupsOf(call: Call) {
  return projectGroups(call.sql, call.projectId);
}

/** Gathers groups or sessions with their events; each event is judged with the person it belongs to. */
export function gatherAggregated(call: Call, aggregation: Aggregation, sight: Sight): Scene {
  const actions = projectActions(call.sql, call.projectId);
  const cohorts = memberships(call.sql);
  const groups = groupsOf(call);
  const persons = new Map(everyPerson(call.sql, call.projectId).map((person) => [person.id, person]));
  const subject = (deed: Happening): Subject => ({
    person: persons.get(deed.personId)?.properties ?? {},
    event: deed.properties,
    cohorts: cohorts.get(deed.personId) ?? NO_COHORTS,
    distinctIds: persons.get(deed.personId)?.distinctIds ?? [],
    group: groups.get(deed.group ?? '')?.properties ?? {},
  });
  const isStaff = (deed: Happening): boolean => {
    const person = persons.get(deed.personId);
    return sight.withoutStaff && person !== undefined && isTestAccount(person);
  };
  const deeds = projectEvents(call.sql, call.projectId).filter(
    (deed) => !isStaff(deed) && satisfies(sight.filter, subject(deed), call.now),
  );
  const byKey = Map.groupBy(deeds, (deed) => keyOf(aggregation, deed));
  const actors = [...byKey].flatMap(([key, done]): Actor[] => {
    const first = done[0];
    if (key === '' || first === undefined) return [];
    return [
      {
        person: standIn(call, key, groups, first),
        deeds: done,
        cohorts: NO_COHORTS,
        did: (entity, deed) => isOne(entity, deed, subject(deed), actions, call.now),
      },
    ];
  });
  return { actors, range: sight.range, now: call.now };
}
