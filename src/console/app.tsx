/** The console: who asks, is the request a page's own, and which page answers it. */
import { Hono, type Context } from 'hono';
import { includesRole, type Role } from '../core/operators.ts';
import { readConfig, type ConsoleEnv, type SignIn } from './config.ts';
import { identifier, type Identity } from './identity/identify.ts';
import { signIn, signInPage, signOut } from './identity/sign-in.tsx';
import { logDefect, logMisconfiguration } from './log.ts';
import type { Act, Outcome, Show, SignedIn, Visit } from './page.ts';
import { PAGES } from './pages/index.ts';
import {
  failurePage,
  formTooLongPage,
  misconfiguredPage,
  notFoundPage,
  originRefusedPage,
  roleMissingPage,
} from './pages/problem.tsx';
import { asset } from './respond/assets.ts';
import { readForm } from './respond/form.ts';
import { withHeaders } from './respond/headers.ts';
import { aloneResponse, outcomeResponse, redirect } from './respond/respond.tsx';
import { isOwnOrigin } from './respond/origin.ts';
import { gatewayAs } from './gateway/gateway.ts';
import { returnPath } from './identity/return-path.ts';

export type ConsoleApp = (request: Request) => Response | Promise<Response>;

const nowMs = (): number => Date.now();

/** Serves the console, or, with anything of its configuration missing, a page that says so. */
export function consoleOf(env: ConsoleEnv): ConsoleApp {
  const configured = readConfig(env);
  const app = new Hono();
  app.get('/assets/:name', (c) => asset(env, c.req.raw, c.req.param('name')));
  app.get('/healthz', () => withHeaders(new Response('ok')));
  if (configured.ok) serve(app, env, configured.signIn);
  else {
    logMisconfiguration(configured.problems);
    app.all('*', () => aloneResponse(misconfiguredPage(), 503));
  }
  app.onError((error) => {
    logDefect(error);
    return aloneResponse(failurePage(error, null), 500);
  });
  return (request) => app.fetch(request);
}

function serve(app: Hono, env: ConsoleEnv, how: SignIn): void {
  const identify = identifier(env, how, nowMs);

  app.use('*', async (c, next) => {
    if (isOwnOrigin(c.req.raw)) return next();
    return aloneResponse(originRefusedPage(), 403);
  });
  app.get('/sign-in', async (c) => {
    const identity = await identify(c.req.raw);
    return signInPage(how, identity, new URL(c.req.url));
  });
  app.post('/sign-in', async (c) => {
    const form = await readForm(c.req.raw);
    return form === null ? aloneResponse(formTooLongPage(), 413) : signIn(env, how, c.req.raw, form, nowMs());
  });
  app.post('/sign-out', (c) => signOut(env, how, c.req.raw, nowMs()));

  const answering = (work: (visit: Visit) => Promise<Outcome>) => async (c: Context) => {
    const identity = await identify(c.req.raw);
    if (identity.kind !== 'operator') return turnedAway(c.req.raw, identity);
    const visit = visitOf(env, c, identity.operator);
    return outcomeResponse(await caught(visit, work), visit.operator, c.req.raw);
  };
  for (const route of PAGES) {
    if (route.method === 'GET') app.get(route.path, answering(withRole(route.role, route.handler)));
    else app.post(route.path, answering(withRole(route.role, acting(route.handler))));
  }
  app.notFound(answering(async () => notFoundPage()));
}

/** The gateway refuses it as well; here it is said before anything is filled in. */
const withRole =
  (role: Role, show: Show): Show =>
  async (visit) =>
    includesRole(visit.operator.role, role) ? show(visit) : roleMissingPage(role, visit.operator.role);

/** A form is read once it is known who sent it, and that its sender may. */
const acting =
  (act: Act): Show =>
  async (visit) => {
    const form = await readForm(visit.request);
    return form === null ? formTooLongPage() : act(visit, form);
  };

/** A failure of the gateway is a page of its own, that says what and where. */
async function caught(visit: Visit, work: (visit: Visit) => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work(visit);
  } catch (error) {
    return failurePage(error, visit);
  }
}

const visitOf = (env: ConsoleEnv, c: Context, operator: SignedIn): Visit => ({
  request: c.req.raw,
  url: new URL(c.req.url),
  operator,
  gateway: gatewayAs(env, operator.name),
  nowMs: nowMs(),
  part: (name) => c.req.param(name) ?? '',
});

/** To sign in, and back to the page that was asked for; after a change that was not made, to the page that asked for it. */
function turnedAway(
  request: Request,
  identity: Exclude<Identity, { kind: 'operator' }>,
): Response | Promise<Response> {
  const { origin } = new URL(request.url);
  const from = request.method === 'GET' ? request.url : request.headers.get('referer');
  const next = returnPath(from, origin);
  if (identity.kind === 'failed') return aloneResponse(failurePage(identity.error, null), 503);
  return redirect(`/sign-in?${new URLSearchParams({ next, why: identity.why }).toString()}`);
}
