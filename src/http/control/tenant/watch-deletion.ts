/** `GET /v1/deletions/:id/events`: the state of a deletion, whenever it changes. */
import { DELETION_ROUTES } from '../../../contract/deletions/routes.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { Admitted } from '../../admission.ts';
import type { Context } from '../../context.ts';
import { lookAt, watchAnswer } from '../deletions.ts';
import { checkWholeSlice, viewOf } from './deletions.ts';
import { authorize, withToken } from './guard.ts';

/** Milliseconds after which a stream is admitted anew and spends another request: no longer outlives a revocation. */
const ADMITTED_MS_MAX = 10_000;

export const watchTenantDeletion = withToken('watch_deletion', async (ctx, admitted) => {
  let current = admitted;
  return watchAnswer(ctx, async () => {
    const fresh = await admitAfresh(ctx, current);
    if (!fresh.ok) return fresh;
    current = fresh.value;
    const refusal = checkWholeSlice(current);
    if (refusal !== null) return err(refusal);
    return lookAt(ctx, current.principal.tenant, viewOf(current));
  });
});

async function admitAfresh(ctx: Context, current: Admitted): Promise<Result<Admitted>> {
  const expired = ctx.services.nowMs() - current.admittedMs >= ADMITTED_MS_MAX;
  return expired ? authorize(ctx, DELETION_ROUTES.watch_deletion.scopes) : ok(current);
}
