/** The rows of alarms: what was raised, and how far its delivery has come. Times are milliseconds since 1970. */
import * as z from 'zod/mini';
import { Alarm, DELIVERY_STATES } from '../../contract/alarms/alarm.ts';
import {
  ALARM_KEPT_MS,
  ALARM_WINDOW_MS,
  subjectOf,
  tenantOf,
  type AlarmKind,
  type Condition,
} from '../../core/alarms/condition.ts';
import { AlarmId, type TenantId } from '../../core/ids.ts';
import { isJsonObject, parseJson } from '../../core/json.ts';
import { lazily } from '../../core/lazily.ts';
import { LIMITS } from '../../core/limits.ts';
import { detailsOf, messageOf } from './texts.ts';

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** `since` in milliseconds since 1970; `before` is the `next` of the page before, null for the first page. */
export interface AlarmPage {
  limit: number;
  before: string | null;
  kind?: AlarmKind | undefined;
  tenant?: TenantId | undefined;
  since?: number | undefined;
}

export interface ListedAlarms {
  rows: Alarm[];
  /** Where the next page starts; null on the last. */
  next: string | null;
}

/** An attempt that was written down and is to be made now. */
export interface Attempt {
  /** From 1. */
  readonly attempt: number;
  /** The alarm as the message has it: its count is that of the first attempt. */
  readonly alarm: Alarm;
}

const PRUNED_AT_ONCE = 50;

const time = z.pipe(
  z.int(),
  z.transform((ms) => new Date(ms).toISOString()),
);
const Row = lazily(() => {
  const { id, kind, tenant, message } = Alarm().shape;
  return z.object({
    seq: z.int(),
    id,
    kind,
    at: time,
    tenant,
    count: z.int(),
    message,
    details: z.pipe(
      z.string(),
      z.transform((text) => {
        const details = parseJson(text);
        return isJsonObject(details) ? details : {};
      }),
    ),
    state: z.enum(DELIVERY_STATES),
    attempts: z.int(),
    sent_count: z.nullable(z.int()),
    last_status: z.nullable(z.int()),
    due_at: z.nullable(time),
  });
});
type Row = z.output<ReturnType<typeof Row>>;

const alarmOf = ({ id, kind, at, tenant, count, message, details, ...row }: Row): Alarm => ({
  id,
  kind,
  at,
  tenant,
  count,
  message,
  details,
  delivery: {
    state: row.state,
    attempts: row.attempts,
    last_status: row.last_status,
    next_attempt_at: row.due_at,
  },
});

const Id = lazily(() => z.object({ id: AlarmId }));

