/** How a slice is written: on the wire, and in the records that are stored. */
import * as z from 'zod/mini';
import { text } from '../catalogue/fields/values.ts';
import { parseJson } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';

const SLICE_VALUES_MAX = 50;

/** Why a number or a boolean cannot tell tenants apart, and what can. */
const NOT_TEXT =
  'must be text, or a list of texts: PostHog may compare numbers and booleans as something else, ' +
  'so use a value like acme or t_42';

const EDGES = /^\s|\s$/u;
const LETTER = /\p{L}/u;
const WORDS = /^[+-]?(?:true|false|null|none|nan|inf|infinity)$/i;
const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.,]*(?:Z|[+-][0-9:]+)?)?$/i;
const CONTROL = /\p{Cc}/u;

/**
 * Which properties and values a slice can be made of. PostHog compares as text unless a property is declared numeric,
 * boolean or a time, and its older filters read a value as JSON where they can: `007` may equal 7, `"acme"` may equal
 * acme, and `["acme","bolt"]` either. Such a value would mean one thing here and another there, so it is refused.
 */
function sliceValueProblem(value: string): string | null {
  if (!value.isWellFormed() || CONTROL.test(value))
    return 'must be well-formed Unicode without control characters';
  if (EDGES.test(value)) return 'must not start or end with white space';
  if (!LETTER.test(value)) {
    return 'must hold a letter: PostHog may compare digits as a number, so that 007 equals 7. Use a value like t_42';
  }
  return WORDS.test(value) ||
    MOMENT.test(value) ||
    !Number.isNaN(Number(value)) ||
    parseJson(value) !== undefined
    ? 'must not read as a number, a boolean, a time or JSON: PostHog would compare it as that. Use a value like t_42'
    : null;
}

function slicePropertyProblem(property: string): string | null {
  if (EDGES.test(property) || CONTROL.test(property)) {
    return 'must not start or end with white space, nor hold control characters';
  }
  if (property.startsWith('$')) return 'must not start with $: PostHog writes those properties itself';
  return property === 'distinct_id' ? 'must be a property of the person, and distinct_id is none' : null;
}

/** A check of a schema, from a function that says what is wrong. */
const saying =
  (problemOf: (value: string) => string | null) =>
  (value: string, context: z.core.$RefinementCtx<string>): void => {
    const message = problemOf(value);
    if (message !== null) context.addIssue({ code: 'custom', message });
  };

const SliceProperty = text().check(z.superRefine(saying(slicePropertyProblem)));
/** Each name or value once: one said twice is a slip, and the list is not what its writer believes. */
export const distinct = (items: readonly string[]): boolean => new Set(items).size === items.length;
export const EACH_ONCE = { error: 'must not name the same thing twice' };

const SliceValue = z
  .string({ error: NOT_TEXT })
  .check(z.minLength(1), z.maxLength(LIMITS.nameCharsMax), z.superRefine(saying(sliceValueProblem)));
const SliceValues = z
  .array(SliceValue)
  .check(z.minLength(1), z.maxLength(SLICE_VALUES_MAX), z.refine(distinct, EACH_ONCE));

/** The part of a project's persons a grant covers: those whose property has the value, or one of the values. */
export const WireSlice = z.strictObject({
  property: SliceProperty,
  value: z.union([SliceValue, SliceValues], { error: NOT_TEXT }),
});
export type WireSlice = z.output<typeof WireSlice>;
