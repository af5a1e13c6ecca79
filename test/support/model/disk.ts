/**
 * The storage of a deletion log, over SQLite of Node: thousands of its lives take seconds. What it keeps survives the
 * object, as on the platform: a statement is durable before anything is sent.
 */
import { DELETION_STEPS } from '../../../src/objects/deletion-log/schema/schema.ts';
import { Database } from './database.ts';

/** One for all disks, one after another: what a disk held is rolled back when it is closed. */
const database = new Database(DELETION_STEPS);

export class Disk {
  /** Milliseconds since 1970. */
  alarm: number | null = null;

  constructor() {
    database.begin();
  }

  readonly storage = {
    sql: database.sql,
    transactionSync: database.transactionSync,
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
    return database.rows(query);
  }

  close(): void {
    database.rollBack();
  }
}
