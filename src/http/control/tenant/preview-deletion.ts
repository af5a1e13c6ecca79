/** A deletion that is previewed: what it would do, and its confirmation. */
import { requestedDeletion } from '../../../catalogue/persons/deletion-job.ts';
import type { Failure } from '../../../core/failure.ts';
import { err } from '../../../core/result.ts';
import { withEveryFlag } from '../../../policy/delete-rules.ts';
import type { Grant } from '../../../policy/grant.ts';
import { plan } from '../../../policy/plan.ts';
import type { ShownBy } from '../../../policy/redact-answer.ts';
import { callObject } from '../../call-object.ts';
import { budgetAskOf, holdsOf } from '../../deletion-order.ts';
import { readIdempotencyKey } from '../../input/idempotency-key.ts';
import { admitAgain } from '../../mirror/admit-again.ts';
import { refuseDeletion } from '../../note-refusal.ts';
import { deletionHeaders } from '../../reply/deletion-headers.ts';
import { deletionNamed, noSuchDeletion } from '../deletions.ts';
import { readPreview } from '../previews.ts';
import { answer } from '../serve.ts';
import { checkWholeSlice, viewOf } from './deletions.ts';
import { withToken } from './guard.ts';

/** What of a grant decides what a preview shows. */
export const shownBy = ({ slices, hidden, visible, distinct_ids_hidden }: Grant): ShownBy => ({
  slices,
  hidden,
  visible,
  distinct_ids_hidden,
});

/** `GET /v1/deletions/:id/preview` */
export const getDeletionPreview = withToken('get_deletion_preview', async (ctx, admitted) => {
  const refusal = checkWholeSlice(admitted);
  if (refusal !== null) return err(refusal);
  return readPreview(ctx, admitted.principal.tenant, viewOf(admitted), shownBy(admitted.grant));
});

/** `POST /v1/deletions/:id/confirm`: what was previewed has to be allowed to the grant that confirms it, as it is now. */
export const confirmDeletion = withToken('confirm_deletion', async (ctx, admitted) => {
  const id = deletionNamed(ctx);
  if (!id.ok) return id;
  const key = readIdempotencyKey(ctx.request.headers);
  if (!key.ok) return key;
  const log = ctx.services.deletionLog(admitted.principal.tenant);
  const status = await callObject(ctx, () => log.status(id.value, viewOf(admitted)));
  if (!status.ok) return status;
  if (status.value === null) return err(noSuchDeletion());
  const { project_id, delete_events, delete_recordings, keep_person } = status.value;
  const flags = { delete_events, delete_recordings, keep_person };
  const same = requestedDeletion({ filter: { all: true }, ...flags }, project_id);
  if (!same.ok) return same;
  const current = await admitAgain(ctx, admitted, same.value.deletion);
  if (!current.ok) return current;
  const { grant, caller, principal } = current.value;
  const asked = { kind: status.value.target, ids: status.value.asked };
  const refuse = (why: Failure) =>
    refuseDeletion(
      ctx,
      current.value,
      { operation: 'persons_bulk_delete', projectId: project_id, flags },
      asked,
      why,
    );
  const refusal = checkWholeSlice(current.value);
  if (refusal !== null) return refuse(refusal);
  const planned = plan(grant, caller, same.value.deletion, ctx.services.upstream);
  const { upstream } = ctx.services;
  if (!planned.ok && !plan(withEveryFlag(grant), caller, same.value.deletion, upstream).ok)
    return refuse(planned.failure);
  const { budgets, registration } = budgetAskOf(current.value, 0);
  const ancestors = principal.ancestors.map((ancestor) => ancestor.id);
  const confirmation = {
    digest: ctx.input.body.digest,
    by: principal.token,
    ancestors,
    keyed: key.value === null ? undefined : { key: key.value, registration, ancestors },
    budgets,
    holds: holdsOf(grant),
    refusal: planned.ok ? undefined : planned.failure,
  };
  const view = viewOf(current.value);
  const confirmed = await callObject(ctx, () => log.confirm(id.value, confirmation, view));
  if (!confirmed.ok) return confirmed;
  if (!confirmed.value.ok) return refuse(confirmed.value.failure);
  ctx.log.deletion = id.value;
  const { entry, replayed } = confirmed.value.value;
  return answer(entry, { headers: deletionHeaders(entry.id, { replayed, likelyRepeatOf: null }) });
});
