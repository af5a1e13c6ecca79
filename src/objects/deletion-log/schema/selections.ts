/** The tables of deletions whose persons the log finds itself. Part of the step "jobs, transitions, chunks". */

export const SELECTION_TABLES = (appendOnly: (table: string, key: string) => string): string => `
    -- Deletions by a filter, and previews: written with the intent. The facts in jobs follow once the persons are known.
    CREATE TABLE selections (
      entry INTEGER PRIMARY KEY,
      slices TEXT CHECK (slices IS NULL OR json_valid(slices)), -- canonical, as in jobs
      filter TEXT CHECK (filter IS NULL OR json_valid(filter)), -- null where it names persons by id
      terms TEXT NOT NULL CHECK (json_valid(terms)) -- budgets, holds, and what a preview may show (selection.ts)
    ) STRICT;
    ${appendOnly('selections', 'entry = NEW.entry')}

    -- The ids that a selection names, in lists of at most 1,000.
    CREATE TABLE named (
      entry INTEGER NOT NULL,
      part INTEGER NOT NULL CHECK (part >= 0),
      ids TEXT NOT NULL CHECK (json_valid(ids)),
      PRIMARY KEY (entry, part)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('named', 'entry = NEW.entry AND part = NEW.part')}

    -- How many persons a selection was found to name. The latest counts.
    CREATE TABLE findings (
      entry INTEGER NOT NULL,
      finding INTEGER NOT NULL CHECK (finding > 0),
      at INTEGER NOT NULL,
      persons INTEGER NOT NULL CHECK (persons >= 0),
      digest TEXT NOT NULL, -- over their UUIDs
      PRIMARY KEY (entry, finding)
    ) STRICT, WITHOUT ROWID;
    ${appendOnly('findings', 'entry = NEW.entry AND finding = NEW.finding')}

    -- What a selection spends, from when its persons were known and it was to be sent.
    CREATE TABLE charges (
      entry INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      persons INTEGER NOT NULL CHECK (persons > 0)
    ) STRICT;
    ${appendOnly('charges', 'entry = NEW.entry')}

    -- What a preview shows of its persons. No part of the log: it goes when the preview ends.
    CREATE TABLE samples (
      entry INTEGER PRIMARY KEY,
      persons TEXT NOT NULL CHECK (json_valid(persons))
    ) STRICT;`;
