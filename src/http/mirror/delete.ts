/** A cleared deletion is carried out by the tenant's log: intent, PostHog, outcome, even where the client hangs up. */
import { DELETIONS_PATH } from '../../contract/routes.ts';
import { failureUntil, type Failure } from '../../core/failure.ts';
import type { DeletionId } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { DeletionOrder } from '../../objects/deletion-log/deletion-log.ts';
import type { ResolvedDeletion } from '../../slicing/resolve-deletion.ts';
import type { Interpretation } from '../../upstream/interpret.ts';
import type { Admitted } from '../admission.ts';
import { callObject } from '../call-object.ts';
import type { Context } from '../context.ts';

/** A deletion that was written down and sent. `entry` names it in the log. */
export interface LoggedDeletion {
  readonly kind: 'deleted';
  readonly entry: DeletionId;
  readonly interpretation: Interpretation;
}

export async function deleteThroughLog(
  ctx: Context,
  admitted: Admitted,
  resolution: ResolvedDeletion,
): Promise<Result<LoggedDeletion>> {
  const order = orderOf(ctx, admitted, resolution);
  const carried = await callObject(ctx, () => ctx.services.deletionLog(order.tenant).carryOut(order));
  if (!carried.ok) return err(unconfirmed());
  if (!carried.value.ok) return carried.value;
  const { entry, interpretation } = carried.value.value;
  ctx.log.deletion = entry;
  if (interpretation.kind !== 'failure') ctx.log.upstreamStatus = interpretation.status;
  return ok({ kind: 'deleted', entry, interpretation });
}

function orderOf(
  { log }: Context,
  { principal, tenant, registration, chain }: Admitted,
  resolution: ResolvedDeletion,
): DeletionOrder {
  const own = chain.flatMap(({ id, persons_per_day: persons }) =>
    persons === undefined ? [] : [{ holder: id, persons_per_day: persons }],
  );
  return {
    tenant: principal.tenant,
    registration,
    requestId: log.requestId,
    token: principal.token,
    ancestors: principal.ancestors.map((ancestor) => ancestor.id),
    ...resolution,
    budgets: [{ holder: 'tenant', persons_per_day: tenant.deletes.persons_per_day }, ...own],
  };
}

const LOOK_AFTER_SECONDS = 10;

/** The log may have written the deletion down, and carried it out, before it stopped answering. */
const unconfirmed = (): Failure =>
  failureUntil(
    'deletion_unconfirmed',
    `The deletion may have been written down and carried out: look into ${DELETIONS_PATH} before asking again.`,
    LOOK_AFTER_SECONDS,
  );
