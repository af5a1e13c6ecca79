/**
 * The kinds of value parameters and body fields have. A field is a zod schema of the JSON value; its form says how the
 * same value is written in a query string, so that one schema serves both places.
 */
import * as z from 'zod/mini';
import { PersonRef, PersonUuid } from '../../core/ids.ts';
import { isJsonObject, parseJson, type Json } from '../../core/json.ts';
import { strictJsonProblem } from '../../core/strict-json.ts';
import { lazily } from '../../core/lazily.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { leftOutAs } from './absent.ts';
import { distinctIds, none } from './reference-rules.ts';
import { refersTo } from './references.ts';

/** An object schema that refuses unknown members, member by member. */
export type Fields = z.ZodMiniObject<Readonly<Record<string, z.ZodMiniType>>, z.core.$strict>;

/** How a value stands in a query: as itself, as JSON text, in digits, or as a flag that may stand there by its name alone. */
type QueryForm = 'text' | 'json' | 'digits' | 'flag';

const forms = z.registry<{ form: QueryForm }>();

const DIGITS = /^-?(?:0|[1-9][0-9]*)$/;

const NUL = '\u0000';
const NOT_STORABLE = 'must be well-formed Unicode without NUL';

const storableText = (value: string): boolean => value.isWellFormed() && !value.includes(NUL);

/** Text of 1 to `maxChars` characters that any UTF-8 store takes. */
export const text = (maxChars: number = LIMITS.nameCharsMax) =>
  z.string().check(z.minLength(1), z.maxLength(maxChars), z.refine(storableText, { error: NOT_STORABLE }));

/** One of a few words. */
export const oneOf = <const T extends readonly [string, ...string[]]>(words: T) => z.enum(words);

/** A whole number. In a query, digits. */
export const whole = (min: number, max: number) => digits(z.int().check(z.minimum(min), z.maximum(max)));

/** A whole number that is written in digits in a query: `1e1` is none. */
export const digits = <T extends z.ZodMiniType<number>>(schema: T): T => inForm('digits', schema);

/** A real boolean: `true` or `false`, in a query too. Nothing else counts as either. */
export const flag = () => json(z.boolean());

/** A boolean that PostHog takes for yes as soon as it is there: its bare name in a query means `true`. */
export const presence = () => inForm('flag', z.boolean());

/** A value with structure: in a body as it is, in a query as JSON text. */
export const json = <T extends z.ZodMiniType>(schema: T): T => inForm('json', schema);

function inForm<T extends z.ZodMiniType>(form: QueryForm, schema: T): T {
  forms.add(schema, { form });
  return schema;
}

/** Any JSON value. What is validated came out of a JSON text, so all that can be wrong is that it is not there. */
export const anyJson = () =>
  z.custom<Json>((value) => value !== undefined, { error: 'must be any JSON value' });

/** Any JSON value to be kept. PostHog says 202 to text its store cannot hold, and fails on it later. */
export const keptJson = () => anyJson().check(z.refine(storable, { error: NOT_STORABLE }));

function storable(value: Json): boolean {
  if (typeof value === 'string') return storableText(value);
  if (isJsonObject(value)) {
    return Object.entries(value).every(([name, member]) => storableText(name) && storable(member));
  }
  return !Array.isArray(value) || value.every((item: Json) => storable(item));
}

/** A distinct id, as PostHog stores them. */
export const distinctId = () => refersTo(distinctIds, text(LIMITS.distinctIdCharsMax));

/** One person by its UUID. */
export const personUuid = () => refersTo(none, PersonUuid);

/** One person by its number or its UUID. */
export const personRef = () => refersTo(none, PersonRef);

/** The page of a listing that counts rows from 0. PostHog takes no limit and a limit of 0 for its default. */
export const pageFields = lazily(() => ({
  limit: z.optional(refersTo(none, leftOutAs(['empty text', 'zero'], whole(1, LIMITS.pageRowsMax)))),
  offset: z.optional(refersTo(none, leftOutAs(['empty text'], whole(0, LIMITS.offsetMax)))),
}));

const formOf = (schema: z.core.$ZodType): QueryForm => {
  if (schema instanceof z.ZodMiniOptional) return formOf(schema._zod.def.innerType);
  return forms.get(schema)?.form ?? 'text';
};

/**
 * The value a query text stands for, or what is wrong with the text. One that is no number, or does not begin like
 * JSON, stays text where it should be one, so that the schema says what was expected.
 */
export function fromQuery(schema: z.core.$ZodType, value: string): Result<Json, string> {
  const form = formOf(schema);
  if (form === 'text') return ok(value);
  if (form === 'digits') return ok(DIGITS.test(value) ? Number(value) : value);
  if (form === 'flag' && value === '') return ok(true);
  const flaw = strictJsonProblem(value, LIMITS.bodyDepthMax);
  if (flaw !== null) return err(flaw);
  const read = parseJson(value);
  if (read !== undefined) return ok(read);
  return JSON_BEGINS.test(value) && !z.safeParse(schema, value).success ? err(NO_JSON) : ok(value);
}

/** A list, an object or a quoted text. */
const JSON_BEGINS = /^\s*[[{"]/;
const NO_JSON = 'must be valid JSON: look for a bracket, a quotation mark or a comma too many or too few';

/** The query text of a value, as PostHog reads it. */
export function toQuery(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The query text that `fromQuery` takes for the value: text that would read as JSON is quoted. */
export function toOwnQuery(schema: z.core.$ZodType, value: Json): string {
  const plain = toQuery(value);
  if (typeof value !== 'string') return plain;
  const read = fromQuery(schema, plain);
  return read.ok && read.value === value ? plain : JSON.stringify(value);
}

/** The fields of validated input that were given, in the schema's order. */
export function givenFields(input: unknown): [name: string, value: Json][] {
  return isJsonObject(input) ? Object.entries(input).filter(([, value]) => value !== undefined) : [];
}
