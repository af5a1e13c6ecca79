/** What of a permitted deletion may be carried out: for a sliced grant, what of it is in the slice. */
import type { Deletion } from '../../catalogue/deletion.ts';
import { isJsonObject } from '../../core/json.ts';
import { ok, type Result } from '../../core/result.ts';
import type { DeletionOrder } from '../../objects/deletion-log/deletion-log.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import type { Grant } from '../../policy/grant.ts';
import type { Context } from '../context.ts';
import { distinctIdsOf, findPerson } from '../lookup.ts';
import { isOwn } from './check-person.ts';
import { resolve } from './resolve-ids.ts';

type DeleteCall = Extract<ConstrainedCall, { kind: 'delete' }>;

/** What goes into the order of a deletion. */
export type DeletionPlan = Pick<DeletionOrder, 'deletion' | 'resolved'>;

/** The plan, or `null` where the one person named does not exist in the slice. */
export async function planDeletion(
  call: DeleteCall,
  grant: Grant,
  ctx: Context,
): Promise<Result<DeletionPlan | null>> {
  if (grant.slices.length === 0) return ok({ deletion: call.deletion });
  return call.person === null ? planList(call, grant, ctx) : planOne(call, grant, ctx);
}

async function planList(
  { deletion }: DeleteCall,
  grant: Grant,
  { services }: Context,
): Promise<Result<DeletionPlan>> {
  const found = await resolve(services, deletion.projectId, deletion.target, grant);
  if (!found.ok) return found;
  const { persons, distinctIds } = found.value;
  return ok({
    deletion: { ...deletion, target: { kind: 'uuids', ids: persons } },
    resolved: {
      asked: deletion.target,
      distinctIds: reusable(deletion, distinctIds),
      slices: grant.slices,
    },
  });
}

async function planOne(
  { deletion, person }: DeleteCall,
  grant: Grant,
  { services }: Context,
): Promise<Result<DeletionPlan | null>> {
  if (person === null) return ok(null);
  const found = await findPerson(services, deletion.projectId, person);
  if (!found.ok) return found;
  if (!isJsonObject(found.value) || !isOwn(found.value, grant)) return ok(null);
  const distinctIds = reusable(deletion, distinctIdsOf(found.value));
  return ok({ deletion, resolved: { asked: deletion.target, distinctIds, slices: grant.slices } });
}

/** Distinct ids that nobody has afterwards: none, where the person stays. */
const reusable = ({ flags }: Deletion, distinctIds: readonly string[]): readonly string[] =>
  flags.keep_person ? [] : distinctIds;
