/** What every route of the tenant plane asks for first. */
import { no, type Result } from '../core/result.ts';
import type { Scope } from '../core/scopes.ts';
import { refuseOrigin, refuseScopes } from '../policy/decide.ts';
import { admit, authenticate, type Admitted } from './admission.ts';
import type { Exchange, Reply } from './exchange.ts';

type TenantHandler = (exchange: Exchange, admitted: Admitted) => Promise<Result<Reply>>;

/** Every route of the plane spends one request of the rate. */
const COST = 1;

/** Authenticates and admits, as on the mirror, and holds the request to the grant's origins and the route's scopes. */
export const forTenant =
  (scopes: readonly Scope[], handler: TenantHandler) =>
  async (exchange: Exchange): Promise<Result<Reply>> => {
    const principal = await authenticate(exchange);
    if (!principal.ok) return principal;
    const admitted = await admit(exchange, principal.value, COST);
    if (!admitted.ok) return admitted;
    const origin = exchange.request.headers.get('origin');
    const refusal = refuseOrigin(admitted.value.grant, origin) ?? refuseScopes(admitted.value.grant, scopes);
    if (refusal !== null) return no(refusal);
    exchange.trace.allowedOrigin = origin;
    return handler(exchange, admitted.value);
  };
