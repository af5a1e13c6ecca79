/** The second admission of a call: for what it costs beyond one request, and where the first may be out of date. */
import type { Call } from '../../catalogue/operation.ts';
import { ok, type Result } from '../../core/result.ts';
import type { Grant } from '../../policy/grant.ts';
import { callsOfResolveDeletion } from '../../slicing/resolve-deletion.ts';
import { admit, admitByObject, type Admitted } from '../admission.ts';
import type { Context } from '../context.ts';

/**
 * Spends a request for every look-up that the slice makes necessary. A client may hold a body back for as long as it
 * likes, so a call with a body is admitted anew: its token may have been revoked, or its tenant narrowed, meanwhile.
 * Before a delete the object is asked, whatever is leased.
 */
export async function admitAgain(ctx: Context, admitted: Admitted, call: Call): Promise<Result<Admitted>> {
  const { grant, principal } = admitted;
  const lookups = lookupsOf(call, grant, ctx);
  if (lookups === 0 && call.method === 'GET') return ok(admitted);
  // More than the burst would never fit: such a call waits until all of the burst is there.
  const cost = Math.min(lookups, grant.rate.burst - 1);
  return call.kind === 'delete' ? admitByObject(ctx, principal, cost) : admit(ctx, principal, cost);
}

/** Calls to PostHog before the one that was asked for. */
function lookupsOf(call: Call, { slices }: Grant, { services }: Context): number {
  if (slices.length === 0) return 0;
  if (call.kind === 'delete') {
    return callsOfResolveDeletion({ generation: services.upstream.generation, slices }, call.deletion);
  }
  const { kind } = call.operation.slicing;
  return kind === 'named' || kind === 'logged' ? 1 : 0;
}
