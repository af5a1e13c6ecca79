/** The admin plane, `/admin/v1`: what an operator does. One credential, and every route asks for it first. */
import { refuseNonAdmin } from '../authn/admin.ts';
import { failure } from '../core/failure.ts';
import { TenantId, TokenId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { no, ok, type Result } from '../core/result.ts';
import { TokenCursor } from '../objects/tenant-token-rows.ts';
import type { StoredTenant } from '../objects/tenant.ts';
import { refuseUnenforceable } from '../policy/enforceable.ts';
import { TenantRecord } from '../policy/grant.ts';
import { grantOf } from '../policy/narrow.ts';
import { fromObject } from './admission.ts';
import { getDeletion, listDeletions } from './deletions.ts';
import { jsonReply, type Exchange, type Reply } from './exchange.ts';
import { issueToken, TokenRequest } from './issue-token.ts';
import { pageReply, readPage } from './listing.ts';
import { readOwnBody, refuseInput, refuseParameters } from './own-input.ts';

type AdminHandler = (exchange: Exchange) => Promise<Result<Reply>>;
type TenantHandler = (exchange: Exchange, tenant: TenantId) => Promise<Result<Reply>>;

const NO_CONTENT: Reply = { status: 204, type: null, body: null };

/** Lets only the holder of the admin token through. */
const forAdmin =
  (handler: AdminHandler): AdminHandler =>
  async (exchange) => {
    const { request, gateway } = exchange;
    const refusal = await refuseNonAdmin(request.headers, gateway.config.adminToken);
    return refusal === null ? handler(exchange) : no(refusal);
  };

/** The same, for routes below one tenant. */
const forAdminOf = (handler: TenantHandler): AdminHandler =>
  forAdmin(async (exchange) => {
    const tenant = TenantId.safeParse(exchange.parameters['tenant']);
    if (!tenant.success) {
      return no(
        failure(
          'record_unknown',
          `A tenant's name ${tenant.error.issues[0]?.message ?? 'is odd'}.`,
          'tenant',
        ),
      );
    }
    exchange.trace.tenant = tenant.data;
    return handler(exchange, tenant.data);
  });

/** `PUT /admin/v1/tenants/:tenant`: 201 the first time, 200 after. */
export const putTenant = forAdminOf(async (exchange, tenant) => {
  const record = await readOwnBody(exchange, TenantRecord);
  if (!record.ok) return record;
  const unenforceable = refuseUnenforceable(grantOf(record.value));
  if (unenforceable !== null) return no(unenforceable);
  const { gateway } = exchange;
  const list = (updatedAt: string) => {
    const { name, project_id: projectId, suspended } = record.value;
    return fromObject(exchange, () =>
      gateway.directory().put({ tenant, name, project_id: projectId, suspended, updated_at: updatedAt }),
    );
  };
  // Listed before, so that no tenant is ever unlisted; and after, as whatever ran in between may have unlisted it.
  const before = await list(new Date(gateway.nowMs()).toISOString());
  if (!before.ok) return before;
  const put = await fromObject(exchange, () => gateway.tenant(tenant).put(tenant, record.value));
  if (!put.ok) return put;
  const after = await list(put.value.stored.updated_at);
  if (!after.ok) return after;
  return ok(jsonReply(put.value.created ? 201 : 200, tenantView(put.value.stored)));
});

/** `GET /admin/v1/tenants/:tenant` */
export const getTenant = forAdminOf(async (exchange, tenant) => {
  const query = refuseParameters(exchange);
  if (!query.ok) return query;
  const stored = await registered(exchange, tenant);
  return stored.ok ? ok(jsonReply(200, tenantView(stored.value))) : stored;
});

/** `DELETE /admin/v1/tenants/:tenant`: its tokens end for good; its deletion log stays. */
export const deleteTenant = forAdminOf(async (exchange, tenant) => {
  const input = await refuseInput(exchange);
  if (!input.ok) return input;
  const { gateway } = exchange;
  const removed = await fromObject(exchange, () => gateway.tenant(tenant).remove());
  if (!removed.ok) return removed;
  const unlisted = await fromObject(exchange, () => gateway.directory().remove(tenant));
  if (!unlisted.ok) return unlisted;
  return removed.value ? ok(NO_CONTENT) : no(noSuchTenant());
});

/** `GET /admin/v1/tenants`: by name. */
export const listTenants = forAdmin(async (exchange) => {
  const page = readPage(exchange, TenantId, ['json']);
  if (!page.ok) return page;
  const { limit, cursor } = page.value;
  const found = await fromObject(exchange, () => exchange.gateway.directory().list({ limit, after: cursor }));
  if (!found.ok) return found;
  return ok(pageReply(exchange, page.value, found.value.rows, found.value.next));
});

/** `POST /admin/v1/tenants/:tenant/tokens`: mints a token; it is shown this once. */
export const mintToken = forAdminOf(async (exchange, tenant) => {
  const request = await readOwnBody(exchange, TokenRequest);
  if (!request.ok) return request;
  const stored = await registered(exchange, tenant);
  if (!stored.ok) return stored;
  const parent = {
    tenant,
    projectId: stored.value.record.project_id,
    grant: grantOf(stored.value.record),
    ancestors: [],
    expiresAtSeconds: null,
    secondsDefault: LIMITS.mintedTokenSecondsDefault,
  };
  return issueToken(exchange, parent, request.value);
});

/** `GET /admin/v1/tenants/:tenant/tokens`: newest first, without the tokens themselves. */
export const listTokens = forAdminOf(async (exchange, tenant) => {
  const page = readPage(exchange, TokenCursor, ['json']);
  if (!page.ok) return page;
  const stored = await registered(exchange, tenant);
  if (!stored.ok) return stored;
  const { limit, cursor } = page.value;
  const found = await fromObject(exchange, () =>
    exchange.gateway.tenant(tenant).tokens({ limit, before: cursor }),
  );
  if (!found.ok) return found;
  return ok(pageReply(exchange, page.value, found.value.rows, found.value.next));
});

/** `DELETE /admin/v1/tenants/:tenant/tokens/:id`: effective on the next request, for its descendants too. */
export const revokeTokenOf = forAdminOf(async (exchange, tenant) => {
  const input = await refuseInput(exchange);
  if (!input.ok) return input;
  const id = TokenId.safeParse(exchange.parameters['id']);
  if (!id.success) return no(noSuchToken());
  const revoked = await fromObject(exchange, () =>
    exchange.gateway.tenant(tenant).revoke(id.data, { kind: 'operator' }),
  );
  if (!revoked.ok) return revoked;
  return revoked.value === 'revoked' ? ok(NO_CONTENT) : no(noSuchToken());
});

/** The deletion log of a tenant, also of one that is no longer registered. */
export const deletionsOf = forAdminOf(listDeletions);
export const deletionOf = forAdminOf(getDeletion);

async function registered(exchange: Exchange, tenant: TenantId): Promise<Result<StoredTenant>> {
  const found = await fromObject(exchange, () => exchange.gateway.tenant(tenant).get());
  if (!found.ok) return found;
  return found.value === null ? no(noSuchTenant()) : ok(found.value);
}

const noSuchTenant = () => failure('record_unknown', 'No tenant of that name is registered.', 'tenant');
const noSuchToken = () => failure('record_unknown', 'This tenant has no such token.', 'id');

const tenantView = ({ tenant, record, created_at, updated_at }: StoredTenant) => ({
  tenant,
  ...record,
  created_at,
  updated_at,
});
