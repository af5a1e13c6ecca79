/**
 * The slice of a grant: who is in it, and the filter PostHog is sent for it. The filter saves work and keeps pages
 * short; what keeps foreign rows in is `inSlice`, asked again of every row that comes back.
 */
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { Slice } from './grant.ts';

/** What a call has to be narrowed with before PostHog is asked. */
export type SliceFilters =
  /** The whole project: nothing to add. */
  | { readonly covers: 'everybody' }
  /** These, joined by AND with whatever the client asked. Never empty. */
  | { readonly covers: 'some'; readonly leaves: readonly [JsonObject, ...JsonObject[]] }
  /** Nobody can be in it. There is no filter for that which PostHog would not drop: do not ask. */
  | { readonly covers: 'nobody' };

/** Is a person with these properties covered? One who lacks a property of the slice is not. */
export function inSlice(slices: readonly Slice[], properties: Json | undefined): boolean {
  if (slices.length === 0) return true;
  return isJsonObject(properties) && slices.every((slice) => holds(slice, properties));
}

/** Text against text, its own property, nothing coerced: the number 7 is not the slice "7". */
function holds({ property, value }: Slice, properties: JsonObject): boolean {
  const has = Object.hasOwn(properties, property) ? properties[property] : undefined;
  return typeof has === 'string' && (typeof value === 'string' ? has === value : value.includes(has));
}

/**
 * The filter of a slice, built from constants. PostHog drops a filter it cannot build and answers as if it had not
 * been there (PostHog contract §6.2), so there is no leaf here that lacks a member or lists no value.
 */
export function sliceFilters(slices: readonly Slice[]): SliceFilters {
  if (slices.some(({ value }) => value.length === 0)) return { covers: 'nobody' };
  const [first, ...rest] = slices.map((slice) => leafOf(slice));
  return first === undefined ? { covers: 'everybody' } : { covers: 'some', leaves: [first, ...rest] };
}

const leafOf = ({ property, value }: Slice): JsonObject => ({
  key: property,
  value,
  operator: 'exact',
  type: 'person',
});
