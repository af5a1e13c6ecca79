/** The tenant's own deletion log. Its ids are personal data, so reading it takes the scope that wrote it. */
import { failure, type Failure } from '../../../core/failure.ts';
import type { TenantId } from '../../../core/ids.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { grantOf } from '../../../policy/narrow.ts';
import { sameSlices } from '../../../policy/slice.ts';
import type { Admitted } from '../../admission.ts';
import { callObject } from '../../call-object.ts';
import { getDeletion, listDeletions } from '../deletions.ts';
import type { Context } from '../../context.ts';
import { withToken } from './guard.ts';

/** `GET /v1/deletions` */
export const listTenantDeletions = withToken('list_deletions', async (ctx, admitted) => {
  const refusal = checkWholeSlice(admitted);
  if (refusal !== null) return err(refusal);
  const { tenant } = admitted.principal;
  const since = await registeredSince(ctx, tenant);
  return since.ok ? listDeletions(ctx, ctx.input.query, tenant, since.value) : since;
});

/** `GET /v1/deletions/:id`: with the ids, so not for a token that may not see distinct ids, as these may be some. */
export const getTenantDeletion = withToken('get_deletion', async (ctx, admitted) => {
  const refusal = checkWholeSlice(admitted) ?? checkIdsVisible(admitted);
  if (refusal !== null) return err(refusal);
  const { tenant } = admitted.principal;
  const since = await registeredSince(ctx, tenant);
  return since.ok ? getDeletion(ctx, tenant, since.value) : since;
});

/** The log is the tenant's. A token for part of the tenant's slice would read of people outside it. */
function checkWholeSlice({ grant, tenant }: Admitted): Failure | null {
  return sameSlices(grant.slices, grantOf(tenant).slices)
    ? null
    : failure(
        'not_sliceable',
        'The log shows every deletion of the tenant; this token covers part of its slice.',
      );
}

const checkIdsVisible = ({ grant }: Admitted): Failure | null =>
  grant.distinct_ids_hidden
    ? failure(
        'property_hidden',
        'An entry shows the ids that were asked for, and the grant hides distinct ids.',
      )
    : null;

/** A name may be registered again for another customer, who sees nothing from before. */
async function registeredSince(ctx: Context, tenant: TenantId): Promise<Result<string>> {
  const stored = await callObject(ctx, () => ctx.services.tenant(tenant).get());
  return stored.ok ? ok(stored.value?.created_at ?? NEVER) : stored;
}

const NEVER = '9999-12-31T23:59:59.999Z';
