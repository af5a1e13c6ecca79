/** `/openapi.json`: OpenAPI 3.1, made from the catalogue and the contract. */
import * as z from 'zod/mini';
import { CATALOGUE, FAMILIES } from '../catalogue/index.ts';
import { FAILURES } from '../core/failure.ts';
import type { JsonObject } from '../core/json.ts';
import { SCOPE_TEXTS } from '../core/scopes.ts';
import { mirrorOperation } from './mirror.ts';
import { controlOperation } from './control.ts';
import { hoistDefinitions } from './definitions.ts';
import { replySchema } from './schema.ts';
import { CONTROL_ROUTE_NAMES, CONTROL_ROUTES } from '../contract/routes.ts';

const VERSION = '0.1.0';

/** The document. It names its server by a relative address, so that it is the same under every host name. */
export function openApiDocument(): JsonObject {
  return hoistDefinitions({
    openapi: '3.1.0',
    info: {
      title: 'Hedgerow',
      version: VERSION,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        "PostHog's persons API through tokens that can do less. The mirror plane has PostHog's own paths, parameters " +
        'and bodies; links in answers lead through this gateway.\n\nScopes:\n\n' +
        Object.entries(SCOPE_TEXTS)
          .map(([scope, text]) => `- \`${scope}\`: ${text}`)
          .join('\n'),
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'mirror', description: "PostHog's persons API" },
      { name: 'tenant', description: 'What the holder of a token can do besides' },
      { name: 'admin', description: 'What the operator does' },
      { name: 'open', description: 'What anybody may see' },
    ],
    paths: paths(),
    components: {
      securitySchemes: {
        tenantToken: { type: 'http', scheme: 'bearer', description: 'A token of a tenant, hgr_…' },
        adminToken: { type: 'http', scheme: 'bearer', description: "The operator's token" },
      },
      schemas: { Problem: PROBLEM },
      responses: {
        Problem: {
          description: 'A refusal or a failure; `code` says which.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  });
}

/** Codes are an open list: PostHog's own pass through, and later versions add some. */
const PROBLEM = {
  ...replySchema(
    z.looseObject({
      type: z.string(),
      code: z.union([z.enum(Object.keys(FAILURES)), z.string()]),
      detail: z.string(),
      attr: z.nullable(z.string()),
      status: z.int(),
      title: z.string(),
      request_id: z.string(),
    }),
  ),
  description: "An RFC 9457 problem with the members of PostHog's errors.",
};

type PathItem = Record<string, object>;

function paths(): Record<string, PathItem> {
  const all = new Map<string, PathItem>();
  const add = (path: string, method: string, operation: object): void => {
    all.set(path, { ...all.get(path), [method.toLowerCase()]: operation });
  };
  for (const operation of CATALOGUE) {
    const below = operation.path === '' ? '' : `${operation.path.replace(':id', '{id}')}/`;
    for (const family of FAMILIES) {
      for (const method of operation.methods) {
        add(
          `/api/${family}/{project_id}/persons/${below}`,
          method,
          mirrorOperation(operation, method, family),
        );
      }
    }
  }
  for (const name of CONTROL_ROUTE_NAMES) {
    const { path, method } = CONTROL_ROUTES[name];
    add(path.replaceAll(/:([a-z]+)/g, '{$1}'), method, controlOperation(name));
  }
  return Object.fromEntries(all);
}
