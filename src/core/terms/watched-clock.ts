/** The clock of an isolate, and what can be known of terms that are measured with it. */

/** Milliseconds: requests of an isolate that run by turns may read the clock in another order than it moved. */
const JITTER_MS = 5;

/**
 * Milliseconds that an isolate ends a term early: clocks count whole milliseconds, and the timer of the object that waits for
 * the end of the term may be as coarse.
 */
export const TERM_GRAIN_MS = 10;

/** A clock that counts how often it was set back. The age of a time that was read before a set-back cannot be known. */
export class WatchedClock {
  readonly #nowMs: () => number;
  #seenMs = 0;
  #setBacks = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How often the clock had been set back when it was last read. */
  get setBacks(): number {
    return this.#setBacks;
  }

  read(): number {
    const nowMs = this.#nowMs();
    const backMs = this.#seenMs - nowMs;
    if (backMs > 0 && backMs <= JITTER_MS) return this.#seenMs;
    if (backMs > 0) this.#setBacks += 1;
    this.#seenMs = nowMs;
    return nowMs;
  }
}
