/** A SQLite of Node in the place of an object's storage: one for all lives of a class, one after another. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { migrate, type Migration } from '../../../src/objects/migrations.ts';

export class Database {
  readonly #db = new DatabaseSync(':memory:');
  readonly #statements = new Map<string, StatementSync>();

  constructor(steps: readonly Migration[]) {
    // The parts of the platform's type that a migration uses.
    migrate(this as unknown as DurableObjectStorage, steps);
  }

  /** A text without bindings may hold several statements, as migrations do. */
  readonly sql = {
    exec: (query: string, ...bindings: SQLInputValue[]) => {
      if (bindings.length === 0 && !/^\s*(?:SELECT|WITH)\b/.test(query)) {
        this.#db.exec(query);
        return { toArray: () => [] };
      }
      const known = this.#statements.get(query);
      const statement = known ?? this.#db.prepare(query);
      if (known === undefined) this.#statements.set(query, statement);
      const rows = statement.all(...bindings);
      return { toArray: () => rows };
    },
  };

  readonly transactionSync = <T>(work: () => T): T => {
    this.#db.exec('SAVEPOINT work');
    try {
      const result = work();
      this.#db.exec('RELEASE work');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK TO work; RELEASE work');
      throw error;
    }
  };

  rows(query: string): Record<string, unknown>[] {
    return this.sql.exec(query).toArray();
  }

  begin(): void {
    this.#db.exec('BEGIN');
  }

  /** Forgets everything since it began. */
  rollBack(): void {
    this.#db.exec('ROLLBACK');
  }
}
