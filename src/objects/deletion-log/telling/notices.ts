/** Tells the object of alarms what was noted. What it could not be told stays noted. */
import * as z from 'zod/mini';
import type { Condition } from '../../../core/alarms/condition.ts';
import type { Failure } from '../../../core/failure.ts';
import { DeletionId, TenantId } from '../../../core/ids.ts';
import { lazily } from '../../../core/lazily.ts';
import type { RaiseAlarms } from '../../alarms/raise.ts';
import { logAlarmFailure } from '../../console.ts';
import type { Alarm } from '../alarm.ts';
import { JsonColumn } from '../entry.ts';
import { JOB_EVENTS, JOB_STATES } from '../job/job.ts';
import type { DeletionStore } from '../storage/store.ts';
import { noteKey } from './note.ts';

/** Milliseconds after which the operator is told that it is not known whether persons were deleted. */
export const UNKNOWN_MS = 3_600_000;
const TOLD_AT_ONCE = 50;

/** Chunks that were sent and have not ended, since when, where nothing is noted of their deletions. */
const UNKNOWN = `
  SELECT o.entry, (SELECT min(at) FROM attempts WHERE entry = o.entry AND chunk = o.chunk) AS since FROM open o
  WHERE NOT EXISTS (SELECT 1 FROM outcomes WHERE entry = o.entry)
    AND NOT EXISTS (SELECT 1 FROM notices WHERE entry = o.entry AND kind = 'unknown')`;

const UNTOLD = "told = 0 AND kind <> 'follow'";

const LAST = (column: string) =>
  `(SELECT ${column} FROM transitions WHERE entry = n.entry ORDER BY step DESC LIMIT 1) AS ${column}`;

const Named = { entry: z.int(), id: DeletionId, tenant: TenantId };
const Noted = lazily(() =>
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('ended'),
      ...Named,
      state: z.enum(JOB_STATES),
      event: z.enum(JOB_EVENTS),
    }),
    z.object({ kind: z.literal('unknown'), ...Named, since: z.int() }),
    z.object({
      kind: z.literal('budget'),
      ...Named,
      details: z.pipe(JsonColumn, z.object({ persons_per_day: z.int(), remaining: z.int() })),
    }),
    z.object({
      kind: z.literal('key'),
      entry: z.int(),
      details: z.pipe(JsonColumn, z.object({ scope: z.nullable(z.string()) })),
    }),
  ]),
);
type Noted = z.output<ReturnType<typeof Noted>>;
const Moment = z.object({ at: z.nullable(z.int()) });

/** What the notices need of the object around them. */
export interface Telling {
  readonly raise: RaiseAlarms;
  readonly nowMs: () => number;
}

export class Notices {
  readonly #sql: SqlStorage;
  readonly #store: DeletionStore;
  readonly #alarm: Alarm;
  readonly #telling: Telling;

  constructor(sql: SqlStorage, store: DeletionStore, alarm: Alarm, telling: Telling) {
    this.#sql = sql;
    this.#store = store;
    this.#alarm = alarm;
    this.#telling = telling;
  }

  /** Tells some of what was noted, and of what is unknown for an hour. For the alarm of the log: no client waits for it. Never throws. */
  async tell(): Promise<void> {
    try {
      this.#noteUnknown(this.#telling.nowMs());
      const noted = this.#untold();
      if (noted.length === 0) return;
      await this.#telling.raise(noted.map((each) => ({ condition: this.#conditionOf(each), count: 1 })));
      for (const { entry, kind } of noted) this.#forget(entry, kind);
    } catch (error) {
      logAlarmFailure(error);
    }
  }

  /** Is there anything that could not be told? */
  get isBehind(): boolean {
    return this.#rows(`SELECT 1 FROM notices WHERE ${UNTOLD} LIMIT 1`).length > 0;
  }

  /** When the log has something to do, which would be at `due`: also when something is unknown for an hour. */
  earlierDue(due: number | null): number | null {
    const [row] = this.#rows(`SELECT min(since) AS at FROM (${UNKNOWN})`);
    const { at } = Moment.parse(row);
    if (at === null) return due;
    return Math.min(due ?? Infinity, at + UNKNOWN_MS);
  }

  /** Notes that PostHog refuses the key. */
  hear({ code, upstreamScope }: Failure): void {
    if (code !== 'upstream_key_refused' && code !== 'upstream_scope_missing') return;
    noteKey(this.#sql, upstreamScope ?? null);
    this.#alarm.armBy(this.#telling.nowMs());
  }

  #noteUnknown(now: number): void {
    this.#rows(
      `INSERT INTO notices SELECT entry, 'unknown', 0, NULL FROM (${UNKNOWN}) WHERE since <= ?`,
      now - UNKNOWN_MS,
    );
  }

  #untold(): Noted[] {
    return this.#rows(
      `SELECT n.entry, n.kind, n.details, i.id, i.tenant, ${LAST('state')}, ${LAST('event')},
         (SELECT min(a.at) FROM attempts a JOIN open o ON o.entry = a.entry AND o.chunk = a.chunk
          WHERE a.entry = n.entry) AS since
       FROM notices n LEFT JOIN intents i ON i.entry = n.entry WHERE ${UNTOLD} ORDER BY n.entry LIMIT ?`,
      TOLD_AT_ONCE,
    ).map((row) => Noted().parse(row));
  }

  #conditionOf(noted: Noted): Condition {
    switch (noted.kind) {
      case 'ended':
        return {
          kind: 'deletion_ended',
          tenant: noted.tenant,
          deletion: noted.id,
          state: noted.state,
          reason: noted.event,
          persons: this.#store.charged(noted.entry),
        };
      case 'unknown':
        return {
          kind: 'deletion_unknown',
          tenant: noted.tenant,
          deletion: noted.id,
          since: new Date(noted.since).toISOString(),
        };
      case 'budget':
        return { kind: 'deletion_budget_low', tenant: noted.tenant, ...noted.details };
      case 'key':
        return { kind: 'key_refused', ...noted.details };
    }
  }

  /** What is unknown is noted until the deletion ends, so that it is told once. */
  #forget(entry: number, kind: Noted['kind']): void {
    if (kind === 'unknown')
      this.#rows("UPDATE notices SET told = 1 WHERE entry = ? AND kind = 'unknown'", entry);
    else this.#rows('DELETE FROM notices WHERE entry = ? AND kind = ?', entry, kind);
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#sql.exec(query, ...bindings).toArray();
  }
}
