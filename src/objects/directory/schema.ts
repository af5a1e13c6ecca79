import type { Migration } from '../migrations.ts';

const appendOnly = (table: string): string => `
    CREATE TRIGGER ${table}_never_change BEFORE UPDATE ON ${table}
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    CREATE TRIGGER ${table}_never_go BEFORE DELETE ON ${table}
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    CREATE TRIGGER ${table}_never_give_way BEFORE INSERT ON ${table}
    WHEN EXISTS (SELECT 1 FROM ${table} WHERE entry = NEW.entry)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;`;

/** The storage of a `Directory`. Released steps are never edited; changes are added at the end. */
export const DIRECTORY_STEPS: readonly Migration[] = [
  {
    name: 'directory of tenants',
    sql: `CREATE TABLE tenants (
      tenant TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      project_id INTEGER NOT NULL,
      suspended INTEGER NOT NULL CHECK (suspended IN (0, 1)),
      updated_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
  },
  {
    name: 'revision and removal',
    sql: `
    ALTER TABLE tenants ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE tenants ADD COLUMN removed_at TEXT;`,
  },
  {
    name: 'audit log',
    sql: `
    -- What operators asked for: written before anything is done.
    CREATE TABLE changes (
      entry INTEGER PRIMARY KEY, -- the order of asking
      at INTEGER NOT NULL, -- milliseconds since 1970
      operator TEXT NOT NULL,
      role TEXT NOT NULL,
      request_id TEXT NOT NULL,
      action TEXT NOT NULL, -- the name of the route
      tenant TEXT,
      subject TEXT -- the id that the path names
    ) STRICT;
    CREATE INDEX changes_by_tenant ON changes (tenant);
    CREATE INDEX changes_by_operator ON changes (operator);
    ${appendOnly('changes')}

    -- What became of it. A change without a row here may have been made or not.
    CREATE TABLE change_ends (
      entry INTEGER PRIMARY KEY,
      at INTEGER NOT NULL, -- milliseconds since 1970
      code TEXT, -- of the refusal or failure; null where the change was made
      before TEXT CHECK (before IS NULL OR json_valid(before)),
      after TEXT CHECK (after IS NULL OR json_valid(after))
    ) STRICT;
    ${appendOnly('change_ends')}`,
  },
  {
    name: 'ended sessions',
    sql: `CREATE TABLE ended_sessions (
      id TEXT PRIMARY KEY,
      expires_at INTEGER NOT NULL -- seconds since 1970
    ) STRICT, WITHOUT ROWID`,
  },
];
