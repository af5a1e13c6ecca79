/** How the gateway's own answers look, for the documentation. */
import * as z from 'zod';
import { anyJson } from '../catalogue/fields/values.ts';
import { ScopeName } from '../core/scopes.ts';
import { LIMITS } from '../core/limits.ts';
import { TenantDocument } from './tenant.ts';
import { Narrowing, Rate, TenantRecord } from '../policy/grant.ts';

/** The body of a token request. Every member of the grant may be left out, which means "as the parent has it". */
export const TokenRequest = Narrowing.extend({
  name: z.string().min(1).max(LIMITS.nameCharsMax),
  /** Seconds. */
  expires_in: z.int().min(1).max(LIMITS.tokenSecondsMax).optional(),
  not_before: z.iso.datetime({ offset: true }).optional(),
});
export type TokenRequest = z.output<typeof TokenRequest>;

const Grant = z.object({
  project_id: z.int(),
  scopes: z.array(ScopeName),
  slices: z.array(z.object({ property: z.string(), value: anyJson() })),
  properties: z.object({
    hidden: z.array(z.string()),
    visible: z.array(z.string()).nullable(),
    distinct_ids: z.enum(['hidden', 'visible']),
  }),
  split_out_of_slice: z.boolean(),
  rate: Rate,
  deletes: z.object({ persons_per_day: z.int(), events: z.boolean(), recordings: z.boolean() }),
  origins: z.array(z.string()),
});

export const Whoami = z.object({
  tenant: z.string(),
  name: z.string(),
  token: z.object({
    id: z.string(),
    issued_at: z.string(),
    expires_at: z.string(),
    ancestors: z.array(z.string()),
  }),
  grant: Grant,
  limits: z.array(
    z.object({
      holder: z.enum(['tenant', 'token']),
      burst: z.int(),
      remaining: z.int(),
      full_again_in_seconds: z.int(),
    }),
  ),
});

export const Issued = z.object({
  token: z.string(),
  id: z.string(),
  name: z.string(),
  expires_at: z.string(),
  not_before: z.string().nullable(),
  grant: Grant,
});

export const Tenant = z
  .object({
    tenant: z.string(),
    registration: z.string(),
    created_at: z.string(),
    updated_at: z.string(),
  })
  .and(TenantRecord);

export const Listed = z.object({
  id: z.string(),
  name: z.string(),
  parent: z.string().nullable(),
  issued_at: z.string(),
  expires_at: z.string(),
  revoked_at: z.string().nullable(),
});

const count = z.int().nullable();
export const Deletion = z.object({
  id: z.string(),
  state: z.enum(['unknown', 'accepted', 'refused']),
  operation: z.string(),
  project_id: z.int(),
  tenant: z.string(),
  registration: z.string().nullable(),
  token: z.string(),
  request_id: z.string(),
  target: z.enum(['uuids', 'distinct_ids', 'person']),
  asked: z.int(),
  in_slice: z.int().nullable(),
  sent: z.int(),
  digest: z.string(),
  intended_at: z.string(),
  attempts: z.int(),
  next_attempt_at: z.string().nullable(),
  last_problem: z.string().nullable(),
  not_deleted: z.int().nullable(),
  outcome: z
    .object({ status: count, persons_found: count, persons_deleted: count, settled_at: z.string() })
    .nullable(),
});

export const pageOf = (row: z.ZodType) => z.object({ results: z.array(row), next: z.string().nullable() });

export const tenantBody = {
  schema: TenantDocument,
  example: {
    name: 'Acme',
    project_id: 1,
    scopes: ['person:read', 'person:delete'],
    rate: { requests_per_minute: 600, burst: 60 },
    deletes: { persons_per_day: 10_000, events: false, recordings: false },
    origins: ['https://app.acme.example'],
  },
};
