/**
 * Hono finds the route; nothing else of a request is decided by it. Its tiny preset, because no other router takes
 * fixed words beside an id, and finding one of a hundred routes costs 3 µs either way.
 */
import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { failure } from '../core/failure.ts';
import { err, ok } from '../core/result.ts';
import { isPreflight, preflightReply } from './reply/cors.ts';
import type { Services, Handler } from './context.ts';
import { respond } from './respond.ts';
import { checkPath, targetOf } from './input/path.ts';
import { ROUTES } from './routes.ts';

/** Answers any request. */
export function createRouter(services: Services): (request: Request) => Response | Promise<Response> {
  const app = new Hono();
  const serve = (name: string, handler: Handler) => (c: Context) =>
    respond(services, c.req.raw, name, c.req.param(), handler);

  const paths = Map.groupBy(ROUTES, (route) => route.path);
  for (const [path, routes] of paths) {
    for (const { name, method, handler } of routes) app.on(method, path, serve(name, handler));
    app.all(path, serve('method_unknown', otherMethod(routes.map((route) => route.method))));
  }
  app.notFound(serve('path_unknown', notFound));

  const oddPath = (request: Request): Promise<Response> =>
    respond(services, request, 'odd_path', {}, refuseOdd);
  return (request) =>
    checkPath(targetOf(request.url).path) === null ? app.fetch(request) : oddPath(request);
}

const refuseOdd: Handler = async ({ request }) => {
  const refusal = checkPath(targetOf(request.url).path);
  return refusal === null ? notFound() : err(refusal);
};

const notFound = async () =>
  err(failure('path_unknown', 'There is no such path here. /openapi.json lists those there are.'));

/** A preflight, or a method the path does not take. HEAD goes wherever GET does. */
const otherMethod = (methods: readonly string[]): Handler => {
  const allow = [...new Set(['OPTIONS', ...methods, ...(methods.includes('GET') ? ['HEAD'] : [])])];
  return async ({ request }) => {
    if (isPreflight(request)) return ok(preflightReply(request.headers.get('origin') ?? 'null'));
    if (request.method === 'OPTIONS') {
      return ok({ status: 204, type: null, body: null, headers: { Allow: allow.join(', ') } });
    }
    return err({
      ...failure('method_unknown', `This path takes ${allow.join(', ')}.`),
      allow,
    });
  };
};
