import type { Migration } from '../../migrations.ts';

/** Triggers by which a table only ever grows. REPLACE would delete without firing a DELETE trigger, hence the third. */
const appendOnly = (table: string, key: string): string => `
    CREATE TRIGGER ${table}_never_change BEFORE UPDATE ON ${table}
    BEGIN SELECT RAISE(ABORT, 'the deletion log is append-only'); END;
    CREATE TRIGGER ${table}_never_go BEFORE DELETE ON ${table}
    BEGIN SELECT RAISE(ABORT, 'the deletion log is append-only'); END;
    CREATE TRIGGER ${table}_never_give_way BEFORE INSERT ON ${table}
    WHEN EXISTS (SELECT 1 FROM ${table} WHERE ${key})
    BEGIN SELECT RAISE(ABORT, 'the deletion log is append-only'); END;`;

/**
 * The storage of a `DeletionLog`: tables that only grow, and the list of what is still to be settled. No table
 * has an index beside its key, so each row costs one row written. An entry's number is its time in microseconds
 * (id.ts); every other time is milliseconds since 1970. Released steps are never edited.
 */
export const DELETION_STEPS: readonly Migration[] = [
  {
    name: 'intents, attempts, lapses, outcomes',
    sql: `
    CREATE TABLE intents (
      entry INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      tenant TEXT NOT NULL,
      token TEXT NOT NULL,
      ancestors TEXT NOT NULL, -- JSON array of token ids, oldest first
      request_id TEXT NOT NULL,
      operation TEXT NOT NULL,
      project_id INTEGER NOT NULL,
      target TEXT NOT NULL CHECK (target IN ('uuids', 'distinct_ids', 'person')),
      asked INTEGER NOT NULL CHECK (asked > 0), -- distinct ids; what the budget is charged
      delete_events INTEGER NOT NULL CHECK (delete_events IN (0, 1)),
      delete_recordings INTEGER NOT NULL CHECK (delete_recordings IN (0, 1)),
      keep_person INTEGER NOT NULL CHECK (keep_person IN (0, 1)),
      digest TEXT NOT NULL,
      ids TEXT NOT NULL CHECK (json_valid(ids)) -- JSON array as asked; last, so that nothing else has to read past it
    ) STRICT;
    ${appendOnly('intents', 'entry = NEW.entry')}

    CREATE TABLE attempts (
      entry INTEGER NOT NULL,
      attempt INTEGER NOT NULL CHECK (attempt > 0),
      at INTEGER NOT NULL,
      PRIMARY KEY (entry, attempt)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('attempts', 'entry = NEW.entry AND attempt = NEW.attempt')}

    -- Attempts that settled nothing.
    CREATE TABLE lapses (
      entry INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      at INTEGER NOT NULL,
      status INTEGER, -- PostHog's; null where it never answered
      problem TEXT NOT NULL,
      PRIMARY KEY (entry, attempt)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('lapses', 'entry = NEW.entry AND attempt = NEW.attempt')}

    CREATE TABLE outcomes (
      entry INTEGER PRIMARY KEY,
      attempt INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('accepted', 'refused')),
      status INTEGER,
      persons_found INTEGER,
      persons_deleted INTEGER,
      persons_queued_for_deletion INTEGER,
      events_queued_for_deletion INTEGER,
      recordings_queued_for_deletion INTEGER,
      deletion_errors INTEGER,
      settled_at INTEGER NOT NULL,
      duration_ms INTEGER NOT NULL
    ) STRICT;
    ${appendOnly('outcomes', 'entry = NEW.entry')}

    -- What is still unknown, and when the alarm takes it up. Kept beside the log so that finding it never reads the log.
    CREATE TABLE open (
      entry INTEGER PRIMARY KEY,
      due_at INTEGER NOT NULL
    ) STRICT;
    CREATE TRIGGER open_until_settled BEFORE DELETE ON open
    WHEN NOT EXISTS (SELECT 1 FROM outcomes WHERE entry = OLD.entry)
    BEGIN SELECT RAISE(ABORT, 'an entry without an outcome stays open'); END;
    CREATE TRIGGER open_keeps_its_entry BEFORE UPDATE OF entry ON open
    BEGIN SELECT RAISE(ABORT, 'an entry without an outcome stays open'); END;`,
  },
  {
    name: 'resolutions, deleted distinct ids',
    sql: `
    -- Deletions of sliced grants: the intent holds what was asked for, and is charged what is sent. Beside the intents
    -- and not in them, where new columns would lie behind the ids.
    CREATE TABLE resolutions (
      entry INTEGER PRIMARY KEY,
      slices TEXT NOT NULL CHECK (json_valid(slices)), -- canonical (deletion-slices.ts)
      target TEXT NOT NULL CHECK (target IN ('uuids', 'person')),
      sent INTEGER NOT NULL CHECK (sent >= 0), -- distinct ids, all of persons in the slice
      ids TEXT NOT NULL CHECK (json_valid(ids)) -- JSON array as sent; last, as in intents
    ) STRICT;
    ${appendOnly('resolutions', 'entry = NEW.entry')}

    -- Whose distinct ids a sliced grant may reset: found by the hash, never by reading the log.
    CREATE TABLE deleted_distinct_ids (
      hash TEXT NOT NULL,
      entry INTEGER NOT NULL,
      PRIMARY KEY (hash, entry)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('deleted_distinct_ids', 'hash = NEW.hash AND entry = NEW.entry')}`,
  },
  {
    name: 'origins, held entries',
    sql: `
    -- Scheme, host and port of the PostHog the entry is meant for; null before this step: any. It lies behind the ids,
    -- and is only read where they are: before each sending.
    ALTER TABLE intents ADD COLUMN origin TEXT;
    -- Why the entry was not sent when it was last due; null where it was, or was never due.
    ALTER TABLE open ADD COLUMN held TEXT;`,
  },
  {
    name: 'remainders, registrations, clock readings',
    sql: `
    -- Attempts after which PostHog named persons it had not deleted, with its numbers. The latest is what is sent next.
    CREATE TABLE remainders (
      entry INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      persons_found INTEGER,
      persons_deleted INTEGER,
      persons_queued_for_deletion INTEGER,
      events_queued_for_deletion INTEGER,
      recordings_queued_for_deletion INTEGER,
      deletion_errors INTEGER,
      ids TEXT NOT NULL CHECK (json_valid(ids)), -- JSON array of person UUIDs
      PRIMARY KEY (entry, attempt)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('remainders', 'entry = NEW.entry AND attempt = NEW.attempt')}

    -- The registrations of the tenant and the first entry of each: an entry belongs to the last that began before it.
    CREATE TABLE registrations (
      since INTEGER PRIMARY KEY,
      registration TEXT NOT NULL
    ) STRICT;
    ${appendOnly('registrations', 'since = NEW.since')}

    -- What the clock said when an entry was made, where it stood behind the number of the entry before.
    CREATE TABLE clock_readings (
      entry INTEGER PRIMARY KEY,
      at INTEGER NOT NULL
    ) STRICT;
    ${appendOnly('clock_readings', 'entry = NEW.entry')}`,
  },
];
