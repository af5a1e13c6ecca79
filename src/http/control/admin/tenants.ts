/** Tenants, as the operator registers, reads, lists and removes them. */
import { err, type Result } from '../../../core/result.ts';
import type { StoredTenant } from '../../../objects/tenant/tenant.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { limitOf, pageAnswer } from '../listing.ts';
import { answer } from '../serve.ts';
import { withAdmin, withTenant } from './guard.ts';
import { noSuchTenant, registered } from './registered.ts';

/** `PUT /admin/v1/tenants/:tenant`: 201 the first time, 200 after. */
export const putTenant = withTenant('admin_put_tenant', async (ctx, tenant) => {
  const { services, input } = ctx;
  const { name, project_id: projectId, suspended } = input.body;
  const updatedAt = new Date(services.nowMs()).toISOString();
  const announced = await callObject(ctx, () =>
    services.directory().announce({ tenant, name, project_id: projectId, suspended, updated_at: updatedAt }),
  );
  if (!announced.ok) return announced;
  const answered = await callObject(ctx, () => services.tenant(tenant).put(tenant, input.body));
  if (!answered.ok) return answered;
  const put = answered.value;
  if (!put.ok) {
    const retracted = await callObject(ctx, () => services.directory().retract(tenant));
    return retracted.ok ? put : retracted;
  }
  const listed = await list(ctx, put.value.stored);
  if (!listed.ok) return listed;
  return answer(tenantReply(put.value.stored), { status: put.value.created ? 201 : 200 });
});

/** `GET /admin/v1/tenants/:tenant` */
export const getTenant = withTenant('admin_get_tenant', async (ctx, tenant) => {
  const stored = await registered(ctx, tenant);
  return stored.ok ? answer(tenantReply(stored.value)) : stored;
});

/** `DELETE /admin/v1/tenants/:tenant`: its tokens end for good; its deletion log stays. */
export const deleteTenant = withTenant('admin_delete_tenant', async (ctx, tenant) => {
  const { services } = ctx;
  const answered = await callObject(ctx, () => services.tenant(tenant).remove());
  if (!answered.ok) return answered;
  const removed = answered.value;
  if (!removed.ok) return removed;
  const { revision, removed_at: removedAt } = removed.value;
  const unlisted = await callObject(ctx, () => services.directory().remove(tenant, revision, removedAt));
  if (!unlisted.ok) return unlisted;
  return removed.value.removed ? answer(null) : err(noSuchTenant());
});

/** `GET /admin/v1/tenants`: by name. */
export const listTenants = withAdmin('admin_list_tenants', async (ctx) => {
  const { query } = ctx.input;
  const page = { limit: limitOf(query), after: query.cursor ?? null, include: 'registered' } as const;
  const found = await callObject(ctx, () => ctx.services.directory().list(page));
  return found.ok ? pageAnswer(ctx, query, found.value.rows, found.value.next) : found;
});

const list = (
  ctx: Context,
  { tenant, record, updated_at, revision }: StoredTenant,
): Promise<Result<void>> => {
  const { name, project_id, suspended } = record;
  return callObject(ctx, () =>
    ctx.services.directory().put({ tenant, name, project_id, suspended, updated_at }, revision),
  );
};

const tenantReply = ({ tenant, registration, record, created_at, updated_at }: StoredTenant) => ({
  tenant,
  registration,
  ...record,
  created_at,
  updated_at,
});
