import type { TokenId } from '../../core/ids.ts';
import type { Rate } from '../../policy/grant.ts';
import {
  covers,
  emptyBucket,
  endLease,
  leftOf,
  lend,
  resume,
  rewound,
  settle,
  statusOf,
  trySpend,
  writeAhead,
  type Bucket,
  type LimitStatus,
  type StoredBucket,
} from './gcra.ts';

/** Whose rate: the tenant's own, or that of one token. */
export type Holder = 'tenant' | TokenId;

/** A rate that requests spend from. */
export interface Limit {
  readonly holder: Holder;
  readonly rate: Rate;
}

/** The end of one attempt to spend from several limits at once. */
export interface SpendResult {
  /** The limit with the longest wait. Null when every limit allowed the cost; then every limit was charged. */
  readonly refused: { readonly limit: Limit; readonly retryAfterSeconds: number } | null;
  /** Where each limit stands afterwards, in the order asked. */
  readonly statuses: readonly LimitStatus[];
  /** Requests that were spent besides, and leased. */
  readonly leased: number;
}

/** What may be leased besides. */
export interface Lending {
  readonly endsMs: number;
  /** How many requests to lease where so many were left before: at most so many as are left then. */
  readonly requestsOf: (left: number) => number;
}

const NOTHING: Lending = { endsMs: 0, requestsOf: () => 0 };

interface CachedBucket {
  readonly bucket: Bucket;
  /** The rate that pays it off. */
  readonly rate: Rate;
  /** What the storage holds; null while it holds nothing, which means nothing was ever spent. */
  readonly stored: StoredBucket | null;
}

/**
 * Buckets of tokens kept in memory, about 300 bytes each. One that is dropped is read again when its token comes back,
 * as after a restart: it then allows less by less than a stride, never more. One with a lease is not dropped.
 */
const BUCKETS_CACHED = 10_000;

/** The buckets of a tenant and its tokens: in memory, and stored ahead of what is spent. */
export class RateLimiter {
  readonly #sql: SqlStorage;
  /** In the order of last use, oldest first. */
  readonly #cache = new Map<Holder, CachedBucket>();
  readonly #cachedMax: number;

  constructor(sql: SqlStorage, cachedMax = BUCKETS_CACHED) {
    this.#sql = sql;
    this.#cachedMax = cachedMax;
  }

  /** Spends `cost` from every limit and what is leased besides, or nothing from any. Stores at most one row per limit, and mostly none. */
  spend(limits: readonly Limit[], cost: number, nowMs: number, lending: Lending = NOTHING): SpendResult {
    const attempts = limits.map((limit) => {
      const cached = this.#recall(limit, nowMs);
      return { limit, cached, attempt: trySpend(cached.bucket, limit.rate, cost, nowMs) };
    });
    let refused: SpendResult['refused'] = null;
    for (const { limit, attempt } of attempts) {
      if (!attempt.allowed && attempt.retryAfterSeconds > (refused?.retryAfterSeconds ?? 0)) {
        refused = { limit, retryAfterSeconds: attempt.retryAfterSeconds };
      }
    }
    const left = Math.min(...attempts.map(({ limit, cached }) => leftOf(cached.bucket, limit.rate, nowMs)));
    const leased = refused === null ? lending.requestsOf(Math.floor(left)) : 0;
    const statuses = attempts.map(({ limit, cached, attempt }) => {
      const charged = refused === null && attempt.allowed && cost + leased > 0;
      const spent = leased > 0 && attempt.allowed ? lend(attempt.bucket, leased, lending.endsMs) : null;
      const bucket = charged ? (spent ?? attempt.bucket) : cached.bucket;
      if (charged) this.#keep(limit, bucket, cached.stored);
      return statusOf(limit.holder === 'tenant' ? 'tenant' : 'token', bucket, limit.rate, nowMs);
    });
    return { refused, statuses, leased };
  }

  /** A lease of `requests` ended at `atMs`; `unused` of them go back. A bucket with a lease is in memory. */
  endLease(holder: Holder, end: { requests: number; unused: number; atMs: number }): void {
    const cached = this.#cache.get(holder);
    if (cached === undefined) return;
    this.#cache.set(holder, { ...cached, bucket: endLease(cached.bucket, cached.rate, end) });
  }

  /**
   * Goes over to another rate: what is owed stays owed, counted in requests, and is paid off at the new rate from now
   * on. A new rate is therefore no fresh burst.
   */
  retune(holder: Holder, from: Rate, to: Rate, nowMs: number): void {
    const { bucket, stored } = this.#recall({ holder, rate: from }, nowMs);
    if (stored !== null) this.#store({ holder, rate: to }, settle(bucket, from, nowMs));
  }

  /** Forgets the buckets of tokens that can never be used again. */
  forget(tokens: readonly TokenId[]): void {
    for (const token of tokens) this.#cache.delete(token);
    this.#sql.exec(
      'DELETE FROM clocks WHERE holder IN (SELECT value FROM json_each(?))',
      JSON.stringify(tokens),
    );
  }

  /** A bucket from before the clock was set back is stored anew: each restart would owe all of the stored one again. */
  #recall(limit: Limit, nowMs: number): CachedBucket {
    const cached = this.#cache.get(limit.holder) ?? this.#read(limit, nowMs);
    const back = rewound(cached.bucket, nowMs);
    return back === null ? cached : this.#store(limit, back);
  }

  #read({ holder, rate }: Limit, nowMs: number): CachedBucket {
    const row = this.#sql
      .exec<{ at_ms: number; owed: number; held_until_ms: number }>(
        'SELECT at_ms, owed, held_until_ms FROM clocks WHERE holder = ?',
        holder,
      )
      .toArray()[0];
    if (row === undefined) return { bucket: emptyBucket(nowMs), rate, stored: null };
    const stored = { atMs: row.at_ms, owed: row.owed, heldUntilMs: row.held_until_ms };
    return { bucket: resume(stored, rate, nowMs), rate, stored };
  }

  #keep(limit: Limit, bucket: Bucket, stored: StoredBucket | null): void {
    if (stored === null || !covers(stored, bucket, limit.rate)) this.#store(limit, bucket);
    else this.#remember(limit.holder, { bucket, rate: limit.rate, stored });
  }

  /** Storage first: if it throws, memory has promised nothing. */
  #store({ holder, rate }: Limit, bucket: Bucket): CachedBucket {
    const stored = writeAhead(bucket, rate);
    this.#sql.exec(
      `INSERT INTO clocks (holder, at_ms, owed, held_until_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (holder) DO UPDATE SET
         at_ms = excluded.at_ms, owed = excluded.owed, held_until_ms = excluded.held_until_ms`,
      holder,
      stored.atMs,
      stored.owed,
      stored.heldUntilMs,
    );
    const cached = { bucket, rate, stored };
    this.#remember(holder, cached);
    return cached;
  }

  #remember(holder: Holder, cached: CachedBucket): void {
    this.#cache.delete(holder);
    this.#cache.set(holder, cached);
    if (this.#cache.size <= this.#cachedMax) return;
    for (const [oldest, { bucket }] of this.#cache) {
      if (bucket.leased > 0) continue;
      this.#cache.delete(oldest);
      return;
    }
  }
}
