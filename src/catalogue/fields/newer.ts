/** Values that generation A of PostHog does not understand, declared beside their schemas. */
import type * as z from 'zod/mini';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { declaredOf, partsOf, type Part } from './parts.ts';

/** What generation A lacks for a value, in words; `null` where it lacks nothing. */
export type NewerRule = (value: JsonObject) => string | null;

const rules = new WeakMap<z.core.$ZodType, NewerRule>();

/** Declares which values of an object schema are newer than generation A. */
export const declareNewer = <T extends z.ZodMiniType>(rule: NewerRule, schema: T): T => {
  rules.set(schema, rule);
  return schema;
};

/** The first thing in a validated value that generation A lacks, in words. */
export const newerIn = (schema: z.core.$ZodType, value: Json): string | null =>
  newerInPart({ schema, value, siblings: {} });

function newerInPart(part: Part): string | null {
  const rule = declaredOf(rules, part.schema);
  if (rule !== undefined) return isJsonObject(part.value) ? rule(part.value) : null;
  for (const inner of partsOf(part) ?? []) {
    const found = newerInPart(inner);
    if (found !== null) return found;
  }
  return null;
}
