/** A cleared deletion is carried out by the tenant's log: intent, PostHog, outcome, even where the client hangs up. */
import type { IdempotencyKey } from '../../core/ids.ts';
import { ok, type Result } from '../../core/result.ts';
import type { DeletionResult } from '../../objects/deletion-log/deletion-log.ts';
import type { ResolvedDeletion } from '../../slicing/resolve-deletion.ts';
import type { Admitted } from '../admission.ts';
import type { Context } from '../context.ts';
import { askLog, orderOf } from '../deletion-order.ts';
import { noteFailure } from '../log.ts';

/** A deletion that was written down, and what is known of it. */
export interface LoggedDeletion {
  readonly kind: 'deleted';
  readonly told: DeletionResult;
}

export async function deleteThroughLog(
  ctx: Context,
  admitted: Admitted,
  resolution: ResolvedDeletion,
  key: IdempotencyKey | null,
): Promise<Result<LoggedDeletion>> {
  const order = orderOf(ctx, admitted, resolution, key);
  const carried = await askLog(ctx, admitted, order, (log) => log.carryOut(order));
  return carried.ok ? ok(loggedDeletion(ctx, carried.value)) : carried;
}

/** Notes for the log line what PostHog said, also where the client is told that the deletion is on its way. */
export function loggedDeletion(ctx: Context, told: DeletionResult): LoggedDeletion {
  const { entry, interpretation, budgets } = told;
  ctx.log.deletion = entry;
  ctx.response.deletionBudgets = budgets;
  if (interpretation.kind === 'failure') noteFailure(ctx.log, interpretation.failure);
  else if (!told.replayed) ctx.log.upstreamStatus = interpretation.status;
  return { kind: 'deleted', told };
}
