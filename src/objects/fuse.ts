/**
 * The operator's fuse over the deletes of all tenants: so many persons over any 24 hours, whichever tenant deletes them.
 * What does not fit blows it, and then nothing is let through until the operator resets it.
 */
import type { FuseStatus } from '../contract/deletions/fuse.ts';
import type { Migration } from './migrations.ts';

const WINDOW_MS = 86_400_000;

export const FUSE_STEP: Migration = {
  name: 'fuse',
  sql: `
  CREATE TABLE fuse_charges (
    key TEXT PRIMARY KEY, -- names one deletion
    persons INTEGER NOT NULL CHECK (persons >= 0),
    at_ms INTEGER NOT NULL -- milliseconds since 1970
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX fuse_charges_by_time ON fuse_charges (at_ms);
  CREATE TABLE fuse (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    blown_at_ms INTEGER -- null: it is whole
  ) STRICT;
  INSERT INTO fuse (one, blown_at_ms) VALUES (1, NULL);`,
};

/** A deletion that wants to be sent. */
export interface FuseAsk {
  /** The same for every attempt of one deletion, which is counted once. */
  readonly key: string;
  readonly persons: number;
  /** What the operator allows over any 24 hours. */
  readonly personsPerDay: number;
}

export class Fuse {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** True where the deletion may be sent. What was let through before is let through again. */
  spend({ key, persons, personsPerDay }: FuseAsk, nowMs: number): boolean {
    return this.#storage.transactionSync(() => {
      if (this.#isCharged(key)) return true;
      this.#dropOld(nowMs);
      if (this.#blownAtMs() !== null) return false;
      if (this.#personsInWindow() + persons > personsPerDay) {
        this.#storage.sql.exec('UPDATE fuse SET blown_at_ms = ?', nowMs);
        return false;
      }
      this.#storage.sql.exec(
        'INSERT INTO fuse_charges (key, persons, at_ms) VALUES (?, ?, ?)',
        key,
        persons,
        nowMs,
      );
      return true;
    });
  }

  /** Puts a new fuse in: nothing is counted, and deletions go through again. */
  reset(): void {
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec('DELETE FROM fuse_charges');
      this.#storage.sql.exec('UPDATE fuse SET blown_at_ms = NULL');
    });
  }

  status(nowMs: number): Pick<FuseStatus, 'persons_counted' | 'blown_at'> {
    this.#dropOld(nowMs);
    const blownAtMs = this.#blownAtMs();
    return {
      persons_counted: this.#personsInWindow(),
      blown_at: blownAtMs === null ? null : new Date(blownAtMs).toISOString(),
    };
  }

  #isCharged(key: string): boolean {
    return this.#storage.sql.exec('SELECT 1 FROM fuse_charges WHERE key = ?', key).toArray().length > 0;
  }

  #dropOld(nowMs: number): void {
    this.#storage.sql.exec('DELETE FROM fuse_charges WHERE at_ms <= ?', nowMs - WINDOW_MS);
  }

  #personsInWindow(): number {
    return this.#storage.sql
      .exec<{ persons: number }>('SELECT coalesce(sum(persons), 0) AS persons FROM fuse_charges')
      .one().persons;
  }

  #blownAtMs(): number | null {
    return this.#storage.sql.exec<{ at: number | null }>('SELECT blown_at_ms AS at FROM fuse').one().at;
  }
}
