/** Tenants: the bodies that change one, and what the gateway says of one. */
import { lazily } from '../core/lazily.ts';
import * as z from 'zod/mini';
import { flag } from '../catalogue/fields/values.ts';
import { ProjectId, RegistrationId, TenantId } from '../core/ids.ts';
import { ScopeName } from '../core/scopes.ts';
import { TenantRecord } from '../policy/grant.ts';
import { WireSlice } from '../policy/wire-slice.ts';
import { pageQuery } from './listing.ts';

/** Members that the gateway adds to a record. A body may send them back as they were read. */
const readOnly = lazily(() => ({
  tenant: z.optional(z.string()),
  registration: z.optional(z.string()),
  created_at: z.optional(z.string()),
  updated_at: z.optional(z.string()),
}));

/** The body of `PUT`. `"slice": null` says in so many words that the tenant covers the whole project. */
export const TenantDocument = lazily(() =>
  z.extend(TenantRecord, { slice: z.optional(z.nullable(WireSlice)), ...readOnly() }),
);
export type TenantDocument = z.output<ReturnType<typeof TenantDocument>>;

/** The same schema with every member optional and nullable, at every depth, and without defaults. */
function patchOf(schema: z.core.$ZodType): z.ZodMiniType {
  if (
    schema instanceof z.ZodMiniOptional ||
    schema instanceof z.ZodMiniNullable ||
    schema instanceof z.ZodMiniDefault ||
    schema instanceof z.ZodMiniPrefault
  ) {
    return patchOf(schema._zod.def.innerType);
  }
  const part = schema instanceof z.ZodMiniObject ? z.strictObject(patchesOf(schema.shape)) : schema;
  return z.optional(z.nullable(part));
}

const patchesOf = (shape: Readonly<Record<string, z.core.$ZodType>>): Record<string, z.ZodMiniType> =>
  Object.fromEntries(Object.entries(shape).map(([name, member]) => [name, patchOf(member)]));

/** The body of `PATCH`, a merge patch (RFC 7396): members left out stay, and `null` removes one. */
export const TenantPatch = lazily(() => z.strictObject(patchesOf(TenantDocument().shape)));

/** A tenant as it is registered. */
export const Tenant = /* @__PURE__ */ lazily(() =>
  z
    .extend(TenantRecord, {
      tenant: TenantId,
      registration: RegistrationId,
      scopes: z.array(ScopeName),
      created_at: z.iso.datetime(),
      updated_at: z.iso.datetime(),
    })
    .register(z.globalRegistry, { id: 'Tenant' }),
);

/** The parameters of the list. */
export const TenantQuery = lazily(() =>
  z.extend(pageQuery(TenantId), {
    removed: z.optional(flag()).register(z.globalRegistry, {
      description: '`true`: with tenants that were removed. Their deletion logs stay.',
    }),
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
      removed_at: z
        .nullable(z.iso.datetime())
        .register(z.globalRegistry, { description: 'Null while the tenant is registered.' }),
    })
    .register(z.globalRegistry, { id: 'TenantSummary' }),
);
export type TenantSummary = z.output<ReturnType<typeof TenantSummary>>;
