/** Checks whether a person is in a slice. Foreign and unknown persons are the same: same answer, same calls to PostHog. */
import { PersonRef, type ProjectId } from '../core/ids.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import { ok, type Result } from '../core/result.ts';
import type { ConstrainedCall } from '../policy/constrain.ts';
import type { Slice } from '../policy/slice.ts';
import { inSlice } from '../policy/slice.ts';
import type { PostHogClient } from '../upstream/client.ts';
import { findByDistinctId, findPerson, findPersons } from '../upstream/persons.ts';

/** A person as PostHog has it now: is it in the slice? */
export const isInSlice = (person: Json | undefined, slices: readonly Slice[]): boolean =>
  isJsonObject(person) && inSlice(slices, person['properties']);

/** Reads the person a call names, where its operation is held to the slice that way. `true` where the call may go on. */
export async function namesPersonInSlice(
  posthog: PostHogClient,
  call: ConstrainedCall,
  slices: readonly Slice[],
): Promise<Result<boolean>> {
  const { slicing } = call.operation;
  if (slices.length === 0 || slicing.kind !== 'named') return ok(true);
  const { projectId, person } = call;
  const { person_id: personId, distinct_id: distinctId } = call.arguments;
  switch (slicing.by) {
    case 'path':
      return checkRef(posthog, projectId, person ?? undefined, slices);
    case 'person_id':
      return checkRef(posthog, projectId, personId, slices);
    case 'person_id_or_distinct_id':
      return typeof distinctId === 'string'
        ? checkDistinctId(posthog, projectId, distinctId, slices)
        : checkRef(posthog, projectId, personId, slices);
  }
}

async function checkRef(
  posthog: PostHogClient,
  projectId: ProjectId,
  value: Json | undefined,
  slices: readonly Slice[],
): Promise<Result<boolean>> {
  const person = PersonRef.safeParse(value);
  if (!person.success) return ok(false);
  const found = await findPerson(posthog, projectId, person.data, slices);
  return found.ok ? ok(isInSlice(found.value ?? undefined, slices)) : found;
}

async function checkDistinctId(
  posthog: PostHogClient,
  projectId: ProjectId,
  distinctId: string,
  slices: readonly Slice[],
): Promise<Result<boolean>> {
  const found = await findPersons(posthog, projectId, 'distinct_ids', [distinctId], slices);
  if (!found.ok) return found;
  return ok(isInSlice(found.value.get(distinctId), slices));
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
