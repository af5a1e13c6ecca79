/** Parameters of a query, as OpenAPI says them. */
import type { Fields } from '../catalogue/fields/values.ts';
import type { Json } from '../core/json.ts';
import { inputSchema } from './schema.ts';

/** Required ones are not, where the body may hold them instead. */
export const queryParameters = (
  fields: Fields,
  example: { readonly [name: string]: Json },
  inBodyToo: boolean,
): object[] =>
  Object.entries(fields.shape).map(([name, field]) => {
    const required = !inBodyToo && !field.safeParse(undefined).success;
    return queryParameter(name, required, inputSchema(field), example[name]);
  });

function queryParameter(name: string, required: boolean, schema: object, example: Json | undefined): object {
  const scalar = isScalar(schema);
  const text = scalar || example === undefined ? example : JSON.stringify(example);
  return {
    name,
    in: 'query',
    required,
    schema: scalar ? schema : asText(schema),
    ...(text === undefined ? {} : { example: text }),
  };
}

/** Structured values stand in a query as JSON text. Generators take a `content` map on a parameter for no type at all. */
const asText = (schema: object): object => ({
  type: 'string',
  contentMediaType: 'application/json',
  contentSchema: schema,
});

const isScalar = (schema: object): boolean =>
  ['string', 'integer', 'number', 'boolean'].includes(String(Reflect.get(schema, 'type')));
