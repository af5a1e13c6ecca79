import type { Call } from '../call.ts';
import { parseBody } from '../wire/body.ts';
import type { Reply } from '../wire/message.ts';
import { answerQuery } from './answer.ts';
import { parseQueryRequest } from './schema/envelope.ts';

/** POST /query/ (PostHog query contract §1): one ActorsQuery, answered at once. */
export function query(call: Call): Reply {
  return answerQuery(call, parseQueryRequest(parseBody(call.message), call.generation));
}
