/** The admin plane, `/admin/v1`: what an operator does. One credential, and every route asks for it first. */
import { failure, failureUntil, type Failure } from '../../../core/failure.ts';
import { TenantId, TokenId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { TokenCursor } from '../../../objects/tenant/token-rows.ts';
import type { StoredTenant } from '../../../objects/tenant/tenant.ts';
import { grantOf } from '../../../policy/narrow.ts';
import { callObject } from '../../call-object.ts';
import { getDeletion, listDeletions } from '../deletions.ts';
import { jsonReply, type Context, type Reply } from '../../context.ts';
import { TenantDocument } from '../../../contract/tenant.ts';
import { TokenRequest } from '../../../contract/schemas.ts';
import { issueToken } from '../issue-token.ts';
import { pageReply, readPage } from '../listing.ts';
import { readControlBody, refuseInput, refuseParameters } from '../input.ts';

type AdminHandler = (ctx: Context) => Promise<Result<Reply>>;
type TenantHandler = (ctx: Context, tenant: TenantId) => Promise<Result<Reply>>;

const NO_CONTENT: Reply = { status: 204, type: null, body: null };

/** Lets only the holder of the admin token through. */
const withAdmin =
  (handler: AdminHandler): AdminHandler =>
  async (ctx) => {
    const { request, services } = ctx;
    const refusal = await services.checkAdmin(request.headers);
    return refusal === null ? handler(ctx) : err(await limitGuesses(ctx, refusal));
  };

/** Every wrong token waits for the one object that counts them; the right token never does. */
async function limitGuesses(ctx: Context, refusal: Failure): Promise<Failure> {
  if (refusal.code !== 'admin_token_invalid') return refusal;
  const counted = await callObject(ctx, () => ctx.services.adminAttempts().countWrongAdminToken());
  if (!counted.ok || counted.value === null) return refusal;
  return failureUntil(
    'admin_rate_limited',
    'This is not the admin token of this gateway, and too many wrong ones were sent lately.',
    counted.value,
  );
}

/** The same, for routes below one tenant. */
const withTenant = (handler: TenantHandler): AdminHandler =>
  withAdmin(async (ctx) => {
    const tenant = TenantId.safeParse(ctx.parameters['tenant']);
    if (!tenant.success) {
      return err(
        failure(
          'record_unknown',
          `A tenant's name ${tenant.error.issues[0]?.message ?? 'is odd'}.`,
          'tenant',
        ),
      );
    }
    ctx.log.tenant = tenant.data;
    return handler(ctx, tenant.data);
  });

/** `PUT /admin/v1/tenants/:tenant`: 201 the first time, 200 after. */
export const putTenant = withTenant(async (ctx, tenant) => {
  const document = await readControlBody(ctx, TenantDocument);
  if (!document.ok) return document;
  const { services } = ctx;
  const { name, project_id: projectId, suspended } = document.value;
  const updatedAt = new Date(services.nowMs()).toISOString();
  const announced = await callObject(ctx, () =>
    services.directory().announce({ tenant, name, project_id: projectId, suspended, updated_at: updatedAt }),
  );
  if (!announced.ok) return announced;
  const answered = await callObject(ctx, () => services.tenant(tenant).put(tenant, document.value));
  if (!answered.ok) return answered;
  const put = answered.value;
  if (!put.ok) {
    const retracted = await callObject(ctx, () => services.directory().retract(tenant));
    return retracted.ok ? put : retracted;
  }
  const listed = await list(ctx, put.value.stored);
  if (!listed.ok) return listed;
  return ok(jsonReply(put.value.created ? 201 : 200, tenantView(put.value.stored)));
});

/** `GET /admin/v1/tenants/:tenant` */
export const getTenant = withTenant(async (ctx, tenant) => {
  const query = refuseParameters(ctx);
  if (!query.ok) return query;
  const stored = await registered(ctx, tenant);
  return stored.ok ? ok(jsonReply(200, tenantView(stored.value))) : stored;
});

/** `DELETE /admin/v1/tenants/:tenant`: its tokens end for good; its deletion log stays. */
export const deleteTenant = withTenant(async (ctx, tenant) => {
  const input = await refuseInput(ctx);
  if (!input.ok) return input;
  const { services } = ctx;
  const answered = await callObject(ctx, () => services.tenant(tenant).remove());
  if (!answered.ok) return answered;
  const removed = answered.value;
  if (!removed.ok) return removed;
  const { revision, removed_at: removedAt } = removed.value;
  const unlisted = await callObject(ctx, () => services.directory().remove(tenant, revision, removedAt));
  if (!unlisted.ok) return unlisted;
  return removed.value.removed ? ok(NO_CONTENT) : err(noSuchTenant());
});

/** `GET /admin/v1/tenants`: by name. */
export const listTenants = withAdmin(async (ctx) => {
  const page = readPage(ctx, TenantId, ['json']);
  if (!page.ok) return page;
  const { limit, cursor } = page.value;
  const found = await callObject(ctx, () =>
    ctx.services.directory().list({ limit, after: cursor, include: 'registered' }),
  );
  if (!found.ok) return found;
  return ok(pageReply(ctx, page.value, found.value.rows, found.value.next));
});

/** `POST /admin/v1/tenants/:tenant/tokens`: mints a token; it is shown this once. */
export const mintToken = withTenant(async (ctx, tenant) => {
  const request = await readControlBody(ctx, TokenRequest);
  if (!request.ok) return request;
  const stored = await registered(ctx, tenant);
  if (!stored.ok) return stored;
  const parent = {
    tenant,
    registration: stored.value.registration,
    projectId: stored.value.record.project_id,
    grant: grantOf(stored.value.record),
    ancestors: [],
    expiresAtSeconds: null,
    secondsDefault: LIMITS.mintedTokenSecondsDefault,
  };
  return issueToken(ctx, parent, request.value);
});

/** `GET /admin/v1/tenants/:tenant/tokens`: newest first, without the tokens themselves. */
export const listTokens = withTenant(async (ctx, tenant) => {
  const page = readPage(ctx, TokenCursor, ['json']);
  if (!page.ok) return page;
  const stored = await registered(ctx, tenant);
  if (!stored.ok) return stored;
  const { limit, cursor } = page.value;
  const found = await callObject(ctx, () => ctx.services.tenant(tenant).tokens({ limit, before: cursor }));
  if (!found.ok) return found;
  return ok(pageReply(ctx, page.value, found.value.rows, found.value.next));
});

/** `DELETE /admin/v1/tenants/:tenant/tokens/:id`: effective on the next request, for its descendants too. */
export const revokeTokenOf = withTenant(async (ctx, tenant) => {
  const input = await refuseInput(ctx);
  if (!input.ok) return input;
  const id = TokenId.safeParse(ctx.parameters['id']);
  if (!id.success) return err(noSuchToken());
  const revoked = await callObject(ctx, () =>
    ctx.services.tenant(tenant).revoke(id.data, { kind: 'operator' }),
  );
  if (!revoked.ok) return revoked;
  return revoked.value === 'revoked' ? ok(NO_CONTENT) : err(noSuchToken());
});

/** The deletion log of a tenant, also of one that is no longer registered. */
export const deletionsOf = withTenant((ctx, tenant) => listDeletions(ctx, tenant, { kind: 'operator' }));
export const deletionOf = withTenant((ctx, tenant) => getDeletion(ctx, tenant, { kind: 'operator' }));

const list = (
  ctx: Context,
  { tenant, record, updated_at, revision }: StoredTenant,
): Promise<Result<void>> => {
  const { name, project_id, suspended } = record;
  return callObject(ctx, () =>
    ctx.services.directory().put({ tenant, name, project_id, suspended, updated_at }, revision),
  );
};

async function registered(ctx: Context, tenant: TenantId): Promise<Result<StoredTenant>> {
  const found = await callObject(ctx, () => ctx.services.tenant(tenant).get());
  if (!found.ok) return found;
  return found.value === null ? err(noSuchTenant()) : ok(found.value);
}

const noSuchTenant = () => failure('record_unknown', 'No tenant of that name is registered.', 'tenant');
const noSuchToken = () => failure('record_unknown', 'This tenant has no such token.', 'id');

const tenantView = ({ tenant, registration, record, created_at, updated_at }: StoredTenant) => ({
  tenant,
  registration,
  ...record,
  created_at,
  updated_at,
});
