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
  readonly line: string;
  readonly sinceMs: number;
  /** By then the caller has gone without a word. */
  readonly untilMs: number;
}

interface Waiting {
  readonly id: string;
  readonly line: string;
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
  /** By line, the number of its last turn. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
  #pausedUntilMs = 0;
  #typicalMs = TYPICAL_MS;

  /**
   * A query wants to be sent. It keeps its place for `holdMs` at most. Queries of one `line` wait for each other: no line keeps
   * another from its turn, or from a place to wait.
   */
  ask(id: string, holdMs: number, nowMs: number, line = ''): Decision[] {
    const due = this.advance(nowMs);
    const asking = { id, line, holdMs, untilMs: nowMs + LIMITS.queryWaitMsMax };
    const crowded = this.#waiting.length >= LIMITS.queriesWaitingMax ? this.#leastEntitled(asking) : null;
    const gone: Decision[] =
      crowded === null ? [] : [{ id: crowded.id, verdict: this.#refused('crowded', nowMs) }];
    this.#waiting = [...this.#waiting, asking].filter((waiting) => waiting !== crowded);
    return [...due, ...gone, ...this.advance(nowMs)];
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
    this.#forgetLines();
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
      const next = this.#next(nowMs);
      if (next === null) break;
      const { id, line, holdMs } = next;
      this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
      this.#running.set(id, { line, sinceMs: nowMs, untilMs: nowMs + holdMs });
      this.#turn += 1;
      this.#turns.set(line, this.#turn);
      granted.push({ id, verdict: { kind: 'granted' } });
    }
    return granted;
  }

  /** The query that waits longest, of the line that had its last turn longest ago. */
  #next(nowMs: number): Waiting | null {
    const waiting = this.#waiting.filter(({ untilMs }) => nowMs < untilMs);
    const turns = waiting.map(({ line }) => this.#turns.get(line) ?? 0);
    return waiting[turns.indexOf(Math.min(...turns))] ?? null;
  }

  /** The newest query of the line that would have most waiting; the one that asks where that is its own. */
  #leastEntitled(asking: Waiting): Waiting {
    const lines = Map.groupBy([...this.#waiting, asking], ({ line }) => line);
    const most = Math.max(...[...lines.values()].map(({ length }) => length));
    const own = lines.get(asking.line) ?? [];
    const [longest] =
      own.length === most ? [own] : [...lines.values()].filter(({ length }) => length === most);
    return longest?.at(-1) ?? asking;
  }

  /** A line is remembered for as long as it has queries here. */
  #forgetLines(): void {
    const lines = new Set([...this.#running.values(), ...this.#waiting].map(({ line }) => line));
    for (const line of this.#turns.keys()) if (!lines.has(line)) this.#turns.delete(line);
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
