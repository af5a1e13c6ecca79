import { failureUntil, type Failure } from '../failure.ts';

/** PostHog's own limit is used up for all tenants of a project (PostHog contract §9). */
export const rateLimitedFor = (seconds: number): Failure =>
  failureUntil(
    'upstream_rate_limited',
    `PostHog's own rate limit, which all tenants share, is used up. Try again in ${seconds} s.`,
    seconds,
  );
