import type { Call } from '../call.ts';
import { methodNotAllowed } from '../wire/errors.ts';
import { ok, type Reply } from '../wire/message.ts';
import { personInPath } from './find.ts';
import { retrievedPerson } from './rows.ts';

/** GET /:id/ (PostHog contract §8, 11). */
export function retrieve(call: Call): Reply {
  return ok(retrievedPerson(call, personInPath(call)));
}

/** POST / is always refused: people come from events (PostHog contract §8, 10). */
export function createRefused(): Reply {
  throw methodNotAllowed(
    'Creating persons via this API is not allowed. Please create persons by sending an $identify event. See https://posthog.com/docs/integrate/identifying-user for details.',
  );
}
