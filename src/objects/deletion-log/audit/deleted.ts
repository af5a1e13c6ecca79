/** How many persons tokens deleted, by the hour or the day: added up from the log when it is asked for. */
import * as z from 'zod/mini';
import { TokenId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';

export interface DeletedAsk {
  /** Milliseconds since 1970; `toMs` is not among them. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly by: 'hour' | 'day';
  /** A token sees itself and what was derived from it; null: the operator sees all. */
  readonly seenBy: TokenId | null;
  /** Null: of every token. */
  readonly token: TokenId | null;
  /** The last row of the page before; null for the first page. */
  readonly after: { readonly startsMs: number; readonly token: TokenId } | null;
  /** Rows at most. */
  readonly limit: number;
}

/** The persons of one token in one hour or on one day, in the order of time and of the tokens. */
export interface DeletedRow {
  readonly startsMs: number;
  readonly token: TokenId;
  readonly name: string | null;
  readonly persons: number;
}

const PERIOD_MS: Readonly<Record<DeletedAsk['by'], string>> = { hour: '3600000', day: '86400000' };

/** PostHog's numbers; where it gave none, the ids that it accepted. */
const persons = (end: string, ids: string): string => `
  CASE WHEN ${end}.persons_deleted IS NULL AND ${end}.persons_queued_for_deletion IS NULL THEN ${ids}
  ELSE coalesce(${end}.persons_deleted, 0) + coalesce(${end}.persons_queued_for_deletion, 0) END`;

/** A deletion of one chunk has its end in the outcome, one of several in those of its chunks. */
const deletedRows = (by: DeletedAsk['by']): string => `
  WITH ends AS (
    SELECT o.entry, o.settled_at, ${persons('o', 'coalesce(r.sent, i.asked)')} AS persons
    FROM outcomes o JOIN intents i ON i.entry = o.entry LEFT JOIN resolutions r ON r.entry = o.entry
    WHERE o.state = 'accepted' AND o.settled_at >= ?1 AND o.settled_at < ?2
      AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.entry = o.entry)
    UNION ALL
    SELECT o.entry, o.settled_at, ${persons('o', 'c.persons')}
    FROM chunk_outcomes o JOIN chunks c ON c.entry = o.entry AND c.chunk = o.chunk
    WHERE o.state = 'accepted' AND o.settled_at >= ?1 AND o.settled_at < ?2
  ),
  sums AS (
    SELECT e.settled_at / ${PERIOD_MS[by]} * ${PERIOD_MS[by]} AS starts_ms, i.token AS token, sum(e.persons) AS persons
    FROM ends e JOIN intents i ON i.entry = e.entry
    WHERE i.keep_person = 0 AND (?3 IS NULL OR i.token = ?3)
      AND (?4 IS NULL OR i.token = ?4 OR EXISTS (SELECT 1 FROM json_each(i.ancestors) one WHERE one.value = ?4))
    GROUP BY starts_ms, i.token
  )
  SELECT starts_ms, token, (SELECT name FROM token_names n WHERE n.token = sums.token) AS name, persons
  FROM sums WHERE persons > 0 AND (starts_ms > ?5 OR starts_ms = ?5 AND token > ?6)
  ORDER BY starts_ms, token LIMIT ?7`;

const Row = lazily(() =>
  z.object({ starts_ms: z.int(), token: TokenId, name: z.nullable(z.string()), persons: z.int() }),
);

export const readDeleted = (sql: SqlStorage, ask: DeletedAsk): DeletedRow[] =>
  sql
    .exec(
      deletedRows(ask.by),
      ask.fromMs,
      ask.toMs,
      ask.token,
      ask.seenBy,
      ask.after?.startsMs ?? -1,
      ask.after?.token ?? '',
      ask.limit,
    )
    .toArray()
    .map((row) => {
      const { starts_ms: startsMs, token, name, persons: deleted } = Row().parse(row);
      return { startsMs, token, name, persons: deleted };
    });
