import type { LimitStatus } from '../../objects/tenant/tenant.ts';

/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers: `q` requests in `w` seconds, `r` left,
 * all of them back in `t` seconds. A burst and its refill time say the same as our arithmetic does.
 */
export function rateHeaders(limits: readonly LimitStatus[]): Record<string, string> {
  if (limits.length === 0) return {};
  return {
    'RateLimit-Policy': limits.map((l) => `"${l.holder}";q=${l.quota};w=${l.windowSeconds}`).join(', '),
    RateLimit: limits.map((l) => `"${l.holder}";r=${l.remaining};t=${l.resetSeconds}`).join(', '),
  };
}
