/**
 * What counts as left out, as at PostHog: a null where an optional field takes none, and for some fields an empty text,
 * an empty list or a zero. Typed clients write all members, and forms send empty ones.
 */
import * as z from 'zod/mini';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/** Ways of writing nothing. */
export type Nothing = 'empty text' | 'empty list' | 'zero';

const nothings = new WeakMap<z.core.$ZodType, readonly Nothing[]>();

/** Declares how clients of PostHog write that they leave the field out. */
export const leftOutAs = <T extends z.ZodMiniType>(ways: readonly [Nothing, ...Nothing[]], schema: T): T => {
  nothings.set(schema, ways);
  return schema;
};

function nothingIn(value: Json): Nothing | null {
  if (value === '') return 'empty text';
  if (value === 0) return 'zero';
  return Array.isArray(value) && value.length === 0 ? 'empty list' : null;
}

/** Is the value one by which the field is left out? */
export function isLeftOut(field: z.core.$ZodType, value: Json): boolean {
  const way = nothingIn(value);
  return way !== null && waysOf(field).includes(way);
}

const waysOf = (schema: z.core.$ZodType): readonly Nothing[] =>
  nothings.get(schema) ?? (schema instanceof z.ZodMiniOptional ? waysOf(schema._zod.def.innerType) : []);

/** The value of a member of a JSON object, without what counts as left out in it; `undefined` where all of it does. */
export function presentMember(field: z.core.$ZodType, value: Json): Json | undefined {
  const absent = value === null ? isAbsentNull(field) : isLeftOut(field, value);
  return absent ? undefined : withoutAbsent(field, value);
}

/** Is a null in this field the same as no member? Not where the field is needed, or takes a null. */
const isAbsentNull = (field: z.core.$ZodType): boolean =>
  z.safeParse(field, undefined).success && !z.safeParse(field, null).success;

/** The value without the members that count as left out, at any depth that the schema names. */
export function withoutAbsent(schema: z.core.$ZodType, value: Json): Json {
  if (isList(value)) {
    const elements = alternatives(schema).flatMap((option) =>
      option instanceof z.ZodMiniArray ? alternatives(option._zod.def.element) : [],
    );
    return value.map((item) => withoutAbsentMembers(elements, item));
  }
  return withoutAbsentMembers(alternatives(schema), value);
}

function withoutAbsentMembers(schemas: readonly z.core.$ZodType[], value: Json): Json {
  if (!isJsonObject(value)) return value;
  const shapes = schemas.flatMap(shapeOf);
  const shape = shapes.find((candidate) => hasMembers(candidate, value)) ?? shapes[0];
  if (shape === undefined) return value;
  const members = Object.entries(value).flatMap(([name, member]): [string, Json][] => {
    const field = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (field === undefined) return [[name, member]];
    const present = presentMember(field, member);
    return present === undefined ? [] : [[name, present]];
  });
  return Object.fromEntries(members);
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

const shapeOf = (schema: z.core.$ZodType): readonly Shape[] =>
  schema instanceof z.ZodMiniObject ? [schema._zod.def.shape] : [];

const hasMembers = (shape: Shape, value: JsonObject): boolean =>
  Object.keys(value).every((name) => Object.hasOwn(shape, name));

/** The schemas a value may be read by, without what wraps them. */
function alternatives(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodMiniUnion) return schema._zod.def.options.flatMap(alternatives);
  if (schema instanceof z.ZodMiniPipe) return alternatives(schema._zod.def.in);
  return schema instanceof z.ZodMiniOptional ||
    schema instanceof z.ZodMiniNullable ||
    schema instanceof z.ZodMiniDefault
    ? alternatives(schema._zod.def.innerType)
    : [schema];
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
