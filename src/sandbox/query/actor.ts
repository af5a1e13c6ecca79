import { readableProperties } from '../actions/rows.ts';
import type { Call } from '../call.ts';
import type { Match } from '../insights/actors.ts';
import { isAnonymous } from '../store/persons/distinct-ids.ts';
import type { Generation } from '../store/settings.ts';
import { iso } from '../wire/python.ts';
import type { Column } from './select.ts';
import type { Aggregation } from './sources/aggregation.ts';

/** How one actor is shown: the persons come from the person database, after ClickHouse chose the ids. */

/** Distinct ids shown of an actor; the older generation shows all. */
const ACTOR_DISTINCT_IDS = 101;

/** The distinct ids of the events that made the match. */
function eventDistinctIds(match: Match): string[] {
  return [...new Set((match.deeds ?? []).map((deed) => deed.distinctId))];
}

/** False for who is gone from the person database; its events are still there. */
export function isResolved(match: Match): boolean {
  return match.person.state !== 'deleted';
}

function shownIds(ids: readonly string[], generation: Generation): readonly string[] {
  if (generation === 'A') return ids;
  return ids
    .toSorted((one, other) => Number(isAnonymous(one)) - Number(isAnonymous(other)))
    .slice(0, ACTOR_DISTINCT_IDS);
}

function personObject(match: Match, call: Call, isCounted: boolean): Record<string, unknown> {
  const { person } = match;
  const { generation } = call;
  if (!isResolved(match)) {
    return {
      id: person.uuid,
      ...(isCounted ? { distinct_ids: eventDistinctIds(match) } : {}),
      ...(generation === 'C' ? { is_unresolved: true } : {}),
    };
  }
  const seen = person.lastSeenAt === null ? null : iso(person.lastSeenAt);
  return {
    id: person.uuid,
    properties: readableProperties(call, person.properties),
    distinct_ids: shownIds(person.distinctIds, generation),
    is_identified: person.isIdentified,
    created_at: iso(person.createdAt),
    ...(generation === 'A' ? {} : { last_seen_at: seen }),
  };
}

function groupObject({ person }: Match, index: number): Record<string, unknown> {
  return {
    id: person.uuid,
    type: 'group',
    group_key: person.uuid,
    group_type_index: index,
    properties: person.properties,
    created_at: iso(person.createdAt),
  };
}

function actorObject(
  match: Match,
  aggregation: Aggregation,
  call: Call,
  isCounted: boolean,
): Record<string, unknown> {
  switch (aggregation.by) {
    case 'person':
      return personObject(match, call, isCounted);
    case 'group':
      return groupObject(match, aggregation.index);
    case 'session':
      return { id: match.person.uuid, type: 'session', distinct_id: match.person.distinctIds[0] ?? null };
  }
}

/** What a row's cells are made from, beside the match itself. */
export interface RowContext {
  readonly aggregation: Aggregation;
  readonly call: Call;
  readonly isCounted: boolean;
}

/** One cell of one row. */
export function cell(match: Match, column: Column, context: RowContext): unknown {
  switch (column) {
    case 'actor':
    case 'person':
    case 'group':
      return actorObject(match, context.aggregation, context.call, context.isCounted);
    case 'id':
    case 'actor_id':
      return match.person.uuid;
    case 'created_at':
      return iso(match.person.createdAt);
    case 'event_count':
      return match.value ?? 0;
    case 'event_distinct_ids':
      return eventDistinctIds(match);
    case 'person.$delete':
      return null;
  }
}
