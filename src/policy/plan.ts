/** From a call to the call that may be sent, or to the reason why none may. Pure. */
import type { Call } from '../catalogue/operation.ts';
import { err, ok, type Result } from '../core/result.ts';
import { constrain, type ConstrainedCall } from './constrain.ts';
import { decide, type Caller, type UpstreamFacts } from './decide.ts';
import type { Grant } from './grant.ts';

/** Decides, then narrows to the slice. `/v1/explain` and the mirror both ask here, so that they cannot disagree. */
export function plan(
  grant: Grant,
  caller: Caller,
  call: Call,
  upstream: UpstreamFacts,
): Result<ConstrainedCall> {
  const decision = decide(grant, caller, call, upstream);
  return decision.verdict === 'deny' ? err(decision.failure) : ok(constrain(decision.call, grant));
}
