/**
 * Hono finds the route; nothing else of a request is decided by it. Its tiny preset, because no other router takes
 * fixed words beside an id, and finding one of a hundred routes costs 3 µs either way.
 */
import type { Context } from 'hono';
import { Hono } from 'hono/tiny';
import { getPath } from 'hono/utils/url';
import { failure, type Failure } from '../core/failure.ts';
import { lazily } from '../core/lazily.ts';
import { err, ok } from '../core/result.ts';
import type { Handler, Services } from './context.ts';
import { checkHost, checkPath, targetOf, unknownPath } from './input/path.ts';
import { isPreflight, preflightReply, type Plane } from './reply/cors.ts';
import { respond, type Execution } from './respond.ts';
import { ROUTES, type Route } from './routes.ts';

export type Router = (request: Request, execution: Execution) => Response | Promise<Response>;

/** Answers any request. Routes are made ready when the first request comes that begins with the same word as they do. */
export function createRouter(services: Services, served: readonly Route[] = ROUTES): Router {
  const apps = new Map(
    Array.from(
      Map.groupBy(served, ({ path }) => firstWord(path)),
      ([word, routes]) => [word, lazily(() => appOf(services, routes))],
    ),
  );
  const unknown = lazily(() => appOf(services, []));

  return (request, execution) => {
    const refusal = checkHost(request.headers.get('host')) ?? checkPath(targetOf(request.url).path);
    if (refusal === null) {
      const app = apps.get(firstWord(getPath(request))) ?? unknown;
      return app().fetch(request, execution);
    }
    const routed = { request, route: 'odd_path', plane: 'none', parameters: {} } as const;
    return respond(services, execution, routed, async () => err(refusal));
  };
}

const firstWord = (path: string): string => path.split('/', 2)[1] ?? '';

type App = Hono<{ Bindings: Execution }>;

function appOf(services: Services, all: readonly Route[]): App {
  const app: App = new Hono();
  const serve = (nameOf: (request: Request) => string, plane: Plane, handler: Handler) => {
    return (c: Context<{ Bindings: Execution }>) => {
      const request = c.req.raw;
      const routed = { request, route: nameOf(request), plane, parameters: c.req.param() };
      return respond(services, c.env, routed, handler);
    };
  };

  const paths = Map.groupBy(all, ({ path }) => path);
  for (const [path, routes] of paths) {
    const plane = routes[0]?.plane ?? 'none';
    for (const { name, method, handler } of routes) {
      const named = serve(() => name, plane, handler);
      app.on(method, path, named);
    }
    app.all(path, serve(otherNameOf(routes), plane, otherMethod(plane, routes)));
  }
  app.notFound(serve(() => 'path_unknown', 'none', notFound));
  return app;
}

const notFound: Handler = async ({ request }) => err(unknownPath(targetOf(request.url).path));

/** The route that a preflight asks about. HEAD goes wherever GET does. */
function askedRoute(request: Request, routes: readonly Route[]): Route | undefined {
  const asked = request.headers.get('access-control-request-method');
  return routes.find(({ method }) => method === (asked === 'HEAD' ? 'GET' : asked));
}

/** The log calls a preflight what it asks about. */
const otherNameOf =
  (routes: readonly Route[]) =>
  (request: Request): string => {
    if (request.method !== 'OPTIONS') return 'method_unknown';
    if (!isPreflight(request)) return 'options';
    return askedRoute(request, routes)?.name ?? 'method_unknown';
  };

/** A preflight, OPTIONS, or a method the path does not take. */
const otherMethod = (plane: Plane, routes: readonly Route[]): Handler => {
  const taken = routes.map((route) => route.method);
  const methods = [...new Set([...taken, ...(taken.includes('GET') ? ['HEAD'] : [])])];
  const allow = ['OPTIONS', ...methods];
  const noSuchMethod = (): Failure => ({
    ...failure('method_unknown', `This path takes ${allow.join(', ')}.`),
    allow,
  });
  return async ({ request }) => {
    if (isPreflight(request)) {
      if (plane === 'admin') return err(noPages());
      return askedRoute(request, routes) === undefined
        ? err(noSuchMethod())
        : ok(preflightReply(request.headers, methods));
    }
    if (request.method === 'OPTIONS') {
      return ok({ status: 204, type: null, body: null, headers: { Allow: allow.join(', ') } });
    }
    return err(noSuchMethod());
  };
};

const noPages = (): Failure =>
  failure('origin_not_allowed', 'The admin plane is not for web pages: call it from a server.', 'Origin');
