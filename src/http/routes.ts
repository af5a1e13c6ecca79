/** Every route there is, as data: the router and the documentation are made from it. */
import type { Method, Operation } from '../catalogue/operation.ts';
import type { ControlRoute } from '../contract/control-route.ts';
import { CONTROL_ROUTE_NAMES, CONTROL_ROUTES, type ControlRouteName } from '../contract/routes.ts';
import { err } from '../core/result.ts';
import type { Handler } from './context.ts';
import { listAlarms, testAlarm } from './control/admin/alarms.ts';
import { listChanges } from './control/admin/audit.ts';
import { check } from './control/admin/check/check.ts';
import * as adminDeletions from './control/admin/deletions.ts';
import * as adminFuse from './control/admin/fuse.ts';
import { explainTo } from './control/admin/explain.ts';
import { getOriginsOf, listOriginChanges } from './control/admin/origins.ts';
import { getOperator } from './control/admin/operator.ts';
import * as adminTenants from './control/admin/tenants.ts';
import * as adminTokens from './control/admin/tokens.ts';
import { listRefusalsOf, listUsageOf } from './control/admin/usage.ts';
import { upstream } from './control/admin/upstream.ts';
import * as open from './control/open.ts';
import type { Served } from './control/serve.ts';
import { createDeletion } from './control/tenant/create-deletion.ts';
import * as deletions from './control/tenant/deletions.ts';
import { explain } from './control/tenant/explain.ts';
import { confirmDeletion, getDeletionPreview } from './control/tenant/preview-deletion.ts';
import * as identity from './control/tenant/identity.ts';
import * as origins from './control/tenant/origins.ts';
import * as tokens from './control/tenant/tokens.ts';
import { replaceToken, replaceTokenOf } from './control/tokens/replace-token.ts';
import { listOwnUsage } from './control/tenant/usage.ts';
import { watchTenantDeletion } from './control/tenant/watch-deletion.ts';
import { whoami } from './control/tenant/whoami.ts';
import { targetOf, unknownPath } from './input/path.ts';
import { IN_ROUTING_ORDER, patternsOf } from './mirror/match.ts';
import { answerPersons } from './mirror/pipeline.ts';

export interface Route {
  /** What the log line calls it. */
  readonly name: string;
  readonly method: Method;
  /** Hono's pattern. */
  readonly path: string;
  readonly plane: 'mirror' | ControlRoute['plane'];
  readonly handler: Handler;
}

/** One operation, for each of its methods, with and without the trailing slash. */
const mirrorRoutes = (operation: Operation): Route[] =>
  operation.methods.flatMap((method) => {
    const handler: Handler = (ctx) => answerPersons(operation, method, ctx);
    return patternsOf(operation).map((path) => ({
      name: operation.id,
      method,
      path,
      plane: 'mirror',
      handler,
    }));
  });

const MIRROR: readonly Route[] = IN_ROUTING_ORDER.flatMap(mirrorRoutes);

/** Every route has a handler, and every handler a route: the compiler counts them. */
const HANDLERS: { readonly [N in ControlRouteName]: Served<N> } = {
  landing: open.landing,
  health: open.health,
  openapi: open.openApi,
  whoami,
  explain,
  list_usage: listOwnUsage,
  derive_token: tokens.deriveToken,
  replace_token: replaceToken,
  self_revoke: tokens.selfRevoke,
  revoke_token: tokens.revokeToken,
  list_deletions: deletions.listTenantDeletions,
  list_refused_deletions: deletions.listTenantRefusals,
  create_deletion: createDeletion,
  get_deletion: deletions.getTenantDeletion,
  watch_deletion: watchTenantDeletion,
  list_deletion_ids: deletions.listIdsOfDeletion,
  get_deletion_preview: getDeletionPreview,
  confirm_deletion: confirmDeletion,
  cancel_deletion: deletions.cancelDeletion,
  list_projects: identity.listProjects,
  get_project: identity.getProject,
  get_user: identity.getUser,
  get_personal_api_key: identity.getPersonalApiKey,
  get_origins: origins.getOrigins,
  put_origins: origins.putOrigins,
  start_development: origins.startDevelopment,
  end_development: origins.endDevelopment,
  admin_get_origins: getOriginsOf,
  admin_list_origin_changes: listOriginChanges,
  admin_list_tenants: adminTenants.listTenants,
  admin_put_tenant: adminTenants.putTenant,
  admin_get_tenant: adminTenants.getTenant,
  admin_patch_tenant: adminTenants.patchTenant,
  admin_suspend_tenant: adminTenants.suspendTenant,
  admin_resume_tenant: adminTenants.resumeTenant,
  admin_delete_tenant: adminTenants.deleteTenant,
  admin_get_operator: getOperator,
  admin_explain: explainTo,
  admin_get_deletion_preview: adminDeletions.getPreviewOf,
  admin_check: check,
  admin_get_upstream: upstream,
  admin_mint_token: adminTokens.mintToken,
  admin_list_tokens: adminTokens.listTokens,
  admin_revoke_token: adminTokens.revokeTokenOf,
  admin_replace_token: replaceTokenOf,
  admin_list_usage: listUsageOf,
  admin_list_refusals: listRefusalsOf,
  admin_list_changes: listChanges,
  admin_list_alarms: listAlarms,
  admin_test_alarm: testAlarm,
  admin_list_deletions: adminDeletions.listDeletionsOf,
  admin_list_all_deletions: adminDeletions.listDeletionsOfAll,
  admin_list_refused_deletions: adminDeletions.listRefusedOf,
  admin_get_deletion: adminDeletions.getDeletionOf,
  admin_watch_deletion: adminDeletions.watchDeletionOf,
  admin_list_deletion_ids: adminDeletions.listIdsOf,
  admin_cancel_deletion: adminDeletions.cancelDeletionOf,
  admin_approve_deletion: adminDeletions.approveDeletionOf,
  admin_reject_deletion: adminDeletions.rejectDeletionOf,
  admin_abandon_deletion: adminDeletions.abandonDeletionOf,
  admin_get_fuse: adminFuse.getFuse,
  admin_reset_fuse: adminFuse.resetFuse,
};

/** PostHog's own paths are taken with and without the slash at their end. */
const spellingsOf = (path: string): readonly string[] =>
  path !== '/' && path.endsWith('/') ? [path, path.slice(0, -1)] : [path];

/**
 * Clients that take `..` out of a path leave a slash at its end: what was to revoke the token `..` would remove its tenant.
 * The router does not tell the two paths apart.
 */
const withoutSlash =
  (handler: Handler): Handler =>
  async (ctx) => {
    const { path } = targetOf(ctx.request.url);
    return path.endsWith('/') ? err(unknownPath(path)) : handler(ctx);
  };

const CONTROL: readonly Route[] = CONTROL_ROUTE_NAMES.flatMap((name) => {
  const { method, path, plane } = CONTROL_ROUTES[name];
  const served: Handler = HANDLERS[name].handler;
  const handler = method === 'DELETE' ? withoutSlash(served) : served;
  return spellingsOf(path).map((spelling) => ({ name, method, path: spelling, plane, handler }));
});

export const ROUTES: readonly Route[] = [...MIRROR, ...CONTROL];
