/** Persons whose deletion PostHog was sent: no answer shows them, although PostHog may for a while. */
import { isJsonObject, type Json } from '../json.ts';

/** The persons of one chunk of a deletion. */
export interface Tombstone {
  /** Names the chunk; no other tombstone of the project has the same. */
  readonly key: string;
  readonly by: 'uuids' | 'distinct_ids';
  readonly ids: readonly string[];
}

/** What changed since the tombstones that the asker knows. */
export interface TombstoneNews {
  readonly added: readonly Tombstone[];
  readonly ended: readonly string[];
}

/** What an isolate wants to go by for a term. A change of the project waits only for isolates that share answers. */
export type NewsUse = 'tombstones' | 'answers';

/** What an object of a project tells an isolate, true for a term. */
export interface ProjectNews extends TombstoneNews {
  /** Names the time between two changes of the project; no two have the same. Answers of another epoch are out of date. */
  readonly epoch: string;
}

/** The tombstones of one project. */
export class Tombstones {
  readonly #byKey = new Map<string, Tombstone>();
  readonly #ids: Readonly<Record<Tombstone['by'], Map<string, number>>> = {
    uuids: new Map(),
    distinct_ids: new Map(),
  };

  get keys(): readonly string[] {
    return [...this.#byKey.keys()];
  }

  get isEmpty(): boolean {
    return this.#byKey.size === 0;
  }

  apply({ added, ended }: TombstoneNews): void {
    for (const key of ended) this.#remove(key);
    for (const tombstone of added) if (!this.#byKey.has(tombstone.key)) this.#add(tombstone);
  }

  /** Has this person of PostHog's, a row or one object, a tombstone? */
  cover(person: Json | undefined): boolean {
    if (this.isEmpty || !isJsonObject(person)) return false;
    const { uuid, distinct_ids: distinctIds } = person;
    return (
      (typeof uuid === 'string' && this.#ids.uuids.has(uuid.toLowerCase())) ||
      (isList(distinctIds) && distinctIds.some((one) => typeof one === 'string' && this.coverDistinctId(one)))
    );
  }

  /** Does a tombstone name this distinct id? */
  coverDistinctId(distinctId: string): boolean {
    return this.#ids.distinct_ids.has(distinctId);
  }

  #add(tombstone: Tombstone): void {
    this.#byKey.set(tombstone.key, tombstone);
    const ids = this.#ids[tombstone.by];
    for (const id of namesOf(tombstone)) ids.set(id, (ids.get(id) ?? 0) + 1);
  }

  #remove(key: string): void {
    const tombstone = this.#byKey.get(key);
    if (tombstone === undefined) return;
    this.#byKey.delete(key);
    const ids = this.#ids[tombstone.by];
    for (const id of namesOf(tombstone)) {
      const left = (ids.get(id) ?? 1) - 1;
      if (left === 0) ids.delete(id);
      else ids.set(id, left);
    }
  }
}

/** UUIDs are the same in capital letters. */
const namesOf = ({ by, ids }: Tombstone): readonly string[] =>
  by === 'uuids' ? ids.map((id) => id.toLowerCase()) : ids;

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
