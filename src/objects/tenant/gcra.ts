import type { Rate } from '../../policy/grant.ts';

/**
 * The rate, as arithmetic: GCRA in its leaky-bucket form (ITU-T I.371 shows both forms admit the same). No clock, no state.
 *
 * Times are whole milliseconds. One request is 60,000 parts, so that a rate of n requests a minute pays off exactly
 * n parts each millisecond: integers throughout, with no rounding to exploit or to lose.
 */
const PARTS_PER_REQUEST = 60_000;

/** A bucket may lie this many milliseconds ahead of the clock. Small corrections of a clock pay nothing off twice. */
const CLOCK_JITTER_MS = 1000;

/** How full a leaky bucket was, and when. */
export interface Level {
  readonly atMs: number;
  /** Parts of requests spent and not yet paid off by time. */
  readonly owed: number;
}

/** A bucket of which a part is leased: spent already, and perhaps still to be used. */
export interface Bucket extends Level {
  /** Parts of leases that have not ended. Time pays off only what is owed above them. */
  readonly leased: number;
  /** When the last lease ends. Means nothing where nothing is leased. */
  readonly leasedUntilMs: number;
}

const NOTHING_LEASED = { leased: 0, leasedUntilMs: 0 } as const;

/** The bucket of a holder that never spent anything. */
export const emptyBucket = (nowMs: number): Bucket => ({ atMs: nowMs, owed: 0, ...NOTHING_LEASED });

/**
 * The bucket after the clock was set back: it keeps what it owes and goes on from `nowMs`. The jump pays nothing off,
 * and no request waits for the clock to catch up. Null while the clock was not set back.
 */
export const rewound = (bucket: Bucket, nowMs: number): Bucket | null =>
  bucket.atMs - nowMs > CLOCK_JITTER_MS
    ? { ...bucket, atMs: nowMs, leasedUntilMs: bucket.leasedUntilMs - (bucket.atMs - nowMs) }
    : null;

/** The level at `nowMs`, never below `floor`. A `nowMs` before the level's own time pays nothing off. */
function drain({ atMs, owed }: Level, floor: number, rate: Rate, nowMs: number): Level {
  const elapsedMs = Math.max(0, nowMs - atMs);
  return { atMs: atMs + elapsedMs, owed: Math.max(floor, owed - elapsedMs * rate.requests_per_minute) };
}

/** The bucket at `nowMs`. The ends of leases until then must have been taken into account before. */
export const settle = (bucket: Bucket, rate: Rate, nowMs: number): Bucket => ({
  ...bucket,
  ...drain(bucket, bucket.leased, rate, nowMs),
});

export type Attempt =
  | { readonly allowed: true; readonly bucket: Bucket }
  /** `retryAfterSeconds`: whole, at least 1; by then the same would be allowed, if nothing else is spent meanwhile. */
  | { readonly allowed: false; readonly retryAfterSeconds: number };

/**
 * Tries to spend `cost` requests at `nowMs`. Over t minutes no more than `burst + requests_per_minute × t` are allowed,
 * and for each jump of the clock ahead at most one burst more: a jump ahead looks like t minutes without requests.
 * A cost above the burst never fits; its `retryAfterSeconds` is the time until nothing is owed.
 *
 * @throws RangeError when `cost` is not a whole number, 0 or more: a defect of the caller, never input.
 */
export function trySpend(bucket: Bucket, rate: Rate, cost: number, nowMs: number): Attempt {
  if (!Number.isSafeInteger(cost) || cost < 0) throw new RangeError('A cost is a whole number, 0 or more.');
  const settled = settle(bucket, rate, nowMs);
  const owed = settled.owed + cost * PARTS_PER_REQUEST;
  const excess = owed - rate.burst * PARTS_PER_REQUEST;
  if (cost === 0 || excess <= 0) return { allowed: true, bucket: { ...settled, owed } };
  const seconds = secondsToPay(Math.min(excess, settled.owed), settled, rate, nowMs);
  return { allowed: false, retryAfterSeconds: Math.max(1, seconds) };
}

/** Where one limit stands, in the terms of the RateLimit header fields. Whole numbers, rounded against the caller. */
export interface LimitStatus {
  holder: 'tenant' | 'token';
  /** Requests that may come at once: the burst. */
  quota: number;
  /** Seconds in which an empty burst is full again, at least 1. */
  windowSeconds: number;
  /** Requests that would be admitted right now; never below 0. */
  remaining: number;
  /** Seconds until the burst is full again; 0 when it is. */
  resetSeconds: number;
}

