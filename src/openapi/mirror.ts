/** An operation of the catalogue, as OpenAPI says it. */
import * as z from 'zod/mini';
import { documentationOf } from '../catalogue/documentation.ts';
import { COLUMNS, Columns, FORMAT } from '../catalogue/format.ts';
import type { Fields } from '../catalogue/fields/values.ts';
import type { Family } from '../catalogue/index.ts';
import type { Method, Operation } from '../catalogue/operation.ts';
import { documentedReply } from '../catalogue/reply-schemas.ts';
import type { Json } from '../core/json.ts';
import { DELETION_HEADERS, IDEMPOTENCY_KEY } from './deletion-headers.ts';
import { queryParameters } from './parameters.ts';
import { inputSchema, replySchema } from './schema.ts';

/** One operation for one method and path family. `environments` is PostHog's alias of `projects`. */
export function mirrorOperation(operation: Operation, method: Method, family: Family): object {
  const { example, scopes, place, input } = operation;
  const documentation = documentationOf(operation);
  const inQuery = method === 'GET' || place !== 'body';
  const inBody = method !== 'GET' && place !== 'query' && Object.keys(input.shape).length > 0;
  return {
    operationId: operationIdOf(operation, method, family),
    tags: ['mirror'],
    summary: documentation.summary,
    description: `${documentation.description}\n\nNeeds ${scopes.map((scope) => `\`${scope}\``).join(' and ')}.`,
    ...(family === 'environments' ? { deprecated: true } : {}),
    security: [{ tenantToken: [] }],
    parameters: [
      ...pathParameters(operation),
      ...(inQuery ? queryParameters(input, example, inBody) : []),
      ...formatParameters(operation),
      ...(operation.effect === 'delete' ? [IDEMPOTENCY_KEY] : []),
    ],
    ...(inBody ? { requestBody: jsonBody(input, example, place === 'body') } : {}),
    responses: { [String(operation.reply.status)]: success(operation), default: PROBLEM },
  };
}

export const PROBLEM = { $ref: '#/components/responses/Problem' };

function operationIdOf(operation: Operation, method: Method, family: Family): string {
  const several = operation.methods.length > 1 ? `_${method.toLowerCase()}` : '';
  return `${operation.id}${several}${family === 'environments' ? '_environments' : ''}`;
}

const pathParameters = (operation: Operation): object[] => [
  { name: 'project_id', in: 'path', required: true, schema: { type: 'integer', minimum: 1 }, example: 1 },
  ...(operation.path.includes(':id')
    ? [
        {
          name: 'id',
          in: 'path',
          required: true,
          description: 'The number or the UUID of a person.',
          schema: { type: 'string' },
          example: '0190c0de-0001-7000-8000-000000000001',
        },
      ]
    : []),
];

const formatParameters = ({ reply }: Operation): object[] =>
  reply.rows === null
    ? queryParameters(z.strictObject({ [FORMAT]: z.optional(z.enum(['json'])) }), {}, false)
    : queryParameters(z.strictObject({ [FORMAT]: tableFormat, [COLUMNS]: tableColumns }), {}, false);

const tableFormat = z.optional(z.enum(['json', 'csv'])).register(z.globalRegistry, {
  description:
    '`csv`: the same rows as `text/csv`, with the way to the next page in the `Link` header. This document describes ' +
    'the JSON.',
});

const tableColumns = z.optional(Columns).register(z.globalRegistry, {
  description: 'With `format=csv`: person properties that get a column of their own.',
});

export const jsonBody = (input: Fields, example: Json, required: boolean): object => ({
  required,
  content: { 'application/json': { schema: inputSchema(input), example } },
});

function success({ reply, effect }: Operation): object {
  const headers = effect === 'delete' ? DELETION_HEADERS : {};
  const documented = documentedReply(reply.schema);
  const content =
    documented === null
      ? {}
      : {
          content: {
            'application/json': { schema: replySchema(documented.schema), example: documented.example },
          },
        };
  const description = reply.status === 202 ? 'Accepted, which never means done.' : 'What PostHog answers.';
  return { description, headers, ...content };
}
