import { failureUntil, type Failure } from '../../core/failure.ts';
import type { TokenId } from '../../core/ids.ts';
import type { ChainLink, TenantRecord } from '../../policy/grant.ts';
import type { Limit, LimitStanding, Outcome } from './rate-limiter.ts';

/** Where a caller stands with one limit, in the terms of the RateLimit header fields. Whole numbers. */
export interface LimitState {
  holder: 'tenant' | 'token';
  /** Requests that may come at once: the burst. */
  quota: number;
  /** Seconds in which an empty burst is full again, at least 1. */
  windowSeconds: number;
  /** Requests that would be admitted right now. */
  remaining: number;
  /** Seconds until the burst is full again; 0 when it is. */
  resetSeconds: number;
}

/**
 * Every limit a request spends from: the tenant's, and that of each link of its chain that has one. A token derived
 * from another spends from the other's rate too, so that deriving many never multiplies a rate.
 */
export function limitsOf(tenant: TenantRecord, chain: readonly ChainLink[]): Limit[] {
  const limits: Limit[] = [{ holder: 'tenant', rate: tenant.rate }];
  for (const { id, rate } of chain) if (rate !== undefined) limits.push({ holder: id, rate });
  return limits;
}

/** The tenant's limit, and the tightest of the chain's where it has any. */
export function statesOf(standings: readonly LimitStanding[]): LimitState[] {
  const [tenant, ...tokens] = standings.map(
    ({ limit, standing: { quota, windowSeconds, remaining, resetSeconds } }): LimitState => ({
      holder: limit.holder === 'tenant' ? 'tenant' : 'token',
      quota,
      windowSeconds,
      remaining,
      resetSeconds,
    }),
  );
  const tightest = tokens.toSorted((a, b) => a.remaining - b.remaining || b.resetSeconds - a.resetSeconds)[0];
  return [tenant, tightest].filter((state) => state !== undefined);
}

/** Says whose limit is used up and what it is, which the caller knows anyway, and when to come back. */
export function rateFailure(
  { limit, retryAfterSeconds }: NonNullable<Outcome['refused']>,
  cost: number,
  self: TokenId,
): Failure {
  const { requests_per_minute, burst } = limit.rate;
  const whose =
    limit.holder === 'tenant'
      ? 'The tenant'
      : limit.holder === self
        ? 'This token'
        : 'A token this one was derived from';
  const what = `${whose} may send ${requests_per_minute} requests a minute, ${burst} at once`;
  const why =
    cost > burst ? `this operation counts as ${cost} requests and never fits` : `that is used up for now`;
  return failureUntil('rate_limited', `${what}; ${why}.`, retryAfterSeconds);
}
