/** The gateway's own routes, by name: where they are, what they take and what they answer. */
import * as z from 'zod';
import type { Fields } from '../catalogue/fields/values.ts';
import type { Method } from '../catalogue/operation.ts';
import type { Json } from '../core/json.ts';
import { UpstreamCheck } from './check.ts';
import { TenantPatch } from './tenant.ts';
import { ExplainRequest, Explanation } from './explain.ts';
import { TokenRequest, Whoami, Issued, Tenant, Listed, Deletion, pageOf, tenantBody } from './schemas.ts';

/** Names the entry of the log that a deletion was written down in. */
export const DELETION_HEADER = 'Hedgerow-Deletion';
export const DELETIONS_PATH = '/v1/deletions';

export interface ControlRoute {
  readonly method: Method;
  /** Hono's pattern. */
  readonly path: string;
  readonly plane: 'open' | 'tenant' | 'admin';
  readonly summary: string;
  readonly description?: string;
  readonly body?: { readonly schema: Fields; readonly example: Json };
  readonly listing?: 'json' | 'csv';
  readonly status: number;
  readonly reply: z.ZodType | null;
}

const TENANTS = '/admin/v1/tenants';

export const CONTROL_ROUTES = {
  landing: { method: 'GET', path: '/', plane: 'open', summary: 'Say what this is', status: 200, reply: null },
  health: {
    method: 'GET',
    path: '/healthz',
    plane: 'open',
    summary: 'Say whether the gateway serves',
    description: '503 while a secret is missing. PostHog is not asked.',
    status: 200,
    reply: z.object({ status: z.literal('ok') }),
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    plane: 'open',
    summary: 'Answer this document',
    status: 200,
    reply: z.looseObject({}),
  },

  whoami: {
    method: 'GET',
    path: '/v1/whoami',
    plane: 'tenant',
    summary: 'See what a token may do',
    description:
      'The effective grant as things stand now, what is left of the rate, and the end of the token.',
    status: 200,
    reply: Whoami,
  },
  explain: {
    method: 'POST',
    path: '/v1/explain',
    plane: 'tenant',
    summary: 'Say whether a request would be allowed, and what would be sent',
    description: 'Describes a request; nothing is sent to PostHog. `reason` is what decided.',
    body: {
      schema: ExplainRequest,
      example: { method: 'GET', path: '/api/projects/1/persons/?search=ada' },
    },
    status: 200,
    reply: Explanation,
  },
  derive_token: {
    method: 'POST',
    path: '/v1/tokens',
    plane: 'tenant',
    summary: 'Derive a narrower token',
    description:
      'Lives no longer than its parent, 15 minutes unless `expires_in` says otherwise, and dies with it.',
    body: {
      schema: TokenRequest,
      example: {
        name: 'browser',
        expires_in: 600,
        scopes: ['person:read'],
        origins: ['https://app.acme.example'],
      },
    },
    status: 201,
    reply: Issued,
  },
  self_revoke: {
    method: 'POST',
    path: '/v1/tokens/self-revoke',
    plane: 'tenant',
    summary: 'End this token and its descendants',
    status: 204,
    reply: null,
  },
  revoke_token: {
    method: 'DELETE',
    path: '/v1/tokens/:id',
    plane: 'tenant',
    summary: 'End a descendant of this token',
    status: 204,
    reply: null,
  },
  list_deletions: {
    method: 'GET',
    path: '/v1/deletions',
    plane: 'tenant',
    summary: "List the tenant's deletion log",
    description:
      'Newest first. Needs `person:delete`. As CSV, the way to the next page is in the `Link` header.',
    listing: 'csv',
    status: 200,
    reply: pageOf(Deletion),
  },
  get_deletion: {
    method: 'GET',
    path: '/v1/deletions/:id',
    plane: 'tenant',
    summary: 'Read one entry of the log, with its ids',
    status: 200,
    reply: Deletion.extend({ ids: z.array(z.string()), sent_ids: z.array(z.string()) }),
  },

  admin_list_tenants: {
    method: 'GET',
    path: TENANTS,
    plane: 'admin',
    summary: 'List tenants',
    listing: 'json',
    status: 200,
    reply: pageOf(
      z.object({ tenant: z.string(), name: z.string(), project_id: z.int(), suspended: z.boolean() }),
    ),
  },
  admin_put_tenant: {
    method: 'PUT',
    path: `${TENANTS}/:tenant`,
    plane: 'admin',
    summary: 'Register a tenant, or replace its record',
    description: '201 the first time, 200 after. True for the next request of every token already out.',
    body: tenantBody,
    status: 200,
    reply: Tenant,
  },
  admin_get_tenant: {
    method: 'GET',
    path: `${TENANTS}/:tenant`,
    plane: 'admin',
    summary: 'Read a tenant',
    status: 200,
    reply: Tenant,
  },
  admin_patch_tenant: {
    method: 'PATCH',
    path: `${TENANTS}/:tenant`,
    plane: 'admin',
    summary: 'Change a tenant',
    description: 'A merge patch: members left out stay, and `null` removes one.',
    body: { schema: TenantPatch, example: { rate: { burst: 90 } } },
    status: 200,
    reply: Tenant,
  },
  admin_suspend_tenant: {
    method: 'POST',
    path: `${TENANTS}/:tenant/suspend`,
    plane: 'admin',
    summary: 'Refuse every request of a tenant',
    status: 200,
    reply: Tenant,
  },
  admin_resume_tenant: {
    method: 'POST',
    path: `${TENANTS}/:tenant/resume`,
    plane: 'admin',
    summary: 'End the suspension of a tenant',
    status: 200,
    reply: Tenant,
  },
  admin_check: {
    method: 'GET',
    path: '/admin/v1/check',
    plane: 'admin',
    summary: 'Ask PostHog about its host, the key, the scopes of the key and the projects',
    status: 200,
    reply: UpstreamCheck,
  },
  admin_delete_tenant: {
    method: 'DELETE',
    path: `${TENANTS}/:tenant`,
    plane: 'admin',
    summary: 'Remove a tenant',
    description: 'Its tokens end for good; its deletion log stays.',
    status: 204,
    reply: null,
  },
  admin_mint_token: {
    method: 'POST',
    path: `${TENANTS}/:tenant/tokens`,
    plane: 'admin',
    summary: 'Mint a token',
    description: 'Shown this once. 30 days unless `expires_in` says otherwise.',
    body: {
      schema: TokenRequest,
      example: { name: 'acme backend', expires_in: 2_592_000, scopes: ['person:read'] },
    },
    status: 201,
    reply: Issued,
  },
  admin_list_tokens: {
    method: 'GET',
    path: `${TENANTS}/:tenant/tokens`,
    plane: 'admin',
    summary: 'List the tokens of a tenant',
    listing: 'json',
    status: 200,
    reply: pageOf(Listed),
  },
  admin_revoke_token: {
    method: 'DELETE',
    path: `${TENANTS}/:tenant/tokens/:id`,
    plane: 'admin',
    summary: 'Revoke a token and its descendants',
    description: 'Effective on their next request.',
    status: 204,
    reply: null,
  },
  admin_list_deletions: {
    method: 'GET',
    path: `${TENANTS}/:tenant/deletions`,
    plane: 'admin',
    summary: 'List the deletion log of a tenant',
    listing: 'csv',
    status: 200,
    reply: pageOf(Deletion),
  },
  admin_get_deletion: {
    method: 'GET',
    path: `${TENANTS}/:tenant/deletions/:id`,
    plane: 'admin',
    summary: 'Read one entry of the log of a tenant',
    status: 200,
    reply: Deletion.extend({ ids: z.array(z.string()), sent_ids: z.array(z.string()) }),
  },
} as const satisfies Record<string, ControlRoute>;

export type ControlRouteName = keyof typeof CONTROL_ROUTES;
