/** When an attempt that settled nothing is followed by the next. Pure; all times in milliseconds. */

const FIRST_WAIT_MS = 10_000;
/** Also the wait of an entry that is held back: its PostHog comes back by a deployment, if at all. */
export const LONGEST_WAIT_MS = 3_600_000;
/** PostHog's own waits are minutes (contract §9). One of weeks is a mistake, and people wait to be erased. */
const LONGEST_RETRY_AFTER_MS = 86_400_000;
/** What an attempt may take beyond the deadline of its call before it counts as dead. */
const MARGIN_MS = 15_000;

/**
 * The wait after attempt number `attempt` (from 1): 10 s, doubling up to an hour, and from then on every hour for as
 * long as it takes. Where PostHog asked for a longer wait, that one, up to a day.
 */
export function waitAfter(attempt: number, retryAfterSeconds: number | null): number {
  const backoff = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  return Math.max(backoff, Math.min((retryAfterSeconds ?? 0) * 1000, LONGEST_RETRY_AFTER_MS));
}

/**
 * The wait after a look-up failed, and nothing was sent: as long as has been waited since something last happened to
 * the deletion, which doubles it from 10 s up to an hour. Where PostHog asked for a longer wait, that one.
 */
export function waitAfterLookup(waitedMs: number, retryAfterSeconds: number | null): number {
  const backoff = Math.min(Math.max(FIRST_WAIT_MS, waitedMs), LONGEST_WAIT_MS);
  return Math.max(backoff, Math.min((retryAfterSeconds ?? 0) * 1000, LONGEST_RETRY_AFTER_MS));
}

/** How long nothing is heard of an attempt before the alarm makes the next: its call would have timed out by then. */
export const overdueAfter = (timeoutMs: number): number => timeoutMs + MARGIN_MS;
