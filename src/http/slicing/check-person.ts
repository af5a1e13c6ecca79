/**
 * Whether somebody is in the slice of a grant. Whoever is not, and whoever does not exist, are the same to the caller:
 * same answer, after the same questions to PostHog.
 */
import { PersonRef } from '../../core/ids.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { ok, type Result } from '../../core/result.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import type { Grant } from '../../policy/grant.ts';
import { inSlice } from '../../policy/slice.ts';
import type { Context, Reply, RequestLog } from '../context.ts';
import { findPerson, findPersons } from '../lookup.ts';

/** PostHog's own answer for a person that does not exist (PostHog contract §4), for a foreign one too. */
export const noSuchPerson = ({ requestId }: RequestLog): Reply => ({
  status: 404,
  type: 'application/problem+json',
  body: JSON.stringify({
    type: 'invalid_request',
    code: 'not_found',
    attr: null,
    detail: 'Not found.',
    status: 404,
    title: 'PostHog refused the request',
    request_id: requestId,
  }),
});

/** Reads the person a call names, where its operation is held to the slice that way. `true` where it may go on. */
export async function namesOwnPerson(
  call: ConstrainedCall,
  grant: Grant,
  ctx: Context,
): Promise<Result<boolean>> {
  const { slicing } = call.operation;
  if (grant.slices.length === 0 || slicing.kind !== 'named') return ok(true);
  switch (slicing.by) {
    case 'path':
      return call.person === null ? ok(false) : owns(call, call.person, grant, ctx);
    case 'person_id':
      return ownsRef(call, call.input['person_id'], grant, ctx);
    case 'person_id_or_distinct_id':
      return typeof call.input['distinct_id'] === 'string'
        ? ownsDistinctId(call, call.input['distinct_id'], grant, ctx)
        : ownsRef(call, call.input['person_id'], grant, ctx);
  }
}

async function ownsRef(
  call: ConstrainedCall,
  value: Json | undefined,
  grant: Grant,
  ctx: Context,
): Promise<Result<boolean>> {
  const person = PersonRef.safeParse(value);
  return person.success ? owns(call, person.data, grant, ctx) : ok(false);
}

async function owns(
  { projectId }: ConstrainedCall,
  person: PersonRef,
  grant: Grant,
  { services }: Context,
): Promise<Result<boolean>> {
  const found = await findPerson(services, projectId, person);
  return found.ok ? ok(isOwn(found.value, grant)) : found;
}

async function ownsDistinctId(
  { projectId }: ConstrainedCall,
  distinctId: string,
  grant: Grant,
  { services }: Context,
): Promise<Result<boolean>> {
  const found = await findPersons(services, projectId, 'distinct_ids', [distinctId]);
  if (!found.ok) return found;
  return ok(Object.hasOwn(found.value, distinctId) && isOwn(found.value[distinctId], grant));
}

/** A person PostHog gave, judged by what it has of it now. */
export const isOwn = (person: Json | undefined, grant: Grant): boolean =>
  isJsonObject(person) && inSlice(grant.slices, person['properties']);
