/** Writes the rows of the deletion log and reads what the runner needs. Decides nothing. Times are milliseconds since 1970. */
import * as z from 'zod';
import { TokenId, type DeletionId } from '../../../core/ids.ts';
import type { Charge } from '../budget.ts';
import { distinct } from '../digest.ts';
import { askedOf, JsonColumn, pendingOf, type DeletionOrder } from '../entry.ts';
import { firstNumberAt, instantOf } from '../id.ts';
import type { HoldReason, PendingDeletion } from '../hold.ts';
import type { Remainder, Settled, Unsettled } from '../settle.ts';
import { combined, type Summary } from '../summary.ts';

const StoredCharge = z.object({
  at: z.int(),
  persons: z.int(),
  token: TokenId,
  ancestors: JsonColumn.pipe(z.array(TokenId)),
});

const Entry = z.object({ entry: z.int() });
const Moment = z.object({ at: z.int().nullable() });
const count = z.int().nullable();
const maybeFlag = z
  .int()
  .transform((value) => value === 1)
  .nullable();
const StoredSummary = z.object({
  persons_found: count,
  persons_deleted: count,
  persons_queued_for_deletion: count,
  events_queued_for_deletion: maybeFlag,
  recordings_queued_for_deletion: maybeFlag,
  deletion_errors: count,
});

/** How an attempt ended that settled nothing. */
export interface Inconclusive extends Pick<Unsettled, 'status' | 'problem'> {
  readonly remainder: Remainder | null;
}

const bit = (flag: boolean): number => (flag ? 1 : 0);
const maybeBit = (flag: boolean | null): number | null => (flag === null ? null : bit(flag));

export interface Intent {
  readonly number: number;
  readonly id: DeletionId;
  /** What the clock says. */
  readonly at: number;
  readonly order: DeletionOrder;
  readonly digest: string;
  /** The PostHog it is meant for. */
  readonly origin: string;
  /** When the alarm takes the entry up, if nothing was heard by then; null where it is settled at once. */
  readonly dueAt: number | null;
}

export interface Attempt {
  readonly number: number;
  /** From 1. */
  readonly attempt: number;
  readonly startedAt: number;
}

