/** The gateway's own routes, by name: where they are, who may call them, what they take and the status they answer. */
import type * as z from 'zod/mini';
import { ALARM_ROUTES } from './alarms/routes.ts';
import { CheckQuery } from './upstream/check.ts';
import { NO_INPUT, TENANTS_PATH, type ControlRoute } from './control-route.ts';
import { DELETION_ROUTES } from './deletions/routes.ts';
import { ExplainQuery, ExplainRequest } from './explain.ts';
import { IDENTITY_ROUTES } from './identity/routes.ts';
import { pageQuery } from './listing.ts';
import { AuditQuery, CHANGE_COLUMNS } from './operators/audit.ts';
import { lazily } from '../core/lazily.ts';
import { TenantDocument, TenantPatch, TenantQuery } from './tenant.ts';
import { ReplaceRequest, TokenCursor, TokenRequest } from './token.ts';
import { ORIGIN_ROUTES } from './origins/routes.ts';
import { USAGE_ROUTES } from './usage/routes.ts';

export const CONTROL_ROUTES = {
  landing: { ...NO_INPUT, method: 'GET', path: '/', plane: 'open', status: 200 },
  health: { ...NO_INPUT, method: 'GET', path: '/healthz', plane: 'open', status: 200 },
  openapi: { ...NO_INPUT, method: 'GET', path: '/openapi.json', plane: 'open', status: 200 },

  whoami: { ...NO_INPUT, method: 'GET', path: '/v1/whoami', plane: 'tenant', status: 200 },
  explain: {
    ...NO_INPUT,
    method: 'POST',
    path: '/v1/explain',
    plane: 'tenant',
    body: ExplainRequest,
    status: 200,
  },
  derive_token: {
    ...NO_INPUT,
    method: 'POST',
    path: '/v1/tokens',
    plane: 'tenant',
    body: TokenRequest,
    status: 201,
  },
  replace_token: {
    ...NO_INPUT,
    method: 'POST',
    path: '/v1/tokens/replace',
    plane: 'tenant',
    body: ReplaceRequest,
    status: 201,
  },
  self_revoke: { ...NO_INPUT, method: 'POST', path: '/v1/tokens/self-revoke', plane: 'tenant', status: 204 },
  revoke_token: { ...NO_INPUT, method: 'DELETE', path: '/v1/tokens/:id', plane: 'tenant', status: 204 },

  admin_list_tenants: {
    ...NO_INPUT,
    method: 'GET',
    path: TENANTS_PATH,
    plane: 'admin',
    role: 'viewer',
    query: TenantQuery,
    status: 200,
  },
  admin_put_tenant: {
    ...NO_INPUT,
    method: 'PUT',
    path: `${TENANTS_PATH}/:tenant`,
    plane: 'admin',
    role: 'owner',
    body: TenantDocument,
    status: 200,
    otherStatuses: [201],
    etag: true,
    ifMatch: true,
    ifNoneMatch: true,
  },
  admin_get_tenant: {
    ...NO_INPUT,
    method: 'GET',
    path: `${TENANTS_PATH}/:tenant`,
    plane: 'admin',
    role: 'viewer',
    status: 200,
    etag: true,
  },
  admin_patch_tenant: {
    ...NO_INPUT,
    method: 'PATCH',
    path: `${TENANTS_PATH}/:tenant`,
    plane: 'admin',
    role: 'owner',
    body: TenantPatch,
    status: 200,
    etag: true,
    ifMatch: true,
  },
  admin_suspend_tenant: {
    ...NO_INPUT,
    method: 'POST',
    path: `${TENANTS_PATH}/:tenant/suspend`,
    plane: 'admin',
    role: 'operator',
    status: 200,
    etag: true,
    ifMatch: true,
  },
  admin_resume_tenant: {
    ...NO_INPUT,
    method: 'POST',
    path: `${TENANTS_PATH}/:tenant/resume`,
    plane: 'admin',
    role: 'operator',
    status: 200,
    etag: true,
    ifMatch: true,
  },
  admin_delete_tenant: {
    ...NO_INPUT,
    method: 'DELETE',
    path: `${TENANTS_PATH}/:tenant`,
    plane: 'admin',
    role: 'owner',
    status: 204,
    ifMatch: true,
  },
  admin_get_operator: {
    ...NO_INPUT,
    method: 'GET',
    path: '/admin/v1/operator',
    plane: 'admin',
    role: 'viewer',
    status: 200,
  },
  admin_check: {
    ...NO_INPUT,
    method: 'GET',
    path: '/admin/v1/check',
    plane: 'admin',
    role: 'viewer',
    query: CheckQuery,
    status: 200,
  },
  admin_get_upstream: {
    ...NO_INPUT,
    method: 'GET',
    path: '/admin/v1/upstream',
    plane: 'admin',
    role: 'viewer',
    query: CheckQuery,
    status: 200,
  },
  admin_mint_token: {
    ...NO_INPUT,
    method: 'POST',
    path: `${TENANTS_PATH}/:tenant/tokens`,
    plane: 'admin',
    role: 'operator',
    body: TokenRequest,
    status: 201,
  },
  admin_list_tokens: {
    ...NO_INPUT,
    method: 'GET',
    path: `${TENANTS_PATH}/:tenant/tokens`,
    plane: 'admin',
    role: 'viewer',
    query: lazily(() => pageQuery(TokenCursor())),
    status: 200,
  },
  admin_revoke_token: {
    ...NO_INPUT,
    method: 'DELETE',
    path: `${TENANTS_PATH}/:tenant/tokens/:id`,
    plane: 'admin',
    role: 'operator',
    status: 204,
  },
  admin_explain: {
    ...NO_INPUT,
    method: 'GET',
    path: `${TENANTS_PATH}/:tenant/explain`,
    plane: 'admin',
    role: 'viewer',
    query: ExplainQuery,
    status: 200,
  },
  admin_replace_token: {
    ...NO_INPUT,
    method: 'POST',
    path: `${TENANTS_PATH}/:tenant/tokens/:id/replace`,
    plane: 'admin',
    role: 'operator',
    body: ReplaceRequest,
    status: 201,
  },
  ...USAGE_ROUTES,
  admin_list_changes: {
    ...NO_INPUT,
    method: 'GET',
    path: '/admin/v1/audit',
    plane: 'admin',
    role: 'viewer',
    query: AuditQuery,
    status: 200,
    columns: CHANGE_COLUMNS,
  },
  ...ALARM_ROUTES,
  ...DELETION_ROUTES,
  ...IDENTITY_ROUTES,
  ...ORIGIN_ROUTES,
} as const satisfies Record<string, ControlRoute>;

export type ControlRouteName = keyof typeof CONTROL_ROUTES;

type Queries = { readonly [N in ControlRouteName]: (typeof CONTROL_ROUTES)[N]['query'] };
type Bodies = { readonly [N in ControlRouteName]: (typeof CONTROL_ROUTES)[N]['body'] };

/** The same table, in the form in which the compiler connects a route's name with what it takes. */
export const ROUTE_BY_NAME: {
  readonly [N in ControlRouteName]: ControlRoute<ReturnType<Queries[N]>, ReturnType<Bodies[N]>>;
} = CONTROL_ROUTES;

/** What a route takes, parsed. */
export interface InputOf<N extends ControlRouteName> {
  readonly query: z.output<ReturnType<Queries[N]>>;
  readonly body: z.output<ReturnType<Bodies[N]>>;
}

const isControlRouteName = (name: string): name is ControlRouteName => Object.hasOwn(CONTROL_ROUTES, name);

export const CONTROL_ROUTE_NAMES: readonly ControlRouteName[] =
  Object.keys(CONTROL_ROUTES).filter(isControlRouteName);
