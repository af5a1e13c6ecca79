/** Which earlier deletion a request repeats, by its idempotency key or by what it names. Decides nothing. */
import * as z from 'zod/mini';
import { DeletionId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import { LIMITS } from '../../../core/limits.ts';
import { firstNumberAt } from '../id.ts';
import type { DeletionOrder } from '../entry.ts';
import type { Keyed } from '../intents/keyed.ts';

const Row = lazily(() => z.object({ entry: z.int(), fingerprint: z.string() }));
const Count = lazily(() => z.object({ count: z.int() }));

/** Rows that one new key prunes at most, so that no request pays for a week of others. */
const PRUNED_AT_ONCE = 20;

/**
 * The latest deletion since `sinceMs` that the same token asked for with the same flags, by the same ids or the same
 * filter. `digest` is that of the ids. A preview that was not confirmed is none, and neither is one that was cancelled.
 */
export function sameSince(
  sql: SqlStorage,
  sinceMs: number,
  { token, deletion, filter }: Pick<DeletionOrder, 'token' | 'deletion' | 'filter'>,
  digest: string,
): DeletionId | null {
  const { operation, projectId, flags } = deletion;
  const [row] = sql
    .exec(
      `SELECT i.id FROM intents i LEFT JOIN selections s ON s.entry = i.entry
      WHERE i.entry > ? AND i.token = ? AND i.digest = ? AND i.operation = ? AND i.project_id = ?
        AND i.delete_events = ? AND i.delete_recordings = ? AND i.keep_person = ?
        AND s.filter IS ?
        AND (json_extract(s.terms, '$.preview') IS NULL OR EXISTS (SELECT 1 FROM jobs WHERE entry = i.entry))
        AND NOT EXISTS (SELECT 1 FROM transitions WHERE entry = i.entry AND state = 'cancelled')
      ORDER BY i.entry DESC LIMIT 1`,
      firstNumberAt(sinceMs),
      token,
      digest,
      operation,
      projectId,
      flags.delete_events ? 1 : 0,
      flags.delete_recordings ? 1 : 0,
      flags.keep_person ? 1 : 0,
      filter === undefined ? null : JSON.stringify(filter),
    )
    .toArray();
  return row === undefined ? null : z.object({ id: DeletionId }).parse(row).id;
}

export class IdempotencyKeys {
  readonly #sql: SqlStorage;
  #count: number | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The entry that a key was used for in the last seven days, and with which request; null where it was not. */
  find(key: string, now: number): z.output<ReturnType<typeof Row>> | null {
    const [row] = this.#sql
      .exec(
        `SELECT entry, fingerprint FROM idempotency_keys WHERE key = ?1 AND entry >= ?2
        UNION ALL SELECT entry, fingerprint FROM confirmation_keys WHERE key = ?1 AND at >= ?3`,
        key,
        firstNumberAt(now - LIMITS.idempotencyKeyMsMax),
        now - LIMITS.idempotencyKeyMsMax,
      )
      .toArray();
    return row === undefined ? null : Row().parse(row);
  }

  /** Two rows, and two for each that is pruned: those older than seven days, and the oldest where there are too many. */
  record(number: number, { key, fingerprint }: Keyed, now: number): void {
    const old = firstNumberAt(now - LIMITS.idempotencyKeyMsMax);
    const before = this.#counted();
    const expired = this.#delete('key = ? AND entry < ?', key, old);
    this.#sql.exec('INSERT INTO idempotency_keys VALUES (?, ?, ?)', number, key, fingerprint).toArray();
    const full = before >= LIMITS.idempotencyKeysMax;
    const oldest = '(SELECT entry FROM idempotency_keys WHERE entry < ? ORDER BY entry LIMIT ?)';
    const pruned = this.#delete(`entry IN ${oldest}`, full ? number : old, PRUNED_AT_ONCE);
    this.#count = before + 1 - expired - pruned;
  }

  /** The key of a confirmation: one row, and one for each that is pruned. A preview is confirmed once, so there are few. */
  recordConfirmation(number: number, { key, fingerprint }: Keyed, now: number): void {
    this.#sql
      .exec(
        `DELETE FROM confirmation_keys WHERE at < ?1 AND key IN
          (SELECT key FROM confirmation_keys WHERE key = ?2 OR at < ?1 LIMIT ?3)`,
        now - LIMITS.idempotencyKeyMsMax,
        key,
        PRUNED_AT_ONCE,
      )
      .toArray();
    this.#sql
      .exec('INSERT INTO confirmation_keys VALUES (?, ?, ?, ?)', key, number, now, fingerprint)
      .toArray();
  }

  /** Forgets what was counted, for when a transaction was rolled back. */
  forget(): void {
    this.#count = null;
  }

  #delete(where: string, ...bindings: readonly SqlStorageValue[]): number {
    const query = `DELETE FROM idempotency_keys WHERE ${where} RETURNING entry`;
    return this.#sql.exec(query, ...bindings).toArray().length;
  }

  #counted(): number {
    this.#count ??= Count().parse(
      this.#sql.exec('SELECT count(*) AS count FROM idempotency_keys').one(),
    ).count;
    return this.#count;
  }
}
