/** Values that a schema of the catalogue may take, made from the schema itself, so that a new field is tested at once. */
import * as fc from 'fast-check';
import * as z from 'zod';
import * as core from 'zod/v4/core';
import type { Json } from '../../../src/core/json.ts';

/** Begins every text that a client chooses freely. */
export const MARKER = 'MARK_';

/** What would do harm if any of it were read as SQL, as a path or as a name of a query. */
const HARMFUL = [
  '',
  "' OR 1=1 --",
  '"',
  '`',
  '\\',
  '{filters}',
  ') UNION ALL SELECT * FROM persons --',
  '.properties.email',
  'hogql',
  '%',
  '\n',
  ' 💥',
];

const marked = fc
  .tuple(fc.constantFrom(...HARMFUL), fc.nat(99))
  .map(([harm, number]) => `${MARKER}${number}${harm}`);

/** Texts for fields whose schema has a pattern. */
const PATTERNED = [
  '-7d',
  '-30d',
  '2026-01-01',
  '2026-01-05 00:00:00',
  '2026-01-01T10:00:00Z',
  'all',
  'mStart',
];

const DEPTH_MAX = 4;
const ITEMS_MAX = 2;

/** @throws for a kind of schema that it does not know: then it has to be taught. */
export function valuesOf(schema: core.$ZodType, depth = 0): fc.Arbitrary<Json> {
  if (schema instanceof core.$ZodOptional) return valuesOf(schema._zod.def.innerType, depth);
  if (schema instanceof core.$ZodNullable) {
    return fc.oneof({ weight: 9, arbitrary: valuesOf(schema._zod.def.innerType, depth) }, fc.constant(null));
  }
  if (schema instanceof core.$ZodDefault) return valuesOf(schema._zod.def.innerType, depth);
  if (schema instanceof core.$ZodPipe) return valuesOf(schema._zod.def.in, depth);
  if (schema instanceof core.$ZodUnion) {
    const { options } = schema._zod.def;
    return fc.oneof(
      ...(depth < DEPTH_MAX ? options : options.slice(0, 1)).map((one) => valuesOf(one, depth + 1)),
    );
  }
  if (schema instanceof core.$ZodEnum) return fc.constantFrom(...Object.values(schema._zod.def.entries));
  if (schema instanceof core.$ZodLiteral) return fc.constantFrom(...(schema._zod.def.values as Json[]));
  if (schema instanceof core.$ZodBoolean) return fc.boolean();
  if (schema instanceof core.$ZodNumber) return numbersOf(schema);
  if (schema instanceof core.$ZodString) return textsOf(schema);
  if (schema instanceof core.$ZodArray) {
    return fc.array(valuesOf(schema._zod.def.element, depth), { minLength: 1, maxLength: ITEMS_MAX });
  }
  if (schema instanceof core.$ZodObject) return objectsOf(schema, depth + 1);
  throw new Error(`no values for ${schema._zod.def.type}`);
}

/** Objects with any of the optional members and all of the others, that are valid as a whole. */
function objectsOf(schema: core.$ZodObject, depth: number): fc.Arbitrary<Json> {
  const { shape } = schema._zod.def;
  const values = Object.entries(shape).map(([name, field]) => [name, valuesOf(field, depth)] as const);
  const requiredKeys = Object.entries(shape)
    .filter(([, field]) => !z.safeParse(field, undefined).success)
    .map(([name]) => name);
  return fc
    .record(Object.fromEntries(values), { requiredKeys })
    .filter((value) => z.safeParse(schema, value).success);
}

const NUMBERS = [-3, -2, 0, 1, 2, 3, 0.25, 0.5];

const accepted = <T>(schema: core.$ZodType, values: readonly T[]): readonly T[] =>
  values.filter((value) => z.safeParse(schema, value).success);

const numbersOf = (schema: core.$ZodNumber): fc.Arbitrary<number> =>
  fc.constantFrom(...accepted(schema, NUMBERS));

/** Freely chosen texts where the schema takes any. */
const textsOf = (schema: core.$ZodString): fc.Arbitrary<string> =>
  z.safeParse(schema, MARKER).success ? marked : fc.constantFrom(...accepted(schema, PATTERNED));
