import { no, ok, type Result } from '../core/result.ts';
import type { Interpretation } from '../upstream/interpret.ts';
import type { Reply, Trace } from './exchange.ts';

type NoSuccess = Exclude<Interpretation, { kind: 'success' }>;

/** PostHog's refusal in its own words, with what every problem of ours has too; or its failure, in ours. */
export function refused(meaning: NoSuccess, { requestId }: Trace): Result<Reply> {
  if (meaning.kind === 'failure') return no(meaning.failure);
  const { status, body } = meaning;
  return ok({
    status,
    type: 'application/problem+json',
    body: JSON.stringify({ ...body, status, title: 'PostHog refused the request', request_id: requestId }),
  });
}
