/**
 * What the value of a field refers to. A filter, a search or a breakdown on a hidden property tells what the property
 * is without showing it. Each field declares this beside its schema; a field without a declaration refers to anything.
 */
import type * as z from 'zod/mini';
import type { Json, JsonObject } from '../../core/json.ts';
import { declaredOf, partsOf } from './parts.ts';

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
export const refersTo = <T extends z.ZodMiniType>(rule: ReferenceRule, schema: T): T => {
  rules.set(schema, rule);
  return schema;
};

/** What a validated value refers to: by the rule of its schema, or by those of its members, items and options. */
export function referencesOf(schema: z.core.$ZodType, value: Json, siblings: JsonObject = {}): References {
  const rule = declaredOf(rules, schema);
  if (rule !== undefined) return rule(value, siblings);
  const parts = partsOf({ schema, value, siblings });
  return parts === null
    ? ANYTHING
    : combined(parts.map((part) => referencesOf(part.schema, part.value, part.siblings)));
}

export const combined = (all: readonly References[]): References => ({
  properties: [...new Set(all.flatMap(({ properties }) => properties))],
  search: all.some(({ search }) => search),
  distinctIds: all.some(({ distinctIds }) => distinctIds),
  anything: all.some(({ anything }) => anything),
});
