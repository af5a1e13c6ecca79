/** Looks for the persons of a deletion at PostHog, and says of each whether PostHog still has the person. */
import type { Deletion } from '../../../catalogue/deletion.ts';
import { isJsonObject, type Json } from '../../../core/json.ts';
import { LIMITS } from '../../../core/limits.ts';
import { ok, type Result } from '../../../core/result.ts';
import type { Slice } from '../../../policy/slice.ts';
import { isInSlice } from '../../../slicing/check-person.ts';
import { findAsked } from '../../../slicing/find-persons.ts';
import { findSingle } from '../../../slicing/find-without-batch.ts';
import { concurrently } from '../../../slicing/concurrently.ts';
import type { FoundPerson } from '../../../slicing/lookup.ts';
import { idKindOf } from '../../../slicing/resolve-ids.ts';
import { findPerson } from '../../../upstream/persons.ts';
import { distinct } from '../digest.ts';
import type { Upstream } from '../send.ts';

/** What a look found, each id that was looked for once. */
export interface Sighting {
  readonly gone: number;
  /** PostHog has a person of this id that was created after the deletion was sent. */
  readonly reappeared: number;
  /** Of these, persons that are not in the slice under which the deletion was made. */
  readonly reappearedOutside: number;
  /** PostHog has the person, and it is no longer in the slice under which it was to be deleted. */
  readonly leftSlice: number;
  /** Beyond what is read one by one, where PostHog has no batch look-up. */
  readonly notChecked: number;
  /** PostHog still has these. */
  readonly there: readonly string[];
}

/** The ids to look for, as PostHog was sent them. */
export interface Sought {
  readonly deletion: Deletion;
  /** When the deletion was first sent, in milliseconds since 1970. */
  readonly sentAt: number;
  readonly slices: readonly Slice[];
}

/** Persons of one chunk that are read one by one where PostHog has no batch look-up. */
const SINGLE_READS_MAX = 50;

/** Calls that a look for so many ids takes. */
export const callsOfLook = ({ generation }: Pick<Upstream, 'generation'>, { target }: Deletion): number =>
  generation === 'A'
    ? Math.min(target.ids.length, SINGLE_READS_MAX)
    : Math.ceil(target.ids.length / LIMITS.batchIdsMax);

/** Fails where one look-up does: of some persons nothing would be known. */
export async function lookFor(upstream: Upstream, sought: Sought): Promise<Result<Sighting>> {
  const { ids } = sought.deletion.target;
  const checked = upstream.generation === 'A' ? ids.slice(0, SINGLE_READS_MAX) : ids;
  const found = await find(upstream, sought, checked);
  return found.ok ? ok(judge(sought, ids.length, checked, found.value)) : found;
}

async function find(
  { posthog, generation }: Upstream,
  { deletion, slices }: Sought,
  ids: readonly string[],
): Promise<Result<readonly FoundPerson[]>> {
  const { projectId, target } = deletion;
  const lookup = { posthog, generation, projectId, slices, singleReadsMax: SINGLE_READS_MAX };
  if (target.kind === 'person') {
    const person = await findPerson(posthog, projectId, target.ids[0], slices);
    if (!person.ok) return person;
    return ok(person.value === null ? [] : [{ ids, person: person.value }]);
  }
  const kind = idKindOf(target);
  if (generation !== 'A') return findAsked(lookup, kind, ids);
  const singles = await concurrently(ids, (id) => findSingle(lookup, kind, id));
  return singles.ok ? ok(singles.value.flat()) : singles;
}

function judge(
  { sentAt, slices }: Sought,
  asked: number,
  checked: readonly string[],
  found: readonly FoundPerson[],
): Sighting {
  const persons = new Map(found.flatMap(({ ids, person }) => ids.map((id) => [id, person] as const)));
  const { present = [], anew = [] } = Object.groupBy(persons, ([, person]) =>
    wasCreatedAfter(person, sentAt) ? 'anew' : 'present',
  );
  const there = present.filter(([, person]) => isInSlice(person, slices)).map(([id]) => id);
  return {
    gone: checked.length - persons.size,
    reappeared: anew.length,
    reappearedOutside: anew.filter(([, person]) => !isInSlice(person, slices)).length,
    leftSlice: present.length - there.length,
    notChecked: asked - checked.length,
    there,
  };
}

/** PostHog gives a person that comes back the UUID it had, and the time of the event that brought it back. */
export function wasCreatedAfter(person: Json, sentAt: number): boolean {
  const createdAt = isJsonObject(person) ? person['created_at'] : null;
  return typeof createdAt === 'string' && Date.parse(createdAt) > sentAt;
}

/** The same deletion, narrowed to these ids. */
export function ofThese(deletion: Deletion, ids: readonly string[]): Deletion {
  const { target } = deletion;
  const kept = new Set(ids);
  switch (target.kind) {
    case 'person':
      return deletion;
    case 'uuids':
      return {
        ...deletion,
        target: { kind: 'uuids', ids: distinct(target.ids).filter((id) => kept.has(id)) },
      };
    case 'distinct_ids':
      return {
        ...deletion,
        target: { kind: 'distinct_ids', ids: distinct(target.ids).filter((id) => kept.has(id)) },
      };
  }
}
