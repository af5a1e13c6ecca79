/** Checks whether a person is in a slice. Foreign and unknown persons are the same: same answer, same calls to PostHog. */
import { PersonRef, type ProjectId } from '../core/ids.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import { ok, type Result } from '../core/result.ts';
import type { Tombstones } from '../core/shield/tombstones.ts';
import type { ConstrainedCall } from '../policy/constrain.ts';
import type { Slice } from '../policy/slice.ts';
import { inSlice } from '../policy/slice.ts';
import type { PostHogClient } from '../upstream/client.ts';
import { findByDistinctId, findPerson, findPersons } from '../upstream/persons.ts';

/** A person as PostHog has it now: is it in the slice? */
export const isInSlice = (person: Json | undefined, slices: readonly Slice[]): boolean =>
  isJsonObject(person) && inSlice(slices, person['properties']);

/** Which persons a caller may know of: those of its slices that are not being deleted. */
export interface Scope {
  readonly slices: readonly Slice[];
  readonly tombstones: Tombstones;
}

const isInScope = (person: Json | undefined, { slices, tombstones }: Scope): boolean =>
  isInSlice(person, slices) && !tombstones.cover(person);

/** Reads the person a call names, where its operation is held to the slice that way. `true` where the call may go on. */
export async function namesPersonInSlice(
  posthog: PostHogClient,
  call: ConstrainedCall,
  scope: Scope,
): Promise<Result<boolean>> {
  const { slicing } = call.operation;
  const seesEverybody = scope.slices.length === 0 && scope.tombstones.isEmpty;
  if (seesEverybody || slicing.kind !== 'named') return ok(true);
  const { projectId, person } = call;
  const { person_id: personId, distinct_id: distinctId } = call.arguments;
  switch (slicing.by) {
    case 'path':
      return checkRef(posthog, projectId, person ?? undefined, scope);
    case 'person_id':
      return checkRef(posthog, projectId, personId, scope);
    case 'person_id_or_distinct_id':
      return typeof distinctId === 'string'
        ? checkDistinctId(posthog, projectId, distinctId, scope)
        : checkRef(posthog, projectId, personId, scope);
  }
}

async function checkRef(
  posthog: PostHogClient,
  projectId: ProjectId,
  value: Json | undefined,
  scope: Scope,
): Promise<Result<boolean>> {
  const person = PersonRef.safeParse(value);
  if (!person.success) return ok(false);
  const found = await findPerson(posthog, projectId, person.data, scope.slices);
  return found.ok ? ok(found.value !== null && isInScope(found.value, scope)) : found;
}

async function checkDistinctId(
  posthog: PostHogClient,
  projectId: ProjectId,
  distinctId: string,
  scope: Scope,
): Promise<Result<boolean>> {
  if (scope.tombstones.coverDistinctId(distinctId)) return ok(false);
  const found = await findPersons(posthog, projectId, 'distinct_ids', [distinctId], scope.slices);
  if (!found.ok) return found;
  return ok(isInScope(found.value.get(distinctId), scope));
}

/** True where no person, or only persons of the slice, have the distinct id now. */
export async function isFreeOrInSlice(
  posthog: PostHogClient,
  projectId: ProjectId,
  distinctId: string,
  slices: readonly Slice[],
): Promise<Result<boolean>> {
  const found = await findByDistinctId(posthog, projectId, distinctId, slices);
  return found.ok ? ok(found.value.every((person) => isInSlice(person, slices))) : found;
}