export class DeletionStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }

  /** Two rows; one where nothing is left to send. One more where the clock stands behind the entry before. */
  intend({ number, id, at, order, digest, origin, dueAt }: Intent): void {
    const { operation, projectId, flags } = order.deletion;
    const target = askedOf(order);
    this.#rows(
      'INSERT INTO intents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      number,
      id,
      order.tenant,
      order.token,
      JSON.stringify(order.ancestors),
      order.requestId,
      operation,
      projectId,
      target.kind,
      distinct(target.ids).length,
      bit(flags.delete_events),
      bit(flags.delete_recordings),
      bit(flags.keep_person),
      digest,
      JSON.stringify(target.ids),
      origin,
    );
    if (at !== instantOf(number)) this.#rows('INSERT INTO clock_readings VALUES (?, ?)', number, at);
    if (dueAt !== null) this.#rows('INSERT INTO open (entry, due_at) VALUES (?, ?)', number, dueAt);
  }

  /** One row, and one more where the entry was due. */
  begin(number: number, startedAt: number, dueAt: number): Attempt {
    const [last] = this.#rows('SELECT coalesce(max(attempt), 0) AS at FROM attempts WHERE entry = ?', number);
    const attempt = (Moment.parse(last).at ?? 0) + 1;
    this.#rows('INSERT INTO attempts VALUES (?, ?, ?)', number, attempt, startedAt);
    this.#rows(
      'UPDATE open SET due_at = ?, held = NULL WHERE entry = ? AND due_at <= ?',
      dueAt,
      number,
      startedAt,
    );
    return { number, attempt, startedAt };
  }

  /** One row: the entry was not sent, and is looked at again. */
  hold(number: number, why: HoldReason, dueAt: number): void {
    this.#rows('UPDATE open SET due_at = ?, held = ? WHERE entry = ?', dueAt, why, number);
  }

  /** Two rows: the attempt settled nothing. A third where PostHog said what it had not deleted. */
  inconclusive(
    { number, attempt }: Attempt,
    { status, problem, remainder }: Inconclusive,
    at: number,
    dueAt: number,
  ): void {
    this.#rows('INSERT INTO lapses VALUES (?, ?, ?, ?, ?)', number, attempt, at, status, problem);
    if (remainder !== null) {
      this.#rows(
        'INSERT INTO remainders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
        number,
        attempt,
        ...summaryColumns(remainder.summary),
        JSON.stringify(remainder.ids),
      );
    }
    this.#rows('UPDATE open SET due_at = ? WHERE entry = ?', dueAt, number);
  }

  /** Two rows: how the deletion ended. */
  settle({ number, attempt, startedAt }: Attempt, { state, status, summary }: Settled, at: number): void {
    const earlier = this.#rows('SELECT * FROM remainders WHERE entry = ? ORDER BY attempt', number);
    this.#rows(
      'INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      number,
      attempt,
      state,
      status,
      ...summaryColumns(combined([...earlier.map((row) => StoredSummary.parse(row)), summary])),
      at,
      Math.max(0, at - startedAt),
    );
    this.#rows('DELETE FROM open WHERE entry = ?', number);
  }

  newest(): number | null {
    return Moment.parse(this.#rows('SELECT max(entry) AS at FROM intents')[0]).at;
  }

  /** What was spent after `afterMs` by entries from `since` on. An entry's number is never below its clock's reading. */
  charges(afterMs: number, since: number): Charge[] {
    return this.#rows(
      `SELECT coalesce(c.at, i.entry / 1000) AS at, coalesce(r.sent, i.asked) AS persons, i.token, i.ancestors
      FROM intents i LEFT JOIN resolutions r ON r.entry = i.entry LEFT JOIN clock_readings c ON c.entry = i.entry
      WHERE i.entry >= ? AND coalesce(r.sent, i.asked) > 0 ORDER BY i.entry`,
      Math.max(since, firstNumberAt(afterMs)),
    ).map((row) => {
      const { at, persons, token, ancestors } = StoredCharge.parse(row);
      return { at, persons, tokens: [...ancestors, token] };
    });
  }

  /** Entries the alarm has to take up, the longest due first. */
  due(now: number, limit: number): number[] {
    return this.#rows(
      'SELECT entry FROM open WHERE due_at <= ? ORDER BY due_at, entry LIMIT ?',
      now,
      limit,
    ).map((row) => Entry.parse(row).entry);
  }

  /** When the next entry is due; null where all are settled. */
  earliestDue(): number | null {
    return Moment.parse(this.#rows('SELECT min(due_at) AS at FROM open')[0]).at;
  }

  /** What an entry has yet to send, and to which PostHog. */
  pending(number: number): PendingDeletion {
    const [row] = this.#rows(
      `SELECT i.origin, i.operation, i.project_id, i.delete_events, i.delete_recordings, i.keep_person,
        CASE WHEN m.ids IS NULL THEN coalesce(r.target, i.target) ELSE 'uuids' END AS target,
        coalesce(m.ids, r.ids, i.ids) AS ids
      FROM intents i
        LEFT JOIN resolutions r ON r.entry = i.entry
        LEFT JOIN remainders m ON m.entry = i.entry
          AND m.attempt = (SELECT max(attempt) FROM remainders WHERE entry = i.entry)
      WHERE i.entry = ?`,
      number,
    );
    return pendingOf(row);
  }
}

/** In the order of the columns of `outcomes` and `remainders`. */
const summaryColumns = (summary: Summary) =>
  [
    summary.persons_found,
    summary.persons_deleted,
    summary.persons_queued_for_deletion,
    maybeBit(summary.events_queued_for_deletion),
    maybeBit(summary.recordings_queued_for_deletion),
    summary.deletion_errors,
  ] as const;
