/** Every place of an operation's arguments in which a client can write a text or a name of its own choice. */
import * as z from 'zod';
import type { Operation } from '../../../src/catalogue/operation.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';

export interface TextPlace {
  /** The members that lead to it; `[]` is an item of a list, `{}` the name of a member. */
  readonly path: string;
  /** Arguments with the text at this place and, elsewhere, only what has to be there. */
  readonly write: (text: string) => JsonObject;
}

type Wrap = (value: Json) => Json;
type Found = readonly [path: string, write: (text: string) => Json];

/** Members that have to be there, by the object they belong to. */
function required(shape: z.core.$ZodShape, type: string): JsonObject {
  if ('operator' in shape) return { key: 'plan', type, operator: 'exact', value: 'x' };
  if ('math' in shape) return { id: 'paid', type: 'events' };
  return 'values' in shape ? { type: 'AND' } : {};
}

const MAX_DEPTH = 6;

function placesIn(schema: z.core.$ZodType, path: string, wrap: Wrap, type: string): Found[] {
  if (path.split(/[.[{]/).length > MAX_DEPTH) return [];
  const below = (inner: z.core.$ZodType, name = '', around: Wrap = (value) => value) =>
    placesIn(inner, path + name, (value) => wrap(around(value)), type);
  if (schema instanceof z.core.$ZodOptional) return below(schema._zod.def.innerType);
  if (schema instanceof z.core.$ZodNullable) return below(schema._zod.def.innerType);
  if (schema instanceof z.core.$ZodDefault) return below(schema._zod.def.innerType);
  if (schema instanceof z.core.$ZodPipe) return below(schema._zod.def.in);
  if (schema instanceof z.core.$ZodUnion) {
    return schema._zod.def.options.flatMap((option) => below(option));
  }
  if (schema instanceof z.core.$ZodArray) return below(schema._zod.def.element, '[]', (value) => [value]);
  if (schema instanceof z.core.$ZodRecord) {
    return [
      [`${path}{}`, (text) => wrap({ [text]: 'x' })],
      ...below(schema._zod.def.valueType, '.*', (value) => ({ plan: value })),
    ];
  }
  if (schema instanceof z.core.$ZodObject) {
    const { shape } = schema._zod.def;
    return Object.entries(shape).flatMap(([name, member]) =>
      below(member, path === '' ? name : `.${name}`, (value) => ({
        ...required(shape, type),
        [name]: value,
      })),
    );
  }
  const isText = schema instanceof z.core.$ZodString && schema._zod.bag.patterns === undefined;
  return isText || schema instanceof z.core.$ZodCustom ? [[path, (text) => wrap(text)]] : [];
}

/** The places of an operation, with filters and breakdowns said to be of the given type. */
export function textPlaces({ input }: Operation, type: 'person' | 'event'): TextPlace[] {
  const said = {
    ...('breakdown_type' in input.shape ? { breakdown_type: type } : {}),
    ...('funnel_correlation_type' in input.shape
      ? { funnel_correlation_type: type === 'person' ? 'properties' : 'events' }
      : {}),
  };
  return placesIn(input, '', (value) => value, type).map(([path, write]) => ({
    path,
    write: (text) => ({ ...said, ...(write(text) as JsonObject) }),
  }));
}
