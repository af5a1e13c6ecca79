/** The tables of looks for persons whose deletion was accepted. */
import type { Migration } from '../../migrations.ts';

export const looksStep = (appendOnly: (table: string, key: string) => string): Migration => ({
  name: 'looks, event looks',
  sql: `
    -- Looks for persons whose deletion was accepted, one of each chunk a pass. The numbers of all passes add up.
    CREATE TABLE looks (
      entry INTEGER NOT NULL,
      pass INTEGER NOT NULL CHECK (pass > 0),
      chunk INTEGER NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('look', 'send', 'last')),
      at INTEGER NOT NULL,
      asked INTEGER NOT NULL, -- ids that were still there; in the last pass none is counted again
      gone INTEGER NOT NULL,
      reappeared INTEGER NOT NULL, -- created after the deletion was sent
      reappeared_outside INTEGER NOT NULL, -- of these, those outside the slice
      left_slice INTEGER NOT NULL,
      not_checked INTEGER NOT NULL,
      came_back INTEGER NOT NULL, -- found by the last pass, after they had been gone
      came_back_inside INTEGER NOT NULL, -- found by the last pass in the slice, where none was known to be
      there INTEGER NOT NULL,
      ids TEXT NOT NULL CHECK (json_valid(ids)), -- those still there
      PRIMARY KEY (entry, pass, chunk)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('looks', 'entry = NEW.entry AND pass = NEW.pass AND chunk = NEW.chunk')}

    -- Looks at PostHog's list of event deletions, for persons that are gone.
    CREATE TABLE event_looks (
      entry INTEGER NOT NULL,
      look INTEGER NOT NULL CHECK (look > 0),
      at INTEGER NOT NULL,
      completed INTEGER NOT NULL,
      pending INTEGER NOT NULL,
      not_queued INTEGER NOT NULL,
      unknown INTEGER NOT NULL,
      PRIMARY KEY (entry, look)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('event_looks', 'entry = NEW.entry AND look = NEW.look')}`,
});
