/**
 * The world's tables. A deleted person's row stays, marked: its events stay too (PostHog contract §10, trap 11), and an
 * insight over them still has to know whose they were.
 */
const TABLES = [
  `settings (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL)`,
  `persons (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, project_id INTEGER NOT NULL, properties TEXT NOT NULL,
    created_at INTEGER NOT NULL, last_seen_at INTEGER, is_identified INTEGER NOT NULL, state TEXT NOT NULL)`,
  `distinct_ids (project_id INTEGER NOT NULL, distinct_id TEXT NOT NULL, person_id INTEGER NOT NULL,
    PRIMARY KEY (project_id, distinct_id))`,
  `retired_ids (project_id INTEGER NOT NULL, distinct_id TEXT NOT NULL, person_id INTEGER NOT NULL, uuid TEXT,
    PRIMARY KEY (project_id, distinct_id))`,
  `property_changes (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
    key TEXT NOT NULL, value TEXT NOT NULL)`,
  `events (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, person_id INTEGER NOT NULL, distinct_id TEXT NOT NULL,
    event TEXT NOT NULL, at INTEGER NOT NULL, properties TEXT NOT NULL, group_key TEXT)`,
  `groups_of_type_0 (project_id INTEGER NOT NULL, key TEXT NOT NULL, properties TEXT NOT NULL,
    created_at INTEGER NOT NULL, PRIMARY KEY (project_id, key))`,
  `actions (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, event TEXT NOT NULL)`,
  `cohorts (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, name TEXT NOT NULL)`,
  `cohort_members (cohort_id INTEGER NOT NULL, person_id INTEGER NOT NULL, PRIMARY KEY (cohort_id, person_id))`,
  `activity (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, item_id TEXT NOT NULL, activity TEXT NOT NULL,
    name TEXT, changes TEXT NOT NULL, by_system INTEGER NOT NULL, at INTEGER NOT NULL)`,
  `deletions (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL, person_uuid TEXT NOT NULL, kind TEXT NOT NULL,
    at INTEGER NOT NULL, verified_at INTEGER)`,
  `split_queue (project_id INTEGER NOT NULL, distinct_id TEXT NOT NULL, person_id INTEGER NOT NULL)`,
  `person_queue (person_id INTEGER PRIMARY KEY, queued_at INTEGER NOT NULL)`,
  `actors_cache (key TEXT PRIMARY KEY, json TEXT NOT NULL)`,
  `throttle_hits (bucket TEXT NOT NULL, at INTEGER NOT NULL)`,
  `received (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, method TEXT NOT NULL, target TEXT NOT NULL,
    headers TEXT NOT NULL, body TEXT NOT NULL, status INTEGER)`,
  `faults (id INTEGER PRIMARY KEY AUTOINCREMENT, json TEXT NOT NULL, remaining INTEGER NOT NULL)`,
];

const INDEXES = [
  `distinct_ids_by_person ON distinct_ids (person_id)`,
  `persons_by_uuid ON persons (uuid)`,
  `events_by_project ON events (project_id, at)`,
  `hits_by_bucket ON throttle_hits (bucket, at)`,
];

/** What there is at most once. Event deletions are unique per person for ever, verified ones included (corrections §1, 4). */
const UNIQUE_INDEXES = [
  `living_uuids ON persons (uuid) WHERE state <> 'deleted'`,
  `event_deletions ON deletions (person_uuid) WHERE kind = 'event'`,
];

/** Raised with every change of a table or of the settings: a world kept from before is then made anew. */
const FORMAT = 5;

function tableNames(sql: SqlStorage): string[] {
  const kept = `type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`;
  return sql
    .exec<{ name: string }>(`SELECT name FROM sqlite_master WHERE ${kept}`)
    .toArray()
    .map((row) => row.name);
}

function storedFormat(sql: SqlStorage): number | undefined {
  if (!tableNames(sql).includes('format')) return undefined;
  return sql.exec<{ version: number }>('SELECT version FROM format').toArray()[0]?.version;
}

/** Creates the tables; those of another format are dropped, for a made-up world is cheaper to make than to migrate. */
export function createTables(sql: SqlStorage): void {
  if (storedFormat(sql) === FORMAT) return;
  for (const name of tableNames(sql)) sql.exec(`DROP TABLE ${name}`);
  for (const table of TABLES) sql.exec(`CREATE TABLE ${table}`);
  for (const index of INDEXES) sql.exec(`CREATE INDEX ${index}`);
  for (const index of UNIQUE_INDEXES) sql.exec(`CREATE UNIQUE INDEX ${index}`);
  sql.exec('CREATE TABLE format (version INTEGER NOT NULL)');
  sql.exec('INSERT INTO format (version) VALUES (?)', FORMAT);
}

/** Empties every table. */
export function emptyTables(sql: SqlStorage): void {
  for (const table of TABLES) sql.exec(`DELETE FROM ${table.slice(0, table.indexOf(' '))}`);
}
