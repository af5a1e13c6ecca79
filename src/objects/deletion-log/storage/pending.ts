/** Reads what a deletion has yet to send. */
import * as z from 'zod/mini';
import { DeletingOperation } from '../../../catalogue/deletion.ts';
import { PersonRef, PersonUuid, ProjectId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import { JsonColumn } from '../entry.ts';
import type { PendingDeletion } from '../job/hold.ts';
import { parseStoredSlices, SlicesColumn } from './slices.ts';

const flag = z.pipe(
  z.literal([0, 1]),
  z.transform((value) => value === 1),
);

const StoredTarget = lazily(() =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('uuids'), ids: z.array(PersonUuid) }),
    z.object({ kind: z.literal('distinct_ids'), ids: z.array(z.string()) }),
    z.object({ kind: z.literal('person'), ids: z.tuple([PersonRef]) }),
  ]),
);

const StoredPending = lazily(() =>
  z.object({
    origin: z.nullable(z.string()),
    operation: DeletingOperation,
    project_id: ProjectId,
    target: z.string(),
    delete_events: flag,
    delete_recordings: flag,
    keep_person: flag,
    chunk: z.int(),
    chunks: z.int(),
    chunk_attempts: z.int(),
    attempts: z.int(),
    resolved: flag,
    slices: z.nullable(SlicesColumn),
    moved_at: z.int(),
    ids: z.pipe(JsonColumn, z.array(z.string())),
  }),
);

/** What was not deleted of the chunk by its latest attempt, what its first attempt was narrowed to, or what was asked. */
const PENDING = `
  SELECT i.origin, i.operation, i.project_id, i.delete_events, i.delete_recordings, i.keep_person,
    coalesce(open.chunk, 0) AS chunk, coalesce(j.chunks, 1) AS chunks,
    (SELECT count(*) FROM attempts WHERE entry = i.entry AND chunk = coalesce(open.chunk, 0)) AS chunk_attempts,
    (SELECT count(*) FROM attempts WHERE entry = i.entry) AS attempts,
    m.ids IS NOT NULL OR f.entry IS NOT NULL OR r.ids IS NOT NULL OR s.entry IS NOT NULL AS resolved,
    coalesce(j.slices, r.slices) AS slices,
    max(i.entry / 1000, coalesce((SELECT max(at) FROM attempts WHERE entry = i.entry), 0),
      coalesce((SELECT max(at) FROM transitions WHERE entry = i.entry), 0)) AS moved_at,
    CASE WHEN m.ids IS NOT NULL OR s.entry IS NOT NULL THEN 'uuids' WHEN f.ids IS NOT NULL AND i.target <> 'person' THEN 'uuids'
      ELSE coalesce(r.target, i.target) END AS target,
    coalesce(m.ids, f.ids, r.ids, c.ids, i.ids) AS ids
  FROM intents i
    LEFT JOIN open ON open.entry = i.entry
    LEFT JOIN jobs j ON j.entry = i.entry
    LEFT JOIN selections s ON s.entry = i.entry
    LEFT JOIN resolutions r ON r.entry = i.entry
    LEFT JOIN chunks c ON c.entry = i.entry AND c.chunk = open.chunk
    LEFT JOIN rechecks f ON f.entry = i.entry AND f.chunk = coalesce(open.chunk, 0) AND f.of_chunk = 1
    LEFT JOIN remainders m ON m.entry = i.entry AND m.attempt =
      (SELECT max(attempt) FROM remainders WHERE entry = i.entry AND chunk = coalesce(open.chunk, 0))
  WHERE i.entry = ?`;

/** What the chunk of an entry that is due has yet to send. @throws where the row is not what the log writes. */
export function readPending(sql: SqlStorage, number: number): PendingDeletion {
  return pendingOf(sql.exec(PENDING, number).toArray()[0]);
}

/** @throws where the row is not what the log writes. */
export function pendingOf(row: unknown): PendingDeletion {
  const stored = StoredPending().parse(row);
  const { operation, project_id: projectId, delete_events, delete_recordings, keep_person } = stored;
  const target = StoredTarget().parse({ kind: stored.target, ids: stored.ids });
  return {
    deletion: { operation, projectId, target, flags: { delete_events, delete_recordings, keep_person } },
    origin: stored.origin,
    chunk: stored.chunk,
    chunks: stored.chunks,
    attempts: stored.attempts,
    attemptsOfChunk: stored.chunk_attempts,
    isResolved: stored.resolved,
    slices: stored.slices === null ? null : parseStoredSlices(stored.slices),
    movedAt: stored.moved_at,
  };
}
