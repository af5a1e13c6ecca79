/**
 * Writes the conditions of a call onto the wire of the persons API: around what the client asked for, never merged with
 * it. Nothing a client can say gets past an outer AND.
 */
import type { SliceForm } from '../catalogue/operation.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { ConstrainedCall } from '../policy/constrain.ts';

/** The argument that holds PostHog's filters. */
const PROPERTIES = 'properties';

/** The arguments as PostHog's persons API is sent them. */
export function argumentsWithConditions({
  operation,
  arguments: own,
  conditions,
}: ConstrainedCall): JsonObject {
  if (conditions.length === 0) return own;
  const { slicing } = operation;
  const form = slicing.kind === 'filtered' || slicing.kind === 'named' ? slicing.form : undefined;
  if (form === undefined) throw new Error('only an operation that takes filters has conditions');
  return { ...own, [PROPERTIES]: around(form, conditions, own[PROPERTIES]) };
}

/**
 * In the form the operation understands in every generation: one flat list for lists, an outer AND of groups for
 * insights (PostHog contract §6.2).
 */
function around(form: SliceForm, conditions: readonly JsonObject[], own: Json | undefined): Json {
  if (form === 'flat') return [...conditions, ...listOf(own)];
  const inner = own === undefined ? [] : [isJsonObject(own) ? own : { type: 'AND', values: listOf(own) }];
  return { type: 'AND', values: [{ type: 'AND', values: conditions }, ...inner] };
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

function listOf(own: Json | undefined): readonly Json[] {
  if (own === undefined) return [];
  if (isList(own)) return own;
  throw new Error('a list takes a flat list of filters');
}
