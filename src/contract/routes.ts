/** The gateway's own routes, by name: where they are, who may call them, what they take and the status they answer. */
import * as z from 'zod';
import type { Fields } from '../catalogue/fields/values.ts';
import type { Method } from '../catalogue/operation.ts';
import { DeletionId } from '../core/ids.ts';
import type { Scope } from '../core/scopes.ts';
import { CheckQuery } from './check.ts';
import { DELETION_COLUMNS } from './deletion.ts';
import { ExplainRequest } from './explain.ts';
import { pageQuery, tableQuery } from './listing.ts';
import { TenantDocument, TenantPatch, TenantQuery } from './tenant.ts';
import { TokenCursor, TokenRequest } from './token.ts';

/** Names the entry of the log that a deletion was written down in. */
export const DELETION_HEADER = 'Hedgerow-Deletion';
export const DELETIONS_PATH = '/v1/deletions';

export interface ControlRoute<Query extends Fields = Fields, Body extends Fields = Fields> {
  readonly method: Method;
  /** Hono's pattern. */
  readonly path: string;
  /** Whose credential opens it. `open`: none, and pages of any origin may read the answer. */
  readonly plane: 'open' | 'tenant' | 'admin';
  /** Of the tenant plane: the scopes the token needs. */
  readonly scopes?: readonly Scope[];
  readonly query: Query;
  readonly body: Body;
  /** Of a success, unless the handler says another. */
  readonly status: number;
  /** Other statuses a success may have. */
  readonly otherStatuses?: readonly number[];
  /** Answers carry an `ETag`. */
  readonly etag?: true;
  /** Takes `If-Match`. */
  readonly ifMatch?: true;
  /** Columns of a listing that is a table too. */
  readonly columns?: readonly string[];
}

/** Takes no parameter and no body. */
const NOTHING = z.strictObject({});
const NO_INPUT = { query: NOTHING, body: NOTHING } as const;

const TENANTS = '/admin/v1/tenants';
const DELETIONS = { body: NOTHING, query: tableQuery(DeletionId), columns: DELETION_COLUMNS } as const;

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
  self_revoke: { ...NO_INPUT, method: 'POST', path: '/v1/tokens/self-revoke', plane: 'tenant', status: 204 },
  revoke_token: { ...NO_INPUT, method: 'DELETE', path: '/v1/tokens/:id', plane: 'tenant', status: 204 },
  list_deletions: {
    ...DELETIONS,
    method: 'GET',
    path: DELETIONS_PATH,
    plane: 'tenant',
    scopes: ['person:delete'],
    status: 200,
  },
  get_deletion: {
    ...NO_INPUT,
    method: 'GET',
    path: `${DELETIONS_PATH}/:id`,
    plane: 'tenant',
    scopes: ['person:delete'],
    status: 200,
  },

  admin_list_tenants: {
    ...NO_INPUT,
    method: 'GET',
    path: TENANTS,
    plane: 'admin',
    query: TenantQuery,
    status: 200,
  },
  admin_put_tenant: {
    ...NO_INPUT,
    method: 'PUT',
    path: `${TENANTS}/:tenant`,
    plane: 'admin',
    body: TenantDocument,
    status: 200,
    otherStatuses: [201],
    etag: true,
    ifMatch: true,
  },
  admin_get_tenant: {
    ...NO_INPUT,
    method: 'GET',
    path: `${TENANTS}/:tenant`,
    plane: 'admin',
    status: 200,
    etag: true,
  },
  admin_patch_tenant: {
    ...NO_INPUT,
    method: 'PATCH',
    path: `${TENANTS}/:tenant`,
    plane: 'admin',
    body: TenantPatch,
    status: 200,
    etag: true,
    ifMatch: true,
  },
  admin_suspend_tenant: {
    ...NO_INPUT,
    method: 'POST',
    path: `${TENANTS}/:tenant/suspend`,
    plane: 'admin',
    status: 200,
    etag: true,
    ifMatch: true,
  },
  admin_resume_tenant: {
    ...NO_INPUT,
    method: 'POST',
    path: `${TENANTS}/:tenant/resume`,
    plane: 'admin',
    status: 200,
    etag: true,
    ifMatch: true,
  },
  admin_delete_tenant: {
    ...NO_INPUT,
    method: 'DELETE',
    path: `${TENANTS}/:tenant`,
    plane: 'admin',
    status: 204,
    ifMatch: true,
  },
  admin_check: {
    ...NO_INPUT,
    method: 'GET',
    path: '/admin/v1/check',
    plane: 'admin',
    query: CheckQuery,
    status: 200,
  },
  admin_mint_token: {
    ...NO_INPUT,
    method: 'POST',
    path: `${TENANTS}/:tenant/tokens`,
    plane: 'admin',
    body: TokenRequest,
    status: 201,
  },
  admin_list_tokens: {
    ...NO_INPUT,
    method: 'GET',
    path: `${TENANTS}/:tenant/tokens`,
    plane: 'admin',
    query: pageQuery(TokenCursor),
    status: 200,
  },
  admin_revoke_token: {
    ...NO_INPUT,
    method: 'DELETE',
    path: `${TENANTS}/:tenant/tokens/:id`,
    plane: 'admin',
    status: 204,
  },
  admin_list_deletions: {
    ...DELETIONS,
    method: 'GET',
    path: `${TENANTS}/:tenant/deletions`,
    plane: 'admin',
    status: 200,
  },
  admin_get_deletion: {
    ...NO_INPUT,
    method: 'GET',
    path: `${TENANTS}/:tenant/deletions/:id`,
    plane: 'admin',
    status: 200,
  },
} as const satisfies Record<string, ControlRoute>;

export type ControlRouteName = keyof typeof CONTROL_ROUTES;

type Queries = { readonly [N in ControlRouteName]: (typeof CONTROL_ROUTES)[N]['query'] };
type Bodies = { readonly [N in ControlRouteName]: (typeof CONTROL_ROUTES)[N]['body'] };

/** The same table, in the form in which the compiler connects a route's name with what it takes. */
export const ROUTE_BY_NAME: { readonly [N in ControlRouteName]: ControlRoute<Queries[N], Bodies[N]> } =
  CONTROL_ROUTES;

/** What a route takes, parsed. */
export interface InputOf<N extends ControlRouteName> {
  readonly query: z.output<Queries[N]>;
  readonly body: z.output<Bodies[N]>;
}

const isControlRouteName = (name: string): name is ControlRouteName => Object.hasOwn(CONTROL_ROUTES, name);

export const CONTROL_ROUTE_NAMES: readonly ControlRouteName[] =
  Object.keys(CONTROL_ROUTES).filter(isControlRouteName);
