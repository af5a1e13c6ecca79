import type { Person } from './persons.ts';

/** What can be queued for deletion beside a person (PostHog contract §8, 2). */
export type DeletionKind = 'event' | 'recording';

/** One row of the list of queued deletions. */
export interface Deletion {
  readonly projectId: number;
  readonly personUuid: string;
  readonly kind: DeletionKind;
  readonly at: number;
  readonly verifiedAt: number | null;
}

/** Deletes a person, with all its distinct ids. Its events stay, as they do upstream until the batch runs. */
export function removePerson(sql: SqlStorage, person: Person): void {
  sql.exec(
    `INSERT OR REPLACE INTO retired_ids (project_id, distinct_id, person_id)
      SELECT project_id, distinct_id, person_id FROM distinct_ids WHERE person_id = ?`,
    person.id,
  );
  // A UUID is made from the project and the distinct id that came first: under that id it comes back.
  sql.exec(
    'UPDATE retired_ids SET uuid = ? WHERE project_id = ? AND distinct_id = ?',
    person.uuid,
    person.projectId,
    person.distinctIds[0] ?? '',
  );
  sql.exec('DELETE FROM distinct_ids WHERE person_id = ?', person.id);
  sql.exec('DELETE FROM cohort_members WHERE person_id = ?', person.id);
  sql.exec(`UPDATE persons SET state = 'deleted' WHERE id = ?`, person.id);
}

/**
 * Makes the distinct id of a deleted person usable again. Before new events have re-created the person there is nothing
 * to repair, and the call does nothing at all (PostHog contract §8, 7).
 */
export function resetDistinctId(sql: SqlStorage, projectId: number, distinctId: string): void {
  const revived = sql
    .exec(
      `UPDATE persons SET state = 'live' WHERE state = 'hidden'
        AND id = (SELECT person_id FROM distinct_ids WHERE project_id = ? AND distinct_id = ?) RETURNING id`,
      projectId,
      distinctId,
    )
    .toArray();
  if (revived.length === 0) return;
  sql.exec('DELETE FROM retired_ids WHERE project_id = ? AND distinct_id = ?', projectId, distinctId);
}

/** Queues the deletion of what belongs to a person. A second one of the same person's events is ignored. */
export function queueDeletion(sql: SqlStorage, deletion: Deletion): void {
  sql.exec(
    'INSERT OR IGNORE INTO deletions (project_id, person_uuid, kind, at, verified_at) VALUES (?, ?, ?, ?, ?)',
    deletion.projectId,
    deletion.personUuid,
    deletion.kind,
    deletion.at,
    deletion.verifiedAt,
  );
}

type DeletionRow = {
  project_id: number;
  person_uuid: string;
  kind: DeletionKind;
  at: number;
  verified_at: number | null;
};

/** Every queued deletion, newest first. */
export function queuedDeletions(sql: SqlStorage): Deletion[] {
  return sql
    .exec<DeletionRow>('SELECT * FROM deletions ORDER BY at DESC, id DESC')
    .toArray()
    .map((row) => ({
      projectId: row.project_id,
      personUuid: row.person_uuid,
      kind: row.kind,
      at: row.at,
      verifiedAt: row.verified_at,
    }));
}

/** Deletes the events that were there before each pending job of events, and verifies the jobs. */
export function eraseEvents(sql: SqlStorage, verifiedAt: number): void {
  const isPending = `kind = 'event' AND verified_at IS NULL`;
  sql.exec(
    `DELETE FROM events WHERE EXISTS (SELECT 1 FROM deletions d JOIN persons p ON p.uuid = d.person_uuid
      WHERE p.id = events.person_id AND d.at >= events.at AND d.${isPending})`,
  );
  sql.exec(`UPDATE deletions SET verified_at = ? WHERE ${isPending}`, verifiedAt);
}
