/** Looks up the persons that a bulk delete names, in as few calls as the generation of PostHog allows. */
import type { Generation } from '../catalogue/generation.ts';
import { failure, type Failure } from '../core/failure.ts';
import { PersonUuid, type ProjectId } from '../core/ids.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Slice } from '../policy/slice.ts';
import { sliceFilters } from '../policy/slice.ts';
import type { PostHogClient } from '../upstream/client.ts';
import {
  distinctIdsOf,
  findByDistinctId,
  findPage,
  findPerson,
  findPersons,
  type IdKind,
} from '../upstream/persons.ts';
import { concurrently, LOOKUPS_AT_ONCE } from './concurrently.ts';

/** Where persons are looked up, and how. */
export interface PersonLookup {
  readonly posthog: PostHogClient;
  readonly generation: Generation;
  readonly projectId: ProjectId;
  /** The conditions of the slice; generation A is searched by them. */
  readonly slices: readonly Slice[];
}

/** A person, and by which of the ids it was found. */
export interface FoundPerson {
  readonly ids: readonly string[];
  readonly person: Json;
}

/** Pages of the slice that are read where PostHog has no batch look-up: 10,000 persons. */
export const SLICE_PAGES_MAX = 10;
/** Ids that are read one by one where the pages did not show them. */
export const SINGLE_READS_MAX = 50;

/** The persons of the ids that PostHog knows, inside the slice or outside. Fails where one look-up does. */
export const findAsked = (
  lookup: PersonLookup,
  kind: IdKind,
  ids: readonly string[],
): Promise<Result<FoundPerson[]>> =>
  lookup.generation === 'A' ? findWithoutBatch(lookup, kind, ids) : findInBatches(lookup, kind, ids);

/** Calls that `findAsked` makes at most. */
export function callsOfFindAsked(generation: Generation, kind: IdKind, count: number): number {
  if (generation !== 'A') return Math.ceil(count / LIMITS.batchIdsMax);
  return kind === 'uuids' && count <= LOOKUPS_AT_ONCE
    ? count
    : SLICE_PAGES_MAX + Math.min(count, SINGLE_READS_MAX);
}

/** Generations B and C: two hundred at a time. */
async function findInBatches(
  { posthog, projectId, slices }: PersonLookup,
  kind: IdKind,
  ids: readonly string[],
): Promise<Result<FoundPerson[]>> {
  const batches = chunked(ids, LIMITS.batchIdsMax);
  const answers = await concurrently(batches, (batch) =>
    findPersons(posthog, projectId, kind, batch, slices),
  );
  if (!answers.ok) return answers;
  return ok(
    answers.value.flatMap((results, i) =>
      (batches[i] ?? []).flatMap((id) => {
        const person = results.get(id);
        return person === undefined ? [] : [{ ids: [id], person }];
      }),
    ),
  );
}

/** Generation A: the pages of the slice first, then one by one what they may have failed to show. */
async function findWithoutBatch(
  lookup: PersonLookup,
  kind: IdKind,
  ids: readonly string[],
): Promise<Result<FoundPerson[]>> {
  const few = kind === 'uuids' && ids.length <= LOOKUPS_AT_ONCE;
  const read = few ? ok(NOTHING_READ) : await readSlice(lookup);
  if (!read.ok) return read;
  const asked = new Set(ids);
  const found = read.value.rows
    .map((person) => ({ person, ids: idsOf(person, kind).filter((id) => asked.has(id)) }))
    .filter((one) => one.ids.length > 0);
  const shown = new Set(found.flatMap((one) => one.ids));
  const missing = read.value.showsAll ? [] : ids.filter((id) => !shown.has(id));
  if (missing.length > SINGLE_READS_MAX) return err(tooLarge());
  const singles = await concurrently(missing, (id) => findSingle(lookup, kind, id));
  return singles.ok ? ok([...found, ...singles.value.flat()]) : singles;
}

async function findSingle(
  { posthog, projectId, slices }: PersonLookup,
  kind: IdKind,
  id: string,
): Promise<Result<FoundPerson[]>> {
  if (kind === 'distinct_ids') {
    const rows = await findByDistinctId(posthog, projectId, id, slices);
    return rows.ok ? ok(rows.value.map((person) => ({ ids: [id], person }))) : rows;
  }
  const person = await findPerson(posthog, projectId, PersonUuid.parse(id), slices);
  if (!person.ok) return person;
  return ok(person.value === null ? [] : [{ ids: [id], person: person.value }]);
}

function idsOf(row: Json, kind: IdKind): string[] {
  if (kind === 'distinct_ids') return distinctIdsOf(row);
  const uuid = isJsonObject(row) ? row['uuid'] : undefined;
  return typeof uuid === 'string' ? [uuid.toLowerCase()] : [];
}

/** Rows of the slice. `showsAll` says that an id which is on none of them is not in the slice. */
interface SliceRows {
  readonly rows: readonly Json[];
  readonly showsAll: boolean;
}

const NOTHING_READ: SliceRows = { rows: [], showsAll: false };

/** Where PostHog stops listing the distinct ids of a person in a row (PostHog contract §7). */
const ROW_DISTINCT_IDS_MAX = 1000;

/** Persons of the slice, as many as are worth asking for. Pages shift while they are read: only a single one shows all. */
async function readSlice({ posthog, projectId, slices }: PersonLookup): Promise<Result<SliceRows>> {
  const filters = sliceFilters(slices);
  if (filters.covers !== 'some') return ok({ rows: [], showsAll: true });
  const rows: Json[] = [];
  for (let page = 0; page < SLICE_PAGES_MAX; page += 1) {
    const found = await findPage(posthog, projectId, filters.leaves, page * LIMITS.pageRowsMax, slices);
    if (!found.ok) return found;
    rows.push(...found.value.rows);
    if (found.value.more) continue;
    const whole = rows.every((row) => distinctIdsOf(row).length < ROW_DISTINCT_IDS_MAX);
    return ok({ rows, showsAll: page === 0 && whole });
  }
  return ok({ rows, showsAll: false });
}

const chunked = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

const tooLarge = (): Failure =>
  failure(
    'slice_lookup_too_large',
    `This PostHog has no batch look-up: name at most ${SINGLE_READS_MAX} persons that are not among the first ` +
      `${SLICE_PAGES_MAX * LIMITS.pageRowsMax} of the slice.`,
    'ids',
  );
