/** Guards of the tenant plane: what every route asks for first. */
import type { Principal } from '../../../authn/token.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { scopesOf } from '../../../contract/control-route.ts';
import type { Scope } from '../../../core/scopes.ts';
import { checkAccess } from '../../../policy/decide.ts';
import { admit, admitByObject, authenticate, type Admitted } from '../../admission.ts';
import type { Context } from '../../context.ts';
import { servedBehind } from '../serve.ts';

/** Spends one request of the rate, and takes a token for the project the tenant has now, with the scopes of the route. */
export const withToken = servedBehind<Admitted>((ctx, route) => authorize(ctx, scopesOf(route)));

/** The same for a handler that goes on for long, and asks anew now and then. */
export async function authorize(ctx: Context, scopes: readonly Scope[]): Promise<Result<Admitted>> {
  const principal = await authenticate(ctx);
  if (!principal.ok) return principal;
  const admitted = await admit(ctx, principal.value);
  if (!admitted.ok) return admitted;
  const { grant, caller } = admitted.value;
  const refusal = checkAccess(grant, caller, scopes);
  return refusal === null ? ok(admitted.value) : err(refusal);
}

/**
 * Revoking spends nothing of the rate, which a thief of the token may have used up. It has a bound of its own, which
 * does not hold for a token that ends itself: a thief who used up the bound could otherwise keep its owner from that.
 */
export const withTokenToRevoke = servedBehind<Admitted>(async (ctx) => {
  const principal = await authenticate(ctx);
  if (!principal.ok) return principal;
  const free = endsItself(ctx, principal.value) && !hasBody(ctx.request);
  return admitByObject(ctx, principal.value, free ? 0 : 'revocation');
});

/** A path without an id names the token that calls it. */
const endsItself = ({ parameters }: Context, { token }: Principal): boolean =>
  (parameters['id'] ?? token) === token;

const hasBody = ({ body, headers }: Request): boolean =>
  body !== null && headers.get('content-length') !== '0';
