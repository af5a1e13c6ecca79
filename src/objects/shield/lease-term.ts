/**
 * Until when what an object has told may still be used. Those it told count the term from the moment they asked, the
 * object counts it from the moment it answered, so no two clocks have to agree. `nowMs` never runs back.
 */
export class LeaseTerm {
  readonly #termMs: number;
  #toldMs: number;

  /** An object that has just started does not know what it told before its start. It counts a term from its start. */
  constructor(termMs: number, nowMs: number) {
    this.#termMs = termMs;
    this.#toldMs = nowMs;
  }

  tell(nowMs: number): void {
    this.#toldMs = nowMs;
  }

  /** Milliseconds until nobody uses any more what was told up to now. */
  msLeft(nowMs: number): number {
    return Math.max(0, this.#toldMs + this.#termMs - nowMs);
  }
}
