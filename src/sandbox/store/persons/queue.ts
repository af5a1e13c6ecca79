/** Generation C's queue of persons that are to be deleted (corrections §3, 2.3 and 2.7). */

/** Puts a person into the queue; one that waits already keeps its place. */
export function enqueuePerson(sql: SqlStorage, personId: number): void {
  sql.exec('INSERT OR IGNORE INTO person_queue (person_id, queued_at) VALUES (?, ?)', personId, Date.now());
}

/** Takes the persons out of the queue that have waited this long by the real clock: their numeric ids. */
export function takeFromQueue(sql: SqlStorage, waitedMs: number): number[] {
  return sql
    .exec<{ person_id: number }>(
      'DELETE FROM person_queue WHERE queued_at <= ? RETURNING person_id',
      Date.now() - waitedMs,
    )
    .toArray()
    .map((row) => row.person_id);
}

/** The numeric ids of all who wait. */
export function waitingPersons(sql: SqlStorage): number[] {
  return sql
    .exec<{ person_id: number }>('SELECT person_id FROM person_queue ORDER BY person_id')
    .toArray()
    .map((row) => row.person_id);
}
