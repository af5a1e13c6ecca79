/** Refusals of deletions that never came to the log are kept there too. */
import type { Call } from '../catalogue/operation.ts';
import { isKeptRefusal } from '../contract/deletions/refusal.ts';
import type { Failure } from '../core/failure.ts';
import { err, type Result } from '../core/result.ts';
import type { Refusal } from '../objects/deletion-log/deletion-log.ts';
import type { Admitted } from './admission.ts';
import { callObject } from './call-object.ts';
import type { Context } from './context.ts';

/** Refuses the call. Where the log does not answer, the refusal is not kept, and stands all the same. */
export async function refuse(
  ctx: Context,
  admitted: Admitted,
  call: Call,
  why: Failure,
): Promise<Result<never>> {
  if (call.kind !== 'delete') return err(why);
  const { kind, ids } = call.deletion.target;
  return refuseDeletion(ctx, admitted, call.deletion, { kind, ids: new Set(ids).size }, why);
}

/** The same for a deletion whose ids are not at hand: `asked` says what they are, and how many. */
export async function refuseDeletion(
  ctx: Context,
  { principal, registration, grant }: Admitted,
  { operation, projectId, flags }: Refusal['deletion'],
  asked: Refusal['asked'],
  why: Failure,
): Promise<Result<never>> {
  if (!isKeptRefusal(why.code)) return err(why);
  const { tenant, token, actor, ancestors } = principal;
  const refusal: Refusal = {
    code: why.code,
    registration,
    tenant,
    requester: { token, actor, ancestors: ancestors.map(({ id }) => id) },
    requestId: ctx.log.requestId,
    deletion: { operation, projectId, flags },
    asked,
    slices: grant.slices.length === 0 ? null : grant.slices,
  };
  await callObject(ctx, () => ctx.services.deletionLog(tenant).noteRefusal(refusal));
  return err(why);
}
