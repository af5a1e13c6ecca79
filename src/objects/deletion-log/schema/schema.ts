import type { Migration } from '../../migrations.ts';
import { auditStep } from './audit.ts';
import { mintersStep } from './minters.ts';
import { confirmationsStep } from './confirmations.ts';
import { looksStep } from './looks.ts';
import { noticesStep } from './notices.ts';
import { paceStep } from './pace.ts';
import { releasedStep } from './released.ts';
import { SELECTION_TABLES } from './selections.ts';
import { spentStep } from './spent.ts';

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
 * The storage of a `DeletionLog`: tables that only grow, and the list of what is still to be settled. Beside its key
 * no table has an index, but for those of outcomes and of ends (spent.ts), so each other row costs one row written. An entry's number is its time in microseconds
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
  {
    name: 'jobs, transitions, chunks',
    sql: `
    -- What is known of a deletion beside its intent, from when it was written down. None for entries from before.
    CREATE TABLE jobs (
      entry INTEGER PRIMARY KEY,
      began TEXT NOT NULL CHECK (began IN ('held', 'sending')), -- its first state
      generation TEXT NOT NULL CHECK (generation IN ('A', 'B', 'C')), -- of the PostHog it is meant for
      chunks INTEGER NOT NULL CHECK (chunks > 0),
      hold_until INTEGER, -- when its undo window has passed; null where it has none
      needs_approval INTEGER NOT NULL CHECK (needs_approval IN (0, 1)),
      slices TEXT CHECK (slices IS NULL OR json_valid(slices)) -- canonical; null where no slice is checked
    ) STRICT;
    ${appendOnly('jobs', 'entry = NEW.entry')}

    -- From state to state (job.ts).
    CREATE TABLE transitions (
      entry INTEGER NOT NULL,
      step INTEGER NOT NULL CHECK (step > 0),
      at INTEGER NOT NULL,
      event TEXT NOT NULL,
      state TEXT NOT NULL, -- after the event
      actor TEXT NOT NULL, -- gateway, operator, or the id of a token
      note TEXT, -- a reason that somebody gave
      PRIMARY KEY (entry, step)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('transitions', 'entry = NEW.entry AND step = NEW.step')}

    -- The ids of a deletion that takes more than one call; the intent then holds none.
    CREATE TABLE chunks (
      entry INTEGER NOT NULL,
      chunk INTEGER NOT NULL CHECK (chunk >= 0),
      persons INTEGER NOT NULL CHECK (persons > 0), -- distinct ids
      ids TEXT NOT NULL CHECK (json_valid(ids)),
      PRIMARY KEY (entry, chunk)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('chunks', 'entry = NEW.entry AND chunk = NEW.chunk')}

    -- How each of several chunks ended. A deletion of one chunk has its outcome only.
    CREATE TABLE chunk_outcomes (
      entry INTEGER NOT NULL,
      chunk INTEGER NOT NULL,
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
      duration_ms INTEGER NOT NULL,
      PRIMARY KEY (entry, chunk)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('chunk_outcomes', 'entry = NEW.entry AND chunk = NEW.chunk')}

    -- What was given back of the charge: for persons PostHog does not have, or who are not sent.
    CREATE TABLE releases (
      entry INTEGER NOT NULL,
      chunk INTEGER NOT NULL, -- the number of chunks, where it is for those that were never sent
      why TEXT NOT NULL CHECK (why IN ('not_in_slice', 'not_found', 'not_sent')),
      persons INTEGER NOT NULL CHECK (persons > 0),
      PRIMARY KEY (entry, chunk, why)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('releases', 'entry = NEW.entry AND chunk = NEW.chunk AND why = NEW.why')}

    -- What an attempt for a sliced grant was narrowed to, because the persons were looked up again right before it.
    CREATE TABLE rechecks (
      entry INTEGER NOT NULL,
      chunk INTEGER NOT NULL,
      of_chunk INTEGER NOT NULL CHECK (of_chunk > 0), -- which attempt of the chunk
      at INTEGER NOT NULL,
      sent INTEGER NOT NULL CHECK (sent >= 0), -- persons in the slice; where there were none, nothing was sent
      left_slice TEXT NOT NULL CHECK (json_valid(left_slice)), -- JSON array of UUIDs: in the slice before, outside now
      ids TEXT CHECK (ids IS NULL OR json_valid(ids)), -- JSON array as sent; null where it is all that was pending
      PRIMARY KEY (entry, chunk, of_chunk)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('rechecks', 'entry = NEW.entry AND chunk = NEW.chunk AND of_chunk = NEW.of_chunk')}

${SELECTION_TABLES(appendOnly)}

    -- Attempts count through the whole deletion. Each is for one chunk, and each remainder is of one.
    ALTER TABLE attempts ADD COLUMN chunk INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE remainders ADD COLUMN chunk INTEGER NOT NULL DEFAULT 0;
    -- The chunk that is sent next.
    ALTER TABLE open ADD COLUMN chunk INTEGER NOT NULL DEFAULT 0;
    DROP TRIGGER open_until_settled;
    CREATE TRIGGER open_until_ended BEFORE DELETE ON open
    WHEN NOT EXISTS (SELECT 1 FROM outcomes WHERE entry = OLD.entry)
      AND NOT EXISTS (SELECT 1 FROM transitions WHERE entry = OLD.entry AND state IN ('done', 'failed', 'cancelled'))
    BEGIN SELECT RAISE(ABORT, 'an entry that has not ended stays open'); END;`,
  },
  {
    name: 'idempotency keys',
    sql: `
    -- Which deletion a key stands for. Not part of the log: pruned after seven days.
    CREATE TABLE idempotency_keys (
      entry INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE, -- digest of the key and of whose it is (keyed.ts)
      fingerprint TEXT NOT NULL -- digest of what was asked for
    ) STRICT;`,
  },
  looksStep(appendOnly),
  {
    name: 'buried',
    sql: `
    -- Deletions with tombstones that have not been ended yet. Not part of the log.
    CREATE TABLE buried (
      entry INTEGER PRIMARY KEY
    ) STRICT;`,
  },
  paceStep(appendOnly),
  {
    name: 'fused',
    sql: `
    -- What deletions have taken of the operator's fuse and may give back. Not part of the log.
    CREATE TABLE fused (
      entry INTEGER PRIMARY KEY,
      persons INTEGER NOT NULL CHECK (persons >= 0), -- as charged; what was released since is given back
      told INTEGER NOT NULL CHECK (told >= 0) -- how many the fuse counts, as far as it was told
    ) STRICT;`,
  },
  auditStep(appendOnly),
  releasedStep,
  confirmationsStep,
  spentStep,
  mintersStep(appendOnly),
  noticesStep,
];
