/** Tenants, as the operator registers, reads, lists, changes and removes them. */
import type { TenantId } from '../../../core/ids.ts';
import { isJsonObject, parseJson, type JsonObject } from '../../../core/json.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { etagOf } from '../../../objects/tenant/etag.ts';
import type { ChangedTenant, StoredTenant } from '../../../objects/tenant/tenant.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { readIfMatch, readPrecondition } from '../../input/if-match.ts';
import { limitOf, pageAnswer } from '../listing.ts';
import { answer, type Answer } from '../serve.ts';
import { withAdmin, withTenant } from './guard.ts';
import { noSuchTenant, registered } from './registered.ts';

/** `PUT /admin/v1/tenants/:tenant`: 201 the first time, 200 after. */
export const putTenant = withTenant('admin_put_tenant', async (ctx, { tenant }) => {
  const { services, input } = ctx;
  const { name, project_id, suspended } = input.body;
  const ifMatch = readPrecondition(ctx.request.headers);
  if (!ifMatch.ok) return ifMatch;
  const updated_at = new Date(services.nowMs()).toISOString();
  // Listed first, so that no tenant is registered and not listed, wherever this request ends.
  const announced = await callObject(ctx, () =>
    services.directory().announce({ tenant, name, project_id, suspended, updated_at }),
  );
  if (!announced.ok) return announced;
  const answered = await callObject(ctx, () =>
    services.tenant(tenant).put(tenant, input.body, ifMatch.value),
  );
  if (!answered.ok) return answered;
  const put = answered.value;
  if (!put.ok) {
    const retracted = await callObject(ctx, () => services.directory().retract(tenant));
    return retracted.ok ? put : retracted;
  }
  const listed = await list(ctx, put.value.stored);
  if (!listed.ok) return listed;
  const { before, stored } = put.value;
  const created = before === null;
  const told =
    created && stored.record.deletes.keep_ids_days === undefined ? ok(null) : await tellLog(ctx, stored);
  return told.ok ? changedAnswer(put.value, created ? 201 : 200) : told;
});

/** `PATCH /admin/v1/tenants/:tenant`: a merge patch. */
export const patchTenant = withTenant('admin_patch_tenant', async (ctx, { tenant }) => {
  const { body } = ctx.input;
  if (!isJsonObject(body)) throw new TypeError('a body that was parsed is a JSON object');
  return change(ctx, tenant, body);
});

/** `POST /admin/v1/tenants/:tenant/suspend` */
export const suspendTenant = withTenant('admin_suspend_tenant', async (ctx, { tenant }) =>
  change(ctx, tenant, { suspended: true }),
);

/** `POST /admin/v1/tenants/:tenant/resume` */
export const resumeTenant = withTenant('admin_resume_tenant', async (ctx, { tenant }) =>
  change(ctx, tenant, { suspended: false }),
);

async function change(ctx: Context, tenant: TenantId, patch: JsonObject) {
  const ifMatch = readIfMatch(ctx.request.headers);
  if (!ifMatch.ok) return ifMatch;
  const answered = await callObject(ctx, () => ctx.services.tenant(tenant).patch(patch, ifMatch.value));
  if (!answered.ok) return answered;
  const changed = answered.value;
  if (!changed.ok) return changed;
  const listed = await list(ctx, changed.value.stored);
  if (!listed.ok) return listed;
  const told = 'deletes' in patch ? await tellLog(ctx, changed.value.stored) : ok(null);
  return told.ok ? changedAnswer(changed.value) : told;
}

/** Tells the log for how long ids are kept, as it may not hear of another deletion of the tenant. */
const tellLog = (ctx: Context, { tenant, record }: StoredTenant): Promise<Result<void>> =>
  callObject(ctx, () => ctx.services.deletionLog(tenant).keepIds(record.deletes.keep_ids_days ?? null));

/** `GET /admin/v1/tenants/:tenant` */
export const getTenant = withTenant('admin_get_tenant', async (ctx, { tenant }) => {
  const stored = await registered(ctx, tenant);
  return stored.ok ? tenantAnswer(stored.value) : stored;
});

/** `DELETE /admin/v1/tenants/:tenant`: its tokens end for good; its deletion log stays. */
export const deleteTenant = withTenant('admin_delete_tenant', async (ctx, { tenant }) => {
  const { services } = ctx;
  const ifMatch = readIfMatch(ctx.request.headers);
  if (!ifMatch.ok) return ifMatch;
  const answered = await callObject(ctx, () => services.tenant(tenant).remove(ifMatch.value));
  if (!answered.ok) return answered;
  const removed = answered.value;
  if (!removed.ok) return removed;
  const { before, revision, removed_at: removedAt } = removed.value;
  const unlisted = await callObject(ctx, () => services.directory().remove(tenant, revision, removedAt));
  if (!unlisted.ok) return unlisted;
  return removed.value.removed ? answer(null, { change: { before: recordIn(before) } }) : err(noSuchTenant());
});

/** A stored record as the audit log shows it: read as JSON, since it may be one that this code does not understand. */
function recordIn(text: string | null): JsonObject | null {
  const record = text === null ? undefined : parseJson(text);
  return isJsonObject(record) ? record : null;
}

/** `GET /admin/v1/tenants`: by name. */
export const listTenants = withAdmin('admin_list_tenants', async (ctx) => {
  const { query } = ctx.input;
  const include = query.removed === true ? 'removed' : 'registered';
  const page = { limit: limitOf(query), after: query.cursor ?? null, include } as const;
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

const changedAnswer = ({ before, stored }: ChangedTenant, status = 200) =>
  tenantAnswer(stored, { status, change: { before, after: stored.record } });

const tenantAnswer = (stored: StoredTenant, more: Pick<Answer<unknown>, 'status' | 'change'> = {}) => {
  const { tenant, registration, record, created_at, updated_at } = stored;
  return answer(
    { tenant, registration, ...record, created_at, updated_at },
    { ...more, headers: { ETag: etagOf(stored) } },
  );
};
