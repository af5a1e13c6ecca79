/** Writes the rows of the deletion log and reads what the runner needs. Decides nothing. Times are milliseconds since 1970. */
import * as z from 'zod/mini';
import { TokenId, type DeletionId } from '../../../core/ids.ts';
import type { EntryCharge } from '../budget/charges.ts';
import { distinct } from '../digest.ts';
import { askedOf, JsonColumn, type DeletionOrder } from '../entry.ts';
import { instantOf } from '../id.ts';
import type { HoldReason, PendingDeletion } from '../job/hold.ts';
import type { ReleaseReason } from '../budget/release.ts';
import type { Remainder, Settled, Unsettled } from '../job/settle.ts';
import { combined, total, type Summary } from '../job/summary.ts';
import { CHARGES } from './charges.ts';
import { readPending } from './pending.ts';
import { triesOf } from './driven.ts';

const StoredCharge = z.object({
  entry: z.int(),
  at: z.nullable(z.int()),
  persons: z.int(),
  token: TokenId,
  ancestors: z.pipe(JsonColumn, z.array(TokenId)),
});

const Entry = z.object({ entry: z.int() });
const Moment = z.object({ at: z.nullable(z.int()) });
const count = z.nullable(z.int());
const maybeFlag = z.nullable(
  z.pipe(
    z.int(),
    z.transform((value) => value === 1),
  ),
);
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
  /** True where the ids are written as chunks, and the intent holds none. */
  readonly chunked: boolean;
}

/** One sending of one chunk. */
export interface Attempt {
  readonly number: number;
  /** From 0. */
  readonly chunk: number;
  /** From 1, through all chunks of the deletion. */
  readonly attempt: number;
  /** From 1, of this chunk alone. */
  readonly ofChunk: number;
  /** The same without those that PostHog answered with 429, and that therefore did nothing. */
  readonly uncertain: number;
  readonly startedAt: number;
}

/** An attempt that ended. */
export type Ended = Pick<Attempt, 'number' | 'chunk' | 'attempt' | 'startedAt'>;

const ChunkEnd = z.object({ attempt: z.int(), status: z.nullable(z.int()) });

