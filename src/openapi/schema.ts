/** Schemas as JSON Schema 2020-12, the dialect of OpenAPI 3.1. Named parts are under `$defs`. */
import * as z from 'zod/mini';

/** What is taken. */
export const inputSchema = (schema: z.ZodMiniType): object => written(schema, 'input');

/** What is answered. Closed objects are left open: a client must bear a member that comes later. */
export const replySchema = (schema: z.ZodMiniType): object => written(schema, 'output');

function written(schema: z.ZodMiniType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
      // Every integer of zod has these, and they say nothing.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return rest;
}
