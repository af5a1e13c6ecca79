import { type Properties, parseProperties } from './json.ts';

/** Groups of type 0, such as organisations. An event of any person may belong to one. */

/** A group, as stored. */
export interface StoredGroup {
  readonly key: string;
  readonly properties: Properties;
  readonly createdAt: number;
}

/** Adds a group. */
export function addGroup(sql: SqlStorage, projectId: number, group: StoredGroup): void {
  sql.exec(
    'INSERT INTO groups_of_type_0 (project_id, key, properties, created_at) VALUES (?, ?, ?, ?)',
    projectId,
    group.key,
    JSON.stringify(group.properties),
    group.createdAt,
  );
}

type GroupRow = { key: string; properties: string; created_at: number };

/** The groups of one project, by key. */
export function projectGroups(sql: SqlStorage, projectId: number): ReadonlyMap<string, StoredGroup> {
  const rows = sql.exec<GroupRow>(
    'SELECT key, properties, created_at FROM groups_of_type_0 WHERE project_id = ? ORDER BY key',
    projectId,
  );
  return new Map(
    rows.toArray().map((row) => {
      const properties = parseProperties(row.properties);
      return [row.key, { key: row.key, properties, createdAt: row.created_at }];
    }),
  );
}
