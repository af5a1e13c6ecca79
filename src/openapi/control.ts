/** A route of the gateway's own planes, as OpenAPI says it. */
import type * as z from 'zod';
import { ROUTE_DOCUMENTATION, type RouteDocumentation } from '../contract/documentation.ts';
import { ROUTE_BY_NAME, type ControlRoute, type ControlRouteName } from '../contract/routes.ts';
import { jsonBody, PROBLEM } from './mirror.ts';
import { queryParameters } from './parameters.ts';
import { replySchema } from './schema.ts';

const SECURITY = {
  open: [],
  tenant: [{ tenantToken: [] }],
  admin: [{ adminToken: [] }],
} as const satisfies Record<ControlRoute['plane'], object[]>;

const ETag = { description: 'Another one after every change.', schema: { type: 'string' } };

const IF_MATCH = {
  name: 'If-Match',
  in: 'header',
  description: 'The `ETag` of the record that the change was made for. 412 where it has changed since.',
  schema: { type: 'string' },
};

const EXAMPLES: Readonly<Record<string, string>> = { tenant: 'acme', id: 'tok_AAAAAAAAAAAAAAAAAAAAAA' };

export function controlOperation(name: ControlRouteName): object {
  const route: ControlRoute = ROUTE_BY_NAME[name];
  const documentation: RouteDocumentation = ROUTE_DOCUMENTATION[name];
  const takesBody = Object.keys(route.body.shape).length > 0;
  return {
    operationId: name,
    tags: [route.plane],
    summary: documentation.summary,
    description: descriptionOf(documentation, route),
    security: SECURITY[route.plane],
    parameters: [
      ...pathParameters(route.path),
      ...queryParameters(route.query, {}, false),
      ...(route.ifMatch === undefined ? [] : [IF_MATCH]),
    ],
    ...(takesBody ? { requestBody: jsonBody(route.body, documentation.example ?? {}, true) } : {}),
    responses: { ...successes(name, route, documentation), default: PROBLEM },
  };
}

const descriptionOf = ({ description }: RouteDocumentation, { scopes = [] }: ControlRoute): string =>
  [description, ...scopes.map((scope) => `Needs \`${scope}\`.`)]
    .filter((text) => text !== undefined)
    .join('\n\n');

const pathParameters = (path: string): object[] =>
  [...path.matchAll(/:([a-z]+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    example: path.includes('deletions') && name === 'id' ? 'del_AAAAAAAAAAAAAAAAAAAAAA' : EXAMPLES[name],
  }));

function successes(
  name: ControlRouteName,
  { status, otherStatuses = [], etag }: ControlRoute,
  { summary, reply }: RouteDocumentation,
): Record<string, object> {
  const headers = etag === undefined ? {} : { headers: { ETag } };
  const success = { description: summary, ...headers, ...contentOf(name, reply) };
  return Object.fromEntries([status, ...otherStatuses].map((one) => [String(one), success]));
}

function contentOf(name: ControlRouteName, reply: z.ZodType | null): object {
  if (name === 'landing') return { content: { 'text/html': { schema: { type: 'string' } } } };
  return reply === null ? {} : { content: { 'application/json': { schema: replySchema(reply) } } };
}
