/**
 * What the value of a field refers to. A filter, a search or a breakdown on a hidden property tells what the property
 * is without showing it. Each field declares this beside its schema; a field without a declaration refers to anything.
 */
import * as z from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

export interface References {
  /** Person properties, by name. */
  readonly properties: readonly string[];
  /** A free text, which PostHog looks for in e-mail, name and distinct ids. */
  readonly search: boolean;
  readonly distinctIds: boolean;
  /** Whether the value is an expression that the gateway cannot read. It may refer to any property and any distinct id. */
  readonly anything: boolean;
}

/** What one value refers to. `siblings` is the object that the value, or the list around it, is a member of. */
export type ReferenceRule = (value: Json, siblings: JsonObject) => References;

export const NO_REFERENCES: References = {
  properties: [],
  search: false,
  distinctIds: false,
  anything: false,
};
export const ANYTHING: References = { ...NO_REFERENCES, anything: true };

const rules = new WeakMap<z.core.$ZodType, ReferenceRule>();

/** Declares what the values of a field refer to. */
export const refersTo = <T extends z.ZodType>(rule: ReferenceRule, schema: T): T => {
  rules.set(schema, rule);
  return schema;
};

/** What a validated value refers to: by the rule of its schema, or by those of its members, items and options. */
export function referencesOf(schema: z.core.$ZodType, value: Json, siblings: JsonObject = {}): References {
  const rule = ruleOf(schema);
  if (rule !== undefined) return rule(value, siblings);
  const inner = innerOf(schema);
  if (inner !== null) return referencesOf(inner, value, siblings);
  if (schema instanceof z.ZodUnion) {
    const taken = schema._zod.def.options.find((option) => z.safeParse(option, value).success);
    return taken === undefined ? ANYTHING : referencesOf(taken, value, siblings);
  }
  if (schema instanceof z.ZodArray && isList(value)) {
    return combined(value.map((item) => referencesOf(schema._zod.def.element, item, siblings)));
  }
  if (schema instanceof z.ZodObject && isJsonObject(value)) {
    return referencesOfMembers(schema._zod.def.shape, value);
  }
  return ANYTHING;
}

/** A check or a description makes a new schema with the old one for its parent. */
const ruleOf = (schema: z.core.$ZodType): ReferenceRule | undefined =>
  rules.get(schema) ?? (schema._zod.parent === undefined ? undefined : ruleOf(schema._zod.parent));

/** The schema that another one wraps. */
function innerOf(schema: z.core.$ZodType): z.core.$ZodType | null {
  if (schema instanceof z.ZodOptional) return schema._zod.def.innerType;
  if (schema instanceof z.ZodNullable) return schema._zod.def.innerType;
  if (schema instanceof z.ZodDefault) return schema._zod.def.innerType;
  return schema instanceof z.ZodPipe ? schema._zod.def.in : null;
}

function referencesOfMembers(
  shape: Readonly<Record<string, z.core.$ZodType>>,
  value: JsonObject,
): References {
  const given = Object.entries(value).filter(([, member]) => member !== undefined);
  return combined(
    given.map(([name, member]) => {
      const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
      return field === undefined ? ANYTHING : referencesOf(field, member, value);
    }),
  );
}

export const combined = (all: readonly References[]): References => ({
  properties: [...new Set(all.flatMap(({ properties }) => properties))],
  search: all.some(({ search }) => search),
  distinctIds: all.some(({ distinctIds }) => distinctIds),
  anything: all.some(({ anything }) => anything),
});

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
