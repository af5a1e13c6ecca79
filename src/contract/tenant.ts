/** The bodies that change a tenant. */
import * as z from 'zod';
import { Slice, TenantRecord } from '../policy/grant.ts';

/** Members that the gateway adds to a record. A body may send them back as they were read. */
const readOnly = {
  tenant: z.string().optional(),
  registration: z.string().optional(),
  created_at: z.string().optional(),
  updated_at: z.string().optional(),
};

/** The body of `PUT`. `"slice": null` says in so many words that the tenant covers the whole project. */
export const TenantDocument = TenantRecord.extend({ slice: Slice.nullable().optional(), ...readOnly });
export type TenantDocument = z.output<typeof TenantDocument>;

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
export const TenantPatch = z.strictObject(patchesOf(TenantDocument.shape));
