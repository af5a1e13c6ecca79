/** Web origins that a tenant added itself, as operators see them. */
import { err } from '../../../core/result.ts';
import { callObject } from '../../call-object.ts';
import { limitOf, pageAnswer } from '../listing.ts';
import { answer } from '../serve.ts';
import { withTenant } from './guard.ts';
import { noSuchTenant, registered } from './registered.ts';

/** `GET /admin/v1/tenants/:tenant/origins` */
export const getOriginsOf = withTenant('admin_get_origins', async (ctx, { tenant }) => {
  const found = await callObject(ctx, () => ctx.services.tenant(tenant).origins());
  if (!found.ok) return found;
  return found.value === null ? err(noSuchTenant()) : answer(found.value.origins);
});

/** `GET /admin/v1/tenants/:tenant/origins/changes`: newest first. */
export const listOriginChanges = withTenant('admin_list_origin_changes', async (ctx, { tenant }) => {
  const stored = await registered(ctx, tenant);
  if (!stored.ok) return stored;
  const { query } = ctx.input;
  const page = { limit: limitOf(query), before: query.cursor ?? null };
  const found = await callObject(ctx, () => ctx.services.tenant(tenant).originChanges(page));
  return found.ok ? pageAnswer(ctx, query, found.value.rows, found.value.next) : found;
});
