/** Every route there is, as data: the router and the documentation are made from it. */
import { CATALOGUE } from '../catalogue/index.ts';
import type { Method, Operation } from '../catalogue/operation.ts';
import * as admin from './admin-routes.ts';
import type { Handler } from './exchange.ts';
import * as open from './open-routes.ts';
import { answerPersons } from './persons.ts';
import * as tenant from './tenant-routes.ts';

export interface Route {
  /** What the log line calls it. */
  readonly name: string;
  readonly method: Method;
  /** Hono's pattern. */
  readonly path: string;
  readonly handler: Handler;
}

const PERSONS = '/api/:family{projects|environments}/:project_id{[0-9]+}/persons';
const PERSON_ID = ':id{[^/.]+}';

/** One operation, for each of its methods, with and without the trailing slash. */
const mirrorRoutes = (operation: Operation): Route[] =>
  operation.methods.flatMap((method) => {
    const below = operation.path === '' ? '' : `/${operation.path.replace(':id', PERSON_ID)}`;
    const handler: Handler = (exchange) => answerPersons(operation, method, exchange);
    return [`${PERSONS}${below}`, `${PERSONS}${below}/`].map((path) => ({
      name: operation.id,
      method,
      path,
      handler,
    }));
  });

/** Fixed words win over ids, as in PostHog's own router (contract §2). */
const MIRROR: readonly Route[] = [
  ...CATALOGUE.filter((operation) => !operation.path.includes(':id')),
  ...CATALOGUE.filter((operation) => operation.path.includes(':id')),
].flatMap((operation) => mirrorRoutes(operation));

const TENANTS = '/admin/v1/tenants';

const OWN: readonly Route[] = [
  { name: 'landing', method: 'GET', path: '/', handler: open.landing },
  { name: 'health', method: 'GET', path: '/healthz', handler: open.health },
  { name: 'openapi', method: 'GET', path: '/openapi.json', handler: open.openApi },

  { name: 'whoami', method: 'GET', path: '/v1/whoami', handler: tenant.whoami },
  { name: 'derive_token', method: 'POST', path: '/v1/tokens', handler: tenant.deriveToken },
  { name: 'self_revoke', method: 'POST', path: '/v1/tokens/self-revoke', handler: tenant.selfRevoke },
  { name: 'revoke_token', method: 'DELETE', path: '/v1/tokens/:id', handler: tenant.revokeToken },
  { name: 'list_deletions', method: 'GET', path: '/v1/deletions', handler: tenant.ownDeletions },
  { name: 'get_deletion', method: 'GET', path: '/v1/deletions/:id', handler: tenant.ownDeletion },

  { name: 'admin_list_tenants', method: 'GET', path: TENANTS, handler: admin.listTenants },
  { name: 'admin_put_tenant', method: 'PUT', path: `${TENANTS}/:tenant`, handler: admin.putTenant },
  { name: 'admin_get_tenant', method: 'GET', path: `${TENANTS}/:tenant`, handler: admin.getTenant },
  { name: 'admin_delete_tenant', method: 'DELETE', path: `${TENANTS}/:tenant`, handler: admin.deleteTenant },
  { name: 'admin_mint_token', method: 'POST', path: `${TENANTS}/:tenant/tokens`, handler: admin.mintToken },
  { name: 'admin_list_tokens', method: 'GET', path: `${TENANTS}/:tenant/tokens`, handler: admin.listTokens },
  {
    name: 'admin_revoke_token',
    method: 'DELETE',
    path: `${TENANTS}/:tenant/tokens/:id`,
    handler: admin.revokeTokenOf,
  },
  {
    name: 'admin_list_deletions',
    method: 'GET',
    path: `${TENANTS}/:tenant/deletions`,
    handler: admin.deletionsOf,
  },
  {
    name: 'admin_get_deletion',
    method: 'GET',
    path: `${TENANTS}/:tenant/deletions/:id`,
    handler: admin.deletionOf,
  },
];

export const ROUTES: readonly Route[] = [...MIRROR, ...OWN];
