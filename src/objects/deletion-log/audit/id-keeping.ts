/**
 * Replaces the ids of deletions that ended long enough ago by keyed digests, where the tenant's record says so. Who has
 * an id and the key still finds it; a copy of the storage alone does not tell it.
 */
import * as z from 'zod/mini';
import { lazily } from '../../../core/lazily.ts';
import type { Alarm } from '../alarm.ts';
import type { DistinctIdHasher } from '../distinct-id-key.ts';
import { firstNumberAt, instantOf } from '../id.ts';
import { isEnd, JOB_STATES } from '../job/job.ts';
import { STATE } from '../storage/jobs.ts';
import { idsOf, replaceIds } from './replace-ids.ts';

const DAY_MS = 86_400_000;
/** Entries that one run looks at, and ids after which it stops: about half a second of hashing. */
const ENTRIES_AT_ONCE = 50;
const IDS_AT_ONCE = 20_000;

const Row = lazily(() =>
  z.pipe(
    z.object({ days: z.nullable(z.int()), done_to: z.int(), due_at: z.nullable(z.int()) }),
    z.transform(({ days, done_to: doneTo, due_at: dueAt }) => ({ days, doneTo, dueAt })),
  ),
);
const Entry = lazily(() => z.object({ entry: z.int() }));
const End = lazily(() => z.object({ state: z.enum(JOB_STATES), at: z.nullable(z.int()) }));

export class IdKeeping {
  readonly #storage: DurableObjectStorage;
  readonly #alarm: Alarm;
  readonly #nowMs: () => number;

  constructor(storage: DurableObjectStorage, alarm: Alarm, nowMs: () => number) {
    this.#storage = storage;
    this.#alarm = alarm;
    this.#nowMs = nowMs;
  }

  /** Ids are kept for so many days from now on; `null`: for ever. Writes a row where that is new, or work is. */
  follow(days: number | null): void {
    const row = this.#row();
    if (row === null && days === null) return;
    if (row !== null && row.days === days && (days === null || row.dueAt !== null)) return;
    const isNew = row === null || row.days !== days;
    const dueAt = days === null ? null : isNew ? this.#nowMs() : this.#nowMs() + days * DAY_MS;
    this.#write({ days, doneTo: row?.doneTo ?? 0, dueAt });
  }

  /** The earlier of `due` and of when there is something to do here, in milliseconds since 1970; null where neither is. */
  earlierDue(due: number | null): number | null {
    const own = this.#row()?.dueAt ?? null;
    return own === null || due === null ? (own ?? due) : Math.min(own, due);
  }

  /** Replaces what is due, a bounded number of ids a run. Each entry is replaced whole or not at all. */
  async step(hasher: () => Promise<DistinctIdHasher>): Promise<void> {
    const row = this.#row();
    const now = this.#nowMs();
    if (row === null || row.days === null || row.dueAt === null || row.dueAt > now) return;
    const endedBefore = now - row.days * DAY_MS;
    const digests = await hasher();
    let ids = 0;
    for (const entry of this.#candidates(row.doneTo, endedBefore)) {
      if (ids >= IDS_AT_ONCE) return this.#goOn(row.days, now);
      if (this.#hasEndedBefore(entry, endedBefore)) ids += await this.#replace(entry, digests, now);
      else this.#passOver(entry);
    }
    this.#goOn(row.days, now);
  }

  /** First those that were passed over before, then the next. */
  #candidates(doneTo: number, endedBefore: number): number[] {
    return this.#rows(
      `SELECT entry FROM (SELECT entry FROM ids_kept_longer ORDER BY entry LIMIT ?)
      UNION ALL SELECT entry FROM (SELECT entry FROM intents WHERE entry > ? AND entry < ? ORDER BY entry LIMIT ?)`,
      ENTRIES_AT_ONCE,
      doneTo,
      firstNumberAt(endedBefore),
      ENTRIES_AT_ONCE,
    ).map((row) => Entry().parse(row).entry);
  }

  #hasEndedBefore(entry: number, ms: number): boolean {
    const [row] = this.#rows(
      `SELECT ${STATE} AS state, coalesce((SELECT max(at) FROM transitions WHERE entry = i.entry), o.settled_at) AS at
      FROM intents i LEFT JOIN jobs j ON j.entry = i.entry LEFT JOIN outcomes o ON o.entry = i.entry
      WHERE i.entry = ?`,
      entry,
    );
    const { state, at } = End().parse(row);
    return isEnd(state) && at !== null && at <= ms;
  }

  async #replace(entry: number, hasher: DistinctIdHasher, now: number): Promise<number> {
    const ids = idsOf(this.#storage.sql, entry);
    const digests = new Map<string, string>();
    for (const id of ids) digests.set(id, await hasher.write(id));
    this.#storage.transactionSync(() => {
      this.#rows('INSERT INTO replaced_ids VALUES (?, ?)', entry, now);
      replaceIds(this.#storage.sql, entry, (id) => digests.get(id) ?? '');
      this.#rows('DELETE FROM ids_kept_longer WHERE entry = ?', entry);
      this.#rows('UPDATE id_keeping SET done_to = max(done_to, ?)', entry);
    });
    return ids.size;
  }

  #passOver(entry: number): void {
    this.#storage.transactionSync(() => {
      this.#rows('INSERT OR IGNORE INTO ids_kept_longer VALUES (?)', entry);
      this.#rows('UPDATE id_keeping SET done_to = max(done_to, ?)', entry);
    });
  }

  /** Entries that were passed over are looked at once a day. */
  #goOn(days: number, now: number): void {
    const doneTo = this.#row()?.doneTo ?? 0;
    const [next] = this.#rows('SELECT entry FROM intents WHERE entry > ? ORDER BY entry LIMIT 1', doneTo);
    const waits = this.#rows('SELECT entry FROM ids_kept_longer LIMIT 1').length > 0;
    const due = next === undefined ? Infinity : instantOf(Entry().parse(next).entry) + days * DAY_MS + 1;
    const dueAt = Math.max(now, Math.min(due, waits ? now + DAY_MS : Infinity));
    this.#write({ days, doneTo, dueAt: Number.isFinite(dueAt) ? dueAt : null });
  }

  #row(): z.output<ReturnType<typeof Row>> | null {
    const [row] = this.#rows('SELECT days, done_to, due_at FROM id_keeping');
    return row === undefined ? null : Row().parse(row);
  }

  #write({ days, doneTo, dueAt }: z.output<ReturnType<typeof Row>>): void {
    this.#rows('INSERT OR REPLACE INTO id_keeping VALUES (1, ?, ?, ?)', days, doneTo, dueAt);
    if (dueAt !== null) this.#alarm.armBy(dueAt);
  }

  #rows(query: string, ...bindings: readonly SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#storage.sql.exec(query, ...bindings).toArray();
  }
}
