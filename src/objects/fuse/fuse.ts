import { DurableObject } from 'cloudflare:workers';
import type { FuseStatus } from '../../contract/deletions/fuse.ts';
import { logFuse } from '../console.ts';
import { isCurrent, leftOf, msUntilFits } from '../deletion-log/budget/budget.ts';
import { ChargeCache, type EntryCharge } from '../deletion-log/budget/charges.ts';
import { migrate } from '../migrations.ts';
import { StoredCharges, type FuseAsk, type FusedDeletion } from './charges.ts';
import { FUSE_STEPS } from './schema.ts';
import { Turns } from './turns.ts';

export type { FuseAsk, FusedDeletion } from './charges.ts';

/** The one fuse of a gateway. */
export const FUSE_NAME = 'fuse';

/**
 * One per gateway: what the deletions of all tenants have taken of the operator's fuse in the last 24 hours. What does not
 * fit trips it, and then nothing is let through until the operator resets it.
 */
export class Fuse extends DurableObject {
  readonly #turns: Turns;
  readonly #stored: StoredCharges;
  readonly #charges: ChargeCache;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    migrate(ctx.storage, FUSE_STEPS);
    const { sql } = ctx.storage;
    this.#turns = new Turns(sql);
    this.#stored = new StoredCharges(sql);
    this.#charges = new ChargeCache((afterMs) => this.#stored.after(afterMs));
  }

  /** Takes the persons of a deletion. False where it may not be sent now. What was taken is taken, and never twice. */
  take(ask: FuseAsk): boolean {
    const now = Date.now();
    const taken = this.#stored.find(ask);
    if (taken !== null && isCurrent(taken, now)) return this.#takeAgain(taken, now);
    if (this.#turns.tripped() !== null) return false;
    const { persons, personsPerDay } = ask;
    if (msUntilFits(personsPerDay, this.#charges.current(now, 0), persons, now) > 0) {
      this.#turns.trip(ask, now);
      logFuse('fuse_blown', {
        tenant: ask.tenant,
        deletion: ask.deletion,
        persons,
        persons_per_day: personsPerDay,
      });
      return false;
    }
    const charge = this.ctx.storage.transactionSync(() => {
      this.#stored.prune(now);
      if (taken !== null) this.#stored.drop(taken);
      return this.#stored.add(ask, now, persons);
    });
    this.#charges.add(charge);
    return true;
  }

  /** A deletion whose object died, or was not heard, before it was sent: it counts once, from now on. */
  #takeAgain(taken: EntryCharge, now: number): true {
    this.#stored.move(taken, now);
    this.#charges.forget();
    return true;
  }

  /**
   * Of what a deletion has taken only `left` persons count from now on. One that has taken nothing and will not be sent
   * takes nothing later either: what it asked may come late.
   */
  giveBack(deletion: FusedDeletion, left: number): void {
    const taken = this.#stored.find(deletion);
    if (taken === null) {
      if (left === 0) this.#stored.add(deletion, Date.now(), 0);
      return;
    }
    const unspent = Math.max(0, taken.persons - left);
    this.#stored.reduce(taken, unspent);
    this.#charges.release(taken.number, unspent);
  }

  /** What is left, and whether it has tripped. `personsPerDay` is what the gateway is configured with. */
  status(personsPerDay: number | null): FuseStatus {
    const now = Date.now();
    const charges = this.#charges.current(now, 0);
    const left = personsPerDay === null ? null : leftOf(personsPerDay, charges, now);
    return {
      persons_per_day: personsPerDay,
      remaining: left?.remaining ?? null,
      more_in_seconds: left?.more_in_seconds ?? null,
      tripped: this.#turns.tripped(),
      last_reset: this.#turns.lastReset(),
    };
  }

  /** Puts a new fuse in where it has tripped: nothing counts, and deletions are let through. Else nothing changes. */
  reset(note: string | null): void {
    if (this.#turns.tripped() === null) return;
    this.ctx.storage.transactionSync(() => {
      this.#stored.clear();
      this.#turns.reset(note, Date.now());
    });
    this.#charges.forget();
    logFuse('fuse_reset', {});
  }
}
