/** A permitted deletion is carried out by the tenant's log, and answered with what PostHog said and where it stands. */
import { DELETION_HEADER, DELETIONS_PATH } from '../../contract/routes.ts';
import { checkIgnoredFlags } from '../../catalogue/generation.ts';
import { failureUntil, type Failure } from '../../core/failure.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import type { DeletionOrder } from '../../objects/deletion-log/deletion-log.ts';
import type { Admitted } from '../admission.ts';
import { callObject } from '../call-object.ts';
import type { Context, Reply } from '../context.ts';
import { noSuchPerson } from '../slicing/check-person.ts';
import { planDeletion, type DeletionPlan } from '../slicing/resolve-deletion.ts';
import { problemReply } from '../reply/problem.ts';
import { refused } from '../reply/refused.ts';

type DeleteCall = Extract<ConstrainedCall, { kind: 'delete' }>;

/** Obligations, sending and settling happen in the log: intent, PostHog, outcome, whoever hangs up. */
export async function eraseThroughLog(
  call: DeleteCall,
  admitted: Admitted,
  ctx: Context,
): Promise<Result<Reply>> {
  const { services, log } = ctx;
  const ignored = checkIgnoredFlags(call.deletion, services.config.generation);
  if (ignored !== null) return err(ignored);
  const plan = await planDeletion(call, admitted.grant, ctx);
  if (!plan.ok) return plan;
  if (plan.value === null) return ok(noSuchPerson(log));
  const order = orderOf(plan.value, admitted, ctx);
  const carried = await callObject(ctx, () => services.deletionLog(order.tenant).carryOut(order));
  if (!carried.ok) return err(unconfirmed());
  if (!carried.value.ok) return carried.value;

  const { entry, interpretation } = carried.value.value;
  log.deletion = entry;
  const headers = { [DELETION_HEADER]: entry, Location: `${DELETIONS_PATH}/${entry}` };
  if (interpretation.kind === 'success') {
    const { status, text } = interpretation;
    log.upstreamStatus = status;
    return ok({
      status,
      type: text === '' ? null : 'application/json',
      body: text === '' ? null : text,
      headers,
    });
  }
  const reply = refused(interpretation, log);
  if (reply.ok) {
    log.upstreamStatus = reply.value.status;
    return ok({ ...reply.value, headers });
  }
  log.code = reply.failure.code;
  // Not a plain failure: the client has to learn where the deletion stands in the log.
  const problem = problemReply(reply.failure, log.requestId);
  return ok({ ...problem, headers: { ...problem.headers, ...headers } });
}

function orderOf(
  plan: DeletionPlan,
  { principal, tenant, chain }: Admitted,
  { log }: Context,
): DeletionOrder {
  const own = chain.flatMap(({ id, persons_per_day: persons }) =>
    persons === undefined ? [] : [{ holder: id, persons_per_day: persons }],
  );
  return {
    tenant: principal.tenant,
    requestId: log.requestId,
    token: principal.token,
    ancestors: principal.ancestors.map((link) => link.id),
    ...plan,
    budgets: [{ holder: 'tenant', persons_per_day: tenant.deletes.persons_per_day }, ...own],
  };
}

const LOOK_AFTER_SECONDS = 10;

/** The log may have written the deletion down, and carried it out, before it stopped answering. */
const unconfirmed = (): Failure =>
  failureUntil(
    'deletion_unconfirmed',
    `The deletion may have been written down and carried out: look into ${DELETIONS_PATH} before asking again.`,
    LOOK_AFTER_SECONDS,
  );
