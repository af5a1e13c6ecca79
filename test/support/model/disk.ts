/**
 * The storage of a deletion log, over SQLite of Node: thousands of its lives take seconds. What it keeps survives the
 * object, as on the platform: a statement is durable before anything is sent.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { DELETION_STEPS } from '../../../src/objects/deletion-log/schema/schema.ts';
import { migrate } from '../../../src/objects/migrations.ts';

/** One database for all disks, one after another: what a disk held is rolled back when it is closed. */
const db = new DatabaseSync(':memory:');
const statements = new Map<string, StatementSync>();

/** A text without bindings may hold several statements, as migrations do. */
function exec(query: string, ...bindings: SQLInputValue[]) {
  if (bindings.length === 0 && !/^\s*(?:SELECT|WITH)\b/.test(query)) {
    db.exec(query);
    return { toArray: () => [] };
  }
  const known = statements.get(query);
  const statement = known ?? db.prepare(query);
  if (known === undefined) statements.set(query, statement);
  const rows = statement.all(...bindings);
  return { toArray: () => rows };
}

function transactionSync<T>(work: () => T): T {
  db.exec('SAVEPOINT work');
  try {
    const result = work();
    db.exec('RELEASE work');
    return result;
  } catch (error) {
    db.exec('ROLLBACK TO work; RELEASE work');
    throw error;
  }
}

const sql = { exec };
// The parts of the platform's type that a migration uses.
migrate({ sql, transactionSync } as unknown as DurableObjectStorage, DELETION_STEPS);

export class Disk {
  /** Milliseconds since 1970. */
  alarm: number | null = null;

  constructor() {
    db.exec('BEGIN');
  }

  readonly storage = {
    sql,
    transactionSync,
    getAlarm: () => Promise.resolve(this.alarm),
    setAlarm: (at: number) => {
      this.alarm = at;
      return Promise.resolve();
    },
    deleteAlarm: () => {
      this.alarm = null;
      return Promise.resolve();
    },
  };

  rows(query: string): Record<string, unknown>[] {
    return exec(query).toArray();
  }

  close(): void {
    db.exec('ROLLBACK');
  }
}
