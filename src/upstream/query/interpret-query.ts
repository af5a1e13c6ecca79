/**
 * What an answer to a query means beyond its status. Pure. PostHog's words about a query quote the query, and with it the
 * slice of the tenant: none of them goes out.
 */
import { failure, failureUntil, type Failure } from '../../core/failure.ts';
import type { Interpretation } from '../interpret.ts';

export type Unsuccessful = Exclude<Interpretation, { kind: 'success' }>;

/** `retryAfterSeconds` is what PostHog said; `null` where it said nothing. */
export function interpretQuery(meaning: Unsuccessful, retryAfterSeconds: number | null): Unsuccessful {
  switch (meaning.kind) {
    case 'failure':
      return { ...meaning, failure: failureOf(meaning.status, retryAfterSeconds, meaning.failure) };
    case 'refusal':
      return meaning.status === QUOTA_EXCEEDED
        ? { kind: 'failure', status: meaning.status, failure: quotaUsedUp() }
        : { ...meaning, body: WITHOUT_WORDS };
  }
}

const WITHOUT_WORDS = {
  type: 'invalid_request',
  code: 'upstream_refused',
  detail: 'PostHog refused the query that was made of this request.',
  attr: null,
} as const;

/** Statuses of PostHog's Query API (query contract §1, Errors). */
const QUOTA_EXCEEDED = 402;
const TOO_MANY = 429;
const OVERLOADED = 503;
const STOPPED = 504;
const ESTIMATED_TOO_LONG = 512;

const BUSY_SECONDS = 10;
/** Others may have taken the time that this query lacked. */
const STOPPED_SECONDS = 30;
/** The same query is refused again; this is for clients that only know how to wait. */
const TOO_LONG_SECONDS = 300;

const NARROW = 'Ask for fewer days with date_from and date_to, for fewer events, or with more filters.';

function failureOf(status: number | null, retryAfterSeconds: number | null, otherwise: Failure): Failure {
  if (otherwise.code === 'upstream_timeout')
    return tooExpensive('PostHog did not finish the query in time', STOPPED_SECONDS);
  switch (status) {
    case TOO_MANY:
      // Its rate limit says for how long. Without that, others have filled its places (corrections §5 Q10).
      return retryAfterSeconds === null ? busy(BUSY_SECONDS) : otherwise;
    case OVERLOADED:
      return busy(retryAfterSeconds ?? BUSY_SECONDS);
    case STOPPED:
      return tooExpensive('PostHog stopped the query, which took too long', STOPPED_SECONDS);
    case ESTIMATED_TOO_LONG:
      return tooExpensive('PostHog did not begin the query, which would take too long', TOO_LONG_SECONDS);
    default:
      return otherwise;
  }
}

const busy = (seconds: number): Failure =>
  failureUntil('upstream_busy', 'PostHog is too busy to answer the query.', seconds);

const tooExpensive = (what: string, retryAfterSeconds: number): Failure =>
  failureUntil('upstream_too_expensive', `${what}. ${NARROW}`, retryAfterSeconds);

const quotaUsedUp = (): Failure =>
  failure('upstream_error', "PostHog's quota of queries is used up. Contact the operator of this gateway.");
