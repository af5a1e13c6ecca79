/** What of a permitted deletion may be carried out: for a sliced grant, the persons of it that are in the slice. */
import type { Deletion, DeletionTarget } from '../catalogue/deletion.ts';
import type { PersonRef } from '../core/ids.ts';
import { ok, type Result } from '../core/result.ts';
import type { Slice } from '../policy/slice.ts';
import { distinctIdsOf, findPerson } from '../upstream/persons.ts';
import { isInSlice } from './check-person.ts';
import { callsOfFindAsked } from './find-persons.ts';
import type { PersonLookup } from './lookup.ts';
import { idKindOf, resolveIds } from './resolve-ids.ts';

/** How a deletion of a sliced grant came from what its client asked for. */
export interface Resolution {
  /** What the client asked for, foreign and unknown ids included. */
  readonly asked: DeletionTarget;
  /** Distinct ids of the persons that are deleted, as many as could be seen: the grant may reset these. */
  readonly distinctIds: readonly string[];
  /** The slices of the grant the persons were checked against; all of them hold. */
  readonly slices: readonly Slice[];
}

/** A deletion that may be carried out. `resolved` is there where a sliced grant asked. */
export interface ResolvedDeletion {
  readonly deletion: Deletion;
  readonly resolved?: Resolution;
}

/** The deletion narrowed to the slice, or `null` where the one person it names is not in the slice. */
export function resolveDeletion(
  lookup: PersonLookup,
  deletion: Deletion,
): Promise<Result<ResolvedDeletion | null>> {
  if (lookup.slices.length === 0) return Promise.resolve(ok({ deletion }));
  return deletion.target.kind === 'person'
    ? resolvePerson(lookup, deletion, deletion.target.ids[0])
    : resolveList(lookup, deletion);
}

/** Calls that `resolveDeletion` makes at most. */
export function callsOfResolveDeletion(
  { generation, slices }: Pick<PersonLookup, 'generation' | 'slices'>,
  { target }: Deletion,
): number {
  if (slices.length === 0) return 0;
  return target.kind === 'person' ? 1 : callsOfFindAsked(generation, idKindOf(target), target.ids.length);
}

async function resolveList(lookup: PersonLookup, deletion: Deletion): Promise<Result<ResolvedDeletion>> {
  const found = await resolveIds(lookup, deletion.target);
  if (!found.ok) return found;
  const { persons, distinctIds } = found.value;
  return ok({
    deletion: { ...deletion, target: { kind: 'uuids', ids: persons } },
    resolved: {
      asked: deletion.target,
      distinctIds: resettable(deletion, distinctIds),
      slices: lookup.slices,
    },
  });
}

async function resolvePerson(
  { posthog, projectId, slices }: PersonLookup,
  deletion: Deletion,
  person: PersonRef,
): Promise<Result<ResolvedDeletion | null>> {
  const found = await findPerson(posthog, projectId, person, slices);
  if (!found.ok) return found;
  if (found.value === null || !isInSlice(found.value, slices)) return ok(null);
  const distinctIds = resettable(deletion, distinctIdsOf(found.value));
  return ok({ deletion, resolved: { asked: deletion.target, distinctIds, slices } });
}

/** Distinct ids that no person has afterwards: none, where the person stays. */
const resettable = ({ flags }: Deletion, distinctIds: readonly string[]): readonly string[] =>
  flags.keep_person ? [] : distinctIds;
