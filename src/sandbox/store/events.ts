import { type Properties, parseProperties } from './json.ts';

/** Events are kept per person, as upstream keeps them: deleting the person does not delete them. */

/** One event. */
export interface Happening {
  readonly personId: number;
  readonly distinctId: string;
  readonly event: string;
  readonly at: number;
  readonly properties: Properties;
  /** The key of the group of type 0 the event belongs to (upstream's column `$group_0`). */
  readonly group?: string | null;
}

/** Adds an event. */
export function addEvent(sql: SqlStorage, projectId: number, happening: Happening): void {
  sql.exec(
    'INSERT INTO events (project_id, person_id, distinct_id, event, at, properties, group_key) VALUES (?, ?, ?, ?, ?, ?, ?)',
    projectId,
    happening.personId,
    happening.distinctId,
    happening.event,
    happening.at,
    JSON.stringify(happening.properties),
    happening.group ?? null,
  );
}

type EventRow = {
  person_id: number;
  distinct_id: string;
  event: string;
  at: number;
  properties: string;
  group_key: string | null;
};

/** A project's events, oldest first. */
export function projectEvents(sql: SqlStorage, projectId: number): Happening[] {
  return sql
    .exec<EventRow>('SELECT * FROM events WHERE project_id = ? ORDER BY at, id', projectId)
    .toArray()
    .map((row) => ({
      personId: row.person_id,
      distinctId: row.distinct_id,
      event: row.event,
      at: row.at,
      properties: parseProperties(row.properties),
      group: row.group_key,
    }));
}

/** How many events each project has. */
export function eventCounts(sql: SqlStorage): { project_id: number; count: number }[] {
  return sql
    .exec<{ project_id: number; count: number }>(
      'SELECT project_id, count(*) AS count FROM events GROUP BY project_id ORDER BY project_id',
    )
    .toArray();
}
