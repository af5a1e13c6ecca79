import { body, type Call } from '../call.ts';
import { type ActivityName, addActivity } from '../store/activity.ts';
import { setProperties, unsetProperty } from '../store/persons/changes.ts';
import type { Person } from '../store/persons/persons.ts';
import { invalid, requiredSwapped, serverError } from '../wire/errors.ts';
import { accepted, type Reply } from '../wire/message.ts';
import { isRecord, text } from '../wire/python.ts';
import { lookUp, personInPath } from './find.ts';

/** Changes of properties. Upstream sends them through ingestion; here they apply at once. */

/** B and C refuse a change of a property that the keys' owner may not write (corrections §3, 2.16). */
function mayWrite(call: Call, names: readonly string[]): void {
  if (call.generation === 'A') return;
  const denied = names.find((name) => call.settings.unwritable_properties.includes(name));
  if (denied !== undefined) throw invalid(`You have no write access to the property ${denied}`);
}

function record(call: Call, person: Person, activity: ActivityName): void {
  addActivity(call.sql, {
    projectId: call.projectId,
    itemId: String(person.id),
    activity,
    name: person.uuid,
    changes: [{ type: 'Person', action: 'changed', field: 'properties', before: null, after: null }],
    at: call.now,
  });
}

/**
 * PATCH and PUT /:id/ (PostHog contract §8, 12): merges `properties`, ignores everything else. A value that cannot be
 * merged is swallowed with a 202, as every failure of ingestion is.
 */
export function updatePerson(call: Call): Reply {
  const { properties } = body(call);
  const person = personInPath(call);
  if (properties === undefined || properties === null) throw requiredSwapped('properties');
  mayWrite(call, isRecord(properties) ? Object.keys(properties) : []);
  if (isRecord(properties)) setProperties(call.sql, person, properties, call.now);
  record(call, person, 'updated');
  return accepted();
}

/** POST /:id/update_property/ (PostHog contract §8, 17). Generation A takes null for a value that is missing. */
export function updateProperty(call: Call): Reply {
  const members = body(call);
  const { key, value } = members;
  const missing = call.generation === 'A' ? (value ?? null) === null : !('value' in members);
  if (missing) throw requiredSwapped('value');
  if (key === undefined || key === null) throw requiredSwapped('key');
  const person = personInPath(call);
  mayWrite(call, [text(key)]);
  setProperties(call.sql, person, { [text(key)]: value }, call.now);
  record(call, person, 'updated');
  return accepted();
}

/** POST /:id/delete_property/ (PostHog contract §8, 16): without `$unset`, or for an unknown person, it crashes. */
export function deleteProperty(call: Call): Reply {
  const { $unset: key } = body(call);
  const person = lookUp(call, call.id);
  if (person === undefined || typeof key !== 'string') throw serverError();
  mayWrite(call, [key]);
  unsetProperty(call.sql, person, key, call.now);
  record(call, person, 'delete_property');
  return { status: 201, data: { success: true } };
}
