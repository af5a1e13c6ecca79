/** What every route of the tenant plane asks for first. */
import { no, type Result } from '../core/result.ts';
import type { Scope } from '../core/scopes.ts';
import { refuseOrigin, refuseOtherProject, refuseScopes } from '../policy/decide.ts';
import { admit, authenticate, type Admitted } from './admission.ts';
import type { Exchange, Handler, Reply } from './exchange.ts';

type TenantHandler = (exchange: Exchange, admitted: Admitted) => Promise<Result<Reply>>;

/** Spends one request of the rate, and takes a token for the project the tenant has now, with the scopes of the route. */
export const forTenant = (scopes: readonly Scope[], handler: TenantHandler): Handler =>
  forHolder(1, async (exchange, admitted) => {
    const { grant, principal } = admitted;
    const refusal = refuseOtherProject(grant, principal.projectId) ?? refuseScopes(grant, scopes);
    return refusal === null ? handler(exchange, admitted) : no(refusal);
  });

/** Authenticates and admits, as on the mirror, and holds the request to the grant's origins. */
function forHolder(cost: number, handler: TenantHandler): Handler {
  return async (exchange) => {
    const principal = await authenticate(exchange);
    if (!principal.ok) return principal;
    const admitted = await admit(exchange, principal.value, cost);
    if (!admitted.ok) return admitted;
    const origin = exchange.request.headers.get('origin');
    const refusal = refuseOrigin(admitted.value.grant, origin);
    if (refusal !== null) return no(refusal);
    exchange.trace.allowedOrigin = origin;
    return handler(exchange, admitted.value);
  };
}

/** Ending a token costs nothing and asks for nothing but the token: a thief may have spent its rate. */
export const forEnding = (handler: TenantHandler): Handler => forHolder(0, handler);
