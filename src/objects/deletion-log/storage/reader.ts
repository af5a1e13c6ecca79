/** Reads the deletion log for people: the entries a reader is shown. Decides nothing. */
import * as z from 'zod/mini';
import { DeletionId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import { LIMITS } from '../../../core/limits.ts';
import { requesterColumns } from '../audit/requesters.ts';
import { inTime, looksInside, matching, type LogPage, type PersonTerms } from '../audit/search.ts';
import {
  entryOf,
  JsonColumn,
  type DeletionDetail,
  type DeletionEntry,
  type DeletionStatus,
} from '../entry.ts';
import { numberOf } from '../id.ts';
import { progressOf } from '../job/progress.ts';
import { STATE } from './jobs.ts';
import { NO_END, type EntryRange } from './registrations.ts';
import { totalsOf } from './totals.ts';
import { verificationFor } from './verification.ts';

/** To a reader with a slice, a person outside of the slice and a person that is gone are the same. */
const LEFT_SLICE = `CASE WHEN coalesce(j.slices, r.slices, s.slices) IS NOT NULL THEN
      (SELECT count(DISTINCT value) FROM rechecks, json_each(rechecks.left_slice) WHERE entry = i.entry) END`;

/** The operator who minted the token that asked, or the oldest of its ancestors. */
const MINTER = '(SELECT operator FROM token_minters WHERE token = i.token)';

/** An entry with all that is known of it, but for the ids. Every join goes by a key. */
const entriesFor = ({ slices, showsMinters }: Pick<Shown, 'slices' | 'showsMinters'>): string => `
  SELECT i.id, i.tenant,
    (SELECT registration FROM registrations WHERE since <= i.entry ORDER BY since DESC LIMIT 1) AS registration, i.token, i.ancestors, ${requesterColumns('i')},
    ${showsMinters ? MINTER : 'NULL'} AS minted_by,
    (SELECT at FROM replaced_ids WHERE entry = i.entry) AS ids_replaced_at, i.request_id, i.operation, j.generation, i.project_id, i.target,
    CASE WHEN s.filter IS NULL THEN i.asked ELSE coalesce(n.persons, 0) END AS asked,
    coalesce(r.sent, CASE WHEN s.slices IS NOT NULL THEN n.persons END,
      (SELECT sum(sent) FROM rechecks WHERE entry = i.entry AND of_chunk = 1)) AS in_slice,
    coalesce((SELECT sum(sent) FROM rechecks WHERE entry = i.entry AND of_chunk = 1), r.sent,
      CASE WHEN coalesce(j.slices, s.slices) IS NOT NULL THEN 0 WHEN s.entry IS NULL THEN i.asked ELSE coalesce(n.persons, 0) END) AS sent,
    ${slices === null ? LEFT_SLICE : 'NULL'} AS left_slice,
    i.delete_events, i.delete_recordings, i.keep_person,
    CASE WHEN s.filter IS NULL THEN i.digest ELSE coalesce(n.digest, i.digest) END AS digest,
    coalesce(c.at, i.entry / 1000) AS intended_at, coalesce(a.attempt, 0) AS attempts, a.at AS last_attempt_at, open.due_at AS next_attempt_at,
    coalesce(open.held, (SELECT problem FROM lapses WHERE entry = i.entry ORDER BY attempt DESC LIMIT 1))
      AS last_problem,
    CASE WHEN o.state IS NULL THEN
      (SELECT json_array_length(ids) FROM remainders WHERE entry = i.entry ORDER BY attempt DESC LIMIT 1)
    END AS not_deleted,
    ${STATE} AS state,
    (SELECT event FROM transitions WHERE entry = i.entry ORDER BY step DESC LIMIT 1) AS event,
    (SELECT note FROM transitions WHERE entry = i.entry ORDER BY step DESC LIMIT 1) AS note,
    coalesce(j.needs_approval, 0) AND NOT EXISTS (SELECT 1 FROM transitions WHERE entry = i.entry AND event = 'approved') AS awaits_approval,
    coalesce(j.chunks, 1) AS chunks,
    (SELECT count(*) FROM attempts WHERE entry = i.entry AND chunk = open.chunk) AS chunk_attempts,
    CASE WHEN o.entry IS NOT NULL THEN CASE o.state WHEN 'accepted' THEN coalesce(j.chunks, 1) ELSE 0 END
      ELSE (SELECT count(*) FROM chunk_outcomes WHERE entry = i.entry AND state = 'accepted') END AS chunks_accepted,
    ${verificationFor(slices === null ? 'all' : 'inside')} AS verification,
    o.state AS settled, o.status, o.persons_found, o.persons_deleted, o.persons_queued_for_deletion,
    o.events_queued_for_deletion, o.recordings_queued_for_deletion, o.deletion_errors, o.settled_at, o.duration_ms
  FROM intents i
    LEFT JOIN jobs j ON j.entry = i.entry
    LEFT JOIN selections s ON s.entry = i.entry
    LEFT JOIN findings n ON n.entry = i.entry AND n.finding = (SELECT max(finding) FROM findings WHERE entry = i.entry)
    LEFT JOIN resolutions r ON r.entry = i.entry
    LEFT JOIN attempts a ON a.entry = i.entry AND a.attempt = (SELECT max(attempt) FROM attempts WHERE entry = i.entry)
    LEFT JOIN open ON open.entry = i.entry
    LEFT JOIN clock_readings c ON c.entry = i.entry
    LEFT JOIN outcomes o ON o.entry = i.entry`;

const IdList = z.pipe(JsonColumn, z.array(z.string()));
const Ids = lazily(() => z.object({ ids: IdList, sent_ids: IdList, left_slice_ids: z.nullable(IdList) }));

/** The ids of one entry: as asked for, as its first attempt sent them, and those that had left the slice by any attempt. */
const IDS = `
  SELECT i.ids,
    CASE WHEN f.entry IS NULL AND r.entry IS NULL AND (j.slices IS NOT NULL OR j.entry IS NULL AND s.entry IS NOT NULL)
      THEN '[]' ELSE coalesce(f.ids, r.ids, c.ids, i.ids) END AS sent_ids,
    CASE WHEN coalesce(j.slices, r.slices, s.slices) IS NOT NULL THEN
      (SELECT json_group_array(DISTINCT value) FROM rechecks, json_each(rechecks.left_slice) WHERE entry = i.entry)
    END AS left_slice_ids
  FROM intents i
    LEFT JOIN jobs j ON j.entry = i.entry
    LEFT JOIN selections s ON s.entry = i.entry
    LEFT JOIN resolutions r ON r.entry = i.entry
    LEFT JOIN chunks c ON c.entry = i.entry AND c.chunk = 0 AND j.chunks = 1
    LEFT JOIN rechecks f ON f.entry = i.entry AND f.chunk = 0 AND f.of_chunk = 1
  WHERE i.entry = ? AND i.id = ?`;

const ChunkIds = lazily(() => z.object({ ids: IdList }));

/** `next` is the chunk after it; null after the last. */
export interface IdsOfChunk {
  readonly ids: readonly string[];
  readonly next: number | null;
}

const LookedAt = lazily(() => z.object({ id: DeletionId, entry: z.int(), ids: z.int() }));

/** `next` leads to the page after it; null on the last. */
export interface FoundEntries {
  rows: DeletionEntry[];
  next: DeletionId | null;
}

/** The first entries that have not too many ids together; one at least. */
function withinIds<T extends { readonly ids: number }>(entries: readonly T[]): readonly T[] {
  let ids = 0;
  const end = entries.findIndex((one) => (ids += one.ids) > LIMITS.searchedIdsMax);
  return end === -1 ? entries : entries.slice(0, Math.max(1, end));
}

/** Which entries a reader is shown. */
export interface Shown {
  readonly entries: EntryRange;
  /** Stored texts of slices; null where entries without any are shown as well. */
  readonly slices: readonly string[] | null;
  /** Are entries shown that named persons by distinct id? */
  readonly namedByDistinctId: boolean;
  /** Are the names of operators shown? */
  readonly showsMinters: boolean;
}

const SHOWN = `i.entry >= ? AND i.entry < ? AND (? IS NULL OR coalesce(r.slices, j.slices, s.slices) IN (SELECT value FROM json_each(?)))
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
  showsMinters: true,
};

export class DeletionReader {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * The next entries that match, each once however many are added between pages. A page ends after it has looked at so
   * many entries that the reader is shown, so it may hold few, and none, before the last. `person` is of the filter.
   */
  page(page: LogPage, shown: Shown, person: PersonTerms | null): FoundEntries {
    const { filter = {}, order = 'newest' } = page;
    const limit = Math.min(page.limit, LIMITS.listRowsMax);
    const inside = looksInside(filter);
    const looked = this.#entriesShown(page, shown, inside ? LIMITS.searchedEntriesMax : limit);
    const searched = person === null ? looked.entries : withinIds(looked.entries);
    const last = searched.at(-1);
    if (last === undefined) return { rows: [], next: null };
    const isCut = looked.more || searched.length < looked.entries.length;
    const match = matching(filter, person);
    const direction = order === 'newest' ? 'DESC' : 'ASC';
    const found = this.#rows(
      `${entriesFor(shown)} WHERE i.entry IN (SELECT value FROM json_each(?)) AND ${match.sql}
      ORDER BY i.entry ${direction} LIMIT ?`,
      JSON.stringify(searched.map(({ entry }) => entry)),
      ...match.bindings,
      limit + 1,
    ).map(entryOf);
    const rows = found.slice(0, limit);
    return { rows, next: found.length > limit ? (rows.at(-1)?.id ?? null) : isCut ? last.id : null };
  }

  /** Entries in the filter's time that the reader is shown, and whether there are more behind them. */
  #entriesShown({ before, order, filter = {} }: LogPage, shown: Shown, max: number) {
    const time = inTime(filter);
    const at = before === null ? null : numberOf(DeletionId.parse(before));
    const [from, to, direction] =
      order === 'oldest' ? [(at ?? -1) + 1, NO_END, 'ASC'] : [0, at ?? NO_END, 'DESC'];
    const rows = this.#rows(
      `SELECT i.entry, i.id, max(i.asked, coalesce((SELECT sum(persons) FROM chunks WHERE entry = i.entry), 0)) AS ids
      FROM intents i LEFT JOIN jobs j ON j.entry = i.entry LEFT JOIN selections s ON s.entry = i.entry
        LEFT JOIN resolutions r ON r.entry = i.entry LEFT JOIN clock_readings c ON c.entry = i.entry
      WHERE i.entry >= ? AND i.entry < ? AND ${SHOWN} AND ${time.sql} ORDER BY i.entry ${direction} LIMIT ?`,
      from,
      to,
      ...shownBy(shown),
      ...time.bindings,
      max + 1,
    ).map((row) => LookedAt().parse(row));
    return { entries: rows.slice(0, max), more: rows.length > max };
  }

  /** The entry of this number, for its own caller, who may have a slice. */
  at(number: number): DeletionEntry | null {
    const [row] = this.#rows(`${entriesFor({ slices: [], showsMinters: false })} WHERE i.entry = ?`, number);
    return row === undefined ? null : entryOf(row);
  }

  /** An entry without its ids; null where the reader is shown none of this id. */
  find(id: DeletionId, shown: Shown): DeletionEntry | null {
    const [row] = this.#rows(
      `${entriesFor(shown)} WHERE i.entry = ? AND i.id = ? AND ${SHOWN}`,
      numberOf(id),
      id,
      ...shownBy(shown),
    );
    return row === undefined ? null : entryOf(row);
  }

  /** The same with how far it has come. */
  status(id: DeletionId, shown: Shown): DeletionStatus | null {
    const entry = this.find(id, shown);
    if (entry === null) return null;
    return { ...entry, progress: progressOf(entry, totalsOf(this.#sql, numberOf(id))) };
  }

  /** The same with its ids, where they are those of one call. */
  detail(id: DeletionId, shown: Shown): DeletionDetail | null {
    const status = this.status(id, shown);
    if (status === null) return null;
    const [row] = this.#rows(IDS, numberOf(id), id);
    const { ids, sent_ids, left_slice_ids } = Ids().parse(row);
    const several = status.chunks.total > 1;
    return {
      ...status,
      ids: several ? null : ids,
      sent_ids: several ? null : sent_ids,
      left_slice_ids: shown.slices === null ? left_slice_ids : null,
    };
  }

  /** The ids of one chunk, as they were asked for; null where the reader is shown no such deletion. */
  ids(id: DeletionId, chunk: number, shown: Shown): IdsOfChunk | null {
    const entry = this.find(id, shown);
    if (entry === null) return null;
    const { total } = entry.chunks;
    const [row] =
      total > 1
        ? this.#rows('SELECT ids FROM chunks WHERE entry = ? AND chunk = ?', numberOf(id), chunk)
        : this.#rows('SELECT ids FROM intents WHERE entry = ? AND ? = 0', numberOf(id), chunk);
    const ids = row === undefined ? [] : ChunkIds().parse(row).ids;
    return { ids, next: chunk + 1 < total ? chunk + 1 : null };
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
