/**
 * From the ids a sliced bulk delete names to the persons that are in the slice. Each is judged on its own, by what the
 * person database says; if one question goes unanswered nothing is deleted.
 */
import type { DeletionTarget } from '../../catalogue/deletion.ts';
import { PersonUuid, type ProjectId } from '../../core/ids.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Grant } from '../../policy/grant.ts';
import type { Services } from '../context.ts';
import { findAsked, type By, type Found } from './find-persons.ts';
import { distinctIdsOf } from '../lookup.ts';
import { isOwn } from './check-person.ts';

/** The persons in the slice, and the distinct ids they are known to have. */
export interface Resolved {
  readonly persons: readonly PersonUuid[];
  readonly distinctIds: readonly string[];
}

/** Resolves the ids of a bulk delete. Five questions for 1,000 ids in generations B and C. */
export async function resolve(
  services: Services,
  projectId: ProjectId,
  target: DeletionTarget,
  grant: Grant,
): Promise<Result<Resolved>> {
  const by = target.kind === 'distinct_ids' ? 'distinct_ids' : 'uuids';
  const found = await findAsked(services, projectId, by, [...new Set<string>(target.ids)], grant);
  return found.ok ? ok(ownOf(found.value, by, grant)) : found;
}

/**
 * The distinct ids the client named come first: a batch shows ten of a person at most, and what the log remembers has
 * an end.
 */
function ownOf(found: readonly Found[], by: By, grant: Grant): Resolved {
  const own = found.filter(({ person }) => isOwn(person, grant));
  const named = by === 'distinct_ids' ? own.flatMap(({ names }) => names) : [];
  const shown = own.flatMap(({ person }) => distinctIdsOf(person));
  return {
    persons: [...new Set(own.flatMap(({ person }) => uuidOf(person)))],
    distinctIds: [...new Set([...named, ...shown])],
  };
}

function uuidOf(person: Json): PersonUuid[] {
  const uuid = PersonUuid.safeParse(isJsonObject(person) ? person['uuid'] : undefined);
  return uuid.success ? [uuid.data] : [];
}
