/** Every route there is, as data: the router and the documentation are made from it. */
import type { Method, Operation } from '../catalogue/operation.ts';
import * as admin from './control/admin/tenants.ts';
import { explain } from './control/tenant/explain.ts';
import type { Handler } from './context.ts';
import * as log from './control/tenant/deletions.ts';
import * as open from './control/open.ts';
import { CONTROL_ROUTES, type ControlRouteName } from '../contract/routes.ts';
import { IN_ROUTING_ORDER, patternsOf } from './mirror/match.ts';
import { answerPersons } from './mirror/pipeline.ts';
import type { Plane } from './reply/cors.ts';
import * as tenant from './control/tenant/tokens.ts';

export interface Route {
  /** What the log line calls it. */
  readonly name: string;
  readonly method: Method;
  readonly plane: Plane;
  /** Hono's pattern. */
  readonly path: string;
  readonly handler: Handler;
}

/** One operation, for each of its methods, with and without the trailing slash. */
const mirrorRoutes = (operation: Operation): Route[] =>
  operation.methods.flatMap((method) => {
    const handler: Handler = (ctx) => answerPersons(operation, method, ctx);
    return patternsOf(operation).map((path) => ({
      name: operation.id,
      method,
      plane: 'mirror',
      path,
      handler,
    }));
  });

const MIRROR: readonly Route[] = IN_ROUTING_ORDER.flatMap(mirrorRoutes);

/** Every route has a handler, and every handler a route: the compiler counts them. */
const HANDLERS: Readonly<Record<ControlRouteName, Handler>> = {
  landing: open.landing,
  health: open.health,
  openapi: open.openApi,
  whoami: tenant.whoami,
  explain,
  derive_token: tenant.deriveToken,
  self_revoke: tenant.selfRevoke,
  revoke_token: tenant.revokeToken,
  list_deletions: log.ownDeletions,
  get_deletion: log.ownDeletion,
  admin_list_tenants: admin.listTenants,
  admin_put_tenant: admin.putTenant,
  admin_get_tenant: admin.getTenant,
  admin_delete_tenant: admin.deleteTenant,
  admin_mint_token: admin.mintToken,
  admin_list_tokens: admin.listTokens,
  admin_revoke_token: admin.revokeTokenOf,
  admin_list_deletions: admin.deletionsOf,
  admin_get_deletion: admin.deletionOf,
};

const isOwn = (name: string): name is ControlRouteName => Object.hasOwn(CONTROL_ROUTES, name);

const OWN: readonly Route[] = Object.keys(CONTROL_ROUTES)
  .filter(isOwn)
  .map((name) => ({
    name,
    method: CONTROL_ROUTES[name].method,
    plane: CONTROL_ROUTES[name].plane,
    path: CONTROL_ROUTES[name].path,
    handler: HANDLERS[name],
  }));

export const ROUTES: readonly Route[] = [...MIRROR, ...OWN];
