/** The leases of an isolate: what it may admit without asking the tenant's object. */
import type { Principal } from '../authn/token.ts';
import { LIMITS } from '../core/limits.ts';
import { WatchedClock } from '../core/terms/watched-clock.ts';
import type { LeaseAsk } from '../objects/tenant/lease-book.ts';
import type { Admission } from '../objects/tenant/tenant.ts';
import { askLease, countUse, endAsk, unused, useLease, type TokenUse } from './lease-use.ts';

export type AdmittedByObject = Extract<Admission, { verdict: 'admitted' }>;

/** A question that is under way. */
export interface Asking {
  readonly askedMs: number;
  /** Null where another question of this token is under way and asks for a lease. */
  readonly ask: LeaseAsk | null;
  /** How often the clock had been set back. */
  readonly setBacks: number;
}

interface Known {
  readonly use: TokenUse;
  /** What the object said when it gave the lease. */
  readonly admission: AdmittedByObject | null;
}

/**
 * By principal, which is one and the same for each verified text of a token: no two texts share a lease. The one that was
 * used longest ago is forgotten first; its lease is lost.
 */
export class Leases {
  readonly #known = new Map<Principal, Known>();
  readonly #clock: WatchedClock;
  readonly #tokensMax: number;
  #setBacks = 0;

  constructor(nowMs: () => number, tokensMax: number = LIMITS.leasedTokensMax) {
    this.#clock = new WatchedClock(nowMs);
    this.#tokensMax = tokensMax;
  }

  /** Takes `cost` requests from the token's lease, and gives what the object said with it. Null: the object has to be asked. */
  use(principal: Principal, cost: number): AdmittedByObject | null {
    const nowMs = this.#readClock();
    const known = this.#known.get(principal);
    if (known === undefined || known.admission === null) return null;
    const use = useLease(known.use, cost, nowMs, LIMITS.leaseTermMs);
    if (use === null) return null;
    this.#remember(principal, { ...known, use });
    return known.admission;
  }

  /** To be called right before the object is asked: the term of the lease counts from here. */
  ask(principal: Principal, cost: number): Asking {
    const askedMs = this.#readClock();
    const known = this.#known.get(principal) ?? { use: unused(askedMs), admission: null };
    const { use, ask } = askLease(known.use, cost, askedMs, LIMITS.leaseTermMs);
    this.#remember(principal, { use, admission: ask === null ? known.admission : null });
    return { askedMs, ask, setBacks: this.#setBacks };
  }

  /** How the question was answered; null where nothing is known. `cost` counts where it was admitted. */
  answered(
    principal: Principal,
    { askedMs, ask, setBacks }: Asking,
    cost: number,
    admission: Admission | null,
  ): void {
    const nowMs = this.#readClock();
    const known = this.#known.get(principal) ?? { use: unused(nowMs), admission: null };
    const admitted = admission?.verdict === 'admitted' ? admission : null;
    const counted = countUse(known.use, admitted === null ? 0 : cost, nowMs, LIMITS.leaseTermMs);
    if (ask === null) return this.#remember(principal, { ...known, use: counted });
    // An object of the version before gives no lease.
    const lease = setBacks === this.#setBacks ? (admitted?.lease ?? null) : null;
    const use = endAsk(counted, askedMs, lease, nowMs);
    const given = use.lease !== counted.lease;
    this.#remember(principal, { use, admission: given ? admitted : known.admission });
  }

  #remember(principal: Principal, known: Known): void {
    this.#known.delete(principal);
    this.#known.set(principal, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > this.#tokensMax && oldest !== undefined) this.#known.delete(oldest);
  }

  /** A clock that was set back does not say how old a lease is: all of them are lost, those under way too. */
  #readClock(): number {
    const nowMs = this.#clock.read();
    const { setBacks } = this.#clock;
    if (setBacks !== this.#setBacks) this.#known.clear();
    this.#setBacks = setBacks;
    return nowMs;
  }
}
