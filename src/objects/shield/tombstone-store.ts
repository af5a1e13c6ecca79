/** The tombstones of one project, in storage and in memory. */
import * as z from 'zod/mini';
import { parseJson } from '../../core/json.ts';
import { lazily } from '../../core/lazily.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Tombstone, TombstoneNews } from '../../core/shield/tombstones.ts';

const Row = lazily(() =>
  z.object({
    key: z.string(),
    ids_by: z.enum(['uuids', 'distinct_ids']),
    ids: z.pipe(
      z.string(),
      z.transform((text, ctx): readonly string[] => {
        const ids = z.array(z.string()).safeParse(parseJson(text));
        if (ids.success) return ids.data;
        ctx.issues.push({ code: 'custom', message: 'is no list of ids', input: text });
        return z.NEVER;
      }),
    ),
  }),
);

export class TombstoneStore {
  readonly #sql: SqlStorage;
  readonly #known = new Map<string, Tombstone>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const row of sql.exec('SELECT key, ids_by, ids FROM tombstones')) {
      const { key, ids_by: by, ids } = Row().parse(row);
      this.#known.set(key, { key, by, ids });
    }
  }

  /** Keeps a tombstone. False where the project has as many as it may. A key that is known changes nothing. */
  add(tombstone: Tombstone, nowMs: number): boolean {
    const { key, by, ids } = tombstone;
    if (this.#known.has(key)) return true;
    this.dropOld(nowMs);
    if (this.#persons() + ids.length > LIMITS.tombstonePersonsMax) return false;
    this.#sql.exec(
      'INSERT INTO tombstones (key, ids_by, ids, persons, until_ms) VALUES (?, ?, ?, ?, ?)',
      key,
      by,
      JSON.stringify(ids),
      ids.length,
      nowMs + LIMITS.tombstoneMsMax,
    );
    this.#known.set(key, tombstone);
    return true;
  }

  /** Ends those whose key begins with `prefix`, and says how many. */
  end(prefix: string): number {
    const ended = [...this.#known.keys()].filter((key) => key.startsWith(prefix));
    for (const key of ended) this.#delete(key);
    return ended.length;
  }

  dropOld(nowMs: number): void {
    const old = this.#sql.exec<{ key: string }>('SELECT key FROM tombstones WHERE until_ms <= ?', nowMs);
    for (const { key } of old.toArray()) this.#delete(key);
  }

  /** The difference between the tombstones of these keys and the tombstones of now. */
  newsFor(keys: readonly string[]): TombstoneNews {
    const theirs = new Set(keys);
    return {
      added: [...this.#known.values()].filter(({ key }) => !theirs.has(key)),
      ended: keys.filter((key) => !this.#known.has(key)),
    };
  }

  #persons(): number {
    const [row] = this.#sql
      .exec<{ persons: number }>('SELECT coalesce(sum(persons), 0) AS persons FROM tombstones')
      .toArray();
    return row?.persons ?? 0;
  }

  #delete(key: string): void {
    this.#sql.exec('DELETE FROM tombstones WHERE key = ?', key);
    this.#known.delete(key);
  }
}
