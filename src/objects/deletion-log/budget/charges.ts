/** What was spent in the last 24 hours, kept in memory so that a delete does not read the log of a day. */
import { isCurrent, WINDOW_MS, type Charge } from './budget.ts';

/** The persons that an entry was charged, without those that were given back. */
export interface EntryCharge extends Charge {
  readonly number: number;
}

/** Reads the charges of entries from `sinceEntry` on that were made after `afterMs`. */
export type ReadCharges = (afterMs: number, sinceEntry: number) => readonly EntryCharge[];

/**
 * Memory is only ever what storage says. A clock that jumps ahead makes it forget, and a clock that comes back makes it
 * read again, so that a call during the jump changes nothing that counts afterwards.
 */
export class ChargeCache {
  readonly #read: ReadCharges;
  #cached: { afterMs: number; sinceEntry: number; charges: EntryCharge[] } | null = null;

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
  add(charge: EntryCharge): void {
    this.#cached?.charges.push(charge);
  }

  /** Forgets what was read, where an entry that is older than a day's charges may spend from now on. */
  forget(): void {
    this.#cached = null;
  }

  /** Lets the charge of an entry count for a day from `at` on, as storage has recorded. */
  date(number: number, at: number): void {
    if (this.#cached === null) return;
    this.#cached.charges = this.#cached.charges.map((charge) =>
      charge.number === number ? { ...charge, at } : charge,
    );
  }

  /** Takes back a part of an entry's charge, which storage has already recorded. */
  release(number: number, persons: number): void {
    if (this.#cached === null) return;
    this.#cached.charges = this.#cached.charges.map((charge) =>
      charge.number === number ? { ...charge, persons: charge.persons - persons } : charge,
    );
  }
}