export class AlarmStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Counts the condition on the alarm that stands for it, or writes a new one that is due where it is `pending`. True
   * where it is new.
   */
  raise(condition: Condition, count: number, id: AlarmId, state: DeliveryState, now: number): boolean {
    const { kind } = condition;
    const subject = subjectOf(condition);
    if (this.#count(condition, count, now)) return false;
    this.#prune(now);
    this.#rows(
      `INSERT INTO alarms (id, kind, subject, at, tenant, count, message, details, state, due_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      kind,
      subject,
      now,
      tenantOf(condition),
      count,
      messageOf(condition),
      JSON.stringify(detailsOf(condition)),
      state,
      state === 'pending' ? now : null,
    );
    return true;
  }

  /** False where no alarm stands for the condition. */
  #count(condition: Condition, count: number, now: number): boolean {
    const { kind } = condition;
    const windowMs = ALARM_WINDOW_MS[kind];
    if (windowMs === 0) return false;
    const counted = this.#rows(
      `UPDATE alarms SET count = count + ? WHERE seq =
         (SELECT max(seq) FROM alarms WHERE kind = ? AND subject = ? AND at > ?) RETURNING seq`,
      count,
      kind,
      subjectOf(condition),
      now - windowMs,
    );
    return counted.length > 0;
  }

  find(id: AlarmId): Alarm | null {
    const [row] = this.#rows('SELECT * FROM alarms WHERE id = ?', id);
    return row === undefined ? null : alarmOf(Row().parse(row));
  }

  /** Alarms that match, newest first. */
  page({ limit, before, kind, tenant, since }: AlarmPage): ListedAlarms {
    const conditions: [string, string | number | undefined][] = [
      ['seq < ?', before === null ? undefined : Number(before)],
      ['kind = ?', kind],
      ['tenant = ?', tenant],
      ['at >= ?', since],
    ];
    const given = conditions.flatMap(([condition, value]) =>
      value === undefined ? [] : [{ condition, value }],
    );
    const found = this.#rows(
      `SELECT * FROM alarms WHERE ${['1', ...given.map(({ condition }) => condition)].join(' AND ')}
       ORDER BY seq DESC LIMIT ?`,
      ...given.map(({ value }) => value),
      limit + 1,
    ).map((row) => Row().parse(row));
    const rows = found.slice(0, limit);
    const last = rows.at(-1);
    return {
      rows: rows.map(alarmOf),
      next: found.length > rows.length && last !== undefined ? String(last.seq) : null,
    };
  }

  /** Alarms whose next attempt is due, the longest due first. */
  due(now: number, limit: number): AlarmId[] {
    return this.#rows('SELECT id FROM alarms WHERE due_at <= ? ORDER BY due_at LIMIT ?', now, limit).map(
      (row) => Id().parse(row).id,
    );
  }

  earliestDue(): number | null {
    const [row] = this.#rows('SELECT min(due_at) AS at FROM alarms WHERE due_at IS NOT NULL');
    const at = row?.['at'];
    return typeof at === 'number' ? at : null;
  }

  /**
   * Writes an attempt down before it is made, with when it is made again if nothing is heard of it. Null where the alarm
   * is no longer pending.
   */
  begin(id: AlarmId, again: (attempt: number) => number): Attempt | null {
    const before = this.find(id);
    if (before === null || before.delivery.state !== 'pending') return null;
    const attempt = before.delivery.attempts + 1;
    const [written] = this.#rows(
      `UPDATE alarms SET attempts = ?, sent_count = coalesce(sent_count, count), due_at = ? WHERE id = ? RETURNING *`,
      attempt,
      again(attempt),
      id,
    );
    const row = Row().parse(written);
    return { attempt, alarm: { ...alarmOf(row), count: row.sent_count ?? row.count } };
  }

  /** The attempt ended: with the message delivered or given up, or due again at `dueAt`. */
  end(id: AlarmId, state: DeliveryState, status: number | null, dueAt: number | null): void {
    this.#rows(
      'UPDATE alarms SET state = ?, last_status = coalesce(?, last_status), due_at = ? WHERE id = ?',
      state,
      status,
      dueAt,
      id,
    );
  }

  /** Nothing that is pending is sent any more. */
  endAll(state: DeliveryState): void {
    this.#rows("UPDATE alarms SET state = ?, due_at = NULL WHERE state = 'pending'", state);
  }

  /** The digest of the endpoint that answered 410; null where none did. */
  gone(): string | null {
    const digest = this.#rows('SELECT digest FROM gone_endpoint')[0]?.['digest'];
    return typeof digest === 'string' ? digest : null;
  }

  setGone(digest: string): void {
    this.#rows('INSERT OR REPLACE INTO gone_endpoint VALUES (1, ?)', digest);
  }

  /** Throws away some of what is old, and what is more than may be kept. */
  #prune(now: number): void {
    this.#rows(
      `DELETE FROM alarms WHERE seq IN (SELECT seq FROM alarms WHERE at <= ? OR
         seq <= (SELECT max(seq) FROM alarms) - ? ORDER BY seq LIMIT ?)`,
      now - ALARM_KEPT_MS,
      LIMITS.alarmsMax - 1,
      PRUNED_AT_ONCE,
    );
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
