import type { Migration } from '../migrations.ts';

/** The storage of a `Fuse`. Times are milliseconds since 1970. Released steps are never edited. */
export const FUSE_STEPS: readonly Migration[] = [
  {
    name: 'charges, turns of the fuse',
    sql: `
    -- What deletions have taken, each once. Pruned once they count no more.
    CREATE TABLE charges (
      seq INTEGER PRIMARY KEY,
      tenant TEXT NOT NULL,
      deletion TEXT NOT NULL,
      at INTEGER NOT NULL,
      persons INTEGER NOT NULL CHECK (persons >= 0), -- without those that were given back
      UNIQUE (tenant, deletion)
    ) STRICT;

    -- Each time it tripped, with the deletion that did not fit, and each time the operator reset it.
    CREATE TABLE turns (
      step INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      event TEXT NOT NULL CHECK (event IN ('fuse_blown', 'fuse_reset')),
      tenant TEXT,
      deletion TEXT,
      persons INTEGER,
      persons_per_day INTEGER, -- what was allowed then
      note TEXT -- a reason that the operator gave
    ) STRICT;
    CREATE TRIGGER turns_never_change BEFORE UPDATE ON turns
    BEGIN SELECT RAISE(ABORT, 'the log of the fuse is append-only'); END;
    CREATE TRIGGER turns_never_go BEFORE DELETE ON turns
    BEGIN SELECT RAISE(ABORT, 'the log of the fuse is append-only'); END;
    CREATE TRIGGER turns_never_give_way BEFORE INSERT ON turns
    WHEN EXISTS (SELECT 1 FROM turns WHERE step = NEW.step)
    BEGIN SELECT RAISE(ABORT, 'the log of the fuse is append-only'); END;`,
  },
];
