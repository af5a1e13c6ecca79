/** Which persons of a deletion that was written down are in the slice now, right before it is sent. */
import type { Deletion, DeletionTarget } from '../catalogue/deletion.ts';
import type { PersonUuid } from '../core/ids.ts';
import { ok, type Result } from '../core/result.ts';
import { distinctIdsOf, findPerson } from '../upstream/persons.ts';
import { isInSlice } from './check-person.ts';
import type { PersonLookup } from './lookup.ts';
import { resolveIds, uuidOf } from './resolve-ids.ts';

/** What of a deletion may be sent now. */
export interface RecheckedDeletion {
  /** The persons in the slice, which may be none. */
  readonly target: DeletionTarget;
  /** Distinct ids of these persons, as many as could be seen. */
  readonly distinctIds: readonly string[];
  /** Persons that were found outside the slice. Generation A does not find all of them. */
  readonly outside: readonly PersonUuid[];
}

/** Fails where one look-up goes unanswered: then nothing may be sent. */
export function recheckDeletion(
  lookup: PersonLookup,
  { target }: Deletion,
): Promise<Result<RecheckedDeletion>> {
  return target.kind === 'person' ? recheckPerson(lookup, target) : recheckList(lookup, target);
}

async function recheckList(lookup: PersonLookup, target: DeletionTarget): Promise<Result<RecheckedDeletion>> {
  const found = await resolveIds(lookup, target);
  if (!found.ok) return found;
  const { persons, distinctIds, outside } = found.value;
  return ok({ target: { kind: 'uuids', ids: persons }, distinctIds, outside });
}

async function recheckPerson(
  { posthog, projectId, slices }: PersonLookup,
  target: Extract<DeletionTarget, { kind: 'person' }>,
): Promise<Result<RecheckedDeletion>> {
  const found = await findPerson(posthog, projectId, target.ids[0], slices);
  if (!found.ok) return found;
  if (isInSlice(found.value ?? undefined, slices) && found.value !== null) {
    return ok({ target, distinctIds: distinctIdsOf(found.value), outside: [] });
  }
  const outside = found.value === null ? [] : uuidOf(found.value);
  return ok({ target: { kind: 'uuids', ids: [] }, distinctIds: [], outside });
}
