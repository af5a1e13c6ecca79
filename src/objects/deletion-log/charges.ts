/** What was spent in the last 24 hours, kept in memory so that a delete does not read the log of a day. */
import { isCurrent, WINDOW_MS, type Charge } from './budget.ts';

/** Reads the charges of entries from `sinceEntry` on that were made after `afterMs`. */
export type ReadCharges = (afterMs: number, sinceEntry: number) => readonly Charge[];

/**
 * Memory is only ever what storage says. A clock that jumps ahead makes it forget, and a clock that comes back makes it
 * read again, so that a call during the jump changes nothing that counts afterwards.
 */
export class ChargeCache {
  readonly #read: ReadCharges;
  #cached: { afterMs: number; sinceEntry: number; charges: Charge[] } | null = null;

  constructor(read: ReadCharges) {
    this.#read = read;
  }

  /** Charges that count at `now`, of entries from `sinceEntry` on. */
  current(now: number, sinceEntry: number): readonly Charge[] {
    const afterMs = now - WINDOW_MS;
    const cached = this.#cached;
    const charges =
      cached !== null && cached.sinceEntry === sinceEntry && cached.afterMs <= afterMs
        ? cached.charges.filter((charge) => isCurrent(charge, now))
        : [...this.#read(afterMs, sinceEntry)];
    this.#cached = { afterMs, sinceEntry, charges };
    return charges;
  }

  /** Adds what was written to storage. */
  add(charge: Charge): void {
    this.#cached?.charges.push(charge);
  }
}
