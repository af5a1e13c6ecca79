/** Actions: names under which a project keeps events. The sandbox's actions each stand for one event. */

/** A project's actions: the id, as a filter spells it, and the name of the event. */
export type Actions = ReadonlyMap<string, string>;

/** Adds an action. */
export function addAction(sql: SqlStorage, id: number, projectId: number, event: string): void {
  sql.exec('INSERT INTO actions (id, project_id, event) VALUES (?, ?, ?)', id, projectId, event);
}

/** The actions of one project. */
export function projectActions(sql: SqlStorage, projectId: number): Actions {
  const rows = sql.exec<{ id: number; event: string }>(
    'SELECT id, event FROM actions WHERE project_id = ?',
    projectId,
  );
  return new Map(rows.toArray().map((row) => [String(row.id), row.event]));
}
