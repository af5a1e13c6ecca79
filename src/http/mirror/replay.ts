/** A delete that the grant does not allow any more, and that its idempotency key says was made before. */
import type { Call } from '../../catalogue/operation.ts';
import type { Failure } from '../../core/failure.ts';
import { ok, type Result } from '../../core/result.ts';
import { withEveryFlag } from '../../policy/delete-rules.ts';
import { plan } from '../../policy/plan.ts';
import type { Admitted } from '../admission.ts';
import type { Context, Reply } from '../context.ts';
import { earlierDeletion } from '../earlier-deletion.ts';
import { readIdempotencyKey } from '../input/idempotency-key.ts';
import { refuse } from '../note-refusal.ts';
import { loggedDeletion } from './delete.ts';
import { renderDeletion } from './render.ts';

/** Answers with the earlier deletion, where nothing but the flags of the grant speaks against the call; else refuses it. */
export async function replayOrRefuse(
  ctx: Context,
  admitted: Admitted,
  call: Call,
  why: Failure,
): Promise<Result<Reply>> {
  const { grant, caller } = admitted;
  const key = readIdempotencyKey(ctx.request.headers);
  const isShown = plan(withEveryFlag(grant), caller, call, ctx.services.upstream).ok;
  if (call.kind !== 'delete' || !key.ok || !isShown) return refuse(ctx, admitted, call, why);
  const earlier = await earlierDeletion(ctx, admitted, call.deletion, key.value);
  if (!earlier.ok) return refuse(ctx, admitted, call, earlier.failure);
  return earlier.value === null
    ? refuse(ctx, admitted, call, why)
    : ok(renderDeletion(ctx, grant, call, loggedDeletion(ctx, earlier.value)));
}
