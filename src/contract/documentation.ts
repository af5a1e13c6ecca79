/** What each of the gateway's own routes is for, and what it answers. Handlers are held to `reply` by the compiler. */
import * as z from 'zod/mini';
import { ALARM_DOCUMENTATION } from './alarms/documentation.ts';
import { UpstreamCheck } from './upstream/check.ts';
import { UpstreamStatus } from './upstream/quota.ts';
import { DELETION_DOCUMENTATION } from './deletions/documentation.ts';
import type { ReadonlyDeep } from './exact.ts';
import { Explanation } from './explain.ts';
import { IDENTITY_DOCUMENTATION } from './identity/documentation.ts';
import { pageOf } from './listing.ts';
import { OperatorChange } from './operators/audit.ts';
import { OperatorView } from './operators/operator.ts';
import { ORIGIN_DOCUMENTATION } from './origins/documentation.ts';
import type { RouteDocumentation } from './route-documentation.ts';
import type { ControlRouteName } from './routes.ts';
import { Tenant, TenantSummary } from './tenant.ts';
import { IssuedToken, SuccessorToken, Token, Whoami } from './token.ts';
import { USAGE_DOCUMENTATION } from './usage/documentation.ts';

export const ROUTE_DOCUMENTATION = {
  landing: { summary: 'Say what this is', reply: null },
  health: {
    summary: 'Say whether the gateway serves',
    description: '503 while a secret is missing. PostHog is not asked.',
    reply: z.object({ status: z.literal('ok') }).register(z.globalRegistry, { id: 'Health' }),
  },
  openapi: { summary: 'Answer this document', reply: z.looseObject({}) },

  whoami: {
    summary: 'See what a token may do',
    description:
      'The effective grant as things stand now, what is left of the rate, and the end of the token.',
    reply: Whoami(),
  },
  explain: {
    summary: 'Say whether a request would be allowed, and what would be sent',
    description: 'Describes a request; nothing is sent to PostHog. `reason` is what decided.',
    reply: Explanation(),
    example: { method: 'GET', path: '/api/projects/1/persons/?search=ada' },
  },
  derive_token: {
    summary: 'Derive a narrower token',
    description:
      'Lives no longer than its parent, 15 minutes unless `expires_in` says otherwise, and dies with it.',
    reply: IssuedToken(),
    example: {
      name: 'browser',
      expires_in: 600,
      scopes: ['person:read'],
      origins: ['https://app.acme.example'],
    },
  },
  replace_token: {
    summary: 'Replace this token by one of the same grant',
    description:
      'The successor does what this token does, and ends no later. Both can be used for `overlap_seconds`; then this token ends, with ' +
      'every token that was derived from it.',
    reply: SuccessorToken(),
    example: { overlap_seconds: 600 },
  },
  self_revoke: { summary: 'End this token and its descendants', reply: null },
  revoke_token: { summary: 'End a descendant of this token', reply: null },

  admin_list_tenants: { summary: 'List tenants', description: 'By name.', reply: pageOf(TenantSummary()) },
  admin_put_tenant: {
    summary: 'Register a tenant, or replace its record',
    description:
      '201 the first time, 200 after. True for the next request of every token already out. A body without `slice` ' +
      'is refused where the tenant has one: `"slice": null` widens it to the whole project.',
    reply: Tenant(),
    example: {
      name: 'Acme',
      project_id: 1,
      scopes: ['person:read', 'person:delete'],
      rate: { requests_per_minute: 600, burst: 60 },
      deletes: { persons_per_day: 10_000, events: false, recordings: false },
      origins: ['https://app.acme.example'],
    },
  },
  admin_get_tenant: { summary: 'Read a tenant', reply: Tenant() },
  admin_patch_tenant: {
    summary: 'Change a tenant',
    description:
      'A merge patch (RFC 7396): members left out stay, and `null` removes one or sets it back to its default. ' +
      '`"slice": null` widens the tenant to the whole project.',
    reply: Tenant(),
    example: { rate: { burst: 90 } },
  },
  admin_suspend_tenant: {
    summary: 'Refuse every request of a tenant',
    description: 'From the next request on, until it is resumed. Repeating it is no error.',
    reply: Tenant(),
  },
  admin_resume_tenant: { summary: 'End the suspension of a tenant', reply: Tenant() },
  admin_get_operator: {
    summary: 'See who one is',
    description: 'The operator whose admin token it is, with the role that it has now.',
    reply: OperatorView(),
  },
  admin_check: {
    summary: 'Ask PostHog about its host, the key, the scopes of the key and the projects',
    description: 'Changes nothing. Asks about the projects of all tenants, or about `project_id`.',
    reply: UpstreamCheck(),
  },
  admin_get_upstream: {
    summary: "See how PostHog's limits stand, and which tenant has how much of them",
    description: 'Asks PostHog nothing. Shows the projects of all tenants, or `project_id`.',
    reply: UpstreamStatus(),
  },
  admin_delete_tenant: {
    summary: 'Remove a tenant',
    description: 'Its tokens end for good; its deletion log stays.',
    reply: null,
  },
  admin_mint_token: {
    summary: 'Mint a token',
    description: 'Shown this once. 30 days unless `expires_in` says otherwise.',
    reply: IssuedToken(),
    example: { name: 'acme backend', expires_in: 2_592_000, scopes: ['person:read'] },
  },
  admin_list_tokens: {
    summary: 'List the tokens of a tenant',
    description: 'Newest first.',
    reply: pageOf(Token()),
  },
  admin_revoke_token: {
    summary: 'Revoke a token and its descendants',
    description: 'Effective on their next request.',
    reply: null,
  },
  admin_explain: {
    summary: 'Say whether a request of a tenant would be allowed, and what would be sent',
    description: 'As `POST /v1/explain` says it to a token. Nothing is sent to PostHog, and nothing spent.',
    reply: Explanation(),
  },
  admin_replace_token: {
    summary: 'Replace a minted token by one of the same grant',
    description:
      'Shown this once. It lives 30 days unless `expires_in` says otherwise. Both can be used for `overlap_seconds`; then the one that is ' +
      'replaced ends, with every token that was derived from it. A derived token is replaced by its holder.',
    reply: SuccessorToken(),
    example: { expires_in: 2_592_000, overlap_seconds: 86_400 },
  },
  ...USAGE_DOCUMENTATION,
  admin_list_changes: {
    summary: 'List what operators changed',
    description: 'Newest first: who, when, what, and the members of the record that became others.',
    reply: pageOf(OperatorChange()),
  },
  ...ALARM_DOCUMENTATION,
  ...DELETION_DOCUMENTATION,
  ...IDENTITY_DOCUMENTATION,
  ...ORIGIN_DOCUMENTATION,
} as const satisfies Readonly<Record<ControlRouteName, RouteDocumentation>>;

type ReplySchema<N extends ControlRouteName> = (typeof ROUTE_DOCUMENTATION)[N]['reply'];

/** What a route answers with. */
export type ReplyOf<N extends ControlRouteName> =
  ReplySchema<N> extends infer Schema
    ? Schema extends z.ZodMiniType
      ? ReadonlyDeep<z.output<Schema>>
      : null
    : never;
