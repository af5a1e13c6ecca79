/** What a value of a schema looks like, in words: `a whole number from 1 to 1000`. For refusals. */
import * as z from 'zod/mini';
import * as core from 'zod/v4/core'; // z.core as a value would bundle all of zod, its 50 languages included.

/** Words that follow "must be", and "is needed:". */
export function describeSchema(schema: core.$ZodType): string {
  const own = ownWords(schema);
  if (own !== undefined) return own;
  if (schema instanceof core.$ZodOptional) return describeSchema(schema._zod.def.innerType);
  if (schema instanceof core.$ZodDefault) return describeSchema(schema._zod.def.innerType);
  if (schema instanceof core.$ZodPrefault) return describeSchema(schema._zod.def.innerType);
  if (schema instanceof core.$ZodNullable) return `${describeSchema(schema._zod.def.innerType)} or null`;
  if (schema instanceof core.$ZodPipe) return describeSchema(schema._zod.def.in);
  if (schema instanceof core.$ZodUnion) return schema._zod.def.options.map(describeSchema).join(', or ');
  if (schema instanceof core.$ZodEnum) return describeChoices(Object.values(schema._zod.def.entries));
  if (schema instanceof core.$ZodLiteral) return describeChoices(schema._zod.def.values);
  if (schema instanceof core.$ZodBoolean) return 'true or false';
  if (schema instanceof core.$ZodISODateTime) return 'an ISO 8601 time with offset';
  if (schema instanceof core.$ZodString) return `text${describeSize(schema, 'character')}`;
  if (schema instanceof core.$ZodNumber) return describeNumber(schema);
  if (schema instanceof core.$ZodArray) return `a list${describeSize(schema, 'item')}`;
  if (schema instanceof core.$ZodObject || schema instanceof core.$ZodRecord) return 'an object';
  return 'a JSON value';
}

/** Words to choose from. */
export function describeChoices(values: readonly unknown[]): string {
  const words = values.map(String);
  return words.length === 1 ? words.join('') : `one of ${words.join(', ')}`;
}

/** A schema's own text begins with "must be", so that it can stand for its description too. */
const MUST_BE = /^must be /;

/** Values that no schema takes: of no type, and a text that fits no pattern. Their issues have the schema's own texts. */
const MISFITS = [Symbol('of no type'), '~'];

const ownWords = (schema: core.$ZodType): string | undefined =>
  MISFITS.flatMap((misfit) => z.safeParse(schema, misfit).error?.issues ?? [])
    .map(({ message }) => message)
    .find((message) => MUST_BE.test(message))
    ?.replace(MUST_BE, '');

const checksOf = (schema: core.$ZodType): readonly core.$ZodCheck[] => schema._zod.def.checks ?? [];

/** The largest lower and the smallest upper bound among the checks of a schema. */
function boundsOf(schema: core.$ZodType): { readonly min: number | null; readonly max: number | null } {
  const mins: number[] = [];
  const maxs: number[] = [];
  for (const check of checksOf(schema)) {
    if (check instanceof core.$ZodCheckMinLength) mins.push(check._zod.def.minimum);
    if (check instanceof core.$ZodCheckMaxLength) maxs.push(check._zod.def.maximum);
    if (check instanceof core.$ZodCheckGreaterThan) mins.push(Number(check._zod.def.value));
    if (check instanceof core.$ZodCheckLessThan) maxs.push(Number(check._zod.def.value));
  }
  return {
    min: mins.length === 0 ? null : Math.max(...mins),
    max: maxs.length === 0 ? null : Math.min(...maxs),
  };
}

function describeSize(schema: core.$ZodType, unit: string): string {
  const { min, max } = boundsOf(schema);
  if (max !== null) return ` of ${(min ?? 0) === 0 ? 'up' : min} to ${max} ${unit}s`;
  return min === null ? '' : ` of ${min} ${unit}${min === 1 ? '' : 's'} or more`;
}

function describeNumber(schema: core.$ZodNumber): string {
  const kind = schema instanceof core.$ZodNumberFormat ? 'a whole number' : 'a number';
  const { min, max } = boundsOf(schema);
  if (min !== null && max !== null)
    return `${kind} from ${min}${excludes(schema) ? ' (excluded)' : ''} to ${max}`;
  if (min !== null) return `${kind}, ${min} or more`;
  return max === null ? kind : `${kind}, ${max} or less`;
}

/** Is the lower bound itself left out? */
const excludes = (schema: core.$ZodType): boolean =>
  checksOf(schema).some((check) => check instanceof core.$ZodCheckGreaterThan && !check._zod.def.inclusive);
