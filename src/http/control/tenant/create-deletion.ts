/** `POST /v1/deletions`: the rules of the mirror's bulk delete, and a log that sends it afterwards. */
import { requestedDeletion, type RequestedDeletion } from '../../../catalogue/persons/deletion-job.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type {
  DeletionEntry,
  DeletionOrder,
  PersonSelector,
} from '../../../objects/deletion-log/deletion-log.ts';
import { checkScopes } from '../../../policy/decide.ts';
import { plan } from '../../../policy/plan.ts';
import type { Admitted } from '../../admission.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { askLog, orderOf } from '../../deletion-order.ts';
import { readIdempotencyKey } from '../../input/idempotency-key.ts';
import { admitAgain } from '../../mirror/admit-again.ts';
import { refuse } from '../../note-refusal.ts';
import { deletionHeaders } from '../../reply/deletion-headers.ts';
import { answer } from '../serve.ts';
import { viewOf } from './deletions.ts';
import { withToken } from './guard.ts';
import { previewAsShown, shownBy } from './preview-deletion.ts';

export const createDeletion = withToken('create_deletion', async (ctx, admitted) => {
  const { preview = false } = ctx.input.query;
  const requested = requestedDeletion(ctx.input.body, admitted.grant.project_id);
  if (!requested.ok) return requested;
  const ordered = await orderFor(ctx, admitted, requested.value, preview);
  if (!ordered.ok) return ordered;
  const { order, admitted: current } = ordered.value;
  const created = await askLog(ctx, current, order, (log) => log.create(order));
  if (!created.ok) return created;
  const { entry } = created.value;
  ctx.log.deletion = entry.id;
  const headers = deletionHeaders(entry.id, created.value);
  if (!preview) return answer({ ...entry, preview: null }, { headers });
  const shown = await previewOf(ctx, current, entry);
  return shown.ok ? answer(shown.value, { headers }) : shown;
});

interface Ordered {
  readonly admitted: Admitted;
  readonly order: DeletionOrder;
}

/**
 * Admits the caller anew, as the body may have been held back, and holds the deletion to the grant of then. Where the
 * grant has a slice, the log looks the persons of each chunk up right before it is sent.
 */
async function orderFor(
  ctx: Context,
  admitted: Admitted,
  { deletion: call, selection, all }: RequestedDeletion,
  preview: boolean,
): Promise<Result<Ordered>> {
  const key = readIdempotencyKey(ctx.request.headers);
  if (!key.ok) return key;
  const current = await admitAgain(ctx, admitted, call);
  if (!current.ok) return current;
  const { grant, caller } = current.value;
  const { upstream } = ctx.services;
  const planned = plan(grant, caller, call, upstream);
  if (!planned.ok) return refuse(ctx, current.value, call, planned.failure);
  if (planned.value.kind !== 'delete') throw new Error('a deletion is planned as one');
  // Who selects by properties, and who looks at persons before they are deleted, reads them.
  const reading = preview ? checkScopes(grant, ['person:read']) : null;
  if (reading !== null) return err(reading);
  const listed = selection === null ? null : plan(grant, caller, selection, upstream);
  if (listed !== null && !listed.ok) return refuse(ctx, current.value, call, listed.failure);
  const order = orderOf(
    ctx,
    current.value,
    { deletion: planned.value.deletion, slices: grant.slices },
    key.value,
  );
  const filter: PersonSelector | null =
    selection === null ? null : { arguments: { ...selection.arguments }, all };
  return ok({
    admitted: current.value,
    order: {
      ...order,
      ...(filter === null ? {} : { filter }),
      ...(preview ? { preview: shownBy(grant) } : {}),
    },
  });
}

/** A preview that is small is read while its client waits; of a larger one the place is told. */
async function previewOf(ctx: Context, admitted: Admitted, entry: DeletionEntry) {
  const log = ctx.services.deletionLog(admitted.principal.tenant);
  const view = viewOf(admitted);
  const read = await callObject(ctx, () => log.readPreview(entry.id, view));
  if (!read.ok) return read;
  const shown = await callObject(ctx, () => log.preview(entry.id, view, shownBy(admitted.grant)));
  if (!shown.ok) return shown;
  const preview = shown.value === null ? null : await previewAsShown(ctx, shown.value, entry.project_id);
  return ok({ ...(read.value ?? entry), preview });
}
