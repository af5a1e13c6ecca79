/** The second admission of a call: for what it costs beyond one request, and where its body took long to arrive. */
import { ok, type Result } from '../../core/result.ts';
import type { ConstrainedCall } from '../../policy/constrain.ts';
import type { Grant } from '../../policy/grant.ts';
import { callsOfResolveDeletion } from '../../slicing/resolve-deletion.ts';
import { admit, type Admitted } from '../admission.ts';
import type { Context } from '../context.ts';

/** Milliseconds after which an admission is asked for anew: a token may have been revoked while a body was held back. */
const ADMISSION_FRESH_MS = 1000;

/** Spends a request for every look-up that the slice makes necessary; free where there are none and the call is fresh. */
export async function admitAgain(
  ctx: Context,
  admitted: Admitted,
  call: ConstrainedCall,
): Promise<Result<Admitted>> {
  const { grant, principal } = admitted;
  const lookups = lookupsOf(call, grant, ctx);
  const aged = ctx.services.nowMs() - admitted.admittedMs > ADMISSION_FRESH_MS;
  if (lookups === 0 && !aged) return ok(admitted);
  // More than the burst would never fit: such a call waits until all of the burst is there.
  return admit(ctx, principal, Math.min(lookups, grant.rate.burst - 1));
}

/** Calls to PostHog before the one that was asked for. */
function lookupsOf(call: ConstrainedCall, { slices }: Grant, { services }: Context): number {
  if (slices.length === 0) return 0;
  if (call.kind === 'delete') {
    return callsOfResolveDeletion({ generation: services.upstream.generation, slices }, call.deletion);
  }
  const { kind } = call.operation.slicing;
  return kind === 'named' || kind === 'logged' ? 1 : 0;
}
