/** A gateway that is away or misconfigured: the console says what is wrong, where, and under which request id. */
import { describe, expect, test } from 'vitest';
import { consoleOf } from '../../src/console/app.tsx';
import type { ConsoleEnv } from '../../src/console/config.ts';
import { sessionCookie } from '../../src/console/identity/session.ts';
import { gatewayThat, SESSION_KEY, startConsole, TOKENS } from '../support/console.ts';

const ORIGIN = 'http://127.0.0.1:1';
const assets = { fetch: () => Promise.reject(new Error('no assets here')) };

/** A console over a gateway that answers so. */
function over(answer: () => Promise<Response>, env: Partial<ConsoleEnv> = {}) {
  const app = consoleOf({
    GATEWAY: gatewayThat(answer),
    ASSETS: assets,
    CONSOLE_SESSION_KEY: SESSION_KEY,
    ...env,
  });
  return async (path: string, init: RequestInit = {}) => {
    const key = new TextEncoder().encode(SESSION_KEY);
    const cookie = await sessionCookie(key, { operator: 'oda', credential: 'c' }, Date.now());
    const headers = new Headers(init.headers);
    headers.set('cookie', cookie.split(';')[0] ?? '');
    const response = await app(new Request(ORIGIN + path, { ...init, headers }));
    return {
      status: response.status,
      text: await response.text(),
      setCookie: response.headers.get('set-cookie'),
    };
  };
}

const problem = (status: number, code: string) => async () =>
  Response.json(
    {
      type: 'server_error',
      code,
      detail: `What ${code} means.`,
      attr: null,
      request_id: 'req_of-the-gateway',
    },
    { status },
  );

/** An owner whose every other question fails. */
const failing = (status: number, code: string) => {
  const fails = problem(status, code);
  return async (request?: unknown) =>
    request instanceof Request && request.url.endsWith('/admin/v1/operator')
      ? Response.json({ name: 'oda', role: 'owner', credential: 'c' })
      : fails();
};

const objectIsAway = () => Promise.reject(new Error('the object is away'));

describe('A gateway in trouble', () => {
  test('A gateway that cannot be reached is said to be so, with where to look', async () => {
    const away = over(() => Promise.reject(new Error('no such service')));
    for (const path of ['/', '/sign-in', '/audit']) {
      const { status, text } = await away(path);
      expect(status).toBe(503);
      expect(text).toContain('The gateway cannot be reached');
      expect(text).toContain('GATEWAY');
      expect(text).not.toContain('no such service');
    }
  });

  test('A gateway that is not configured is said to be so, with the id of the request', async () => {
    const { status, text } = await over(problem(503, 'not_configured'))('/');
    expect(status).toBe(503);
    expect(text).toContain('The gateway is not configured');
    expect(text).toContain('What not_configured means.');
    expect(text).toContain('req_of-the-gateway');
  });

  test('An operator who was taken out can sign in under another name, also while others guess admin tokens', async () => {
    for (const gone of [
      over(problem(401, 'admin_token_invalid')),
      over(problem(429, 'admin_rate_limited')),
    ]) {
      expect((await gone('/')).status).toBe(303);
      const { status, text } = await gone('/sign-in?why=credential');
      expect(status).toBe(200);
      expect(text).toContain('name="token"');
    }
  });

  test('A gateway that fails at one page says what, where and under which request, inside the console', async () => {
    const { status, text } = await over(failing(503, 'state_unavailable'))('/tenants/acme');
    expect(status).toBe(503);
    expect(text).toContain('The gateway cannot reach its records');
    expect(text).toContain('<code>state_unavailable</code>');
    expect(text).toContain('req_of-the-gateway');
    expect(text).toContain('href="/tenants/acme">Try again');
    expect(text).toContain('aria-label="Areas"');
  });

  test('Nobody is let in by a session while it is not known whether the session was ended', async () => {
    const fetch = failing(404, 'record_unknown');
    const GATEWAY = gatewayThat(fetch, { isSessionEnded: objectIsAway });
    const { status, text } = await over(fetch, { GATEWAY })('/');
    expect(status).toBe(503);
    expect(text).toContain('The gateway cannot be reached');
    expect(text).not.toContain('the object is away');
  });

  test.each([
    ['cannot be told of', objectIsAway],
    ['cannot keep', async () => false],
  ])(
    'A sign-out that the gateway %s takes the cookie away and says that a copy still works',
    async (_, endSession) => {
      const fetch = failing(404, 'record_unknown');
      const { status, text, setCookie } = await over(fetch, {
        GATEWAY: gatewayThat(fetch, { endSession }),
      })('/sign-out', { method: 'POST', headers: { origin: ORIGIN } });
      expect([status, setCookie]).toEqual([503, expect.stringMatching(/^__Host-hedgerow-session=; /)]);
      expect(text).toContain('Signed out of this browser only');
      expect(text).toContain('replace your admin token');
      expect(text).not.toContain('the object is away');
    },
  );

  test('A sign-in at a gateway that is away says so, and not that the token is wrong', async () => {
    const away = over(problem(503, 'not_configured'));
    const init = { method: 'POST', headers: { origin: ORIGIN }, body: `token=${TOKENS.owner}` };
    const { status, text } = await away('/sign-in', init);
    expect(status).toBe(503);
    expect(text).toContain('The gateway is not configured');
    expect(text).not.toContain(TOKENS.owner);
  });
});

