/**
 * Narrows a permitted call to the slice of its grant, before it is sent. Pure. The slice goes in as conditions made
 * of constants, around what the client asked for and never merged with it: nothing a client can say gets past an
 * outer AND. Grants without a slice leave a call as it is.
 */
import type { SliceForm } from '../catalogue/operation.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { PermittedCall } from './decide.ts';
import type { Grant } from './grant.ts';
import { sliceFilters } from './slice.ts';

/** Stays in this file, so that nothing is sent that did not pass through here. */
const constrained = Symbol('constrained');

/** A permitted call, as narrow as its grant. */
export type ConstrainedCall = PermittedCall & { readonly [constrained]: true };

/** The argument that holds PostHog's filters. */
const PROPERTIES = 'properties';

export function constrain(call: PermittedCall, grant: Grant): ConstrainedCall {
  const { slicing } = call.operation;
  const form = slicing.kind === 'filtered' || slicing.kind === 'named' ? slicing.form : undefined;
  if (grant.slices.length === 0 || form === undefined || call.kind !== 'forward') {
    return { ...call, [constrained]: true };
  }
  const filters = sliceFilters(grant.slices);
  if (filters.covers !== 'some') throw new Error('a grant that covers no person is refused before this');
  const properties = around(form, filters.leaves, call.arguments[PROPERTIES]);
  return { ...call, [constrained]: true, arguments: { ...call.arguments, [PROPERTIES]: properties } };
}

/**
 * The slice around a client's own filters, in the form the operation understands in every generation: one flat list
 * for lists, an outer AND of groups for insights (PostHog contract §6.2).
 */
function around(form: SliceForm, slice: readonly JsonObject[], own: Json | undefined): Json {
  if (form === 'flat') return [...slice, ...listOf(own)];
  const inner = own === undefined ? [] : [isJsonObject(own) ? own : { type: 'AND', values: listOf(own) }];
  return { type: 'AND', values: [{ type: 'AND', values: slice }, ...inner] };
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

function listOf(own: Json | undefined): readonly Json[] {
  if (own === undefined) return [];
  if (isList(own)) return own;
  throw new Error('a list takes a flat list of filters');
}
