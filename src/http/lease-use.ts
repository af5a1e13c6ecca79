/**
 * A lease: requests of a token that are spent from its rate already, and that one isolate may admit without asking. This is
 * what an isolate does with them; no clock and no network. Times are milliseconds of that isolate's clock.
 */

import { TERM_GRAIN_MS } from '../core/terms/watched-clock.ts';
import type { Lease, LeaseAsk } from '../objects/tenant/lease-book.ts';

interface HeldLease {
  readonly id: string;
  readonly askedMs: number;
  readonly termMs: number;
  readonly left: number;
}

/** What an isolate knows of its use of one token. */
export interface TokenUse {
  readonly lease: HeldLease | null;
  /** When the isolate asked for a lease that is not answered yet. */
  readonly askedMs: number | null;
  /** Requests of the window that began at `windowMs`, and of the one before. */
  readonly windowMs: number;
  readonly inWindow: number;
  readonly before: number;
}

export const unused = (nowMs: number): TokenUse => ({
  lease: null,
  askedMs: null,
  windowMs: nowMs,
  inWindow: 0,
  before: 0,
});

/** Takes `cost` requests from the lease. Null where there is none, it has ended, or so many are not left. */
export function useLease(use: TokenUse, cost: number, nowMs: number, termMs: number): TokenUse | null {
  const { lease } = use;
  if (lease === null || lease.left < cost || !isCurrent(lease, nowMs)) return null;
  return { ...countUse(use, cost, nowMs, termMs), lease: { ...lease, left: lease.left - cost } };
}

/**
 * What to ask for. The lease is used no more from here on, so that what is returned is counted once wherever the question
 * or its answer is lost. Null in the place of the question where another one is under way, which brings the next lease, and
 * where nothing is spent.
 */
export function askLease(
  use: TokenUse,
  cost: number,
  nowMs: number,
  termMs: number,
): { readonly use: TokenUse; readonly ask: LeaseAsk | null } {
  const { lease, askedMs } = use;
  // A question that was not answered within a term brings nothing any more.
  const isAsked = askedMs !== null && isWithin(askedMs, termMs, nowMs);
  if (isAsked || cost === 0) return { use, ask: null };
  const returned = lease !== null && isCurrent(lease, nowMs) ? { id: lease.id, unused: lease.left } : null;
  return {
    use: { ...use, lease: null, askedMs: nowMs },
    ask: { used: usedInLastTerm(use, nowMs, termMs), returned },
  };
}

/** `cost` requests were admitted by the object. */
export const countUse = (use: TokenUse, cost: number, nowMs: number, termMs: number): TokenUse => {
  const current = turned(use, nowMs, termMs);
  return { ...current, inWindow: current.inWindow + cost };
};

/** The question that was asked at `askedMs` is over. `lease` is null where it brought none. */
export function endAsk(use: TokenUse, askedMs: number, lease: Lease | null, nowMs: number): TokenUse {
  const ended = use.askedMs === askedMs ? { ...use, askedMs: null } : use;
  if (lease === null) return ended;
  const held = { id: lease.id, askedMs, termMs: lease.termMs, left: lease.requests };
  return isCurrent(held, nowMs) ? { ...ended, lease: held } : ended;
}

/** Requests in the last term: all of this window, and of the one before the part that is less than a term ago. */
export function usedInLastTerm(use: TokenUse, nowMs: number, termMs: number): number {
  const { windowMs, inWindow, before } = turned(use, nowMs, termMs);
  return inWindow + Math.ceil(before * (1 - (nowMs - windowMs) / termMs));
}

/** Goes on to the window of `nowMs`. */
function turned(use: TokenUse, nowMs: number, termMs: number): TokenUse {
  const { windowMs, inWindow } = use;
  if (isWithin(windowMs, termMs, nowMs)) return use;
  return isWithin(windowMs, 2 * termMs, nowMs)
    ? { ...use, windowMs: windowMs + termMs, inWindow: 0, before: inWindow }
    : { ...use, windowMs: nowMs, inWindow: 0, before: 0 };
}

const isCurrent = ({ askedMs, termMs }: HeldLease, nowMs: number): boolean =>
  isWithin(askedMs, termMs - TERM_GRAIN_MS, nowMs);

/** A clock that was set back makes nothing last longer. */
const isWithin = (fromMs: number, ms: number, nowMs: number): boolean =>
  nowMs >= fromMs && nowMs - fromMs < ms;
