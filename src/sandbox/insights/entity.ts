import { satisfies } from '../filters/evaluate.ts';
import type { Group, Subject } from '../filters/leaf.ts';
import { EVERYTHING, parseProperties, unpack } from '../filters/parse.ts';
import type { Actions } from '../store/actions.ts';
import type { Happening } from '../store/events.ts';
import { int, isRecord, text } from '../wire/python.ts';

/** One series, step or exclusion of an insight (PostHog contract §6.4). */
export interface Entity {
  /** `null` matches every event. */
  readonly id: string | null;
  readonly type: 'events' | 'actions';
  readonly order: number | null;
  /** The second place where filters live. */
  readonly filter: Group;
  /** Of an exclusion: the steps it lies between, counted from zero. */
  readonly between: readonly [number, number] | undefined;
}

/** An entity of plain events without conditions. */
export function plainEntity(id: string | null, type: 'events' | 'actions'): Entity {
  return { id, type, order: null, filter: EVERYTHING, between: undefined };
}

/** Reads one entity; undefined if the value is no object. */
export function parseEntity(value: unknown, type: 'events' | 'actions'): Entity | undefined {
  if (!isRecord(value)) return undefined;
  const { id, properties, funnel_from_step: from, funnel_to_step: to } = value;
  return {
    id: id === undefined || id === null ? null : text(id),
    type: value['type'] === 'actions' ? 'actions' : type,
    order: value['order'] === undefined ? null : int(value['order'], 0),
    filter: parseProperties(properties),
    between: from === undefined || to === undefined ? undefined : [int(from, 0), int(to, 0)],
  };
}

function parseList(value: unknown, type: 'events' | 'actions', name: string): Entity[] {
  const unpacked = unpack(value, name);
  if (!Array.isArray(unpacked)) return [];
  return unpacked.map((item: unknown) => parseEntity(item, type)).filter((entity) => entity !== undefined);
}

/** The `actions` and `events` of a filter, in their order: one without an order stands where 0 does. */
export function parseEntities(dictionary: Record<string, unknown>): Entity[] {
  const events = parseList(dictionary['events'], 'events', 'Events');
  const actions = parseList(dictionary['actions'], 'actions', 'Actions');
  return [...actions, ...events].toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0));
}

/** The `exclusions` of a funnel. */
export function parseExclusions(dictionary: Record<string, unknown>): Entity[] {
  return parseList(dictionary['exclusions'], 'events', 'Exclusions');
}

/** Is this event one of the entity's? No event belongs to an action that the project does not define. */
export function isOne(
  entity: Entity,
  happening: Happening,
  subject: Subject,
  actions: Actions,
  now: number,
): boolean {
  const event = entity.type === 'actions' ? actions.get(entity.id ?? '') : entity.id;
  if (event === undefined || (event !== null && event !== happening.event)) return false;
  return satisfies(entity.filter, subject, now);
}
