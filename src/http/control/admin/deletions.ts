/** The deletion log of a tenant, also of one that is no longer registered. */
import { getDeletion, listDeletions } from '../deletions.ts';
import { withTenant } from './guard.ts';

/** `GET /admin/v1/tenants/:tenant/deletions` */
export const listDeletionsOf = withTenant('admin_list_deletions', async (ctx, tenant) =>
  listDeletions(ctx, ctx.input.query, tenant, { kind: 'operator' }),
);

/** `GET /admin/v1/tenants/:tenant/deletions/:id` */
export const getDeletionOf = withTenant('admin_get_deletion', async (ctx, tenant) =>
  getDeletion(ctx, tenant, { kind: 'operator' }),
);
