import type { Call } from '../call.ts';
import { type Person, personById, personsByUuid } from '../store/persons/persons.ts';
import { invalid, notFound } from '../wire/errors.ts';
import { uuid } from '../wire/python.ts';

/** The person a path segment or parameter names by number or UUID, if there is one. */
export function lookUp(call: Call, id: string): Person | undefined {
  if (/^-?\d+$/.test(id)) return personById(call.sql, call.projectId, Number(id));
  const canonical = uuid(id);
  if (canonical !== undefined) return personsByUuid(call.sql, call.projectId, [canonical])[0];
  // Upstream echoes what was sent: the gateway has to cope with that.
  throw invalid(
    `The ID provided does not look like a personID. If you are using a distinctId, please use /persons?distinct_id=${id} instead.`,
  );
}

/** The person named in the path, or 404. */
export function personInPath(call: Call): Person {
  const person = lookUp(call, call.id);
  if (person === undefined) throw notFound();
  return person;
}
