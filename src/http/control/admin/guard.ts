/** Guards of the admin plane, `/admin/v1`: every route asks first who the operator is, and whether its role is enough. */
import { failure, failureUntil, type Failure } from '../../../core/failure.ts';
import { TenantId } from '../../../core/ids.ts';
import { includesRole, type Operator } from '../../../core/operators.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { ControlRoute } from '../../../contract/control-route.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { servedBehind } from '../serve.ts';
import { recorded } from './recorded.ts';

/** The tenant that the path names, and who asks. */
export interface TenantAccess {
  readonly tenant: TenantId;
  readonly operator: Operator;
}

/** Lets an operator through whose role is the one of the route, or includes it. Every change is written down. */
export const withAdmin = servedBehind<Operator>(authorizeOperator, (ctx, { method }, operator, act) =>
  method === 'GET' ? act() : recorded(ctx, operator, act),
);

/** The same, for routes below one tenant. */
export const withTenant = servedBehind<TenantAccess>(
  authorizeForTenant,
  (ctx, { method }, { operator }, act) => (method === 'GET' ? act() : recorded(ctx, operator, act)),
);

async function authorizeForTenant(ctx: Context, route: ControlRoute): Promise<Result<TenantAccess>> {
  const operator = await authorizeOperator(ctx, route);
  if (!operator.ok) return operator;
  const tenant = TenantId.safeParse(ctx.parameters['tenant']);
  if (!tenant.success) {
    const why = tenant.error.issues[0]?.message ?? 'does not fit';
    return err(failure('parameter_invalid', `A tenant's name ${why}.`, 'tenant'));
  }
  ctx.log.tenant = tenant.data;
  return ok({ tenant: tenant.data, operator: operator.value });
}

async function authorizeOperator(ctx: Context, route: ControlRoute): Promise<Result<Operator>> {
  const operator = await ctx.services.authenticateOperator(ctx.request.headers);
  if (!operator.ok) return err(await limitGuesses(ctx, operator.failure));
  const { name, role } = operator.value;
  ctx.log.operator = name;
  const needed = route.plane === 'admin' ? route.role : 'owner';
  return includesRole(role, needed)
    ? operator
    : err(failure('role_missing', `This needs the role ${needed}, and ${name} has the role ${role}.`));
}

/** Every wrong token waits for the one object that counts them; a right token never does. */
async function limitGuesses(ctx: Context, refusal: Failure): Promise<Failure> {
  if (refusal.code !== 'admin_token_invalid') return refusal;
  const counted = await callObject(ctx, () => ctx.services.adminAttempts().countWrongAdminToken());
  if (!counted.ok || counted.value === null) return refusal;
  return failureUntil(
    'admin_rate_limited',
    'This is no admin token of this gateway, and too many wrong ones were sent.',
    counted.value,
  );
}
