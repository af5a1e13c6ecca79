import type { Happening } from '../store/events.ts';
import { own } from '../store/json.ts';
import { text } from '../wire/python.ts';
import type { Actor } from './scene.ts';

/** The values a breakdown parameter names: one, or a JSON list of them. */
function wantedValues(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(text);
  try {
    const parsed: unknown = JSON.parse(text(value));
    return Array.isArray(parsed) ? parsed.map(text) : [text(value)];
  } catch {
    return [text(value)];
  }
}

/**
 * Makes the test of whether a deed lies in the slice a breakdown names (PostHog contract §6.4). Without a breakdown, or
 * without a value, everything does. The property is an event's unless said otherwise.
 */
export function slice(
  dictionary: Record<string, unknown>,
  wanted: unknown,
): (actor: Actor, deed: Happening) => boolean {
  const key = text(dictionary['breakdown']);
  if (key === '' || wanted === undefined || wanted === null || wanted === '') return () => true;
  const values = wantedValues(wanted);
  const ofPerson = dictionary['breakdown_type'] === 'person';
  return (actor, deed) =>
    values.includes(text(own(ofPerson ? actor.person.properties : deed.properties, key)));
}
