/** The tenant's own deletion log. Its ids are personal data, so reading it takes the scope that wrote it. */
import { failure, type Failure } from '../../../core/failure.ts';
import { err } from '../../../core/result.ts';
import type { LogView } from '../../../objects/deletion-log/deletion-log.ts';
import { sameSlices } from '../../../policy/covered-slices.ts';
import { grantOf } from '../../../policy/narrow.ts';
import type { Admitted } from '../../admission.ts';
import { getDeletion, listDeletions } from '../deletions.ts';
import { withToken } from './guard.ts';

/** `GET /v1/deletions` */
export const ownDeletions = withToken(['person:delete'], async (ctx, admitted) => {
  const refusal = checkWholeView(admitted);
  return refusal === null ? listDeletions(ctx, admitted.principal.tenant, viewOf(admitted)) : err(refusal);
});

/** `GET /v1/deletions/:id`: with the ids, so not for a token that may not see distinct ids, as these may be some. */
export const ownDeletion = withToken(['person:delete'], async (ctx, admitted) => {
  const refusal = checkWholeView(admitted) ?? checkShowsIds(admitted);
  return refusal === null ? getDeletion(ctx, admitted.principal.tenant, viewOf(admitted)) : err(refusal);
});

/** What the tenant is shown: its own registration, and what was deleted under slices that it covers now. */
const viewOf = ({ registration, grant }: Admitted): LogView => ({
  kind: 'tenant',
  registration,
  slices: grant.slices,
  distinctIdsHidden: grant.distinct_ids_hidden,
});

/** The log is the tenant's. A token for part of the tenant's slice would read of people outside it. */
const checkWholeView = ({ grant, tenant }: Admitted): Failure | null =>
  sameSlices(grant.slices, grantOf(tenant).slices)
    ? null
    : failure(
        'not_sliceable',
        'The log shows every deletion of the tenant; this token covers part of its slice.',
      );

const checkShowsIds = ({ grant }: Admitted): Failure | null =>
  grant.distinct_ids_hidden
    ? failure(
        'property_hidden',
        'An entry shows the ids that were asked for, and the grant hides distinct ids.',
      )
    : null;
