import { addPerson } from './changes.ts';
import type { Person } from './persons.ts';

/** Splitting a person is a task that PostHog queues: until it ran, the distinct ids still name the old person. */

/** Queues these distinct ids of a person; each is to become a person of its own. */
export function queueSplit(sql: SqlStorage, person: Person, distinctIds: readonly string[]): void {
  for (const distinctId of distinctIds) {
    sql.exec(
      'INSERT INTO split_queue (project_id, distinct_id, person_id) VALUES (?, ?, ?)',
      person.projectId,
      distinctId,
      person.id,
    );
  }
}

type SplitRow = { project_id: number; distinct_id: string; person_id: number };

/** Makes every queued distinct id that still is its person's a person without properties (PostHog contract §8, 18). */
export function runSplits(sql: SqlStorage, at: number): void {
  for (const row of sql.exec<SplitRow>('DELETE FROM split_queue RETURNING *').toArray()) {
    const { project_id: projectId, distinct_id: distinctId, person_id: old } = row;
    const where = 'WHERE project_id = ? AND distinct_id = ? AND person_id = ?';
    const held = sql
      .exec(`DELETE FROM distinct_ids ${where} RETURNING 1`, projectId, distinctId, old)
      .toArray();
    if (held.length === 0) continue;
    const properties = {};
    const id = addPerson(sql, { projectId, distinctIds: [distinctId], properties, createdAt: at });
    sql.exec(`UPDATE events SET person_id = ? ${where}`, id, projectId, distinctId, old);
  }
}
