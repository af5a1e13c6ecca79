/** Reads which persons a selection names now. */
import { failure } from '../../../core/failure.ts';
import { PersonUuid, type ProjectId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { DeletionTarget } from '../../../catalogue/deletion.ts';
import type { Slice } from '../../../policy/slice.ts';
import { isInSlice } from '../../../slicing/check-person.ts';
import { resolveIds, uuidOf } from '../../../slicing/resolve-ids.ts';
import { findListed, type PersonPage } from '../../../upstream/persons.ts';
import { wasCreatedAfter } from '../verify/look.ts';
import { digestOf } from '../digest.ts';
import type { PersonSelector } from '../entry.ts';
import type { Upstream } from '../send.ts';
import { queryOf } from './selection.ts';

/** Where persons are looked for. */
export interface Selection {
  readonly projectId: ProjectId;
  readonly slices: readonly Slice[];
  /** The filter, or the ids in lists of at most 1,000. */
  readonly by:
    | { readonly kind: 'filter'; readonly filter: PersonSelector }
    | { readonly kind: 'uuids' | 'distinct_ids'; readonly lists: readonly (readonly string[])[] };
}

/** The persons of a selection, each once, sorted by UUID. */
export interface FoundSet {
  readonly persons: readonly PersonUuid[];
  /** Over the sorted UUIDs (digest.ts). */
  readonly digest: string;
}

/**
 * Why no deletion may be of the set, whatever its terms: more persons than one may name; or a filter that leaves nobody
 * out, and does not say that it means everybody.
 */
export type Unfit = 'too_many' | 'matched_all';

/** `nowMs` is the time in milliseconds since 1970. Fails where one look-up does. */
export async function readSet(
  selection: Selection,
  upstream: Upstream,
  nowMs: number,
): Promise<Result<FoundSet | Unfit>> {
  const { by } = selection;
  const found =
    by.kind === 'filter'
      ? await readFiltered(selection, by.filter, upstream)
      : await readNamed(selection, by.kind, by.lists, upstream);
  if (!found.ok) return found;
  if (found.value.size > LIMITS.deletionPersonsMax) return ok('too_many');
  if (by.kind === 'filter' && !by.filter.all && found.value.size > 0) {
    const leftOut = await leavesOut(selection, found.value, upstream, nowMs);
    if (!leftOut.ok) return leftOut;
    if (!leftOut.value) return ok('matched_all');
  }
  const persons = [...found.value].toSorted();
  return ok({ persons, digest: await digestOf(persons) });
}

async function readNamed(
  { projectId, slices }: Selection,
  kind: 'uuids' | 'distinct_ids',
  lists: readonly (readonly string[])[],
  { posthog, generation }: Upstream,
): Promise<Result<Set<PersonUuid>>> {
  const singleReadsMax = LIMITS.bulkIdsMax;
  const lookup = { posthog, generation, projectId, slices, singleReadsMax };
  const found = new Set<PersonUuid>();
  for (const ids of lists) {
    const target: DeletionTarget =
      kind === 'uuids' ? { kind, ids: ids.map((id) => PersonUuid.parse(id)) } : { kind, ids };
    const resolved = await resolveIds(lookup, target);
    if (!resolved.ok) return resolved;
    for (const person of resolved.value.persons) found.add(person);
  }
  return ok(found);
}

async function readFiltered(
  selection: Selection,
  filter: PersonSelector,
  upstream: Upstream,
): Promise<Result<Set<PersonUuid>>> {
  const found = new Set<PersonUuid>();
  const read = await eachPage(selection, filter, upstream, (rows) => {
    for (const person of rows.flatMap(uuidOf)) found.add(person);
    return found.size > LIMITS.deletionPersonsMax;
  });
  return read.ok ? ok(found) : read;
}

/**
 * True where the grant has a person whom the set leaves out. Persons who were created after `sinceMs`, while the set was
 * read, say nothing of the filter. A first page of everybody nearly always tells.
 */
async function leavesOut(
  selection: Selection,
  found: ReadonlySet<PersonUuid>,
  upstream: Upstream,
  sinceMs: number,
): Promise<Result<boolean>> {
  const isLeftOut = (row: PersonPage['rows'][number]): boolean =>
    !wasCreatedAfter(row, sinceMs) && uuidOf(row).some((person) => !found.has(person));
  return eachPage(selection, EVERYBODY, upstream, (rows) => rows.some(isLeftOut));
}

const EVERYBODY: PersonSelector = { arguments: {}, all: true };

/** Page by page, until `isEnough`; true where that was so. What PostHog lists is judged again by the slice, row by row. */
async function eachPage(
  { projectId, slices }: Selection,
  filter: PersonSelector,
  { posthog }: Upstream,
  isEnough: (rows: PersonPage['rows']) => boolean,
): Promise<Result<boolean>> {
  const query = queryOf(filter, slices);
  if (query === null) return ok(false);
  for (let offset = 0; ; offset += LIMITS.pageRowsMax) {
    if (offset > LIMITS.deletionPagesMax * LIMITS.pageRowsMax) return err(endless());
    const page = await findListed(posthog, projectId, query, offset, slices);
    if (!page.ok) return page;
    if (isEnough(page.value.rows.filter((row) => isInSlice(row, slices)))) return ok(true);
    if (!page.value.more) return ok(false);
  }
}

const endless = () => failure('upstream_reply_invalid', 'PostHog lists pages without end.');
