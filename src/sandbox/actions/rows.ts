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

/** PostHog takes five groups of letters and digits with dashes between for an id its own library made up. */
export function isAnonymous(distinctId: string): boolean {
  return /^([a-z0-9]+-){4}[a-z0-9]+$/i.test(distinctId);
}

/** Has the person an id that somebody chose? */
export function isIdentified(person: Person): boolean {
  return person.distinctIds.some((id) => !isAnonymous(id));
}

/** The name shown for a person: a display property, else the first id somebody chose, else the first id, else the number. */
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
  person: Person,
  generation: Generation,
  valueAtDataPoint: number | null = null,
): Record<string, unknown> {
  return {
    type: 'person',
    id: person.uuid,
    uuid: person.uuid,
    name: displayName(person, generation),
    distinct_ids: person.distinctIds.slice(0, ROW_DISTINCT_IDS),
    properties: person.properties,
    created_at: iso(person.createdAt),
    ...lastSeen(person, generation),
    is_identified: isIdentified(person),
    matched_recordings: [],
    value_at_data_point: valueAtDataPoint,
  };
}

/** A person asked for by itself: `id` is the number, and chosen distinct ids come first. */
export function retrievedPerson(
  person: Person,
  generation: Generation,
  shownIds = Number.POSITIVE_INFINITY,
): Record<string, unknown> {
  const ids = person.distinctIds
    .slice(0, shownIds)
    .toSorted((a, b) => Number(isAnonymous(a)) - Number(isAnonymous(b)));
  return {
    id: person.id,
    name: displayName(person, generation),
    distinct_ids: ids,
    properties: person.properties,
    created_at: iso(person.createdAt),
    uuid: person.uuid,
    ...lastSeen(person, generation),
  };
}
