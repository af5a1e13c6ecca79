/** A route of the gateway's own planes, as OpenAPI says it. */
import { LIMITS } from '../core/limits.ts';
import { jsonBody, jsonSchema, PROBLEM } from './mirror.ts';
import type { ControlRoute } from '../contract/routes.ts';

const SECURITY = {
  open: [],
  tenant: [{ tenantToken: [] }],
  admin: [{ adminToken: [] }],
} as const satisfies Record<ControlRoute['plane'], object[]>;

const EXAMPLES: Readonly<Record<string, string>> = { tenant: 'acme', id: 'tok_AAAAAAAAAAAAAAAAAAAAAA' };

export function controlOperation(name: string, doc: ControlRoute): object {
  return {
    operationId: name,
    tags: [doc.plane],
    summary: doc.summary,
    ...(doc.description === undefined ? {} : { description: doc.description }),
    security: SECURITY[doc.plane],
    parameters: [...pathParameters(doc.path), ...listingParameters(doc)],
    ...(doc.body === undefined ? {} : { requestBody: jsonBody(doc.body.schema, doc.body.example, true) }),
    responses: { ...successes(name, doc), default: PROBLEM },
  };
}

const pathParameters = (path: string): object[] =>
  [...path.matchAll(/:([a-z]+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    example: path.includes('deletions') && name === 'id' ? 'del_AAAAAAAAAAAAAAAAAAAAAA' : EXAMPLES[name],
  }));

function listingParameters({ listing }: ControlRoute): object[] {
  if (listing === undefined) return [];
  const formats = listing === 'csv' ? ['json', 'csv'] : ['json'];
  return [
    {
      name: 'limit',
      in: 'query',
      schema: { type: 'integer', minimum: 1, maximum: LIMITS.listRowsMax, default: LIMITS.listRowsDefault },
    },
    {
      name: 'cursor',
      in: 'query',
      description: 'From `next` of the page before.',
      schema: { type: 'string' },
    },
    { name: 'format', in: 'query', schema: { type: 'string', enum: formats } },
  ];
}

function successes(name: string, doc: ControlRoute): Record<string, object> {
  const answer = { description: doc.summary, ...contentOf(name, doc) };
  const created = name === 'admin_put_tenant' ? { '201': answer } : {};
  return { [String(doc.status)]: answer, ...created };
}

function contentOf(name: string, { reply, listing }: ControlRoute): object {
  if (name === 'landing') return { content: { 'text/html': { schema: { type: 'string' } } } };
  if (reply === null) return {};
  const csv = listing === 'csv' ? { 'text/csv': { schema: { type: 'string' } } } : {};
  return { content: { 'application/json': { schema: jsonSchema(reply) }, ...csv } };
}
