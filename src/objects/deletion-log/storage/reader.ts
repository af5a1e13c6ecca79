/** Reads the deletion log for people: the entries a reader is shown. Decides nothing. */
import * as z from 'zod';
import type { DeletionId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { entryOf, JsonColumn, type DeletionDetail, type DeletionEntry } from '../entry.ts';
import { numberOf } from '../id.ts';
import { NO_END, type EntryRange } from './registrations.ts';

/** An entry with all that is known of it, but for the ids. Every join goes by a key. */
const ENTRIES = `
  SELECT i.id, i.tenant,
    (SELECT registration FROM registrations WHERE since <= i.entry ORDER BY since DESC LIMIT 1) AS registration, i.token, i.ancestors, i.request_id, i.operation, i.project_id, i.target, i.asked,
    r.sent AS in_slice, coalesce(r.sent, i.asked) AS sent,
    i.delete_events, i.delete_recordings, i.keep_person, i.digest,
    coalesce(c.at, i.entry / 1000) AS intended_at, coalesce(a.attempt, 0) AS attempts, a.at AS last_attempt_at, open.due_at AS next_attempt_at,
    coalesce(open.held, (SELECT problem FROM lapses WHERE entry = i.entry ORDER BY attempt DESC LIMIT 1))
      AS last_problem,
    CASE WHEN o.state IS NULL THEN
      (SELECT json_array_length(ids) FROM remainders WHERE entry = i.entry ORDER BY attempt DESC LIMIT 1)
    END AS not_deleted,
    o.state AS settled, o.status, o.persons_found, o.persons_deleted, o.persons_queued_for_deletion,
    o.events_queued_for_deletion, o.recordings_queued_for_deletion, o.deletion_errors, o.settled_at, o.duration_ms
  FROM intents i
    LEFT JOIN resolutions r ON r.entry = i.entry
    LEFT JOIN attempts a ON a.entry = i.entry AND a.attempt = (SELECT max(attempt) FROM attempts WHERE entry = i.entry)
    LEFT JOIN open ON open.entry = i.entry
    LEFT JOIN clock_readings c ON c.entry = i.entry
    LEFT JOIN outcomes o ON o.entry = i.entry`;

const IdList = JsonColumn.pipe(z.array(z.string()));
const Ids = z.object({ ids: IdList, sent_ids: IdList });

/** Which entries a reader is shown. */
export interface Shown {
  readonly entries: EntryRange;
  /** Stored texts of slices; null where entries without any are shown as well. */
  readonly slices: readonly string[] | null;
  /** Are entries shown that named persons by distinct id? */
  readonly namedByDistinctId: boolean;
}

const SHOWN = `i.entry >= ? AND i.entry < ? AND (? IS NULL OR r.slices IN (SELECT value FROM json_each(?)))
  AND (? OR i.target <> 'distinct_ids')`;

function shownBy({ entries, slices, namedByDistinctId }: Shown): readonly SqlStorageValue[] {
  const texts = slices === null ? null : JSON.stringify(slices);
  return [entries.since, entries.until, texts, texts, namedByDistinctId ? 1 : 0];
}

/** The operator's view. */
export const EVERYTHING: Shown = {
  entries: { since: 0, until: NO_END },
  slices: null,
  namedByDistinctId: true,
};

export class DeletionReader {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Entries older than `before`, the newest first. */
  page(before: DeletionId | null, limit: number, shown: Shown): DeletionEntry[] {
    return this.#rows(
      `${ENTRIES} WHERE i.entry < ? AND ${SHOWN} ORDER BY i.entry DESC LIMIT ?`,
      before === null ? NO_END : numberOf(before),
      ...shownBy(shown),
      Math.min(limit, LIMITS.listRowsMax + 1),
    ).map(entryOf);
  }

  find(id: DeletionId, shown: Shown): DeletionDetail | null {
    const key = [numberOf(id), id];
    const [row] = this.#rows(
      `${ENTRIES} WHERE i.entry = ? AND i.id = ? AND ${SHOWN}`,
      ...key,
      ...shownBy(shown),
    );
    if (row === undefined) return null;
    const [ids] = this.#rows(
      `SELECT i.ids, coalesce(r.ids, i.ids) AS sent_ids
      FROM intents i LEFT JOIN resolutions r ON r.entry = i.entry WHERE i.entry = ? AND i.id = ?`,
      ...key,
    );
    return { ...entryOf(row), ...Ids.parse(ids) };
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
