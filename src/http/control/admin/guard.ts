/** Guards of the admin plane, `/admin/v1`: one credential, and every route asks for it first. */
import { failure, failureUntil, type Failure } from '../../../core/failure.ts';
import { TenantId } from '../../../core/ids.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { servedBehind } from '../serve.ts';

/** Lets only the holder of the admin token through. */
export const withAdmin = servedBehind<null>((ctx) => authenticateAdmin(ctx));

/** The same, for routes below one tenant. */
export const withTenant = servedBehind<TenantId>(async (ctx) => {
  const admin = await authenticateAdmin(ctx);
  if (!admin.ok) return admin;
  const tenant = TenantId.safeParse(ctx.parameters['tenant']);
  if (!tenant.success) {
    const why = tenant.error.issues[0]?.message ?? 'does not fit';
    return err(failure('parameter_invalid', `A tenant's name ${why}.`, 'tenant'));
  }
  ctx.log.tenant = tenant.data;
  return ok(tenant.data);
});

async function authenticateAdmin(ctx: Context): Promise<Result<null>> {
  const refusal = await ctx.services.checkAdmin(ctx.request.headers);
  return refusal === null ? ok(null) : err(await limitGuesses(ctx, refusal));
}

/** Every wrong token waits for the one object that counts them; the right token never does. */
async function limitGuesses(ctx: Context, refusal: Failure): Promise<Failure> {
  if (refusal.code !== 'admin_token_invalid') return refusal;
  const counted = await callObject(ctx, () => ctx.services.adminAttempts().countWrongAdminToken());
  if (!counted.ok || counted.value === null) return refusal;
  return failureUntil(
    'admin_rate_limited',
    'This is not the admin token of this gateway, and too many wrong ones were sent.',
    counted.value,
  );
}
