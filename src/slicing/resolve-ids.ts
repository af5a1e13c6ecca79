/**
 * From the ids that a sliced bulk delete names to the persons in the slice. Each person is judged by what the person
 * database says; where one look-up goes unanswered nothing is deleted.
 */
import type { DeletionTarget } from '../catalogue/deletion.ts';
import { PersonUuid } from '../core/ids.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import { ok, type Result } from '../core/result.ts';
import type { Slice } from '../policy/slice.ts';
import { distinctIdsOf, type IdKind } from '../upstream/persons.ts';
import { isInSlice } from './check-person.ts';
import { findAsked } from './find-persons.ts';
import type { FoundPerson, PersonLookup } from './lookup.ts';

/** The persons in the slice, and the distinct ids they are known to have. */
export interface ResolvedIds {
  readonly persons: readonly PersonUuid[];
  readonly distinctIds: readonly string[];
  /** Persons that were found outside the slice. Generation A does not find all of them. */
  readonly outside: readonly PersonUuid[];
}

export const idKindOf = (target: DeletionTarget): IdKind =>
  target.kind === 'distinct_ids' ? 'distinct_ids' : 'uuids';

/** Resolves the ids of a bulk delete. Five calls for 1,000 ids in generations B and C. */
export async function resolveIds(lookup: PersonLookup, target: DeletionTarget): Promise<Result<ResolvedIds>> {
  const kind = idKindOf(target);
  const found = await findAsked(lookup, kind, [...new Set<string>(target.ids)]);
  return found.ok ? ok(keepSlice(found.value, kind, lookup.slices)) : found;
}

/** The ids the client named come first: a batch shows ten of a person at most, and the log remembers a bounded number. */
function keepSlice(found: readonly FoundPerson[], kind: IdKind, slices: readonly Slice[]): ResolvedIds {
  const { kept = [], foreign = [] } = Object.groupBy(found, ({ person }) =>
    isInSlice(person, slices) ? 'kept' : 'foreign',
  );
  const named = kind === 'distinct_ids' ? kept.flatMap(({ ids }) => ids) : [];
  const shown = kept.flatMap(({ person }) => distinctIdsOf(person));
  return {
    persons: uuidsOf(kept),
    distinctIds: [...new Set([...named, ...shown])],
    outside: uuidsOf(foreign),
  };
}

const uuidsOf = (found: readonly FoundPerson[]): PersonUuid[] => [
  ...new Set(found.flatMap(({ person }) => uuidOf(person))),
];

/** The UUID of a person as PostHog tells it; none where it tells none. */
export function uuidOf(person: Json): PersonUuid[] {
  const uuid = PersonUuid.safeParse(isJsonObject(person) ? person['uuid'] : undefined);
  return uuid.success ? [uuid.data] : [];
}
