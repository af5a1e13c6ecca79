import { FAILURES, type Failure } from '../../core/failure.ts';
import type { RequestId } from '../../core/ids.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import type { Reply } from '../context.ts';

const PROBLEM = 'application/problem+json';
const REALM = 'Bearer realm="hedgerow"';

/** A failure on the wire: PostHog's four members, and those that make it an RFC 9457 problem. */
export function problemReply(failure: Failure, requestId: RequestId): Reply {
  const { status, type, title } = FAILURES[failure.code];
  const { code, detail, attr } = failure;
  return {
    status,
    type: PROBLEM,
    body: JSON.stringify({ type, code, detail, attr, status, title, request_id: requestId }),
    headers: headersOf(failure, status),
  };
}

/** PostHog's refusal in its own words, with the members that every problem has. */
export function refusalReply(
  { status, body }: Extract<Interpretation, { kind: 'refusal' }>,
  requestId: RequestId,
): Reply {
  const { title } = FAILURES.not_found;
  return { status, type: PROBLEM, body: JSON.stringify({ ...body, status, title, request_id: requestId }) };
}

function headersOf(failure: Failure, status: number): Record<string, string> {
  const { retryAfterSeconds, allow } = failure;
  const challenge = challengeOf(failure, status);
  return {
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    ...(allow === undefined ? {} : { Allow: allow.join(', ') }),
    ...(challenge === null ? {} : { 'WWW-Authenticate': challenge }),
  };
}

/** RFC 6750 §3: no error where no credential was sent; the scopes where those were missing. */
function challengeOf({ code, scopes }: Failure, status: number): string | null {
  if (code === 'token_missing' || code === 'admin_token_missing') return REALM;
  if (status === 401) return `${REALM}, error="invalid_token", error_description="${FAILURES[code].title}"`;
  return scopes === undefined ? null : `${REALM}, error="insufficient_scope", scope="${scopes.join(' ')}"`;
}
