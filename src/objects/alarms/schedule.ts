/** When a message is sent again that the webhook did not take. Pure. Times are milliseconds. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The waits after each attempt that the specification of Standard Webhooks suggests. */
const WAITS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** A receiver that asks for more is taken to be mistaken. */
const RETRY_AFTER_MAX = 24 * HOUR;

/** The wait after attempt number `attempt` (from 1); null after the last. Where the receiver asked for longer, that. */
export function waitAfter(attempt: number, retryAfterSeconds: number | null): number | null {
  const wait = WAITS[attempt - 1];
  return wait === undefined
    ? null
    : Math.max(wait, Math.min((retryAfterSeconds ?? 0) * SECOND, RETRY_AFTER_MAX));
}
