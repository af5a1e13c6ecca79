import { listUsage } from '../usage.ts';
import { withTenant } from './guard.ts';

/** `GET /admin/v1/tenants/:tenant/usage`: of all tokens, also of a tenant that was removed. */
export const listUsageOf = withTenant('admin_list_usage', async (ctx, tenant) =>
  listUsage(ctx, ctx.input.query, tenant, null),
);
