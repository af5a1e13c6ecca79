/** The tables of how often a deletion may be sent. */
import type { Migration } from '../../migrations.ts';

export const paceStep = (appendOnly: (table: string, key: string) => string): Migration => ({
  name: 'paces',
  sql: `
    -- Calls a minute that a deletion keeps to, written with the intent. None where nothing was set.
    CREATE TABLE paces (
      entry INTEGER NOT NULL,
      holder TEXT NOT NULL, -- tenant, or the id of a token
      calls_per_minute INTEGER NOT NULL CHECK (calls_per_minute > 0),
      PRIMARY KEY (entry, holder)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('paces', 'entry = NEW.entry AND holder = NEW.holder')}

    -- When the next call of a holder may be sent.
    CREATE TABLE pace_clocks (
      holder TEXT PRIMARY KEY,
      free_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;`,
});
