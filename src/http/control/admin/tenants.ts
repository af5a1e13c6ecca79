/** Tenants on the admin plane: reading, registering, changing, suspending and removing them. */
import * as z from 'zod';
import { flag } from '../../../catalogue/fields/values.ts';
import { TenantDocument, TenantPatch } from '../../../contract/tenant.ts';
import { failure } from '../../../core/failure.ts';
import { TenantId } from '../../../core/ids.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { etagOf } from '../../../objects/tenant/etag.ts';
import type { StoredTenant } from '../../../objects/tenant/tenant.ts';
import { callObject } from '../../call-object.ts';
import { jsonReply, NO_CONTENT, type Context, type Handler, type Reply } from '../../context.ts';
import { readIfMatch } from '../../input/if-match.ts';
import { readControlBody, refuseInput, refuseParameters } from '../input.ts';
import { pageReply, readPage } from '../listing.ts';
import { withAdmin, withTenant } from './guard.ts';

/** `GET /admin/v1/tenants/:tenant` */
export const getTenant = withTenant(async (ctx, tenant) => {
  const query = refuseParameters(ctx);
  if (!query.ok) return query;
  const stored = await readTenant(ctx, tenant);
  return stored.ok ? ok(tenantReply(200, stored.value)) : stored;
});

/** `PUT /admin/v1/tenants/:tenant`: 201 the first time, 200 after. */
export const putTenant = withTenant(async (ctx, tenant) => {
  const document = await readControlBody(ctx, TenantDocument);
  if (!document.ok) return document;
  const ifMatch = readIfMatch(ctx.request.headers);
  if (!ifMatch.ok) return ifMatch;
  const { services } = ctx;
  const { name, project_id, suspended } = document.value;
  const updated_at = new Date(services.nowMs()).toISOString();
  // Listed first, so that no tenant is registered and not listed, wherever this request ends.
  const announced = await callObject(ctx, () =>
    services.directory().announce({ tenant, name, project_id, suspended, updated_at }),
  );
  if (!announced.ok) return announced;
  const answered = await callObject(ctx, () =>
    services.tenant(tenant).put(tenant, document.value, ifMatch.value),
  );
  if (!answered.ok) return answered;
  const put = answered.value;
  if (!put.ok) {
    const retracted = await callObject(ctx, () => services.directory().retract(tenant));
    return retracted.ok ? put : retracted;
  }
  const listed = await list(ctx, put.value.stored);
  return listed.ok ? ok(tenantReply(put.value.created ? 201 : 200, put.value.stored)) : listed;
});

/** `PATCH /admin/v1/tenants/:tenant`: a merge patch. */
export const patchTenant = withTenant(async (ctx, tenant) => {
  const patch = await readControlBody(ctx, TenantPatch);
  if (!patch.ok) return patch;
  if (!isJsonObject(patch.value)) throw new TypeError('a body that was parsed is a JSON object');
  return change(ctx, tenant, patch.value);
});

/** `POST /admin/v1/tenants/:tenant/suspend` and `…/resume`. */
const setSuspended = (suspended: boolean): Handler =>
  withTenant(async (ctx, tenant) => {
    const input = await refuseInput(ctx);
    return input.ok ? change(ctx, tenant, { suspended }) : input;
  });
export const suspendTenant = setSuspended(true);
export const resumeTenant = setSuspended(false);

async function change(ctx: Context, tenant: TenantId, patch: JsonObject): Promise<Result<Reply>> {
  const ifMatch = readIfMatch(ctx.request.headers);
  if (!ifMatch.ok) return ifMatch;
  const answered = await callObject(ctx, () => ctx.services.tenant(tenant).patch(patch, ifMatch.value));
  if (!answered.ok) return answered;
  const changed = answered.value;
  if (!changed.ok) return changed;
  const listed = await list(ctx, changed.value);
  return listed.ok ? ok(tenantReply(200, changed.value)) : listed;
}

/** `DELETE /admin/v1/tenants/:tenant`: its tokens end for good; its deletion log stays. */
export const deleteTenant = withTenant(async (ctx, tenant) => {
  const input = await refuseInput(ctx);
  if (!input.ok) return input;
  const ifMatch = readIfMatch(ctx.request.headers);
  if (!ifMatch.ok) return ifMatch;
  const { services } = ctx;
  const answered = await callObject(ctx, () => services.tenant(tenant).remove(ifMatch.value));
  if (!answered.ok) return answered;
  const removal = answered.value;
  if (!removal.ok) return removal;
  const { removed, revision, removed_at: removedAt } = removal.value;
  const unlisted = await callObject(ctx, () => services.directory().remove(tenant, revision, removedAt));
  if (!unlisted.ok) return unlisted;
  return removed ? ok(NO_CONTENT) : err(noSuchTenant());
});

const ListFields = z.strictObject({ removed: flag().optional() });

/** `GET /admin/v1/tenants`: by name. */
export const listTenants = withAdmin(async (ctx) => {
  const page = readPage(ctx, TenantId, ['json'], ListFields);
  if (!page.ok) return page;
  const { limit, cursor } = page.value;
  const include = new URL(ctx.request.url).searchParams.get('removed') === 'true' ? 'removed' : 'registered';
  const found = await callObject(ctx, () => ctx.services.directory().list({ limit, after: cursor, include }));
  if (!found.ok) return found;
  return ok(pageReply(ctx, page.value, found.value.rows, found.value.next));
});

/** Brings the tenant's row in the list up to date. */
const list = (
  ctx: Context,
  { tenant, record, updated_at, revision }: StoredTenant,
): Promise<Result<void>> => {
  const { name, project_id, suspended } = record;
  return callObject(ctx, () =>
    ctx.services.directory().put({ tenant, name, project_id, suspended, updated_at }, revision),
  );
};

export async function readTenant(ctx: Context, tenant: TenantId): Promise<Result<StoredTenant>> {
  const found = await callObject(ctx, () => ctx.services.tenant(tenant).get());
  if (!found.ok) return found;
  return found.value === null ? err(noSuchTenant()) : ok(found.value);
}

const noSuchTenant = () => failure('record_unknown', 'No tenant of that name is registered.', 'tenant');

const tenantReply = (status: number, stored: StoredTenant): Reply => {
  const { tenant, registration, record, created_at, updated_at } = stored;
  return jsonReply(
    status,
    { tenant, registration, ...record, created_at, updated_at },
    { ETag: etagOf(stored) },
  );
};
