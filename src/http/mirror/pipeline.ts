/** The mirror plane. `answerPersons` is the way of every persons call, from its first check to its answer. */
import type { Method, Operation } from '../../catalogue/operation.ts';
import { err, type Result } from '../../core/result.ts';
import type { Payer } from '../../core/shield/upstream-share.ts';
import { checkAccess } from '../../policy/decide.ts';
import { plan } from '../../policy/plan.ts';
import { routeCall } from '../../upstream/route.ts';
import { admit, authenticate, type Admitted } from '../admission.ts';
import type { Context, Reply } from '../context.ts';
import { refuse } from '../note-refusal.ts';
import { admitAgain } from './admit-again.ts';
import { enforceSlice } from './enforce-slice.ts';
import { execute } from './execute.ts';
import { headReply } from './head.ts';
import { readCall, readTarget } from './read-call.ts';
import { render } from './render.ts';
import { replayOrRefuse } from './replay.ts';

/** Each step takes what the one before made, and nothing weaker. The status codes are those a step may refuse with. */
export async function answerPersons(
  operation: Operation,
  method: Method,
  ctx: Context,
): Promise<Result<Reply>> {
  const principal = await authenticate(ctx); // 401
  if (!principal.ok) return principal;
  const admitted = await admit(ctx, principal.value); // 401 403 429; the origin is checked here
  if (!admitted.ok) return admitted;
  const target = readTarget(ctx, operation); // 400 404
  if (!target.ok) return target;
  const { caller } = admitted.value;
  const refusal = checkAccess(admitted.value.grant, caller, operation.scopes, target.value.projectId); // 403
  if (refusal !== null) return err(refusal);
  const call = await readCall(ctx, operation, method, target.value); // 400 413 415
  if (!call.ok) return call;
  const current = await admitAgain(ctx, admitted.value, call.value); // 401 403 429; the look-ups are paid for
  if (!current.ok) return current;
  const { grant } = current.value;
  const planned = plan(grant, caller, call.value, ctx.services.upstream); // 400 403 410; pure: decide, then constrain
  if (!planned.ok) return replayOrRefuse(ctx, current.value, call.value, planned.failure);
  const routed = routeCall(planned.value, ctx.services.upstream, ctx.log.requestId); // 400; pure: what PostHog is asked
  if (!routed.ok) return routed;
  const head = headReply(ctx, planned.value);
  if (head !== null) return head;
  ctx.paying.payer = payerOf(current.value, operation);
  const tombstones = await ctx.services.tombstonesOf(planned.value.projectId, ctx.paying.payer); // persons that are being deleted; permits come along
  const cleared = await enforceSlice(ctx, current.value, routed.value, tombstones); // 404; persons looked up, ids resolved
  if (!cleared.ok) return refuse(ctx, current.value, call.value, cleared.failure);
  const outcome = await execute(ctx, current.value, cleared.value); // forwarded, or carried out by the deletion log
  if (!outcome.ok) return outcome;
  return render(ctx, { grant, tombstones }, planned.value, outcome.value); // redacted, links, JSON or CSV
}

/** Reads and changes are taken from the tenant's share. Deletes have a part of their own, and so have their look-ups. */
const payerOf = ({ principal, tenant }: Admitted, { effect }: Operation): Payer =>
  effect === 'delete'
    ? { kind: 'reserved' }
    : { kind: 'tenant', tenant: principal.tenant, weight: tenant.weight };
