/** Reads which persons a selection names now. */
import { failure } from '../../../core/failure.ts';
import { PersonUuid, type ProjectId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { DeletionTarget } from '../../../catalogue/deletion.ts';
import type { Slice } from '../../../policy/slice.ts';
import { isInSlice } from '../../../slicing/check-person.ts';
import { resolveIds, uuidOf } from '../../../slicing/resolve-ids.ts';
import { findListed } from '../../../upstream/persons.ts';
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

/** `too_many` where there are more than one deletion may name. Fails where one look-up does. */
export async function readSet(
  selection: Selection,
  upstream: Upstream,
): Promise<Result<FoundSet | 'too_many'>> {
  const { by } = selection;
  const found =
    by.kind === 'filter'
      ? await readFiltered(selection, by.filter, upstream)
      : await readNamed(selection, by.kind, by.lists, upstream);
  if (!found.ok) return found;
  if (found.value.size > LIMITS.deletionPersonsMax) return ok('too_many');
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

/** Page by page. What PostHog lists is judged again by the slice, row by row. */
async function readFiltered(
  { projectId, slices }: Selection,
  filter: PersonSelector,
  { posthog }: Upstream,
): Promise<Result<Set<PersonUuid>>> {
  const found = new Set<PersonUuid>();
  const query = queryOf(filter, slices);
  if (query === null) return ok(found);
  for (let offset = 0; ; offset += LIMITS.pageRowsMax) {
    if (offset > LIMITS.deletionPagesMax * LIMITS.pageRowsMax) return err(endless());
    const page = await findListed(posthog, projectId, query, offset, slices);
    if (!page.ok) return page;
    for (const row of page.value.rows)
      for (const person of isInSlice(row, slices) ? uuidOf(row) : []) found.add(person);
    if (!page.value.more || found.size > LIMITS.deletionPersonsMax) return ok(found);
  }
}

const endless = () => failure('upstream_reply_invalid', 'PostHog lists pages without end.');
