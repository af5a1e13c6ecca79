import { failure } from '../../../core/failure.ts';
import type { TenantId } from '../../../core/ids.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { RegisteredTenant } from '../../../objects/tenant/tenant.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';

/** The tenant as it is registered now. */
export async function registered(ctx: Context, tenant: TenantId): Promise<Result<RegisteredTenant>> {
  const found = await callObject(ctx, () => ctx.services.tenant(tenant).get());
  if (!found.ok) return found;
  return found.value === null ? err(noSuchTenant()) : ok(found.value);
}

export const noSuchTenant = () =>
  failure('record_unknown', 'No tenant of that name is registered.', 'tenant');
