import * as z from 'zod/mini';
import { parseJson } from '../../core/json.ts';
import type { Migration } from '../migrations.ts';

/** A column of JSON text, read. What it holds is for the schema after it to say. */
export const StoredJson = z.pipe(
  z.string(),
  z.transform((text): unknown => parseJson(text)),
);

/** The storage of a `Tenant`. Released steps are never edited; changes are added at the end. */
export const TENANT_STEPS: readonly Migration[] = [
  {
    name: 'record, tokens, revocations, clocks',
    sql: `
    CREATE TABLE record (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      tenant TEXT NOT NULL,
      record TEXT NOT NULL, -- JSON, as grant.ts has it
      created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL
    ) STRICT;

    CREATE TABLE tokens (
      seq INTEGER PRIMARY KEY, -- the order of issue
      id TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      ancestors TEXT NOT NULL, -- JSON array of ids, oldest first
      narrowing TEXT NOT NULL, -- JSON, as grant.ts has it
      issued_at TEXT NOT NULL,
      not_before TEXT,
      expires_at TEXT NOT NULL,
      expires_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX tokens_by_expiry ON tokens (expires_at_ms);

    -- Apart from the tokens, because all of it is read at every start.
    CREATE TABLE revocations (
      token TEXT PRIMARY KEY,
      at_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Without a rowid and without an index, so that a stride costs one row.
    CREATE TABLE clocks (
      holder TEXT PRIMARY KEY, -- 'tenant' or a token's id
      at_ms INTEGER NOT NULL,
      owed INTEGER NOT NULL,
      held_until_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;`,
  },
  {
    name: 'registration and revision',
    sql: `
    -- 88 random bits for records from before; SQLite has no base64.
    ALTER TABLE record ADD COLUMN registration TEXT;
    UPDATE record SET registration = 'reg_' || lower(hex(randomblob(11)));

    -- Counts every change of the record, removals too, and is never reset.
    CREATE TABLE revision (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      last INTEGER NOT NULL
    ) STRICT;
    INSERT INTO revision (one, last) VALUES (1, 1);`,
  },
  {
    name: 'actors',
    sql: `
    -- Null where none was named.
    ALTER TABLE tokens ADD COLUMN actor TEXT;`,
  },
  {
    name: 'usage',
    sql: `
    -- What tokens did on a day. Names and ancestors are here too, as tokens are forgotten once they have expired.
    CREATE TABLE usage (
      day INTEGER NOT NULL, -- days since 1970, UTC
      token TEXT NOT NULL,
      name TEXT,
      ancestors TEXT NOT NULL, -- JSON array of ids, oldest first
      hours TEXT NOT NULL, -- JSON, as usage/stored.ts has it, by hours since 1970
      PRIMARY KEY (day, token)
    ) STRICT, WITHOUT ROWID;

    -- What is not in those rows yet.
    CREATE TABLE usage_journal (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      tokens TEXT NOT NULL, -- JSON, as usage/stored.ts has it
      written_hour INTEGER -- the hour in which the rows were last written
    ) STRICT;`,
  },
  {
    name: 'minters',
    sql: `
    -- The operator who minted it. Null for a derived token, and for one from before this column.
    ALTER TABLE tokens ADD COLUMN minted_by TEXT;`,
  },
  {
    name: 'signing keys and uses',
    sql: `
    -- Of the key it was signed with. Null for tokens from before this column.
    ALTER TABLE tokens ADD COLUMN kid TEXT;
    -- Milliseconds since 1970, written anew when it is used an hour later or more. Null where it was not used.
    ALTER TABLE tokens ADD COLUMN last_used_ms INTEGER;`,
  },
  {
    name: 'ends of tokens',
    sql: `
    -- When the operator is told that it ends, in milliseconds since 1970. Null where it was told, or is not to be.
    ALTER TABLE tokens ADD COLUMN told_at_ms INTEGER;
    UPDATE tokens SET told_at_ms = expires_at_ms - 604800000
      WHERE expires_at_ms - unixepoch(issued_at) * 1000 >= 1209600000;
    -- One more row for a token of two weeks or more.
    CREATE INDEX tokens_told ON tokens (told_at_ms) WHERE told_at_ms IS NOT NULL;`,
  },
  {
    name: 'replacements of tokens',
    sql: `
    -- JSON array of the scopes that the token says. Null for tokens from before this column.
    ALTER TABLE tokens ADD COLUMN scopes TEXT;
    -- Apart from the tokens, because all of it is read at every start.
    CREATE TABLE replacements (
      token TEXT PRIMARY KEY,
      successor TEXT NOT NULL,
      ends_at_ms INTEGER NOT NULL,
      by_holder INTEGER NOT NULL -- 1: the token itself asked for the successor; 0: an operator
    ) STRICT, WITHOUT ROWID;`,
  },
  {
    name: 'own origins',
    sql: `
    -- Web origins that the tenant added itself.
    CREATE TABLE own_origins (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      added TEXT NOT NULL, -- JSON, as origins/changes.ts has it
      development_until_ms INTEGER, -- until when pages on localhost are let in; null where they are not
      revision INTEGER NOT NULL -- grows with every change
    ) STRICT;

    -- Who changed them, the last changes only.
    CREATE TABLE origin_changes (
      seq INTEGER PRIMARY KEY,
      at TEXT NOT NULL,
      token TEXT NOT NULL,
      token_name TEXT,
      actor TEXT,
      minted_by TEXT,
      request_id TEXT NOT NULL,
      added TEXT NOT NULL, -- JSON array of origins
      removed TEXT NOT NULL, -- JSON array of origins
      development_until TEXT -- as it is since
    ) STRICT;`,
  },
  {
    name: 'last refused requests',
    sql: `
    -- JSON, as usage/stored.ts has it. Null where none was reported.
    ALTER TABLE usage_journal ADD COLUMN refused TEXT;`,
  },
];
