/** The table of what the operator is to be alarmed of. */
import type { Migration } from '../../migrations.ts';

export const noticesStep: Migration = {
  name: 'notices',
  sql: `
    -- Written with what they are about, and told to the object of alarms afterwards. Not part of the log.
    CREATE TABLE notices (
      entry INTEGER NOT NULL, -- 0 where it is about no deletion
      kind TEXT NOT NULL CHECK (kind IN ('follow', 'ended', 'unknown', 'budget', 'key')), -- follow: its end is to be told
      told INTEGER NOT NULL CHECK (told IN (0, 1)),
      details TEXT CHECK (details IS NULL OR json_valid(details)),
      PRIMARY KEY (entry, kind)
    ) STRICT, WITHOUT ROWID;`,
};
