/** The order that the deletion log is given, by the mirror and by `/v1/deletions` alike. */
import { DELETIONS_PATH } from '../contract/control-route.ts';
import type { IdempotencyKey } from '../core/ids.ts';
import { failure, failureUntil, type Failure } from '../core/failure.ts';
import { err, type Result } from '../core/result.ts';
import type {
  BudgetAsk,
  DeletionHolds,
  DeletionLog,
  DeletionOrder,
  Pace,
  Told,
} from '../objects/deletion-log/deletion-log.ts';
import type { Grant } from '../policy/grant.ts';
import type { Remote } from '../objects/remote.ts';
import type { ResolvedDeletion } from '../slicing/resolve-deletion.ts';
import type { Admitted } from './admission.ts';
import { callObject } from './call-object.ts';
import type { Context } from './context.ts';

/** Who asks, what the deletion may spend and what holds it: by the grant as it was admitted last. */
export function orderOf(
  { log }: Context,
  admitted: Admitted,
  what: ResolvedDeletion | Pick<DeletionOrder, 'deletion' | 'slices'>,
  idempotencyKey: IdempotencyKey | null,
): DeletionOrder {
  const { principal, grant } = admitted;
  const { budgets, registration } = budgetAskOf(admitted, 0);
  return {
    tenant: principal.tenant,
    registration,
    requestId: log.requestId,
    token: principal.token,
    ancestors: principal.ancestors.map((ancestor) => ancestor.id),
    actor: principal.actor,
    keepIdsDays: admitted.tenant.deletes.keep_ids_days,
    ...what,
    budgets,
    paces: pacesOf(admitted),
    holds: holdsOf(grant),
    ...(idempotencyKey === null ? {} : { idempotencyKey }),
  };
}

/** What holds a deletion by a grant before it is sent. */
export const holdsOf = ({ deletes }: Grant): DeletionHolds => ({
  holdSeconds: deletes.hold_seconds,
  approvalOver: deletes.approval_over ?? null,
  previewOver: deletes.preview_over ?? null,
});

/** How often deletions may be sent: those of the tenant, and those of every token that has a pace of its own. */
const pacesOf = ({ tenant, chain }: Admitted): Pace[] =>
  [{ id: 'tenant', calls_per_minute: tenant.deletes.calls_per_minute } as const, ...chain].flatMap(
    ({ id: holder, calls_per_minute }) =>
      calls_per_minute === undefined ? [] : [{ holder, calls_per_minute }],
  );

/** Asks what a deletion of so many persons would spend: of the tenant's budget, and of that of every token that has one. */
export function budgetAskOf(
  { tenant, registration, chain }: Pick<Admitted, 'tenant' | 'registration' | 'chain'>,
  persons: number,
): BudgetAsk {
  const own = chain.flatMap(({ id, persons_per_day: allowed }) =>
    allowed === undefined ? [] : [{ holder: id, persons_per_day: allowed }],
  );
  const ofTenant = { holder: 'tenant', persons_per_day: tenant.deletes.persons_per_day } as const;
  return { registration, budgets: [ofTenant, ...own], persons };
}

/** Hands the log an order, and notes what is left. Fails with `deletion_unconfirmed` where the log does not answer. */
export async function askLog<T extends Told>(
  ctx: Context,
  admitted: Admitted,
  order: DeletionOrder,
  ask: (log: Remote<DeletionLog>) => Promise<Result<T>>,
): Promise<Result<T>> {
  const log = ctx.services.deletionLog(order.tenant);
  const answered = await callObject(ctx, () => ask(log));
  if (!answered.ok) return err(unconfirmed(order.idempotencyKey !== undefined));
  if (answered.value.ok) ctx.response.deletionBudgets = answered.value.value.budgets;
  else if (isOverBudget(answered.value.failure)) {
    const left = await callObject(ctx, () => log.budget(budgetAskOf(admitted, 0)));
    if (left.ok) ctx.response.deletionBudgets = left.value.budgets;
  }
  return answered.value;
}

const isOverBudget = ({ code }: Failure): boolean =>
  code === 'deletion_budget_exhausted' || code === 'deletion_exceeds_budget';

const LOOK_AFTER_SECONDS = 10;

/**
 * The log may have written the deletion down, and carried it out, before it stopped answering. Only a client whose
 * request has a key is told to send it again.
 */
const unconfirmed = (hasKey: boolean): Failure =>
  hasKey
    ? failureUntil(
        'deletion_unconfirmed',
        'The deletion may have been written down and carried out. With the same Idempotency-Key it can be asked for again.',
        LOOK_AFTER_SECONDS,
      )
    : failure(
        'deletion_unconfirmed',
        `The deletion may have been written down and carried out: look into ${DELETIONS_PATH} before asking again.`,
      );
