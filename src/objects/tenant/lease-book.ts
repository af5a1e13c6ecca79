import { LIMITS } from '../../core/limits.ts';
import type { Holder, Limit, RateLimiter, SpendResult } from './rate-limiter.ts';

/** What the object of a tenant gives beside its verdict. */
export interface Lease {
  readonly id: string;
  /** Requests beyond the one that asked, 1 or more. */
  readonly requests: number;
  /** Milliseconds for which they may be used, from the moment they were asked for. */
  readonly termMs: number;
}

/** What an isolate says when it asks. */
export interface LeaseAsk {
  /** Requests that it admitted in the last term, with and without a lease. */
  readonly used: number;
  /** The lease before, which it uses no more. */
  readonly returned: ReturnedLease | null;
}

export interface ReturnedLease {
  readonly id: string;
  /** Requests that were not used. */
  readonly unused: number;
}

/** A lease takes at most this part of what is left, so that no isolate starves another. */
const SHARE = 1 / 4;

interface GivenLease {
  readonly holders: readonly Holder[];
  readonly requests: number;
  readonly endsMs: number;
}

/**
 * Requests to lease beside `cost` that were admitted: together what the isolate used in the last term, and at most a
 * quarter of what was left before.
 */
export const requestsToLease = (used: number, cost: number, left: number): number =>
  Math.max(0, Math.min(used, Math.floor(left * SHARE)) - cost);

/**
 * The leases an object has given that have not ended. In memory only: what they spent is stored with the rate, and an object
 * that restarts takes none of them back.
 */
export class LeaseBook {
  readonly #limiter: RateLimiter;
  /** Names this life of the object, so that a lease from before is not taken for one of now. */
  readonly #life: string;
  readonly #leasesMax: number;
  /** In the order in which they end. */
  readonly #given = new Map<string, GivenLease>();
  #count = 0;

  constructor(limiter: RateLimiter, life: string, leasesMax: number = LIMITS.leasesMax) {
    this.#limiter = limiter;
    this.#life = life;
    this.#leasesMax = leasesMax;
  }

  /** Leases that have not ended. */
  get size(): number {
    return this.#given.size;
  }

  /**
   * Ends the leases whose time is over. To be called before the limiter is used. Where the clock was set back, those that
   * have not ended last a term from now on.
   */
  endDue(nowMs: number): void {
    for (const [id, lease] of this.#given) {
      if (lease.endsMs <= nowMs) this.#end(id, lease, 0, lease.endsMs);
      else if (lease.endsMs <= nowMs + LIMITS.leaseTermMs) return;
      else this.#given.set(id, { ...lease, endsMs: nowMs + LIMITS.leaseTermMs });
    }
  }

  /** Spends `cost` from every limit, or from none, and what is leased to the isolate that asked in the same step. */
  spend(
    limits: readonly Limit[],
    cost: number,
    ask: LeaseAsk | null,
    nowMs: number,
  ): { readonly spent: SpendResult; readonly lease: Lease | null } {
    this.endDue(nowMs);
    if (ask?.returned) this.#takeBack(ask.returned, nowMs);
    if (ask === null || this.#given.size >= this.#leasesMax) {
      return { spent: this.#limiter.spend(limits, cost, nowMs), lease: null };
    }
    const endsMs = nowMs + LIMITS.leaseTermMs;
    const lending = { endsMs, requestsOf: (left: number) => requestsToLease(ask.used, cost, left) };
    const spent = this.#limiter.spend(limits, cost, nowMs, lending);
    if (spent.leased === 0) return { spent, lease: null };
    this.#count += 1;
    const id = `${this.#life}.${this.#count}`;
    const holders = limits.map(({ holder }) => holder);
    this.#given.set(id, { holders, requests: spent.leased, endsMs });
    return { spent, lease: { id, requests: spent.leased, termMs: LIMITS.leaseTermMs } };
  }

  /** A lease that has ended is not taken back: the time since may have paid it off. */
  #takeBack({ id, unused }: ReturnedLease, nowMs: number): void {
    const lease = this.#given.get(id);
    if (lease !== undefined) this.#end(id, lease, Math.min(unused, lease.requests), nowMs);
  }

  #end(id: string, { holders, requests }: GivenLease, unused: number, atMs: number): void {
    this.#given.delete(id);
    for (const holder of holders) this.#limiter.endLease(holder, { requests, unused, atMs });
  }
}
