/** Tenants: the bodies that change one, and what the gateway says of one. */
import { lazily } from '../core/lazily.ts';
import * as z from 'zod';
import { flag } from '../catalogue/fields/values.ts';
import { ProjectId, RegistrationId, TenantId } from '../core/ids.ts';
import { ScopeName } from '../core/scopes.ts';
import { TenantRecord } from '../policy/grant.ts';
import { WireSlice } from '../policy/wire-slice.ts';
import { pageQuery } from './listing.ts';

/** Members that the gateway adds to a record. A body may send them back as they were read. */
const readOnly = lazily(() => ({
  tenant: z.string().optional(),
  registration: z.string().optional(),
  created_at: z.string().optional(),
  updated_at: z.string().optional(),
}));

/** The body of `PUT`. `"slice": null` says in so many words that the tenant covers the whole project. */
export const TenantDocument = lazily(() =>
  TenantRecord.extend({ slice: WireSlice.nullable().optional(), ...readOnly() }),
);
export type TenantDocument = z.output<ReturnType<typeof TenantDocument>>;

/** The same schema with every member optional and nullable, at every depth, and without defaults. */
function patchOf(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  ) {
    const inner = schema.unwrap();
    return inner instanceof z.ZodType ? patchOf(inner) : schema;
  }
  const part = schema instanceof z.ZodObject ? z.strictObject(patchesOf(schema.shape)) : schema;
  return part.nullable().optional();
}

const patchesOf = (shape: Readonly<Record<string, z.ZodType>>): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(shape).map(([name, member]) => [name, patchOf(member)]));

/** The body of `PATCH`, a merge patch (RFC 7396): members left out stay, and `null` removes one. */
export const TenantPatch = lazily(() => z.strictObject(patchesOf(TenantDocument().shape)));

/** A tenant as it is registered. */
export const Tenant = /* @__PURE__ */ lazily(() =>
  TenantRecord.extend({
    tenant: TenantId,
    registration: RegistrationId,
    scopes: z.array(ScopeName),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  }).meta({ id: 'Tenant' }),
);

/** The parameters of the list. */
export const TenantQuery = lazily(() =>
  pageQuery(TenantId).extend({
    removed: flag()
      .optional()
      .meta({ description: '`true`: with tenants that were removed. Their deletion logs stay.' }),
  }),
);

/** A tenant as the list shows it. */
export const TenantSummary = lazily(() =>
  z
    .object({
      tenant: TenantId,
      name: z.string(),
      project_id: ProjectId,
      suspended: z.boolean(),
      updated_at: z.iso.datetime(),
      removed_at: z.iso.datetime().nullable().meta({ description: 'Null while the tenant is registered.' }),
    })
    .meta({ id: 'TenantSummary' }),
);
export type TenantSummary = z.output<ReturnType<typeof TenantSummary>>;
