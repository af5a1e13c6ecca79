/** What every attempt for a sliced grant was narrowed to, and who had left the slice by then. Decides nothing. */
import { distinct } from '../digest.ts';
import type { Recheck } from '../sending/recheck.ts';

/** The attempt that a recheck was made for. There is none in the log where no person was left to send. */
export interface RecheckedAttempt {
  readonly number: number;
  readonly chunk: number;
  /** From 1, of this chunk alone. */
  readonly ofChunk: number;
}

export class Rechecks {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** One row, and one for each key that is not remembered yet. `at` is milliseconds since 1970. */
  record(
    { number, chunk, ofChunk }: RecheckedAttempt,
    { deletion, differs, left, keys }: Recheck,
    at: number,
  ): void {
    const ids = distinct(deletion.target.ids);
    this.#sql.exec(
      'INSERT INTO rechecks VALUES (?, ?, ?, ?, ?, ?, ?)',
      number,
      chunk,
      ofChunk,
      at,
      ids.length,
      JSON.stringify(left),
      differs ? JSON.stringify(ids) : null,
    );
    if (keys.length === 0) return;
    this.#sql.exec(
      `INSERT INTO deleted_distinct_ids SELECT DISTINCT value, ?1 FROM json_each(?2) asked
      WHERE NOT EXISTS (SELECT 1 FROM deleted_distinct_ids WHERE hash = asked.value AND entry = ?1)`,
      number,
      JSON.stringify(keys),
    );
  }
}
