/**
 * When no isolate uses any more what an object leased up to a moment. An isolate counts the term from the moment it asked
 * and the object from later, so no two clocks have to agree; the object goes by timers alone, which no clock can move.
 */

/**
 * `quiet`: every lease that was given has ended. `counting`: a timer of one term runs, and `given` says whether a lease was
 * given since it was set.
 */
export type LeaseEnds = { readonly kind: 'quiet' } | { readonly kind: 'counting'; readonly given: boolean };

export const QUIET: LeaseEnds = { kind: 'quiet' };

/** An object that starts does not know what it leased before. It is to set a timer of one term. */
export const STARTED: LeaseEnds = { kind: 'counting', given: false };

/** A lease is given: the state from here on. Where it was quiet, a timer of one term is to be set. */
export const leaseGiven = (): LeaseEnds => ({ kind: 'counting', given: true });

/** The timer is over. Where the state is still counting, it is to be set again. */
export const termOver = (ends: LeaseEnds): LeaseEnds =>
  ends.kind === 'counting' && ends.given ? { kind: 'counting', given: false } : QUIET;

/** Watches the ends of an object's leases. `pause` waits so many milliseconds. */
export class LeaseWatch {
  readonly #termMs: number;
  readonly #pause: (ms: number) => Promise<void>;
  #ends: LeaseEnds;

  constructor(begun: LeaseEnds, termMs: number, pause: (ms: number) => Promise<void>) {
    this.#termMs = termMs;
    this.#pause = pause;
    this.#ends = begun;
    if (begun.kind === 'counting') void this.#count();
  }

  /** To be called before the lease leaves the object. */
  given(): void {
    const counts = this.#ends.kind === 'counting';
    this.#ends = leaseGiven();
    if (!counts) void this.#count();
  }

  /** Waits until every lease that was given by now has ended: at once where there is none, and a term otherwise. */
  async ended(): Promise<void> {
    if (this.#ends.kind === 'counting') await this.#pause(this.#termMs);
  }

  async #count(): Promise<void> {
    while (this.#ends.kind === 'counting') {
      await this.#pause(this.#termMs);
      this.#ends = termOver(this.#ends);
    }
  }
}
