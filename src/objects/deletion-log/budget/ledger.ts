/** Charges deletions to the budgets when they are written down, and gives back the charge of persons who were not deleted. */
import type { DeletionBudget } from '../../../contract/deletion-budget.ts';
import type { Failure } from '../../../core/failure.ts';
import type { DeletionStore } from '../storage/store.ts';
import { checkBudgets, statusOf, type Budget } from './budget.ts';
import type { ReleaseReason } from './release.ts';
import { ChargeCache, type EntryCharge } from './charges.ts';

export class Ledger {
  readonly #store: DeletionStore;
  readonly #cache: ChargeCache;

  constructor(store: DeletionStore) {
    this.#store = store;
    this.#cache = new ChargeCache((afterMs, sinceEntry) => store.charges(afterMs, sinceEntry));
  }

  /** The refusal of a deletion of so many persons; null where it fits. Charges count from the entry `sinceEntry` on. */
  check(budgets: readonly Budget[], persons: number, sinceEntry: number, now: number): Failure | null {
    return checkBudgets(budgets, this.#cache.current(now, sinceEntry), persons, now);
  }

  /** What is left of each budget. */
  statuses(budgets: readonly Budget[], sinceEntry: number, now: number): DeletionBudget[] {
    const charges = this.#cache.current(now, sinceEntry);
    return budgets.map((budget) => statusOf(budget, charges, now));
  }

  /** Counts what was written with an intent. */
  add(charge: EntryCharge): void {
    if (charge.persons > 0) this.#cache.add(charge);
  }

  /** All of a deletion was sent, or nothing more of it will be: it counts for a day from then. */
  sent(number: number, at: number): void {
    this.#cache.date(number, at);
  }

  /** Counts what storage says from now on. */
  reread(): void {
    this.#cache.forget();
  }

  /** One row, where anything is given back. `chunk` is the one it is given back for. */
  release(number: number, chunk: number, why: ReleaseReason, persons: number): void {
    if (persons === 0) return;
    this.#store.release(number, chunk, why, persons);
    this.#cache.release(number, persons);
  }
}
