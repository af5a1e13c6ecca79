import { parseJson } from './json.ts';

/** What happened to persons (PostHog contract §7, activity page). */

/** The activities the contract has seen. */
export type ActivityName = 'deleted' | 'updated' | 'split_person' | 'delete_property';

/** One entry of the activity log. */
export interface Activity {
  readonly id: number;
  readonly projectId: number;
  /** The numeric person id, as a string. */
  readonly itemId: string;
  readonly activity: ActivityName;
  readonly name: string | null;
  readonly changes: unknown;
  /** True: PostHog did it by itself, nobody is named. */
  readonly bySystem?: boolean;
  readonly at: number;
}

/** Adds an entry. */
export function addActivity(sql: SqlStorage, entry: Omit<Activity, 'id'>): void {
  sql.exec(
    'INSERT INTO activity (project_id, item_id, activity, name, changes, by_system, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    entry.projectId,
    entry.itemId,
    entry.activity,
    entry.name,
    JSON.stringify(entry.changes),
    entry.bySystem === true ? 1 : 0,
    entry.at,
  );
}

type ActivityRow = {
  id: number;
  project_id: number;
  item_id: string;
  activity: ActivityName;
  name: string | null;
  changes: string;
  by_system: number;
  at: number;
};

/** A project's entries, newest first; of one person, if its numeric id is given. */
export function activities(sql: SqlStorage, projectId: number, itemId?: string): Activity[] {
  return sql
    .exec<ActivityRow>('SELECT * FROM activity WHERE project_id = ? ORDER BY at DESC, id DESC', projectId)
    .toArray()
    .filter((row) => itemId === undefined || row.item_id === itemId)
    .map((row) => ({
      id: row.id,
      projectId: row.project_id,
      itemId: row.item_id,
      activity: row.activity,
      name: row.name,
      changes: parseJson(row.changes),
      bySystem: row.by_system === 1,
      at: row.at,
    }));
}
