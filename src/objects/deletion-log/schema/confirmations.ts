/** The table of which confirmation an idempotency key stands for. */
import type { Migration } from '../../migrations.ts';

export const confirmationsStep: Migration = {
  name: 'confirmation keys',
  sql: `
    -- Which confirmed deletion a key stands for. Not part of the log: pruned after seven days.
    CREATE TABLE confirmation_keys (
      key TEXT PRIMARY KEY, -- digest of the key and of whose it is (keyed.ts)
      entry INTEGER NOT NULL,
      at INTEGER NOT NULL,
      fingerprint TEXT NOT NULL -- digest of what was confirmed
    ) STRICT, WITHOUT ROWID;`,
};
