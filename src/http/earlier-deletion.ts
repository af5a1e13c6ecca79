/** The deletion that the idempotency key of a request stands for: the same request is the same deletion. */
import type { Deletion } from '../catalogue/deletion.ts';
import type { IdempotencyKey } from '../core/ids.ts';
import { ok, type Result } from '../core/result.ts';
import type { PersonSelector, ReplayedDeletion } from '../objects/deletion-log/deletion-log.ts';
import type { Admitted } from './admission.ts';
import { callObject } from './call-object.ts';
import type { Context } from './context.ts';
import { budgetAskOf } from './deletion-order.ts';

/** What a deletion is asked for beside its persons: by which filter, and whether it is to be previewed. */
interface Manner {
  readonly filter: PersonSelector | null;
  readonly isPreview: boolean;
}

const AT_ONCE: Manner = { filter: null, isPreview: false };

/** Null where the request has no key, or a new one. Fails with `idempotency_key_reused` where it stands for another. */
export async function earlierDeletion(
  ctx: Context,
  admitted: Admitted,
  { operation, projectId, flags, target }: Deletion,
  key: IdempotencyKey | null,
  { filter, isPreview }: Manner = AT_ONCE,
): Promise<Result<ReplayedDeletion | null>> {
  const { principal, registration, grant } = admitted;
  if (key === null) return ok(null);
  const request = {
    key,
    registration,
    token: principal.token,
    ancestors: principal.ancestors.map((ancestor) => ancestor.id),
    operation,
    projectId,
    flags,
    asked: target,
    filter: filter ?? undefined,
    isPreview,
    slices: grant.slices.length === 0 ? null : grant.slices,
  };
  const log = ctx.services.deletionLog(principal.tenant);
  const found = await callObject(ctx, () => log.replay(request, budgetAskOf(admitted, 0)));
  return found.ok ? found.value : found;
}
