/** Guards of the admin plane: what every route asks for first. */
import { failure, failureUntil, type Failure } from '../../../core/failure.ts';
import { TenantId } from '../../../core/ids.ts';
import { err, type Result } from '../../../core/result.ts';
import { callObject } from '../../call-object.ts';
import type { Context, Handler, Reply } from '../../context.ts';

type TenantHandler = (ctx: Context, tenant: TenantId) => Promise<Result<Reply>>;

/** Lets only the holder of the admin token through. */
export const withAdmin =
  (handler: Handler): Handler =>
  async (ctx) => {
    const refusal = await ctx.services.checkAdmin(ctx.request.headers);
    return refusal === null ? handler(ctx) : err(await countedRefusal(ctx, refusal));
  };

/** Every wrong token waits for the one object that counts them. The right token never does. */
async function countedRefusal(ctx: Context, refusal: Failure): Promise<Failure> {
  if (refusal.code !== 'admin_token_invalid') return refusal;
  const counted = await callObject(ctx, () => ctx.services.adminAttempts().countWrongAdminToken());
  if (!counted.ok || counted.value === null) return refusal;
  return failureUntil(
    'admin_rate_limited',
    'This is not the admin token of this gateway, and too many wrong ones were sent.',
    counted.value,
  );
}

/** The same, for routes below one tenant. */
export const withTenant = (handler: TenantHandler): Handler =>
  withAdmin(async (ctx) => {
    const tenant = TenantId.safeParse(ctx.parameters['tenant']);
    if (!tenant.success) {
      const why = tenant.error.issues[0]?.message ?? 'does not fit';
      return err(failure('parameter_invalid', `A tenant's name ${why}.`, 'tenant'));
    }
    ctx.log.tenant = tenant.data;
    return handler(ctx, tenant.data);
  });
