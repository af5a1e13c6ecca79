import type { Properties } from '../json.ts';
import { derivedUuid } from './distinct-ids.ts';
import type { Person, PersonState } from './persons.ts';

/** How a property came to have its value: `$set`, `$set_once`, or `$unset`. */
export type ChangeKind = 'set' | 'set_once' | 'unset';

/** A person to be added. */
export interface NewPerson {
  readonly id?: number;
  readonly uuid?: string;
  readonly projectId: number;
  readonly distinctIds: readonly string[];
  readonly properties: Properties;
  readonly createdAt: number;
  readonly lastSeenAt?: number;
  /** Left out: not identified, as who is only captured or split off. */
  readonly isIdentified?: boolean;
  /** True: visible at once, even under the distinct id of a deleted person. */
  readonly isVisible?: boolean;
}

/** Writes down that a property changed, for the questions about the past (PostHog contract §8, 26). */
export function recordChange(
  sql: SqlStorage,
  personId: number,
  at: number,
  kind: ChangeKind,
  key: string,
  value: unknown,
): void {
  sql.exec(
    'INSERT INTO property_changes (person_id, at, kind, key, value) VALUES (?, ?, ?, ?, ?)',
    personId,
    at,
    kind,
    key,
    JSON.stringify(value ?? null),
  );
}

function nextId(sql: SqlStorage): number {
  return sql.exec<{ id: number }>('SELECT coalesce(max(id), 100000) + 1 AS id FROM persons').one().id;
}

/** The UUID that comes from the first distinct id, unless a living person has it: the distinct id may have moved. */
function uuidFor(sql: SqlStorage, id: number, { projectId, distinctIds }: NewPerson): string {
  const uuid = derivedUuid(projectId, distinctIds[0] ?? `person ${String(id)}`);
  const taken = sql.exec(`SELECT id FROM persons WHERE uuid = ? AND state <> 'deleted'`, uuid).toArray();
  return taken.length === 0 ? uuid : derivedUuid(projectId, `person ${String(id)}`);
}

type RetiredRow = { person_id: number; uuid: string | null };

/** The deleted persons whose distinct ids these were. */
function retired(sql: SqlStorage, { projectId, distinctIds }: NewPerson): RetiredRow[] {
  return sql
    .exec<RetiredRow>(
      `SELECT person_id, uuid FROM retired_ids
        WHERE project_id = ? AND distinct_id IN (SELECT value FROM json_each(?)) ORDER BY uuid IS NULL`,
      projectId,
      JSON.stringify(distinctIds),
    )
    .toArray();
}

/** Events carry the UUID, so what a deleted person did belongs to the person that got its UUID. */
function inherit(sql: SqlStorage, id: number, uuid: string): void {
  sql.exec(
    `UPDATE events SET person_id = ? WHERE person_id IN (SELECT id FROM persons WHERE uuid = ? AND state = 'deleted')`,
    id,
    uuid,
  );
}

/** Adds a person. Under the distinct id of a deleted person it gets that one's UUID, and stays hidden until a reset. */
export function addPerson(sql: SqlStorage, person: NewPerson): number {
  const id = person.id ?? nextId(sql);
  const earlier = retired(sql, person);
  const uuid = person.uuid ?? earlier[0]?.uuid ?? uuidFor(sql, id, person);
  const state: PersonState = earlier.length > 0 && person.isVisible !== true ? 'hidden' : 'live';
  sql.exec(
    'INSERT INTO persons (id, uuid, project_id, properties, created_at, last_seen_at, is_identified, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    id,
    uuid,
    person.projectId,
    JSON.stringify(person.properties),
    person.createdAt,
    person.lastSeenAt ?? null,
    person.isIdentified === true ? 1 : 0,
    state,
  );
  if (earlier.length > 0) inherit(sql, id, uuid);
  for (const distinctId of person.distinctIds) {
    sql.exec(
      'INSERT INTO distinct_ids (project_id, distinct_id, person_id) VALUES (?, ?, ?)',
      person.projectId,
      distinctId,
      id,
    );
  }
  for (const [key, value] of Object.entries(person.properties)) {
    recordChange(sql, id, person.createdAt, 'set', key, value);
  }
  return id;
}

function storeProperties(sql: SqlStorage, id: number, properties: Properties): void {
  sql.exec('UPDATE persons SET properties = ? WHERE id = ?', JSON.stringify(properties), id);
}

/** Merges properties into a person, other keys kept (PostHog contract §8, 12). */
export function setProperties(sql: SqlStorage, person: Person, set: Properties, at: number): void {
  storeProperties(sql, person.id, { ...person.properties, ...set });
  for (const [key, value] of Object.entries(set)) recordChange(sql, person.id, at, 'set', key, value);
}

/** Removes one property from a person. */
export function unsetProperty(sql: SqlStorage, person: Person, key: string, at: number): void {
  const left = Object.entries(person.properties).filter(([name]) => name !== key);
  storeProperties(sql, person.id, Object.fromEntries(left));
  recordChange(sql, person.id, at, 'unset', key, null);
}

/** Marks a person as identified. */
export function identify(sql: SqlStorage, id: number): void {
  sql.exec('UPDATE persons SET is_identified = 1 WHERE id = ?', id);
}
