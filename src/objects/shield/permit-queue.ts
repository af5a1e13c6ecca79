/**
 * Which query PostHog is asked, and when: a few at once, the others in a queue of a bounded length and a bounded wait. A
 * state machine without a clock and without I/O: every method takes the time and returns the decisions that became due.
 */
import { LIMITS } from '../../core/limits.ts';

/** `throttled`: PostHog wants no queries for a while. `crowded`: the queue is full. `waited`: the wait was as long as one may be. */
export type RefusalReason = 'throttled' | 'crowded' | 'waited';

export type Verdict =
  | { readonly kind: 'granted' }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly retryAfterSeconds: number };

/** The end of the wait of the query `id`. */
export interface Decision {
  readonly id: string;
  readonly verdict: Verdict;
}

interface Running {
  readonly sinceMs: number;
  /** By then the caller has gone without a word. */
  readonly untilMs: number;
}

interface Waiting {
  readonly id: string;
  readonly holdMs: number;
  readonly untilMs: number;
}

/** What a query is taken to last until some have been seen. */
const TYPICAL_MS = 3000;
/** The weight of the newest query in what a query is taken to last. */
const NEWEST_WEIGHT = 0.2;
const RETRY_SECONDS_MAX = 60;

/** `nowMs` never runs back. */
export class PermitQueue {
  readonly #running = new Map<string, Running>();
  #waiting: readonly Waiting[] = [];
  #pausedUntilMs = 0;
  #typicalMs = TYPICAL_MS;

  /** A query wants to be sent. It keeps its place for `holdMs` at most. */
  ask(id: string, holdMs: number, nowMs: number): Decision[] {
    const due = this.advance(nowMs);
    if (this.#waiting.length >= LIMITS.queriesWaitingMax) {
      return [...due, { id, verdict: this.#refused('crowded', nowMs) }];
    }
    this.#waiting = [...this.#waiting, { id, holdMs, untilMs: nowMs + LIMITS.queryWaitMsMax }];
    return [...due, ...this.advance(nowMs)];
  }

  /** A query has ended, or its caller has left. */
  leave(id: string, nowMs: number): Decision[] {
    const running = this.#running.get(id);
    if (running !== undefined) {
      this.#typicalMs += NEWEST_WEIGHT * (nowMs - running.sinceMs - this.#typicalMs);
    }
    this.#running.delete(id);
    this.#waiting = this.#waiting.filter((waiting) => waiting.id !== id);
    return this.advance(nowMs);
  }

  /** PostHog wants to be left alone for a while. */
  pause(ms: number, nowMs: number): Decision[] {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + Math.min(ms, LIMITS.queryPauseMsMax));
    return this.advance(nowMs);
  }

  endPause(nowMs: number): Decision[] {
    this.#pausedUntilMs = 0;
    return this.advance(nowMs);
  }

  /** Decides whatever can be decided at `nowMs`. */
  advance(nowMs: number): Decision[] {
    for (const [id, { untilMs }] of this.#running) if (untilMs <= nowMs) this.#running.delete(id);
    const granted = this.#grant(nowMs);
    const throttledMs = this.#msThrottled(nowMs);
    const refused: Decision[] = [];
    this.#waiting = this.#waiting.filter((waiting) => {
      // A timer may ring late: what is over by then has waited, and nothing more.
      const hopeless = throttledMs > 0 && waiting.untilMs < nowMs + throttledMs;
      if (!hopeless && nowMs < waiting.untilMs) return true;
      refused.push({ id: waiting.id, verdict: this.#refused(hopeless ? 'throttled' : 'waited', nowMs) });
      return false;
    });
    return [...granted, ...refused];
  }

  /** When `advance` is next worth calling; `null` while nothing is under way. */
  nextMs(nowMs: number): number | null {
    const ends = [...this.#running.values(), ...this.#waiting].map(({ untilMs }) => untilMs);
    if (ends.length === 0) return null;
    const throttledMs = this.#msThrottled(nowMs);
    const free = this.#waiting.length > 0 && throttledMs > 0 ? [nowMs + throttledMs] : [];
    return Math.min(...ends, ...free);
  }

  #grant(nowMs: number): Decision[] {
    const granted: Decision[] = [];
    while (this.#running.size < LIMITS.queriesAtOnceMax && this.#msThrottled(nowMs) === 0) {
      const [first, ...others] = this.#waiting;
      if (first === undefined || first.untilMs <= nowMs) break;
      this.#waiting = others;
      this.#running.set(first.id, { sinceMs: nowMs, untilMs: nowMs + first.holdMs });
      granted.push({ id: first.id, verdict: { kind: 'granted' } });
    }
    return granted;
  }

  #msThrottled(nowMs: number): number {
    return Math.max(0, this.#pausedUntilMs - nowMs);
  }

  #refused(reason: RefusalReason, nowMs: number): Verdict {
    const queueMs = ((this.#waiting.length + 1) / LIMITS.queriesAtOnceMax) * this.#typicalMs;
    const throttledMs = this.#msThrottled(nowMs);
    const seconds =
      reason === 'throttled'
        ? Math.ceil(throttledMs / 1000)
        : Math.max(Math.ceil(throttledMs / 1000), Math.min(Math.ceil(queueMs / 1000), RETRY_SECONDS_MAX));
    return { kind: 'refused', reason, retryAfterSeconds: Math.max(1, seconds) };
  }
}
