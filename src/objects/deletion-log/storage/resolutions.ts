/**
 * What a deletion of a sliced grant was resolved to: every statement, and nothing that decides. A row for the deletion,
 * and one for each distinct id it is remembered by, so that `reset_person_distinct_id` never has to read the log.
 */
import * as z from 'zod/mini';
import { lazily } from '../../../core/lazily.ts';
import type { Deletion } from '../../../catalogue/deletion.ts';
import type { Slice } from '../../../policy/slice.ts';
import { distinct } from '../digest.ts';
import { DistinctIdKey } from '../distinct-id-key.ts';
import type { Recall } from '../reset-scope.ts';
import type { Resolution } from '../../../slicing/resolve-deletion.ts';
import { canonicalSlices, coversDeleted, SlicesColumn } from './slices.ts';

const Deleted = lazily(() => z.object({ hash: DistinctIdKey, slices: SlicesColumn }));

export class DeletionResolutions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** One row, and one for each key. */
  record(number: number, { target }: Deletion, { slices }: Resolution, keys: readonly DistinctIdKey[]): void {
    this.#rows(
      'INSERT INTO resolutions VALUES (?, ?, ?, ?, ?)',
      number,
      canonicalSlices(slices),
      target.kind,
      distinct(target.ids).length,
      JSON.stringify(target.ids),
    );
    if (keys.length === 0) return;
    this.#rows(
      'INSERT INTO deleted_distinct_ids SELECT value, ? FROM json_each(?)',
      number,
      JSON.stringify(keys),
    );
  }

  /**
   * The slices under which persons with these distinct ids were deleted at this PostHog, or may have been: all entries
   * that were sent, but the refused. Entries from before origins were kept count for any.
   */
  readonly recallAt =
    (origin: string): Recall =>
    (keys, projectId, { since, until }) =>
      this.#rows(
        // CROSS JOIN keeps the order: from the keys asked for to what is known of them, each step by a key.
        `SELECT DISTINCT d.hash, coalesce(r.slices, j.slices) AS slices
      FROM json_each(?) asked
        CROSS JOIN deleted_distinct_ids d ON d.hash = asked.value
        CROSS JOIN intents i ON i.entry = d.entry
        LEFT JOIN resolutions r ON r.entry = d.entry
        LEFT JOIN jobs j ON j.entry = d.entry
        LEFT JOIN outcomes o ON o.entry = d.entry
      WHERE i.project_id = ? AND i.entry >= ? AND i.entry < ? AND o.state IS NOT 'refused'
        AND coalesce(i.origin, ?) = ? AND EXISTS (SELECT 1 FROM attempts WHERE entry = d.entry)`,
        JSON.stringify(keys),
        projectId,
        since,
        until,
        origin,
        origin,
      ).map((row) => Deleted().parse(row));

  /** The stored texts of slices that a grant with these slices covers. Null where the grant covers the whole project. */
  coveredBy(slices: readonly Slice[]): readonly string[] | null {
    if (slices.length === 0) return null;
    return this.#rows(
      'SELECT slices FROM resolutions UNION SELECT slices FROM jobs WHERE slices IS NOT NULL UNION SELECT slices FROM selections WHERE slices IS NOT NULL',
    )
      .map((row) => z.object({ slices: z.string() }).parse(row).slices)
      .filter((text) => coversDeleted(slices, SlicesColumn.parse(text)));
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
