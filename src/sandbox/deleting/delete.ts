import type { Call } from '../call.ts';
import { serverError } from '../wire/errors.ts';
import { accepted, type Reply } from '../wire/message.ts';
import { deletePersons, queue } from './deleting.ts';
import { personInPath } from '../actions/find.ts';

/**
 * DELETE /:id/ (PostHog contract §8, 13). Flags count by being there: `?delete_events=false` deletes events. From
 * generation B on the list of failures is dropped, so a delete that failed is a 202 as well.
 */
export function deletePerson(call: Call): Reply {
  const person = personInPath(call);
  const { query } = call.target;
  const old = call.generation === 'A';
  const { failed } = deletePersons(call, [person], {
    events: query.has('delete_events'),
    recordings: query.has('delete_recordings'),
    keepPerson: !old && query.has('keep_person'),
  });
  if (old && failed.length > 0) throw serverError();
  return accepted();
}

/** POST /:id/delete_events/ (PostHog contract §8, 14): the profile stays. */
export function deleteEvents(call: Call): Reply {
  queue(call, personInPath(call), 'event');
  return accepted();
}

/** POST /:id/delete_recordings/ (PostHog contract §8, 15): the profile stays. */
export function deleteRecordings(call: Call): Reply {
  queue(call, personInPath(call), 'recording');
  return accepted();
}
