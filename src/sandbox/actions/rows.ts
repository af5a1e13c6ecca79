import type { Call } from '../call.ts';
import { isAnonymous } from '../store/persons/distinct-ids.ts';
import type { Properties } from '../store/json.ts';
import type { Generation } from '../store/settings.ts';
import type { Person } from '../store/persons/persons.ts';
import { iso, text } from '../wire/python.ts';

/** How a person is written in an answer. There are two shapes, and their `id` differs (PostHog contract §7). */

/** Distinct ids shown in a row of a page. */
const ROW_DISTINCT_IDS = 1000;

const DISPLAY_PROPERTIES: Readonly<Record<Generation, readonly string[]>> = {
  A: ['email', 'Email', '$email', 'name', 'Name', 'username', 'Username', 'UserName'],
  B: ['email', 'name', 'username'],
  C: ['email', 'name', 'username'],
};

/** The order of rows inside a page: newest first, ties by UUID ascending. */
export function byCreation(a: Person, b: Person): number {
  return b.createdAt - a.createdAt || (a.uuid < b.uuid ? -1 : 1);
}

/** The properties that the key's owner may read; the others are left out without a word (corrections §3, 2.16). */
export function readableProperties(call: Call, properties: Properties): Properties {
  const { unreadable_properties: unreadable } = call.settings;
  if (call.generation === 'A' || unreadable.length === 0) return properties;
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !unreadable.includes(name)));
}

/** The name shown for a person: a display property, else the first identified distinct id, else the first one, else the number. */
export function displayName(person: Person, generation: Generation): string {
  const named = DISPLAY_PROPERTIES[generation]
    .map((key) => text(person.properties[key]))
    .find((name) => name !== '');
  return (
    named ?? person.distinctIds.find((id) => !isAnonymous(id)) ?? person.distinctIds[0] ?? String(person.id)
  );
}

function lastSeen(person: Person, generation: Generation): Record<string, unknown> {
  return generation === 'A'
    ? {}
    : { last_seen_at: person.lastSeenAt === null ? null : iso(person.lastSeenAt) };
}

/** A row of the list or of an insight: `id` is the UUID. */
export function personRow(
  call: Call,
  person: Person,
  valueAtDataPoint: number | null = null,
): Record<string, unknown> {
  return {
    type: 'person',
    id: person.uuid,
    uuid: person.uuid,
    name: displayName(person, call.generation),
    distinct_ids: person.distinctIds.slice(0, ROW_DISTINCT_IDS),
    properties: readableProperties(call, person.properties),
    created_at: iso(person.createdAt),
    ...lastSeen(person, call.generation),
    is_identified: person.isIdentified,
    matched_recordings: [],
    value_at_data_point: valueAtDataPoint,
  };
}

/** A person asked for by itself: `id` is the number, and chosen distinct ids come first. */
export function retrievedPerson(
  call: Call,
  person: Person,
  shownIds = Number.POSITIVE_INFINITY,
): Record<string, unknown> {
  const ids = person.distinctIds
    .slice(0, shownIds)
    .toSorted((a, b) => Number(isAnonymous(a)) - Number(isAnonymous(b)));
  return {
    id: person.id,
    name: displayName(person, call.generation),
    distinct_ids: ids,
    properties: readableProperties(call, person.properties),
    created_at: iso(person.createdAt),
    uuid: person.uuid,
    ...lastSeen(person, call.generation),
  };
}
