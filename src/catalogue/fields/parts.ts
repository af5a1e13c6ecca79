/** A validated value, part by part, each with the schema it was read by. */
import * as z from 'zod/mini';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

export interface Part {
  readonly schema: z.core.$ZodType;
  readonly value: Json;
  /** The object that the value, or the list around it, is a member of. */
  readonly siblings: JsonObject;
}

/** The parts that a value is made of; `null` where the schema does not say. */
export function partsOf({ schema, value, siblings }: Part): readonly Part[] | null {
  const inner = innerOf(schema);
  if (inner !== null) return [{ schema: inner, value, siblings }];
  if (schema instanceof z.ZodMiniUnion) {
    const taken = schema._zod.def.options.find((option) => z.safeParse(option, value).success);
    return taken === undefined ? null : [{ schema: taken, value, siblings }];
  }
  if (schema instanceof z.ZodMiniArray && isList(value)) {
    return value.map((item) => ({ schema: schema._zod.def.element, value: item, siblings }));
  }
  return schema instanceof z.ZodMiniObject && isJsonObject(value)
    ? membersOf(schema._zod.def.shape, value)
    : null;
}

/** What was declared of a schema. A check or a description makes a new schema with the old one for its parent. */
export const declaredOf = <T>(
  declared: WeakMap<z.core.$ZodType, T>,
  schema: z.core.$ZodType,
): T | undefined =>
  declared.get(schema) ??
  (schema._zod.parent === undefined ? undefined : declaredOf(declared, schema._zod.parent));

/** The schema that another one wraps. */
function innerOf(schema: z.core.$ZodType): z.core.$ZodType | null {
  if (schema instanceof z.ZodMiniOptional) return schema._zod.def.innerType;
  if (schema instanceof z.ZodMiniNullable) return schema._zod.def.innerType;
  if (schema instanceof z.ZodMiniDefault) return schema._zod.def.innerType;
  return schema instanceof z.ZodMiniPipe ? schema._zod.def.in : null;
}

function membersOf(
  shape: Readonly<Record<string, z.core.$ZodType>>,
  value: JsonObject,
): readonly Part[] | null {
  const parts: Part[] = [];
  for (const [name, member] of Object.entries(value)) {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (schema === undefined) return null;
    if (member !== undefined) parts.push({ schema, value: member, siblings: value });
  }
  return parts;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
