import type { TokenId } from '../../core/ids.ts';
import type { Rate } from '../../policy/grant.ts';
import {
  covers,
  freshClock,
  resume,
  settle,
  standing,
  trySpend,
  writeAhead,
  type Clock,
  type Standing,
  type WrittenClock,
} from './gcra.ts';

/** Whose rate: the tenant's own, or that of one token. */
export type Holder = 'tenant' | TokenId;

/** A rate somebody spends from. */
export interface Limit {
  readonly holder: Holder;
  readonly rate: Rate;
}

/** What became of one attempt to spend from several limits at once. */
export interface Outcome {
  /** The limit that has to be waited for longest; null when all allowed it, and then all were charged. */
  readonly refused: { readonly limit: Limit; readonly retryAfterSeconds: number } | null;
  /** Where each limit stands afterwards, in the order asked. */
  readonly standings: readonly LimitStanding[];
}

export interface LimitStanding {
  readonly limit: Limit;
  readonly standing: Standing;
}

interface Kept {
  readonly clock: Clock;
  /** What the storage holds; null while it holds nothing, which means nothing was ever spent. */
  readonly written: WrittenClock | null;
}

/**
 * Token clocks kept in memory, about 300 bytes each. One that is dropped is read again when its token comes back,
 * as after a restart: it then allows less by less than a stride, never more.
 */
const CLOCKS_KEPT = 10_000;

/** The clocks of a tenant and its tokens: in memory, and stored ahead of what is spent. */
export class RateMeter {
  readonly #sql: SqlStorage;
  /** In the order of last use, oldest first. */
  readonly #kept = new Map<Holder, Kept>();
  readonly #keptMax: number;

  constructor(sql: SqlStorage, keptMax = CLOCKS_KEPT) {
    this.#sql = sql;
    this.#keptMax = keptMax;
  }

  /** Spends `cost` from every limit, or from none. Stores at most one row per limit, and mostly none. */
  spend(limits: readonly Limit[], cost: number, nowMs: number): Outcome {
    const attempts = limits.map((limit) => {
      const kept = this.#recall(limit, nowMs);
      return { limit, kept, spending: trySpend(kept.clock, limit.rate, cost, nowMs) };
    });
    let refused: Outcome['refused'] = null;
    for (const { limit, spending } of attempts) {
      if (!spending.allowed && spending.retryAfterSeconds > (refused?.retryAfterSeconds ?? 0)) {
        refused = { limit, retryAfterSeconds: spending.retryAfterSeconds };
      }
    }
    const standings = attempts.map(({ limit, kept, spending }) => {
      const charged = refused === null && spending.allowed;
      if (charged) this.#keep(limit, spending.clock, kept.written);
      const clock = charged ? spending.clock : kept.clock;
      return { limit, standing: standing(clock, limit.rate, nowMs) };
    });
    return { refused, standings };
  }

  /**
   * Goes over to another rate: what is owed stays owed, counted in requests, and is paid off at the new rate from now
   * on. A new rate is therefore no fresh burst.
   */
  retune(holder: Holder, from: Rate, to: Rate, nowMs: number): void {
    const { clock, written } = this.#recall({ holder, rate: from }, nowMs);
    if (written !== null) this.#store({ holder, rate: to }, settle(clock, from, nowMs));
  }

  /** Forgets the clocks of tokens that can never be used again. */
  forget(tokens: readonly TokenId[]): void {
    for (const token of tokens) this.#kept.delete(token);
    this.#sql.exec(
      'DELETE FROM clocks WHERE holder IN (SELECT value FROM json_each(?))',
      JSON.stringify(tokens),
    );
  }

  #recall({ holder, rate }: Limit, nowMs: number): Kept {
    return this.#kept.get(holder) ?? this.#read(holder, rate, nowMs);
  }

  #read(holder: Holder, rate: Rate, nowMs: number): Kept {
    const row = this.#sql
      .exec<{ at_ms: number; owed: number; held_until_ms: number }>(
        'SELECT at_ms, owed, held_until_ms FROM clocks WHERE holder = ?',
        holder,
      )
      .toArray()[0];
    if (row === undefined) return { clock: freshClock(nowMs), written: null };
    const written = { atMs: row.at_ms, owed: row.owed, heldUntilMs: row.held_until_ms };
    return { clock: resume(written, rate, nowMs), written };
  }

  #keep(limit: Limit, clock: Clock, written: WrittenClock | null): void {
    if (written === null || !covers(written, clock, limit.rate)) this.#store(limit, clock);
    else this.#remember(limit.holder, { clock, written });
  }

  /** Storage first: if it throws, memory has promised nothing. */
  #store({ holder, rate }: Limit, clock: Clock): void {
    const written = writeAhead(clock, rate);
    this.#sql.exec(
      `INSERT INTO clocks (holder, at_ms, owed, held_until_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (holder) DO UPDATE SET
         at_ms = excluded.at_ms, owed = excluded.owed, held_until_ms = excluded.held_until_ms`,
      holder,
      written.atMs,
      written.owed,
      written.heldUntilMs,
    );
    this.#remember(holder, { clock, written });
  }

  #remember(holder: Holder, kept: Kept): void {
    this.#kept.delete(holder);
    this.#kept.set(holder, kept);
    if (this.#kept.size <= this.#keptMax) return;
    for (const oldest of this.#kept.keys()) {
      this.#kept.delete(oldest);
      break;
    }
  }
}
