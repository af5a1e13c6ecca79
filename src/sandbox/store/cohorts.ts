/** A cohort and how many members it has. */
export type Cohort = { id: number; project_id: number; name: string; count: number };

/** Adds a cohort with its members. */
export function addCohort(
  sql: SqlStorage,
  id: number,
  projectId: number,
  name: string,
  members: readonly number[],
): void {
  sql.exec('INSERT INTO cohorts (id, project_id, name) VALUES (?, ?, ?)', id, projectId, name);
  sql.exec(
    'INSERT INTO cohort_members (cohort_id, person_id) SELECT ?, value FROM json_each(?)',
    id,
    JSON.stringify(members),
  );
}

const SELECT = `SELECT c.*, (SELECT count(*) FROM cohort_members m WHERE m.cohort_id = c.id) AS count FROM cohorts c`;

/** Every cohort of every project. */
export function everyCohort(sql: SqlStorage): Cohort[] {
  return sql.exec<Cohort>(`${SELECT} ORDER BY c.id`).toArray();
}

/** The cohorts of a project that have this person in them. */
export function cohortsWith(sql: SqlStorage, projectId: number, personId: number): Cohort[] {
  const member = 'c.id IN (SELECT cohort_id FROM cohort_members WHERE person_id = ?)';
  return sql
    .exec<Cohort>(`${SELECT} WHERE c.project_id = ? AND ${member} ORDER BY c.id`, projectId, personId)
    .toArray();
}

/** Who is in which cohort: person id to cohort ids. */
export function memberships(sql: SqlStorage): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>();
  const rows = sql.exec<{ cohort_id: number; person_id: number }>('SELECT * FROM cohort_members');
  for (const row of rows.toArray()) {
    const cohorts = found.get(row.person_id) ?? new Set();
    cohorts.add(row.cohort_id);
    found.set(row.person_id, cohorts);
  }
  return found;
}
