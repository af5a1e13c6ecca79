import { failureUntil, type Failure } from '../../core/failure.ts';
import type { TokenId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Rate } from '../../policy/grant.ts';
import { emptyBucket, rewound, trySpend, type Bucket } from './gcra.ts';

const RATE: Rate = {
  requests_per_minute: LIMITS.revocationsPerMinuteMax,
  burst: LIMITS.revocationsPerMinuteMax,
};

/** Tokens remembered, about 200 bytes each. */
const TOKENS_CACHED = 10_000;

/** The bound of revoking, one for each token. In memory only: it guards the work of the moment. */
export class RevocationLimiter {
  /** In the order of last use, oldest first. */
  readonly #buckets = new Map<TokenId, Bucket>();

  /** Counts one request. Refuses it where the token has asked too often. */
  check(token: TokenId, nowMs: number): Failure | null {
    const known = this.#buckets.get(token) ?? emptyBucket(nowMs);
    const bucket = rewound(known, nowMs) ?? known;
    const attempt = trySpend(bucket, RATE, 1, nowMs);
    this.#remember(token, attempt.allowed ? attempt.bucket : bucket);
    if (attempt.allowed) return null;
    const refusal = failureUntil(
      'rate_limited',
      `A token may revoke ${LIMITS.revocationsPerMinuteMax} tokens a minute. ` +
        'A request without a body that revokes the token itself is never refused for this.',
      attempt.retryAfterSeconds,
    );
    return { ...refusal, limit: token };
  }

  #remember(token: TokenId, bucket: Bucket): void {
    this.#buckets.delete(token);
    this.#buckets.set(token, bucket);
    if (this.#buckets.size <= TOKENS_CACHED) return;
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      break;
    }
  }
}
