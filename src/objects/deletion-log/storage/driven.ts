/** How long a chunk has been sent again and again, and what that may have done. */
import * as z from 'zod/mini';
import { lazily } from '../../../core/lazily.ts';
import type { Driven } from '../job/ends.ts';

/**
 * Counts the attempts of a chunk that may have deleted somebody: all but those that PostHog answered with 429. A
 * subquery that takes the entry and the chunk.
 */
const UNCERTAIN = `SELECT count(*)
  FROM attempts a LEFT JOIN lapses l ON l.entry = a.entry AND l.attempt = a.attempt
  WHERE a.entry = ? AND a.chunk = ? AND l.status IS NOT 429`;

const TriesRow = lazily(() => z.object({ attempts: z.int(), of_chunk: z.int(), uncertain: z.int() }));
const Row = lazily(() => z.object({ since: z.int(), uncertain: z.int() }));

/** How many attempts there were: of the deletion, of the chunk, and of the chunk such that they may have worked. */
export interface Tries {
  readonly attempts: number;
  readonly ofChunk: number;
  readonly uncertain: number;
}

export function triesOf(sql: SqlStorage, number: number, chunk: number): Tries {
  const [row] = sql
    .exec(
      `SELECT coalesce(max(attempt), 0) AS attempts, coalesce(sum(chunk = ?), 0) AS of_chunk,
        (${UNCERTAIN}) AS uncertain
      FROM attempts WHERE entry = ?`,
      chunk,
      number,
      chunk,
      number,
    )
    .toArray();
  const { attempts, of_chunk: ofChunk, uncertain } = TriesRow().parse(row);
  return { attempts, ofChunk, uncertain };
}

/** A chunk's turn comes with the intent, with the last transition, or with the outcome of the chunk before. */
export function drivenOf(sql: SqlStorage, number: number, chunk: number): Driven {
  const [row] = sql
    .exec(
      `SELECT max(coalesce(c.at, i.entry / 1000),
          coalesce((SELECT max(at) FROM transitions WHERE entry = i.entry), 0),
          coalesce((SELECT max(settled_at) FROM chunk_outcomes WHERE entry = i.entry), 0)) AS since,
        (${UNCERTAIN}) AS uncertain
      FROM intents i LEFT JOIN clock_readings c ON c.entry = i.entry WHERE i.entry = ?`,
      number,
      chunk,
      number,
    )
    .toArray();
  const { since, uncertain } = Row().parse(row);
  return { since, mayHaveWorked: uncertain > 0 };
}
