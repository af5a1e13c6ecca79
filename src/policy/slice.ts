/**
 * The slice of a grant: which persons are in it, and the filter PostHog is sent for it. The filter saves work and keeps
 * pages short; what keeps foreign rows in is `inSlice`, asked again of every row that comes back.
 */
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import type { WireSlice } from './wire-slice.ts';

/** One condition: the property has one of the values. No value: no person fulfils it. */
export interface Slice {
  readonly property: string;
  /** Sorted, each once: two slices that mean the same are written the same. */
  readonly values: readonly string[];
}

const canonical = (values: readonly string[]): readonly string[] => [...new Set(values)].toSorted();

export const parseSlice = ({ property, value }: WireSlice): Slice => ({
  property,
  values: canonical(typeof value === 'string' ? [value] : value),
});

/** A slice as it is written on the wire: one value as a text, several as a list. */
export function writeSlice({ property, values }: Slice): WireSlice {
  const [only] = values;
  return { property, value: values.length === 1 && only !== undefined ? only : [...values] };
}

/** One more condition. On a property that has one already, the values that both allow are left, perhaps none. */
export function addSlice(slices: readonly Slice[], added: Slice): readonly Slice[] {
  const same = slices.find(({ property }) => property === added.property);
  if (same === undefined) return [...slices, added];
  const values = same.values.filter((value) => added.values.includes(value));
  return slices.map((slice) => (slice === same ? { property: slice.property, values } : slice));
}

/** A condition as it was recorded: older records hold values that are no text. */
export interface RecordedSlice {
  readonly property: string;
  readonly values: readonly unknown[];
}

/**
 * Is every person that fulfils the `narrow` conditions covered by the `wide` ones? True where each wide condition is
 * implied by a narrow one: the same property, and no value that the wide one lacks.
 */
export const coversSlices = (wide: readonly Slice[], narrow: readonly RecordedSlice[]): boolean =>
  wide.every(({ property, values }) => {
    const allowed = new Set<unknown>(values);
    return narrow.some(
      (slice) =>
        slice.property === property &&
        slice.values.length > 0 &&
        slice.values.every((value) => allowed.has(value)),
    );
  });

/** Do two lists of conditions cover the same persons? */
export const sameSlices = (a: readonly Slice[], b: readonly Slice[]): boolean =>
  canonicalText(a) === canonicalText(b);

const canonicalText = (slices: readonly Slice[]): string =>
  JSON.stringify(slices.map(({ property, values }) => JSON.stringify([property, values])).toSorted());

/** Does a person with these properties fulfil all conditions? A person that lacks a property does not. */
export function inSlice(slices: readonly Slice[], properties: Json | undefined): boolean {
  if (slices.length === 0) return true;
  return isJsonObject(properties) && slices.every((slice) => isFulfilled(slice, properties));
}

/** Compares text with text, of an own property, and coerces nothing: the number 7 is not the value "7". */
function isFulfilled({ property, values }: Slice, properties: JsonObject): boolean {
  const value = Object.hasOwn(properties, property) ? properties[property] : undefined;
  return typeof value === 'string' && values.includes(value);
}

/** The filter that a call is narrowed with before PostHog is asked. */
export type SliceFilters =
  /** The whole project: nothing to add. */
  | { readonly covers: 'all' }
  /** These, joined by AND with the filters of the client. Never empty. */
  | { readonly covers: 'some'; readonly leaves: readonly [JsonObject, ...JsonObject[]] }
  /** No person can be in the slice. PostHog would drop every filter that says so: do not ask. */
  | { readonly covers: 'none' };

/**
 * The filter of a slice, built from constants. PostHog drops a filter it cannot build and answers as if it had not
 * been there (PostHog contract §6.2), so there is no leaf here that lacks a member or lists no value.
 */
export function sliceFilters(slices: readonly Slice[]): SliceFilters {
  if (slices.some(({ values }) => values.length === 0 || values.includes(''))) return { covers: 'none' };
  const [first, ...rest] = slices.map((slice) => leafOf(slice));
  return first === undefined ? { covers: 'all' } : { covers: 'some', leaves: [first, ...rest] };
}

const leafOf = (slice: Slice): JsonObject => {
  const { property, value } = writeSlice(slice);
  return { key: property, value, operator: 'exact', type: 'person' };
};
