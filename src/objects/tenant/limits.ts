import { failureUntil, type Failure } from '../../core/failure.ts';
import type { TokenId } from '../../core/ids.ts';
import type { TenantRecord, TokenLimits } from '../../policy/grant.ts';
import type { LimitStatus } from './gcra.ts';
import type { Limit, SpendResult } from './rate-limiter.ts';

/**
 * Every limit a request spends from: the tenant's, and that of each token of its chain that has one. A derived token
 * spends from the rates of its ancestors too, so that deriving many never multiplies a rate.
 */
export function limitsOf(tenant: TenantRecord, chain: readonly TokenLimits[]): Limit[] {
  const limits: Limit[] = [{ holder: 'tenant', rate: tenant.rate }];
  for (const { id, rate } of chain) if (rate !== undefined) limits.push({ holder: id, rate });
  return limits;
}

/** The limit of the tenant, and the tightest limit among the tokens of the chain where a token has one. */
export function limitsShown(statuses: readonly LimitStatus[]): LimitStatus[] {
  const [tenant, ...tokens] = statuses;
  const tightest = tokens.toSorted((a, b) => a.remaining - b.remaining || b.resetSeconds - a.resetSeconds)[0];
  return [tenant, tightest].filter((status) => status !== undefined);
}

/** Says whose limit is used up, how large that limit is, and when to come back. */
export function rateFailure(
  { limit, retryAfterSeconds }: NonNullable<SpendResult['refused']>,
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
  return { ...failureUntil('rate_limited', `${what}; ${why}.`, retryAfterSeconds), limit: limit.holder };
}
