/** A permitted deletion is carried out by the tenant's log, and answered with what PostHog said and where it stands. */
import { refuseIgnored } from '../catalogue/generation.ts';
import { failureUntil, type Failure } from '../core/failure.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { ConstrainedCall } from '../policy/constrain.ts';
import type { DeletionOrder } from '../objects/deletion-log.ts';
import { fromObject, type Admitted } from './admission.ts';
import type { Exchange, Reply } from './exchange.ts';
import { noSuchPerson } from './ownership.ts';
import { planDeletion, type DeletionPlan } from './plan-deletion.ts';
import { problemReply } from './problem.ts';
import { refused } from './refused.ts';

type DeleteCall = Extract<ConstrainedCall, { kind: 'delete' }>;

/** The entry of the log a deletion was written down in. */
export const DELETION_HEADER = 'Hedgerow-Deletion';
export const DELETIONS_PATH = '/v1/deletions';

/** Obligations, sending and settling happen in the log: intent, PostHog, outcome, whoever hangs up. */
export async function eraseThroughLog(
  call: DeleteCall,
  admitted: Admitted,
  exchange: Exchange,
): Promise<Result<Reply>> {
  const { gateway, trace } = exchange;
  const ignored = refuseIgnored(call.deletion, gateway.config.generation);
  if (ignored !== null) return no(ignored);
  const plan = await planDeletion(call, admitted.grant, exchange);
  if (!plan.ok) return plan;
  if (plan.value === null) return ok(noSuchPerson(trace));
  const order = orderOf(plan.value, admitted, exchange);
  const carried = await fromObject(exchange, () => gateway.deletionLog(order.tenant).carryOut(order));
  if (!carried.ok) return no(unconfirmed());
  if (!carried.value.ok) return carried.value;

  const { entry, interpretation } = carried.value.value;
  trace.deletion = entry;
  const headers = { [DELETION_HEADER]: entry, Location: `${DELETIONS_PATH}/${entry}` };
  if (interpretation.kind === 'success') {
    const { status, text } = interpretation;
    trace.upstreamStatus = status;
    return ok({
      status,
      type: text === '' ? null : 'application/json',
      body: text === '' ? null : text,
      headers,
    });
  }
  const reply = refused(interpretation, trace);
  if (reply.ok) {
    trace.upstreamStatus = reply.value.status;
    return ok({ ...reply.value, headers });
  }
  trace.code = reply.failure.code;
  // Not a plain failure: the client has to learn where the deletion stands in the log.
  const problem = problemReply(reply.failure, trace.requestId);
  return ok({ ...problem, headers: { ...problem.headers, ...headers } });
}

function orderOf(
  plan: DeletionPlan,
  { principal, tenant, chain }: Admitted,
  { trace }: Exchange,
): DeletionOrder {
  const own = chain.flatMap(({ id, persons_per_day: persons }) =>
    persons === undefined ? [] : [{ holder: id, persons_per_day: persons }],
  );
  return {
    tenant: principal.tenant,
    requestId: trace.requestId,
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
