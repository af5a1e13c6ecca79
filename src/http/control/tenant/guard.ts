/** What every route of the tenant plane asks for first. */
import { err, type Result } from '../../../core/result.ts';
import type { Scope } from '../../../core/scopes.ts';
import { checkOrigin, checkProject, checkScopes } from '../../../policy/decide.ts';
import { admit, authenticate, type Admitted } from '../../admission.ts';
import type { Context, Handler, Reply } from '../../context.ts';

type TenantHandler = (ctx: Context, admitted: Admitted) => Promise<Result<Reply>>;

/** Spends one request of the rate, and takes a token for the project the tenant has now, with the scopes of the route. */
export const withToken = (scopes: readonly Scope[], handler: TenantHandler): Handler =>
  forHolder(1, async (ctx, admitted) => {
    const { grant, principal } = admitted;
    const refusal = checkProject(grant, principal.projectId) ?? checkScopes(grant, scopes);
    return refusal === null ? handler(ctx, admitted) : err(refusal);
  });

/** Authenticates and admits, as on the mirror, and holds the request to the grant's origins. */
function forHolder(cost: number, handler: TenantHandler): Handler {
  return async (ctx) => {
    const principal = await authenticate(ctx);
    if (!principal.ok) return principal;
    const admitted = await admit(ctx, principal.value, cost);
    if (!admitted.ok) return admitted;
    const origin = ctx.request.headers.get('origin');
    const refusal = checkOrigin(admitted.value.grant, origin);
    if (refusal !== null) return err(refusal);
    ctx.response.allowedOrigin = origin;
    return handler(ctx, admitted.value);
  };
}

/** Ending a token costs nothing and asks for nothing but the token: a thief may have spent its rate. */
export const withTokenUnmetered = (handler: TenantHandler): Handler => forHolder(0, handler);
