import type { Call } from '../call.ts';
import type { Properties } from './json.ts';
import type { Person } from './persons/persons.ts';

/** What the events store knows of persons. It follows the person database, and may lag behind (PostHog query contract §4). */

/** The properties that the person is chosen by. */
export function storedProperties(call: Call, person: Person): Properties {
  return call.settings.stale_persons[person.uuid] ?? person.properties;
}

/** Is the person in the events store? */
export function isStored(call: Call, person: Person): boolean {
  if (call.settings.stale_persons[person.uuid] === null) return false;
  return person.state === 'live' || (person.state === 'deleted' && call.settings.clickhouse_lag);
}
