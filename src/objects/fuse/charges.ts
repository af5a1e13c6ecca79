/** What deletions have taken of the fuse, as it is stored. Decides nothing. Times are milliseconds since 1970. */
import * as z from 'zod/mini';
import type { DeletionId, TenantId } from '../../core/ids.ts';
import { lazily } from '../../core/lazily.ts';
import { WINDOW_MS } from '../deletion-log/budget/budget.ts';
import type { EntryCharge } from '../deletion-log/budget/charges.ts';

/** One deletion of one tenant, which is counted once however often it is asked for. */
export interface FusedDeletion {
  readonly tenant: TenantId;
  readonly deletion: DeletionId;
}

/** A deletion that wants to be sent. */
export interface FuseAsk extends FusedDeletion {
  readonly persons: number;
  /** What all tenants together may delete in any 24 hours. */
  readonly personsPerDay: number;
}

/** Charges are kept for longer than they count, so that a clock that leapt ahead and came back forgets none. */
const KEPT_MS = 2 * WINDOW_MS;
const PRUNED_AT_ONCE_MAX = 10;

const Row = lazily(() =>
  z.pipe(
    z.object({ seq: z.int(), at: z.int(), persons: z.int() }),
    z.transform(({ seq, at, persons }): EntryCharge => ({ number: seq, at, persons, tokens: [] })),
  ),
);

export class StoredCharges {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  find({ tenant, deletion }: FusedDeletion): EntryCharge | null {
    const [row] = this.#rows(
      'SELECT seq, at, persons FROM charges WHERE tenant = ? AND deletion = ?',
      tenant,
      deletion,
    );
    return row === undefined ? null : Row().parse(row);
  }

  /** Those that were made after `afterMs`. */
  after(afterMs: number): EntryCharge[] {
    return this.#rows('SELECT seq, at, persons FROM charges WHERE at > ?', afterMs).map((row) =>
      Row().parse(row),
    );
  }

  add({ tenant, deletion }: FusedDeletion, at: number, persons: number): EntryCharge {
    const [row] = this.#rows(
      'INSERT INTO charges (tenant, deletion, at, persons) VALUES (?, ?, ?, ?) RETURNING seq, at, persons',
      tenant,
      deletion,
      at,
      persons,
    );
    return Row().parse(row);
  }

  /** Takes back a part of a charge. */
  reduce({ number }: EntryCharge, persons: number): void {
    this.#rows('UPDATE charges SET persons = persons - ? WHERE seq = ?', persons, number);
  }

  /** Lets a charge count from `at` on. */
  move({ number }: EntryCharge, at: number): void {
    this.#rows('UPDATE charges SET at = ? WHERE seq = ?', at, number);
  }

  drop({ number }: EntryCharge): void {
    this.#rows('DELETE FROM charges WHERE seq = ?', number);
  }

  /** None counts from now on. They stay, so that a deletion that has taken does not take again. */
  clear(): void {
    this.#rows('UPDATE charges SET persons = 0 WHERE persons > ?', 0);
  }

  /** Forgets some that count no more, the oldest first. */
  prune(now: number): void {
    this.#rows(
      'DELETE FROM charges WHERE at <= ? AND seq IN (SELECT seq FROM charges ORDER BY seq LIMIT ?)',
      now - KEPT_MS,
      PRUNED_AT_ONCE_MAX,
    );
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
