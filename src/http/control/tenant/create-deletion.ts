/** `POST /v1/deletions`: the rules of the mirror's bulk delete, and a log that sends it afterwards. */
import type { Deletion } from '../../../catalogue/deletion.ts';
import { requestedDeletion, type RequestedDeletion } from '../../../catalogue/persons/deletion-job.ts';
import type { IdempotencyKey } from '../../../core/ids.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type {
  CreatedDeletion,
  DeletionEntry,
  DeletionOrder,
  PersonSelector,
} from '../../../objects/deletion-log/deletion-log.ts';
import { checkScopes } from '../../../policy/decide.ts';
import { withEveryFlag } from '../../../policy/delete-rules.ts';
import type { Grant } from '../../../policy/grant.ts';
import { plan } from '../../../policy/plan.ts';
import type { Admitted } from '../../admission.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { askLog, orderOf } from '../../deletion-order.ts';
import { earlierDeletion } from '../../earlier-deletion.ts';
import { readIdempotencyKey } from '../../input/idempotency-key.ts';
import { admitAgain } from '../../mirror/admit-again.ts';
import { refuse } from '../../note-refusal.ts';
import { deletionHeaders } from '../../reply/deletion-headers.ts';
import { answer } from '../serve.ts';
import { viewOf } from './deletions.ts';
import { withToken } from './guard.ts';
import { previewAsShown } from '../previews.ts';
import { shownBy } from './preview-deletion.ts';

export const createDeletion = withToken('create_deletion', async (ctx, admitted) => {
  const { preview = false } = ctx.input.query;
  const requested = requestedDeletion(ctx.input.body, admitted.grant.project_id);
  if (!requested.ok) return requested;
  const key = readIdempotencyKey(ctx.request.headers);
  if (!key.ok) return key;
  // The body may have been held back: the deletion is held to the grant of now.
  const current = await admitAgain(ctx, admitted, requested.value.deletion);
  if (!current.ok) return current;
  const created = await createOrReplay(ctx, current.value, requested.value, key.value, preview);
  if (!created.ok) return created;
  const { entry } = created.value;
  ctx.log.deletion = entry.id;
  const headers = deletionHeaders(entry.id, created.value);
  if (!preview) return answer({ ...entry, preview: null }, { headers });
  const shown = await previewOf(ctx, current.value, entry);
  return shown.ok ? answer(shown.value, { headers }) : shown;
});

/**
 * The log finds the key of a request before it says anything of a new deletion. Where the grant does not let events or
 * recordings be deleted any more, and allows the rest, no order is made, and only an earlier deletion is told.
 */
async function createOrReplay(
  ctx: Context,
  admitted: Admitted,
  requested: RequestedDeletion,
  key: IdempotencyKey | null,
  preview: boolean,
): Promise<Result<CreatedDeletion>> {
  const { grant } = admitted;
  const { deletion: call, selection, all } = requested;
  const filter: PersonSelector | null =
    selection === null ? null : { arguments: { ...selection.arguments }, all };
  const judged = judge(ctx, admitted, grant, requested, preview);
  if (judged.ok) {
    const { deletion } = judged.value;
    // Where the grant has a slice, the log looks the persons of each chunk up right before it is sent.
    const order: DeletionOrder = {
      ...orderOf(ctx, admitted, { deletion, slices: grant.slices }, key),
      ...(filter === null ? {} : { filter }),
      ...(preview ? { preview: shownBy(grant) } : {}),
    };
    return askLog(ctx, admitted, order, (log) => log.create(order));
  }
  const allowed = judge(ctx, admitted, withEveryFlag(grant), requested, preview);
  const earlier = allowed.ok
    ? await earlierDeletion(ctx, admitted, allowed.value.deletion, key, { filter, isPreview: preview })
    : ok(null);
  if (!earlier.ok) return refuse(ctx, admitted, call, earlier.failure);
  if (earlier.value === null) return refuse(ctx, admitted, call, judged.failure);
  const { job: entry, budgets, replayed, likelyRepeatOf } = earlier.value;
  ctx.response.deletionBudgets = budgets;
  return ok({ entry, budgets, replayed, likelyRepeatOf });
}

/** May this grant do it? Who selects by properties, and who looks at persons before they are deleted, reads them. */
function judge(
  { services: { upstream } }: Pick<Context, 'services'>,
  { caller }: Admitted,
  grant: Grant,
  { deletion: call, selection }: RequestedDeletion,
  preview: boolean,
): Result<{ readonly deletion: Deletion }> {
  const planned = plan(grant, caller, call, upstream);
  if (!planned.ok) return planned;
  if (planned.value.kind !== 'delete') throw new Error('a deletion is planned as one');
  const reading = preview ? checkScopes(grant, ['person:read']) : null;
  if (reading !== null) return err(reading);
  const listed = selection === null ? null : plan(grant, caller, selection, upstream);
  return listed === null || listed.ok ? ok({ deletion: planned.value.deletion }) : listed;
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
