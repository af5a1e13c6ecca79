/** A route of the gateway's own planes, as OpenAPI says it. */
import { ROUTE_DOCUMENTATION } from '../contract/documentation.ts';
import type { RouteDocumentation } from '../contract/route-documentation.ts';
import { scopesOf, type ControlRoute } from '../contract/control-route.ts';
import { ROUTE_BY_NAME, type ControlRouteName } from '../contract/routes.ts';
import { DELETION_HEADERS, IDEMPOTENCY_KEY } from './deletion-headers.ts';
import { jsonBody, PROBLEM } from './mirror.ts';
import { queryParameters } from './parameters.ts';
import { TOKEN_HEADERS } from './token-headers.ts';
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

const IF_NONE_MATCH = {
  name: 'If-None-Match',
  in: 'header',
  description: '`*`: only where there is no such record yet. 412 where there is one.',
  schema: { type: 'string', enum: ['*'] },
};

const EXAMPLES: Readonly<Record<string, string>> = {
  tenant: 'acme',
  project: '1',
  id: 'tok_AAAAAAAAAAAAAAAAAAAAAA',
};

export function controlOperation(name: ControlRouteName): object {
  const route: ControlRoute = ROUTE_BY_NAME[name];
  const documentation: RouteDocumentation = ROUTE_DOCUMENTATION[name];
  const takesBody = Object.keys(route.body().shape).length > 0;
  const needsBody = route.method !== 'POST' || !route.body().safeParse({}).success;
  return {
    operationId: name,
    tags: [route.plane],
    summary: documentation.summary,
    description: descriptionOf(documentation, route),
    security: SECURITY[route.plane],
    parameters: [
      ...pathParameters(route.path),
      ...queryParameters(route.query(), {}, false),
      ...(route.ifMatch === undefined ? [] : [IF_MATCH]),
      ...(route.ifNoneMatch === undefined ? [] : [IF_NONE_MATCH]),
      ...(route.deletes === undefined ? [] : [IDEMPOTENCY_KEY]),
    ],
    ...(takesBody ? { requestBody: jsonBody(route.body(), documentation.example ?? {}, needsBody) } : {}),
    responses: { ...successes(name, route, documentation), default: PROBLEM },
  };
}

const descriptionOf = ({ description }: RouteDocumentation, route: ControlRoute): string =>
  [
    description,
    ...scopesOf(route).map((scope) => `Needs \`${scope}\`.`),
    ...(route.plane === 'admin' ? [`Needs the role \`${route.role}\`.`] : []),
  ]
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
  { plane, status, otherStatuses = [], etag, deletes }: ControlRoute,
  documentation: RouteDocumentation,
): Record<string, object> {
  const named = {
    ...(plane === 'tenant' ? TOKEN_HEADERS : {}),
    ...(etag === undefined ? {} : { ETag }),
    ...(deletes === undefined ? {} : DELETION_HEADERS),
  };
  const headers = Object.keys(named).length === 0 ? {} : { headers: named };
  const empty = { description: documentation.summary, ...headers };
  const success = { ...empty, ...contentOf(name, documentation) };
  return Object.fromEntries(
    [status, ...otherStatuses].map((one) => [String(one), one === 204 ? empty : success]),
  );
}

function contentOf(name: ControlRouteName, { reply, events }: RouteDocumentation): object {
  if (events !== undefined) return { content: { 'text/event-stream': { schema: replySchema(events) } } };
  if (name === 'landing') return { content: { 'text/html': { schema: { type: 'string' } } } };
  return reply === null ? {} : { content: { 'application/json': { schema: replySchema(reply) } } };
}