/** A gateway that has the tenant from the moment on in which it is told to register it. */
function racing() {
  const puts: Request[] = [];
  const app = over(async (request?: unknown) => {
    if (!(request instanceof Request)) throw new Error('a binding is given requests');
    if (request.url.endsWith('/admin/v1/operator'))
      return Response.json({ name: 'oda', role: 'owner', credential: 'c' });
    if (request.method !== 'PUT') return problem(404, 'record_unknown')();
    puts.push(request);
    return request.headers.get('if-none-match') === '*'
      ? problem(412, 'precondition_failed')()
      : Response.json({ tenant: 'acme' });
  });
  return { app, puts };
}

describe('A tenant that somebody else registers at the same moment', () => {
  test('The tenant is not overwritten, and the form says that the name is taken and keeps what was typed', async () => {
    const { app, puts } = racing();
    const body = new URLSearchParams({
      tenant: 'acme',
      name: 'Mine',
      project_id: '1',
      scopes: 'person:read',
      'rate.requests_per_minute': '60',
      'rate.burst': '10',
      weight: '1',
      'reads.remember_seconds': '0',
      'deletes.persons_per_day': '100',
      'deletes.hold_seconds': '0',
      'own_origins.max': '0',
    });
    const { status, text } = await app('/tenants/new', {
      method: 'POST',
      headers: { origin: ORIGIN },
      body: body.toString(),
    });
    expect(puts.map(({ headers }) => headers.get('if-none-match'))).toEqual(['*']);
    expect(status).toBe(422);
    expect(text).toContain('is the name of a tenant that is registered');
    expect(text).toContain('value="Mine"');
  });
});

describe('A console in trouble', () => {
  test('A console without its key signs nobody in, and says where to look', async () => {
    const bare = over(failing(500, 'internal_error'), { CONSOLE_SESSION_KEY: '' });
    for (const path of ['/', '/sign-in', '/tenants']) {
      const { status, text } = await bare(path);
      expect(status).toBe(503);
      expect(text).toContain('The console is not configured');
    }
  });
});

test('The console over a real gateway says that a record is not there, with the request id of the gateway', async () => {
  const { signedIn, recorder } = await startConsole();
  const page = await (await signedIn('viewer')).get('/tenants/nobody-here');
  expect(page.status).toBe(404);
  const [, id = 'none'] = /(req_[\w-]{22})/.exec(page.text) ?? [];
  await expect.poll(() => recorder.lines.some((line) => line.includes(id))).toBe(true);
});
