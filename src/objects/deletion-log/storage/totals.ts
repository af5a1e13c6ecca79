/** Adds up what the chunks of a deletion came to. */
import * as z from 'zod/mini';
import { lazily } from '../../../core/lazily.ts';
import type { ChunkTotals } from '../job/progress.ts';

/** A deletion of one chunk has its ids in the intent and its end in the outcome. Takes the entry six times. */
const TOTALS = `
  WITH several AS (SELECT EXISTS (SELECT 1 FROM chunks WHERE entry = ?) AS yes),
  parts AS (
    SELECT chunk, persons FROM chunks WHERE entry = ?
    UNION ALL
    SELECT 0, coalesce(r.sent, i.asked)
    FROM intents i LEFT JOIN resolutions r ON r.entry = i.entry, several WHERE i.entry = ? AND NOT yes
  ),
  ends AS (
    SELECT chunk, state, persons_found, persons_deleted, persons_queued_for_deletion, deletion_errors, settled_at
    FROM chunk_outcomes WHERE entry = ?
    UNION ALL
    SELECT 0, state, persons_found, persons_deleted, persons_queued_for_deletion, deletion_errors, settled_at
    FROM outcomes, several WHERE entry = ? AND NOT yes
  ),
  tried AS (SELECT chunk, min(at) AS at FROM attempts WHERE entry = ? GROUP BY chunk)
  SELECT
    coalesce(sum(p.persons), 0) AS named,
    coalesce(sum(CASE WHEN t.chunk IS NOT NULL THEN p.persons END), 0) AS sent,
    coalesce(sum(CASE WHEN e.state = 'accepted' THEN p.persons END), 0) AS accepted,
    sum(e.persons_found) AS found,
    sum(CASE WHEN e.persons_deleted IS NOT NULL OR e.persons_queued_for_deletion IS NOT NULL
      THEN coalesce(e.persons_deleted, 0) + coalesce(e.persons_queued_for_deletion, 0) END) AS confirmed,
    coalesce(sum(e.deletion_errors), 0) AS deletion_errors,
    min(t.at) AS first_sent_at,
    max(e.settled_at) AS last_settled_at
  FROM parts p LEFT JOIN ends e ON e.chunk = p.chunk LEFT JOIN tried t ON t.chunk = p.chunk`;

const count = z.nullable(z.int());

const Row = lazily(() =>
  z.object({
    named: z.int(),
    sent: z.int(),
    accepted: z.int(),
    found: count,
    confirmed: count,
    deletion_errors: z.int(),
    first_sent_at: count,
    last_settled_at: count,
  }),
);

export function totalsOf(sql: SqlStorage, number: number): ChunkTotals {
  const [row] = sql.exec(TOTALS, ...Array<number>(6).fill(number)).toArray();
  const totals = Row().parse(row);
  return {
    named: totals.named,
    sent: totals.sent,
    accepted: totals.accepted,
    found: totals.found,
    confirmed: totals.confirmed,
    deletionErrors: totals.deletion_errors,
    firstSentAt: totals.first_sent_at,
    lastSettledAt: totals.last_settled_at,
  };
}