export class DeletionStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }

  /** Two rows; one where nothing is left to send. One more where the clock stands behind the entry before. */
  intend({ number, id, at, order, digest, origin, dueAt, chunked }: Intent): void {
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
      // How many persons a filter names is not known yet; its finding says it.
      Math.max(1, distinct(target.ids).length),
      bit(flags.delete_events),
      bit(flags.delete_recordings),
      bit(flags.keep_person),
      digest,
      JSON.stringify(chunked ? [] : target.ids),
      origin,
    );
    if (at !== instantOf(number)) this.#rows('INSERT INTO clock_readings VALUES (?, ?)', number, at);
    if (dueAt !== null) this.#rows('INSERT INTO open (entry, due_at) VALUES (?, ?)', number, dueAt);
  }

  /** One row, and one more where the entry was due. */
  begin(number: number, chunk: number, startedAt: number, dueAt: number): Attempt {
    const { attempts, ofChunk, uncertain } = triesOf(this.#sql, number, chunk);
    const attempt = attempts + 1;
    this.#rows('INSERT INTO attempts VALUES (?, ?, ?, ?)', number, attempt, startedAt, chunk);
    this.#rows(
      'UPDATE open SET due_at = ?, held = NULL WHERE entry = ? AND due_at <= ?',
      dueAt,
      number,
      startedAt,
    );
    return { number, chunk, attempt, ofChunk: ofChunk + 1, uncertain: uncertain + 1, startedAt };
  }

  /** One row: nothing was done for the entry, and it is looked at again. */
  hold(number: number, why: HoldReason | null, dueAt: number): void {
    this.#rows('UPDATE open SET due_at = ?, held = ? WHERE entry = ?', dueAt, why, number);
  }

  /** One row: the entry is looked at again. */
  postpone(number: number, dueAt: number): void {
    this.#rows('UPDATE open SET due_at = ? WHERE entry = ?', dueAt, number);
  }

  /** Two rows: the attempt settled nothing. A third where PostHog said what it had not deleted. */
  inconclusive(
    { number, chunk, attempt }: Attempt,
    { status, problem, remainder }: Inconclusive,
    at: number,
    dueAt: number,
  ): void {
    this.#rows('INSERT INTO lapses VALUES (?, ?, ?, ?, ?)', number, attempt, at, status, problem);
    if (remainder !== null) {
      this.#rows(
        'INSERT INTO remainders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        number,
        attempt,
        ...summaryColumns(remainder.summary),
        JSON.stringify(remainder.ids),
        chunk,
      );
    }
    this.#rows('UPDATE open SET due_at = ? WHERE entry = ?', dueAt, number);
  }

  /** One row: how the deletion ended, which is also how its one chunk did. */
  settle(attempt: Ended, settled: Settled, at: number): void {
    this.#rows(
      'INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      attempt.number,
      attempt.attempt,
      ...this.#outcomeColumns(attempt, settled, at),
    );
  }

  /** One row: how one of several chunks ended. */
  settleChunk(attempt: Ended, settled: Settled, at: number): void {
    this.#rows(
      'INSERT INTO chunk_outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      attempt.number,
      attempt.chunk,
      attempt.attempt,
      ...this.#outcomeColumns(attempt, settled, at),
    );
  }

  /** Two rows: the outcome of a deletion all of whose chunks were accepted, and what is due next. */
  settleAll(number: number, at: number): void {
    const chunks = this.#rows('SELECT * FROM chunk_outcomes WHERE entry = ? ORDER BY chunk', number);
    const [first] = this.#rows('SELECT min(at) AS at FROM attempts WHERE entry = ?', number);
    const last = ChunkEnd.parse(chunks.at(-1));
    this.#rows(
      'INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      number,
      last.attempt,
      'accepted',
      last.status,
      ...summaryColumns(total(chunks.map((row) => StoredSummary.parse(row)))),
      at,
      Math.max(0, at - (Moment.parse(first).at ?? at)),
    );
  }

  /** One row: the next chunk is due. */
  advance(number: number, chunk: number, dueAt: number): void {
    this.#rows('UPDATE open SET chunk = ?, due_at = ?, held = NULL WHERE entry = ?', chunk, dueAt, number);
  }

  /** In the order of the columns of `outcomes` and `chunk_outcomes` from `state` on. */
  #outcomeColumns({ number, chunk, startedAt }: Ended, { state, status, summary }: Settled, at: number) {
    const earlier = this.#rows(
      'SELECT * FROM remainders WHERE entry = ? AND chunk = ? ORDER BY attempt',
      number,
      chunk,
    );
    const numbers = combined([...earlier.map((row) => StoredSummary.parse(row)), summary]);
    return [state, status, ...summaryColumns(numbers), at, Math.max(0, at - startedAt)] as const;
  }

  /** Gives back a number of persons of a deletion's charge. One row. */
  release(number: number, chunk: number, why: ReleaseReason, persons: number): void {
    this.#rows('INSERT INTO releases VALUES (?, ?, ?, ?)', number, chunk, why, persons);
  }

  /** Persons that it was charged when it was written down. */
  charged(number: number): number {
    const [row] = this.#rows(
      `SELECT CASE WHEN s.entry IS NULL THEN coalesce(r.sent, i.asked) ELSE h.persons END AS at
      FROM intents i LEFT JOIN resolutions r ON r.entry = i.entry LEFT JOIN selections s ON s.entry = i.entry
        LEFT JOIN charges h ON h.entry = i.entry WHERE i.entry = ?`,
      number,
    );
    return Moment.parse(row).at ?? 0;
  }

  /** Was any chunk of it sent to PostHog? */
  wasSent(number: number): boolean {
    return this.#rows('SELECT 1 FROM attempts WHERE entry = ? LIMIT 1', number).length > 0;
  }

  /** Persons of the chunks behind this one. */
  personsAfter(number: number, chunk: number): number {
    const [row] = this.#rows(
      'SELECT coalesce(sum(persons), 0) AS at FROM chunks WHERE entry = ? AND chunk > ?',
      number,
      chunk,
    );
    return Moment.parse(row).at ?? 0;
  }

  newest(): number | null {
    return Moment.parse(this.#rows('SELECT max(entry) AS at FROM intents')[0]).at;
  }

  /** What counts after `afterMs` of entries from `since` on. */
  charges(afterMs: number, since: number): EntryCharge[] {
    return this.#rows(CHARGES, since, afterMs).flatMap((row) => {
      const { entry, at, persons, token, ancestors } = StoredCharge.parse(row);
      return persons > 0 ? [{ number: entry, at, persons, tokens: [...ancestors, token] }] : [];
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

  /** What the chunk of an entry that is due has yet to send, and to which PostHog. */
  pending(number: number): PendingDeletion {
    return readPending(this.#sql, number);
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
