/**
 * Looks persons up where PostHog has no batch look-up (generation A): on the pages of their slice, and the last few one by
 * one. No query is asked: some versions of PostHog answer it from the events store, which may say what no longer holds.
 */
import { failure, type Failure } from '../core/failure.ts';
import { PersonUuid } from '../core/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import { sliceFilters } from '../policy/slice.ts';
import { distinctIdsOf, findByDistinctId, findPage, findPerson, type IdKind } from '../upstream/persons.ts';
import { concurrently, LOOKUPS_AT_ONCE } from './concurrently.ts';
import type { FoundPerson, PersonLookup } from './lookup.ts';

/** Pages of the slice that are read: 10,000 persons. */
const SLICE_PAGES_MAX = 10;
/** Ids that are read one by one, where the pages did not show them, while a client waits. */
export const SINGLE_READS_MAX = 50;

/** Calls that `findWithoutBatch` makes at most. */
export const callsWithoutBatch = (kind: IdKind, count: number): number =>
  isFew(kind, count) ? count : SLICE_PAGES_MAX + Math.min(count, SINGLE_READS_MAX);

const isFew = (kind: IdKind, count: number): boolean => kind === 'uuids' && count <= LOOKUPS_AT_ONCE;

/** The persons of the ids in the slice, and perhaps others. Foreign and unknown ids cost the same calls. */
export async function findWithoutBatch(
  lookup: PersonLookup,
  kind: IdKind,
  ids: readonly string[],
): Promise<Result<FoundPerson[]>> {
  const shown = new Shown(kind, ids);
  const read = isFew(kind, ids.length) ? ok(null) : await readSlice(lookup, shown);
  if (!read.ok) return read;
  const missing = shown.missing();
  if (missing.length > lookup.singleReadsMax) return err(tooLarge());
  const singles = await concurrently(missing, (id) => findSingle(lookup, kind, id));
  return singles.ok ? ok([...shown.found, ...singles.value.flat()]) : singles;
}

/** The persons that rows have shown so far of the ids that were asked for. */
class Shown {
  readonly found: FoundPerson[] = [];
  readonly kind: IdKind;
  readonly #asked: ReadonlySet<string>;
  readonly #left: Set<string>;

  constructor(kind: IdKind, ids: readonly string[]) {
    this.kind = kind;
    this.#asked = new Set(ids);
    this.#left = new Set(ids);
  }

  add(rows: readonly Json[]): void {
    for (const person of rows) {
      const ids = idsOf(person, this.kind).filter((id) => this.#asked.has(id));
      if (ids.length > 0) this.found.push({ ids, person });
      for (const id of ids) this.#left.delete(id);
    }
  }

  /** No row that comes will show one of the ids that are left. */
  close(): void {
    this.#left.clear();
  }

  missing(): string[] {
    return [...this.#left];
  }
}

/** Where PostHog stops listing the distinct ids of a person in a row (PostHog contract §7). */
const ROW_DISTINCT_IDS_MAX = 1000;

/** Reads the slice until it has shown every id. Pages shift while they are read: only a single one shows all of the slice. */
async function readSlice(lookup: PersonLookup, shown: Shown): Promise<Result<null>> {
  const filters = sliceFilters(lookup.slices);
  if (filters.covers === 'all') return ok(null);
  if (filters.covers === 'none') {
    shown.close();
    return ok(null);
  }
  for (let page = 0; page < SLICE_PAGES_MAX && shown.missing().length > 0; page += 1) {
    const read = await readPage(lookup, shown, filters.leaves, page);
    if (!read.ok) return read;
    if (read.value === 'all') shown.close();
    if (read.value !== 'more') break;
  }
  return ok(null);
}

/** What a page says of the slice: there are more rows, or these were the last, or these were all and showed everything. */
type PageEnd = 'more' | 'last' | 'all';

async function readPage(
  { posthog, projectId, slices }: PersonLookup,
  shown: Shown,
  leaves: readonly JsonObject[],
  page: number,
): Promise<Result<PageEnd>> {
  const found = await findPage(posthog, projectId, leaves, page * LIMITS.pageRowsMax, slices);
  if (!found.ok) return found;
  const { rows, more } = found.value;
  shown.add(rows);
  if (more) return ok('more');
  const whole = rows.every((row) => distinctIdsOf(row).length < ROW_DISTINCT_IDS_MAX);
  return ok(page === 0 && whole ? 'all' : 'last');
}

/** The person of one id, by a call of its own. */
export async function findSingle(
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

const tooLarge = (): Failure =>
  failure(
    'slice_lookup_too_large',
    `This PostHog has no batch look-up: name at most ${SINGLE_READS_MAX} persons that it does not show in the slice. ` +
      `It shows the first ${SLICE_PAGES_MAX * LIMITS.pageRowsMax}.`,
    'ids',
  );
