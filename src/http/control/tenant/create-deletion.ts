/** `POST /v1/deletions`: the rules of the mirror's bulk delete, and a log that sends it afterwards. */
import type { Call } from '../../../catalogue/operation.ts';
import { deletionCall } from '../../../catalogue/persons/deletion-job.ts';
import { ok, type Result } from '../../../core/result.ts';
import type { DeletionOrder } from '../../../objects/deletion-log/deletion-log.ts';
import { plan } from '../../../policy/plan.ts';
import type { Admitted } from '../../admission.ts';
import type { Context } from '../../context.ts';
import { askLog, orderOf } from '../../deletion-order.ts';
import { readIdempotencyKey } from '../../input/idempotency-key.ts';
import { admitAgain } from '../../mirror/admit-again.ts';
import { refuse } from '../../note-refusal.ts';
import { deletionHeaders } from '../../reply/deletion-headers.ts';
import { answer } from '../serve.ts';
import { withToken } from './guard.ts';

export const createDeletion = withToken('create_deletion', async (ctx, admitted) => {
  const call = deletionCall(ctx.input.body, admitted.grant.project_id);
  if (!call.ok) return call;
  const ordered = await orderFor(ctx, admitted, call.value);
  if (!ordered.ok) return ordered;
  const { order } = ordered.value;
  const created = await askLog(ctx, ordered.value.admitted, order, (log) => log.create(order));
  if (!created.ok) return created;
  const { entry } = created.value;
  ctx.log.deletion = entry.id;
  return answer(entry, { headers: deletionHeaders(entry.id, created.value) });
});

interface Ordered {
  readonly admitted: Admitted;
  readonly order: DeletionOrder;
}

/**
 * Admits the caller anew, as the body may have been held back, and holds the deletion to the grant of then. Where the
 * grant has a slice, the log looks the persons of each chunk up right before it is sent.
 */
async function orderFor(ctx: Context, admitted: Admitted, call: Call): Promise<Result<Ordered>> {
  const key = readIdempotencyKey(ctx.request.headers);
  if (!key.ok) return key;
  const current = await admitAgain(ctx, admitted, call);
  if (!current.ok) return current;
  const { grant, caller } = current.value;
  const planned = plan(grant, caller, call, ctx.services.upstream);
  if (!planned.ok) return refuse(ctx, current.value, call, planned.failure);
  if (planned.value.kind !== 'delete') throw new Error('a deletion is planned as one');
  const { deletion } = planned.value;
  const order = orderOf(ctx, current.value, { deletion, slices: grant.slices }, key.value);
  return ok({ admitted: current.value, order });
}
