/** The tenant's own deletion log. Its ids are personal data, so reading it takes a scope. */
import { failure, type Failure } from '../../../core/failure.ts';
import { err } from '../../../core/result.ts';
import type { LogView } from '../../../objects/deletion-log/deletion-log.ts';
import { grantOf } from '../../../policy/narrow.ts';
import { sameSlices } from '../../../policy/slice.ts';
import type { Admitted } from '../../admission.ts';
import { decideDeletion, getDeletion, listDeletions, listIds } from '../deletions.ts';
import { asksForIds } from '../log-search.ts';
import { listRefusals } from '../refusals.ts';
import { withToken } from './guard.ts';

/** `GET /v1/deletions` */
export const listTenantDeletions = withToken('list_deletions', async (ctx, admitted) => {
  const refusal =
    checkWholeSlice(admitted) ?? (asksForIds(ctx.input.query) ? checkIdsVisible(admitted) : null);
  if (refusal !== null) return err(refusal);
  return listDeletions(ctx, ctx.input.query, admitted.principal.tenant, viewOf(admitted));
});

/** `GET /v1/deletions/refused` */
export const listTenantRefusals = withToken('list_refused_deletions', async (ctx, admitted) => {
  const refusal = checkWholeSlice(admitted);
  if (refusal !== null) return err(refusal);
  return listRefusals(ctx, ctx.input.query, admitted.principal.tenant, viewOf(admitted));
});

/** `GET /v1/deletions/:id`: with the ids, so not for a token that may not see distinct ids, as these may be some. */
export const getTenantDeletion = withToken('get_deletion', async (ctx, admitted) => {
  const refusal = checkWholeSlice(admitted) ?? checkIdsVisible(admitted);
  if (refusal !== null) return err(refusal);
  return getDeletion(ctx, admitted.principal.tenant, viewOf(admitted));
});

/** `GET /v1/deletions/:id/ids` */
export const listIdsOfDeletion = withToken('list_deletion_ids', async (ctx, admitted) => {
  const refusal = checkWholeSlice(admitted) ?? checkIdsVisible(admitted);
  if (refusal !== null) return err(refusal);
  return listIds(ctx, ctx.input.query, admitted.principal.tenant, viewOf(admitted));
});

/** `POST /v1/deletions/:id/cancel` */
export const cancelDeletion = withToken('cancel_deletion', async (ctx, admitted) => {
  const refusal = checkWholeSlice(admitted);
  if (refusal !== null) return err(refusal);
  const { tenant, token } = admitted.principal;
  return decideDeletion(ctx, tenant, viewOf(admitted), {
    decision: 'cancelled',
    by: token,
    reason: ctx.input.body.reason,
  });
});

/** What the tenant is shown: its own registration, and what was deleted under slices that it covers now. */
export const viewOf = ({ registration, grant }: Admitted): LogView => ({
  kind: 'tenant',
  registration,
  slices: grant.slices,
  distinctIdsHidden: grant.distinct_ids_hidden,
});

/** The log is the tenant's. A token for part of the tenant's slice would read of people outside it. */
export function checkWholeSlice({ grant, tenant }: Admitted): Failure | null {
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
