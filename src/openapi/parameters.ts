/** Parameters of a query, as OpenAPI says them. */
import type { Fields } from '../catalogue/fields/values.ts';
import type { Json } from '../core/json.ts';
import { inputSchema } from './schema.ts';

/** Required ones are not, where the body may hold them instead. */
export function queryParameters(
  fields: Fields,
  example: { readonly [name: string]: Json },
  inBodyToo: boolean,
): object[] {
  return Object.entries(fields.shape).map(([name, field]) => {
    const schema = inputSchema(field);
    const shown = example[name];
    const text = isScalar(schema) || shown === undefined ? shown : JSON.stringify(shown);
    return {
      name,
      in: 'query',
      required: !inBodyToo && !field.safeParse(undefined).success,
      schema: isScalar(schema) ? schema : asText(schema),
      ...(text === undefined ? {} : { example: text }),
    };
  });
}

/** Structured values stand in a query as JSON text. Generators take a `content` map on a parameter for no type at all. */
const asText = (schema: object): object => ({
  type: 'string',
  contentMediaType: 'application/json',
  contentSchema: schema,
});

const isScalar = (schema: object): boolean =>
  ['string', 'integer', 'number', 'boolean'].includes(String(Reflect.get(schema, 'type')));
