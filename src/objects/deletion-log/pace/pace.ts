/** How often PostHog is sent a call that deletes: turns are a minute apart, divided by the calls it has. */
import * as z from 'zod/mini';
import { lazily } from '../../../core/lazily.ts';
import type { BudgetHolder } from '../budget/budget.ts';

/** What a tenant, or a token together with every token derived from it, may send. */
export interface Pace {
  readonly holder: BudgetHolder;
  readonly calls_per_minute: number;
}

const MINUTE_MS = 60_000;

const Free = lazily(() => z.object({ at: z.nullable(z.int()) }));

export class Paces {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** One row for each pace, written with the intent. */
  record(number: number, paces: readonly Pace[]): void {
    for (const { holder, calls_per_minute } of paces)
      this.#sql.exec('INSERT INTO paces VALUES (?, ?, ?)', number, holder, calls_per_minute);
  }

  /**
   * Takes the turn of a call, one row for each pace; or says when it comes, in milliseconds since 1970. A turn is taken
   * before anything is asked or waited for, in one step, so that no two calls share one.
   */
  takeTurn(number: number, now: number): number | null {
    const waitsUntil = this.#freeAt(number, now);
    if (waitsUntil === null) this.#take(number, now);
    return waitsUntil;
  }

  #freeAt(number: number, now: number): number | null {
    const [row] = this.#sql
      .exec(
        'SELECT max(c.free_at) AS at FROM paces p JOIN pace_clocks c ON c.holder = p.holder WHERE p.entry = ?',
        number,
      )
      .toArray();
    const { at } = Free().parse(row);
    // No pace is slower than a call a minute: a later time was written by a clock that was wrong.
    return at === null || at <= now || at > now + MINUTE_MS ? null : at;
  }

  #take(number: number, now: number): void {
    this.#sql.exec(
      `INSERT INTO pace_clocks
      SELECT holder, ? + (${MINUTE_MS} + calls_per_minute - 1) / calls_per_minute FROM paces WHERE entry = ?
      ON CONFLICT (holder) DO UPDATE SET free_at = excluded.free_at`,
      now,
      number,
    );
  }
}
