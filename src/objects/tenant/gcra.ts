import type { Rate } from '../../policy/grant.ts';

/**
 * The rate, as arithmetic: GCRA in its leaky-bucket form (ITU-T I.371 shows both forms admit the same). No clock, no state.
 *
 * Times are whole milliseconds. What is owed is counted in parts of which one request has 60,000, so that a rate of n
 * requests a minute pays off exactly n parts each millisecond: integers throughout, and no rounding to exploit or to lose.
 */
const PARTS_PER_REQUEST = 60_000;

/** How full a holder's bucket was, and when. */
export interface Clock {
  readonly atMs: number;
  /** Parts of requests spent and not yet paid off by time. */
  readonly owed: number;
}

/** The clock of someone who never spent anything. */
export const freshClock = (nowMs: number): Clock => ({ atMs: nowMs, owed: 0 });

/**
 * The clock as it stands at `nowMs`. Time only ever goes on: with a `nowMs` before the clock's own nothing is paid off,
 * so a machine whose time jumps back and forth admits no more than one that stands still.
 */
export function settle(clock: Clock, rate: Rate, nowMs: number): Clock {
  const elapsedMs = Math.max(0, nowMs - clock.atMs);
  return {
    atMs: clock.atMs + elapsedMs,
    owed: Math.max(0, clock.owed - elapsedMs * rate.requests_per_minute),
  };
}

export type Spending =
  | { readonly allowed: true; readonly clock: Clock }
  /** `retryAfterSeconds`: whole, at least 1; by then the same would be allowed, if nothing else is spent meanwhile. */
  | { readonly allowed: false; readonly retryAfterSeconds: number };

/**
 * Tries to spend `cost` requests at `nowMs`. Over any stretch of t minutes no more than `burst + requests_per_minute × t`
 * are ever allowed. A cost above the burst never fits; its `retryAfterSeconds` is the time until nothing is owed.
 *
 * @throws RangeError when `cost` is not a whole number, 0 or more: a defect of the caller, never input.
 */
export function trySpend(clock: Clock, rate: Rate, cost: number, nowMs: number): Spending {
  if (!Number.isSafeInteger(cost) || cost < 0) throw new RangeError('A cost is a whole number, 0 or more.');
  const settled = settle(clock, rate, nowMs);
  const owed = settled.owed + cost * PARTS_PER_REQUEST;
  const excess = owed - rate.burst * PARTS_PER_REQUEST;
  if (cost === 0 || excess <= 0) return { allowed: true, clock: { atMs: settled.atMs, owed } };
  const seconds = secondsToPay(Math.min(excess, settled.owed), settled, rate, nowMs);
  return { allowed: false, retryAfterSeconds: Math.max(1, seconds) };
}

/** Where a holder stands, in the terms of the RateLimit header fields. Whole numbers, in the caller's disfavour. */
export interface Standing {
  /** Requests an untouched holder may send at once. */
  readonly quota: number;
  /** Seconds in which all of the quota comes back, at least 1. */
  readonly windowSeconds: number;
  /** Requests that would be allowed right now; never below 0. */
  readonly remaining: number;
  /** Seconds until all of the quota is there again; 0 when it is. */
  readonly resetSeconds: number;
}

export function standing(clock: Clock, rate: Rate, nowMs: number): Standing {
  const settled = settle(clock, rate, nowMs);
  const left = rate.burst - settled.owed / PARTS_PER_REQUEST;
  return {
    quota: rate.burst,
    windowSeconds: Math.max(1, Math.ceil((rate.burst * 60) / rate.requests_per_minute)),
    remaining: Math.max(0, Math.floor(left)),
    resetSeconds: settled.owed === 0 ? 0 : secondsToPay(settled.owed, settled, rate, nowMs),
  };
}

/** Whole seconds from `nowMs` until `parts` are paid off, the wait for a clock that is ahead of `nowMs` included. */
function secondsToPay(parts: number, clock: Clock, rate: Rate, nowMs: number): number {
  const waitMs = Math.max(0, clock.atMs - nowMs) + Math.ceil(parts / rate.requests_per_minute);
  return Math.ceil(waitMs / 1000);
}

/**
 * How many requests pass between two writes of a clock: a quarter of the burst, at least one.
 * More would cost a restarted object more of its burst; fewer, more rows (a row costs as much as three requests).
 */
export const strideOf = (rate: Rate): number => Math.ceil(rate.burst / 4);

const slackOf = (rate: Rate): number => (strideOf(rate) - 1) * PARTS_PER_REQUEST;

/**
 * Milliseconds for which a written clock also vouches for spending it does not show. Requests too far apart to ever
 * owe a stride then cost one row a minute instead of one each; an object that restarts within that minute believes a
 * stride less one to be owed.
 */
const HOLD_MS = 60_000;

/** A clock as it is stored: ahead of the one in memory, so that forgetting the latter never admits too much. */
export interface WrittenClock extends Clock {
  readonly heldUntilMs: number;
}

/** What to store for a clock: all it owes and the rest of a stride. */
export function writeAhead(clock: Clock, rate: Rate): WrittenClock {
  return { atMs: clock.atMs, owed: clock.owed + slackOf(rate), heldUntilMs: clock.atMs + HOLD_MS };
}

/**
 * The clock to go on with at `nowMs` when only the written one is left. It owes at least what the lost one owed,
 * and more by less than a stride.
 */
export function resume(written: WrittenClock, rate: Rate, nowMs: number): Clock {
  const shown = settle(written, rate, nowMs);
  const hidden = settle({ atMs: written.heldUntilMs, owed: slackOf(rate) }, rate, nowMs);
  return { atMs: shown.atMs, owed: Math.max(shown.owed, hidden.owed) };
}

/** Would resuming from `written` right now owe as much as `clock` does? If not, it has to be written first. */
export const covers = (written: WrittenClock, clock: Clock, rate: Rate): boolean =>
  resume(written, rate, clock.atMs).owed >= clock.owed;
