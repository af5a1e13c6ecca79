import { err, ok, type Result } from '../../core/result.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import type { Reply, RequestLog } from '../context.ts';

type NoSuccess = Exclude<Interpretation, { kind: 'success' }>;

/** PostHog's refusal in its own words, with what every problem of ours has too; or its failure, in ours. */
export function refused(meaning: NoSuccess, { requestId }: RequestLog): Result<Reply> {
  if (meaning.kind === 'failure') return err(meaning.failure);
  const { status, body } = meaning;
  return ok({
    status,
    type: 'application/problem+json',
    body: JSON.stringify({ ...body, status, title: 'PostHog refused the request', request_id: requestId }),
  });
}
