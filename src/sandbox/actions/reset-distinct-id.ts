import { body, type Call } from '../call.ts';
import { resetDistinctId } from '../store/persons/removal.ts';
import { invalid } from '../wire/errors.ts';
import { accepted, type Reply } from '../wire/message.ts';

/** POST /reset_person_distinct_id/ (PostHog contract §8, 7): a 202 whether or not there was anything to do. */
export function resetPersonDistinctId(call: Call): Reply {
  const { distinct_id: distinctId } = body(call);
  if (typeof distinctId !== 'string' || distinctId === '') throw invalid('distinct_id is required');
  resetDistinctId(call.sql, call.projectId, distinctId);
  return accepted();
}
