/** The rows of the deletion log: every statement, and nothing that decides. Times are milliseconds since 1970. */
import * as z from 'zod';
import { TokenId, type DeletionId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Charge } from './budget.ts';
import { distinct } from './digest.ts';
import {
  JsonColumn,
  addressedOf,
  askedOf,
  entryOf,
  type DeletionDetail,
  type DeletionEntry,
  type DeletionOrder,
} from './entry.ts';
import { firstNumberAt, instantOf, numberOf } from './id.ts';
import type { Addressed, Obstacle } from './hold.ts';
import type { Settlement } from './settle.ts';

/** An entry with all that is known of it, but for the ids. Every join goes by a key. */
const ENTRIES = `
  SELECT i.entry, i.id, i.tenant, i.token, i.ancestors, i.request_id, i.operation, i.project_id, i.target, i.asked,
    r.sent AS in_slice, coalesce(r.sent, i.asked) AS sent,
    i.delete_events, i.delete_recordings, i.keep_person, i.digest,
    coalesce(a.attempt, 0) AS attempts, a.at AS last_attempt_at, open.due_at AS next_attempt_at,
    coalesce(open.held, (SELECT problem FROM lapses WHERE entry = i.entry ORDER BY attempt DESC LIMIT 1))
      AS last_problem,
    o.state AS settled, o.status, o.persons_found, o.persons_deleted, o.persons_queued_for_deletion,
    o.events_queued_for_deletion, o.recordings_queued_for_deletion, o.deletion_errors, o.settled_at, o.duration_ms
  FROM intents i
    LEFT JOIN resolutions r ON r.entry = i.entry
    LEFT JOIN attempts a ON a.entry = i.entry AND a.attempt = (SELECT max(attempt) FROM attempts WHERE entry = i.entry)
    LEFT JOIN open ON open.entry = i.entry
    LEFT JOIN outcomes o ON o.entry = i.entry`;

const StoredCharge = z.object({
  entry: z.int(),
  persons: z.int(),
  token: TokenId,
  ancestors: JsonColumn.pipe(z.array(TokenId)),
});

const Entry = z.object({ entry: z.int() });
const Moment = z.object({ at: z.int().nullable() });
const IdList = JsonColumn.pipe(z.array(z.string()));
const Ids = z.object({ ids: IdList, sent_ids: IdList });

const bit = (flag: boolean): number => (flag ? 1 : 0);
const maybeBit = (flag: boolean | null): number | null => (flag === null ? null : bit(flag));

export interface Intent {
  readonly number: number;
  readonly id: DeletionId;
  readonly order: DeletionOrder;
  readonly digest: string;
  /** The PostHog it is meant for. */
  readonly origin: string;
  /** When the alarm takes the entry up, if nothing was heard by then; null where it is settled in the same breath. */
  readonly dueAt: number | null;
}

export interface Attempt {
  readonly number: number;
  /** From 1. */
  readonly attempt: number;
  readonly startedAt: number;
}

export type Settled = Exclude<Settlement, { state: 'unknown' }>;
export type Unsettled = Extract<Settlement, { state: 'unknown' }>;

export class DeletionStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }

  /** Two rows; one where nothing is left to send, which nothing has to wait for. */
  intend({ number, id, order, digest, origin, dueAt }: Intent): void {
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
  hold(number: number, why: Obstacle, dueAt: number): void {
    this.#rows('UPDATE open SET due_at = ?, held = ? WHERE entry = ?', dueAt, why, number);
  }

  /** Two rows: the attempt ended without telling what became of the deletion. */
  lapse(
    { number, attempt }: Attempt,
    { status, problem }: Omit<Unsettled, 'state'>,
    at: number,
    dueAt: number,
  ): void {
    this.#rows('INSERT INTO lapses VALUES (?, ?, ?, ?, ?)', number, attempt, at, status, problem);
    this.#rows('UPDATE open SET due_at = ? WHERE entry = ?', dueAt, number);
  }

  /** Two rows: what became of the deletion. */
  settle({ number, attempt, startedAt }: Attempt, { state, status, summary }: Settled, at: number): void {
    this.#rows(
      'INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      number,
      attempt,
      state,
      status,
      summary.persons_found,
      summary.persons_deleted,
      summary.persons_queued_for_deletion,
      maybeBit(summary.events_queued_for_deletion),
      maybeBit(summary.recordings_queued_for_deletion),
      summary.deletion_errors,
      at,
      Math.max(0, at - startedAt),
    );
    this.#rows('DELETE FROM open WHERE entry = ?', number);
  }

  newest(): number | null {
    return Moment.parse(this.#rows('SELECT max(entry) AS at FROM intents')[0]).at;
  }

  /** What was spent since `ms`, the oldest first. */
  chargesSince(ms: number): Charge[] {
    return this.#rows(
      `SELECT i.entry, coalesce(r.sent, i.asked) AS persons, i.token, i.ancestors
      FROM intents i LEFT JOIN resolutions r ON r.entry = i.entry
      WHERE i.entry >= ? AND coalesce(r.sent, i.asked) > 0 ORDER BY i.entry`,
      firstNumberAt(ms),
    ).map((row) => {
      const { entry, persons, token, ancestors } = StoredCharge.parse(row);
      return { at: instantOf(entry), persons, tokens: [...ancestors, token] };
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

  /** What is to be sent for an entry, and to which PostHog. */
  addressed(number: number): Addressed {
    const [row] = this.#rows(
      `SELECT i.origin, i.operation, i.project_id, i.delete_events, i.delete_recordings, i.keep_person,
        coalesce(r.target, i.target) AS target, coalesce(r.ids, i.ids) AS ids
      FROM intents i LEFT JOIN resolutions r ON r.entry = i.entry WHERE i.entry = ?`,
      number,
    );
    return addressedOf(row);
  }

  /** Entries older than `before`, the newest first. */
  page(before: DeletionId | null, limit: number): DeletionEntry[] {
    return this.#rows(
      `${ENTRIES} WHERE i.entry < ? ORDER BY i.entry DESC LIMIT ?`,
      before === null ? Number.MAX_SAFE_INTEGER : numberOf(before),
      Math.min(limit, LIMITS.listRowsMax + 1),
    ).map(entryOf);
  }

  find(id: DeletionId): DeletionDetail | null {
    const key = [numberOf(id), id];
    const [row] = this.#rows(`${ENTRIES} WHERE i.entry = ? AND i.id = ?`, ...key);
    if (row === undefined) return null;
    const [ids] = this.#rows(
      `SELECT i.ids, coalesce(r.ids, i.ids) AS sent_ids
      FROM intents i LEFT JOIN resolutions r ON r.entry = i.entry WHERE i.entry = ? AND i.id = ?`,
      ...key,
    );
    return { ...entryOf(row), ...Ids.parse(ids) };
  }
}
