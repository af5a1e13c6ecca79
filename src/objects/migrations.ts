/** One step of a storage schema: applied once, never edited after it was released. */
export interface Migration {
  /** What the step does, in a few words. Recorded; a stored name that differs from the code's stops the object. */
  readonly name: string;
  /** One or more SQL statements, without parameters. */
  readonly sql: string;
}

/** The storage of an object does not fit the code that runs. Nothing was changed. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

const SCHEMA_TABLE = `CREATE TABLE IF NOT EXISTS schema_steps (
  step INTEGER PRIMARY KEY,
  name TEXT NOT NULL
) STRICT`;

/**
 * Brings an object's storage to the newest schema, first thing in its constructor. Steps are numbered from 1 by their
 * place in the list, which only grows at its end. Each step and its record are one transaction.
 * @throws MigrationError when the storage has steps that this code does not know or calls otherwise, or when two steps
 *   share a name: rows written then could not be trusted.
 */
export function migrate(storage: DurableObjectStorage, steps: readonly Migration[]): void {
  assertDistinct(steps);
  storage.sql.exec(SCHEMA_TABLE);
  const applied = appliedNames(storage);
  if (applied.length > steps.length) {
    throw new MigrationError(
      `The storage has ${applied.length} schema steps and this code knows ${steps.length}: it is older than its storage.`,
    );
  }
  for (const [index, step] of steps.entries()) {
    const recorded = applied[index];
    if (recorded === undefined) apply(storage, index + 1, step);
    else if (recorded !== step.name) {
      throw new MigrationError(
        `Schema step ${index + 1} is recorded as "${recorded}" and the code calls it "${step.name}".`,
      );
    }
  }
}

function assertDistinct(steps: readonly Migration[]): void {
  if (new Set(steps.map((step) => step.name)).size < steps.length) {
    throw new MigrationError('Two schema steps share a name.');
  }
}

/** The recorded names in order. The table is written by `apply` alone, so its numbers have no gaps. */
function appliedNames(storage: DurableObjectStorage): string[] {
  const rows = storage.sql.exec<{ name: string }>('SELECT name FROM schema_steps ORDER BY step').toArray();
  return rows.map((row) => row.name);
}

function apply(storage: DurableObjectStorage, number: number, step: Migration): void {
  storage.transactionSync(() => {
    storage.sql.exec(step.sql);
    storage.sql.exec('INSERT INTO schema_steps (step, name) VALUES (?, ?)', number, step.name);
  });
}
