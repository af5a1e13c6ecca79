/** The tables for those who audit the log. The step "requesters, refusals, replaced ids". */

/** Columns of ids, and what may never change beside them. */
const WITH_IDS: readonly { table: string; ids: string; others: string }[] = [
  {
    table: 'intents',
    ids: 'digest, ids',
    others:
      'entry, id, tenant, token, ancestors, request_id, operation, project_id, target, asked, delete_events, delete_recordings, keep_person, origin',
  },
  { table: 'resolutions', ids: 'ids', others: 'entry, slices, target, sent' },
  {
    table: 'remainders',
    ids: 'ids',
    others:
      'entry, attempt, persons_found, persons_deleted, persons_queued_for_deletion, events_queued_for_deletion, recordings_queued_for_deletion, deletion_errors, chunk',
  },
  { table: 'chunks', ids: 'ids', others: 'entry, chunk, persons' },
  { table: 'rechecks', ids: 'left_slice, ids', others: 'entry, chunk, of_chunk, at, sent' },
  { table: 'selections', ids: 'filter', others: 'entry, slices, terms' },
  { table: 'named', ids: 'ids', others: 'entry, part' },
  { table: 'findings', ids: 'digest', others: 'entry, finding, at, persons' },
  {
    table: 'looks',
    ids: 'ids',
    others:
      'entry, pass, chunk, kind, at, asked, gone, reappeared, reappeared_outside, left_slice, not_checked, came_back, came_back_inside, there',
  },
];

/** Ids, and nothing else, may become digests: once the log says of the entry that they do. */
const replaceable = WITH_IDS.map(
  ({ table, ids, others }) => `
    DROP TRIGGER ${table}_never_change;
    CREATE TRIGGER ${table}_never_change BEFORE UPDATE OF ${others} ON ${table}
    BEGIN SELECT RAISE(ABORT, 'the deletion log is append-only'); END;
    CREATE TRIGGER ${table}_keep_ids BEFORE UPDATE OF ${ids} ON ${table}
    WHEN NOT EXISTS (SELECT 1 FROM replaced_ids WHERE entry = OLD.entry)
    BEGIN SELECT RAISE(ABORT, 'the deletion log is append-only'); END;`,
).join('');

export const auditStep = (appendOnly: (table: string, key: string) => string) => ({
  name: 'requesters, refusals, replaced ids',
  sql: `
    -- How the tokens of entries are called, and whom they act for. A row for each token, not for each entry.
    CREATE TABLE token_names (
      token TEXT PRIMARY KEY,
      name TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('token_names', 'token = NEW.token')}
    CREATE TABLE token_actors (
      token TEXT PRIMARY KEY,
      actor TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('token_actors', 'token = NEW.token')}

    -- Deletions that the gateway refused. They have no ids, and a bounded number of a day is kept.
    CREATE TABLE refusals (
      refusal INTEGER PRIMARY KEY, -- microseconds since 1970, made unique
      code TEXT NOT NULL,
      registration TEXT NOT NULL,
      tenant TEXT NOT NULL,
      token TEXT NOT NULL,
      ancestors TEXT NOT NULL, -- JSON array of token ids, oldest first
      request_id TEXT NOT NULL,
      operation TEXT NOT NULL,
      project_id INTEGER NOT NULL,
      target TEXT NOT NULL CHECK (target IN ('uuids', 'distinct_ids', 'person')),
      asked INTEGER NOT NULL,
      delete_events INTEGER NOT NULL CHECK (delete_events IN (0, 1)),
      delete_recordings INTEGER NOT NULL CHECK (delete_recordings IN (0, 1)),
      keep_person INTEGER NOT NULL CHECK (keep_person IN (0, 1)),
      slices TEXT CHECK (slices IS NULL OR json_valid(slices)) -- canonical; null where no slice is checked
    ) STRICT;
    ${appendOnly('refusals', 'refusal = NEW.refusal')}
    -- How many more there were on a day.
    CREATE TABLE refusals_left_out (
      day INTEGER PRIMARY KEY, -- days since 1970, UTC
      count INTEGER NOT NULL
    ) STRICT;

    -- Entries whose ids are digests now, or are being made so.
    CREATE TABLE replaced_ids (
      entry INTEGER PRIMARY KEY,
      at INTEGER NOT NULL
    ) STRICT;
    ${appendOnly('replaced_ids', 'entry = NEW.entry')}
    -- For how long ids are kept, and how far replacing them has come. No part of the log.
    CREATE TABLE id_keeping (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      days INTEGER, -- null: for ever
      done_to INTEGER NOT NULL, -- the last entry that was looked at
      due_at INTEGER -- when it goes on; null where there is nothing to do
    ) STRICT;
    -- Entries before that one that had not ended then, or whose end was too late.
    CREATE TABLE ids_kept_longer (
      entry INTEGER PRIMARY KEY
    ) STRICT;
    ${replaceable}`,
});
