import type { Call } from '../call.ts';
import { deletionFailed, serverError } from '../wire/errors.ts';
import { accepted, type Reply } from '../wire/message.ts';
import { deletePersons, queue } from './deleting.ts';
import { personInPath } from '../actions/find.ts';

/**
 * DELETE /:id/ (PostHog contract §8, 13). Flags count by being there: `?delete_events=false` deletes events. It is never
 * queued. B drops the list of failures, so a delete that failed is a 202; C says 503 (corrections §3, 2.6).
 */
export function deletePerson(call: Call): Reply {
  const person = personInPath(call);
  const { query } = call.target;
  const old = call.generation === 'A';
  const flags = {
    events: query.has('delete_events'),
    recordings: query.has('delete_recordings'),
    keepPerson: !old && query.has('keep_person'),
  };
  const { failed } = deletePersons(call, [person], flags, 'now');
  if (failed.length > 0 && old) throw serverError();
  if (failed.length > 0 && call.generation === 'C') throw deletionFailed();
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
