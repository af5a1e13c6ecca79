import { type Properties, parseProperties } from '../json.ts';

/** Reads persons. What changes them is in person-changes.ts and person-removal.ts. */

/**
 * `live`: everywhere. `hidden`: re-created under the distinct id of a deleted person, so the primary store has it and
 * the list does not (PostHog contract §10, trap 12). `deleted`: gone; the row only remembers whose the events were.
 */
export type PersonState = 'live' | 'hidden' | 'deleted';

/** A person as stored, with its distinct ids in the order they were added. */
export interface Person {
  readonly id: number;
  readonly uuid: string;
  readonly projectId: number;
  readonly properties: Properties;
  readonly createdAt: number;
  readonly lastSeenAt: number | null;
  /** Set by an `$identify` event, and never derived from the distinct ids. */
  readonly isIdentified: boolean;
  readonly state: PersonState;
  readonly distinctIds: readonly string[];
}

// A type and not an interface: the cursor's row constraint wants an index signature, which only an alias has.
type PersonRow = {
  id: number;
  uuid: string;
  project_id: number;
  properties: string;
  created_at: number;
  last_seen_at: number | null;
  is_identified: number;
  state: PersonState;
  ids: string;
};

const SELECT = `SELECT p.*, (SELECT json_group_array(distinct_id) FROM
  (SELECT distinct_id FROM distinct_ids d WHERE d.person_id = p.id ORDER BY d.rowid)) AS ids FROM persons p`;

function toPerson(row: PersonRow): Person {
  const ids: unknown = JSON.parse(row.ids);
  return {
    id: row.id,
    uuid: row.uuid,
    projectId: row.project_id,
    properties: parseProperties(row.properties),
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    isIdentified: row.is_identified === 1,
    state: row.state,
    distinctIds: Array.isArray(ids) ? ids.map(String) : [],
  };
}

/** Every person the project ever had, deleted ones included. */
export function everyPerson(sql: SqlStorage, projectId: number): Person[] {
  return sql
    .exec<PersonRow>(`${SELECT} WHERE p.project_id = ? ORDER BY p.id`, projectId)
    .toArray()
    .map(toPerson);
}

/** The persons of all projects that have not been deleted. */
export function livingPersons(sql: SqlStorage): Person[] {
  return sql.exec<PersonRow>(`${SELECT} WHERE p.state <> 'deleted' ORDER BY p.id`).toArray().map(toPerson);
}

/** The person with this numeric id, unless deleted. */
export function personById(sql: SqlStorage, projectId: number, id: number): Person | undefined {
  const rows = sql.exec<PersonRow>(
    `${SELECT} WHERE p.project_id = ? AND p.id = ? AND p.state <> 'deleted'`,
    projectId,
    id,
  );
  return rows.toArray().map(toPerson)[0];
}

/** The persons among these UUIDs, unless deleted; unknown ones are left out. */
export function personsByUuid(sql: SqlStorage, projectId: number, uuids: readonly string[]): Person[] {
  const wanted = `p.uuid IN (SELECT value FROM json_each(?)) AND p.state <> 'deleted'`;
  return sql
    .exec<PersonRow>(
      `${SELECT} WHERE p.project_id = ? AND ${wanted} ORDER BY p.id`,
      projectId,
      JSON.stringify(uuids),
    )
    .toArray()
    .map(toPerson);
}

/** The persons who own one of these distinct ids, each once. */
export function personsByDistinctId(sql: SqlStorage, projectId: number, ids: readonly string[]): Person[] {
  const owners = `SELECT person_id FROM distinct_ids WHERE project_id = ? AND distinct_id IN (SELECT value FROM json_each(?))`;
  return sql
    .exec<PersonRow>(`${SELECT} WHERE p.id IN (${owners}) ORDER BY p.id`, projectId, JSON.stringify(ids))
    .toArray()
    .map(toPerson);
}
