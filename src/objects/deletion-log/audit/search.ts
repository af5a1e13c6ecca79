/** What a reader looks for in the log, as conditions of a query. Pure but for the digests of a person's ids. */
import type { TokenId } from '../../../core/ids.ts';
import type { DistinctIdHasher } from '../distinct-id-key.ts';
import { firstNumberAt } from '../id.ts';
import type { JobState } from '../job/job.ts';
import { STATE } from '../storage/jobs.ts';

/** A person, exactly as entries name one. */
export interface NamedPerson {
  readonly kind: 'uuid' | 'distinct_id';
  readonly id: string;
}

/** All that is given must hold. Times are milliseconds since 1970. */
export interface LogFilter {
  /** Intended then or later. */
  readonly from?: number | undefined;
  /** Intended before then. */
  readonly to?: number | undefined;
  readonly state?: JobState | undefined;
  /** Asked for by this token, or by one derived from it. */
  readonly token?: TokenId | undefined;
  readonly requestId?: string | undefined;
  readonly person?: NamedPerson | undefined;
}

/** Which entries are read next. */
export interface LogPage {
  readonly limit: number;
  /** The `next` of the page before; null for the first. */
  readonly before: string | null;
  /** Default `newest`. */
  readonly order?: 'newest' | 'oldest' | undefined;
  readonly filter?: LogFilter | undefined;
}

/** A condition with its bindings. */
export interface Condition {
  readonly sql: string;
  readonly bindings: readonly SqlStorageValue[];
}

const ALL: Condition = { sql: '1', bindings: [] };

/** What a person may be written as in the log. */
export interface PersonTerms {
  /** The id itself, and the digests that may stand for it. */
  readonly ids: readonly string[];
  /** The keys by which its deletion is remembered; none for a UUID. */
  readonly keys: readonly string[];
}

/** Ids that were replaced by digests are found as well, while the key of the digest is in the ring. */
export async function termsOf({ kind, id }: NamedPerson, hasher: DistinctIdHasher): Promise<PersonTerms> {
  const keys = await hasher.read(id);
  return { ids: [id, ...keys], keys: kind === 'distinct_id' ? keys : [] };
}

/** Entry `i.entry` by its time, for a query that joins `clock_readings` as `c`. Numbers are never below the clock. */
export function inTime({ from, to }: LogFilter): Condition {
  if (from === undefined && to === undefined) return ALL;
  return {
    sql: 'i.entry >= ? AND coalesce(c.at, i.entry / 1000) >= ? AND coalesce(c.at, i.entry / 1000) < ?',
    bindings: [firstNumberAt(from ?? 0), from ?? 0, to ?? Number.MAX_SAFE_INTEGER],
  };
}

/** The rest of the filter, for a query that joins `jobs` as `j`, `resolutions` as `r` and `outcomes` as `o`. */
export function matching({ state, token, requestId }: LogFilter, person: PersonTerms | null): Condition {
  return all([
    state === undefined ? ALL : { sql: `${STATE} = ?`, bindings: [state] },
    token === undefined
      ? ALL
      : {
          sql: '(i.token = ? OR EXISTS (SELECT 1 FROM json_each(i.ancestors) WHERE value = ?))',
          bindings: [token, token],
        },
    requestId === undefined ? ALL : { sql: 'i.request_id = ?', bindings: [requestId] },
    person === null ? ALL : naming(person),
  ]);
}

/** Only ids that a client named, or that PostHog was sent: never those of persons that were found outside a slice. */
const naming = ({ ids, keys }: PersonTerms): Condition => ({
  sql: `(EXISTS (SELECT 1 FROM (
      SELECT i.ids AS ids UNION ALL SELECT r.ids
      UNION ALL SELECT ids FROM chunks WHERE entry = i.entry
      UNION ALL SELECT ids FROM named WHERE entry = i.entry
      UNION ALL SELECT ids FROM rechecks WHERE entry = i.entry
    ) list, json_each(list.ids) one WHERE one.value IN (SELECT value FROM json_each(?)))
    OR EXISTS (SELECT 1 FROM json_each(?) key JOIN deleted_distinct_ids d ON d.hash = key.value AND d.entry = i.entry))`,
  bindings: [JSON.stringify(ids), JSON.stringify(keys)],
});

const all = (conditions: readonly Condition[]): Condition => ({
  sql: conditions.map(({ sql }) => sql).join(' AND '),
  bindings: conditions.flatMap(({ bindings }) => bindings),
});

/** Does the filter look into entries, so that few of many may match? */
export const looksInside = ({ state, token, requestId, person }: LogFilter): boolean =>
  [state, token, requestId, person].some((one) => one !== undefined);