export function statusOf(
  holder: LimitStatus['holder'],
  bucket: Bucket,
  rate: Rate,
  nowMs: number,
): LimitStatus {
  const settled = settle(bucket, rate, nowMs);
  return {
    holder,
    quota: rate.burst,
    windowSeconds: Math.max(1, Math.ceil((rate.burst * 60) / rate.requests_per_minute)),
    remaining: Math.max(0, Math.floor(leftOf(settled, rate, nowMs))),
    resetSeconds: settled.owed === 0 ? 0 : secondsToPay(settled.owed, settled, rate, nowMs),
  };
}

/** Requests that would be admitted at `nowMs`, as a fraction; below 0 where more than the burst is owed. */
export const leftOf = (bucket: Bucket, rate: Rate, nowMs: number): number =>
  rate.burst - settle(bucket, rate, nowMs).owed / PARTS_PER_REQUEST;

/**
 * Whole seconds from `nowMs` until `parts` are paid off, the wait for a bucket slightly ahead of `nowMs` included. What is
 * leased is paid off when the last lease has ended, at the latest.
 */
function secondsToPay(parts: number, bucket: Bucket, rate: Rate, nowMs: number): number {
  const waitMs = Math.max(0, bucket.atMs - nowMs) + Math.ceil(parts / rate.requests_per_minute);
  const ofLeases = Math.max(0, bucket.leased - (bucket.owed - parts));
  if (ofLeases === 0) return Math.ceil(waitMs / 1000);
  const endsMs = Math.max(0, bucket.leasedUntilMs - nowMs) + Math.ceil(ofLeases / rate.requests_per_minute);
  return Math.ceil(Math.max(waitMs, endsMs) / 1000);
}

/**
 * How many requests pass between two writes of a bucket: a quarter of the burst, at least one.
 * More would cost a restarted object more of its burst; fewer, more rows (a row costs as much as three requests).
 */
export const strideOf = (rate: Rate): number => Math.ceil(rate.burst / 4);

const slackOf = (rate: Rate): number => (strideOf(rate) - 1) * PARTS_PER_REQUEST;

/**
 * Milliseconds for which a stored bucket also covers spending that it does not show. Requests too far apart to ever
 * owe a stride then cost one row a minute instead of one each. An object that restarts within that minute takes a
 * stride less one to be owed.
 */
const HOLD_MS = 60_000;

/** A bucket as it is stored: fuller than the one in memory, so that losing memory never admits too much. */
export interface StoredBucket extends Level {
  readonly heldUntilMs: number;
}

/** When the last lease has ended. A stored bucket does not know leases, and must not be paid off before. */
const leaseFreeMs = ({ atMs, leased, leasedUntilMs }: Bucket): number =>
  leased === 0 ? atMs : Math.max(atMs, leasedUntilMs);

/** What to store for a bucket: all it owes and the rest of a stride, paid off from the end of its leases on. */
export const writeAhead = (bucket: Bucket, rate: Rate): StoredBucket => ({
  atMs: leaseFreeMs(bucket),
  owed: bucket.owed + slackOf(rate),
  heldUntilMs: bucket.atMs + HOLD_MS,
});

/**
 * The bucket to go on with at `nowMs` when only the stored one is left. It owes at least what the lost one owed,
 * and more by less than a stride; where the lost one had leases, it is paid off a term later at most.
 */
export function resume(stored: StoredBucket, rate: Rate, nowMs: number): Bucket {
  const shown = drain(stored, 0, rate, nowMs);
  const hidden = drain({ atMs: stored.heldUntilMs, owed: slackOf(rate) }, 0, rate, nowMs);
  return { atMs: shown.atMs, owed: Math.max(shown.owed, hidden.owed), ...NOTHING_LEASED };
}

/**
 * Would resuming from `stored` owe as much as `bucket` does, right now and until its last lease has ended? If not, it has
 * to be stored first.
 */
export const covers = (stored: StoredBucket, bucket: Bucket, rate: Rate): boolean =>
  resume(stored, rate, leaseFreeMs(bucket)).owed >= bucket.owed;

/** The bucket after `requests` more were spent and leased until `endsMs`. They fit: the caller has looked. */
export const lend = (bucket: Bucket, requests: number, endsMs: number): Bucket => ({
  atMs: bucket.atMs,
  owed: bucket.owed + requests * PARTS_PER_REQUEST,
  leased: bucket.leased + requests * PARTS_PER_REQUEST,
  leasedUntilMs: Math.max(bucket.leased === 0 ? 0 : bucket.leasedUntilMs, endsMs),
});

/** The bucket after a lease of `requests` ended at `atMs`, where `unused` of them were given back. */
export function endLease(
  bucket: Bucket,
  rate: Rate,
  { requests, unused, atMs }: { requests: number; unused: number; atMs: number },
): Bucket {
  const settled = settle(bucket, rate, atMs);
  return {
    ...settled,
    owed: settled.owed - unused * PARTS_PER_REQUEST,
    leased: settled.leased - requests * PARTS_PER_REQUEST,
  };
}
