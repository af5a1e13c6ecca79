import type { Migration } from '../migrations.ts';

/** The storage of a `Shield`. Released steps are never edited; changes are added at the end. */
export const SHIELD_STEPS: readonly Migration[] = [
  {
    name: 'tombstones',
    sql: `
    CREATE TABLE tombstones (
      key TEXT PRIMARY KEY,
      ids_by TEXT NOT NULL CHECK (ids_by IN ('uuids', 'distinct_ids')),
      ids TEXT NOT NULL, -- a JSON list
      persons INTEGER NOT NULL,
      until_ms INTEGER NOT NULL -- milliseconds since 1970
    ) STRICT, WITHOUT ROWID;
    `,
  },
];
