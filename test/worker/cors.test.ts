/** Pages of other origins: who may ask whether it may ask, who may ask, and who may read what comes back. */
import { beforeAll, describe, expect, test } from 'vitest';
import { ROUTES } from '../../src/http/routes.ts';
import { ADA } from '../../src/sandbox/seed/names.ts';
import { everyCall } from '../support/calls.ts';
import { together, type Answer } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';
import { PAGE } from '../support/tenants.ts';

const { send, get, sandbox, tenants } = await startStack();
const { tenant, token } = await tenants.fresh();
const EVIL = 'https://evil.example';
const LIST = '/api/projects/1/persons?limit=1';

beforeAll(() => sandbox.forget());

const from = (origin: string) => ({ headers: { origin } });

/** Cookies and credentials have no place here, whatever else an answer says. */
function noCredentials(answer: Answer): void {
  expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
  expect(answer.headers).not.toHaveProperty('set-cookie');
  expect(answer.headers['vary']).toMatch(/^Origin(?:,|$)/);
}

/** A path a route takes. */
const pathOf = (pattern: string): string =>
  pattern
    .replace(/:family\{[^}]*\}/, 'environments')
    .replace(/:project_id\{[^}]*\}/, '1')
    .replace(/:id\{[^}]*\}/, ADA.uuid)
    .replace(/:project(?=\/|$)/, '1')
    .replace(':tenant', 'acme')
    .replace(':id', `tok_${'A'.repeat(22)}`);

/** What browsers add for tracing and analytics libraries, sorted and in lower case as they send it. */
const ASKED =
  'authorization,baggage,content-type,sentry-trace,traceparent,tracestate,x-posthog-session-id,x-posthog-window-id';

describe('Preflights', () => {
  test('A preflight is answered for every route that pages call, without a token, to every origin', async () => {
    const routes = ROUTES.filter(({ plane }) => plane !== 'admin').flatMap(({ method, path }) =>
      [PAGE, EVIL, 'null', 'capacitor://localhost'].map((origin) => ({ method, path, origin })),
    );
    const answers = await together(routes, ({ method, path, origin }) =>
      send('OPTIONS', pathOf(path), {
        headers: {
          origin,
          'access-control-request-method': method,
          'access-control-request-headers': ASKED,
        },
      }),
    );
    for (const [i, { method, path, origin }] of routes.entries()) {
      const answer = answers[i]!;
      expect(answer, `${method} ${path}`).toMatchObject({ status: 204, text: '' });
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      expect(answer.headers['access-control-allow-methods']?.split(', '), path).toContain(method);
      expect(answer.headers['access-control-allow-headers']).toBe(ASKED);
      expect(Number(answer.headers['access-control-max-age'])).toBeGreaterThan(0);
      noCredentials(answer);
    }
    expect(await sandbox.received()).toEqual([]);
  });

  test('A preflight of the admin plane is refused, and the page may not read that', async () => {
    const routes = ROUTES.filter(({ plane }) => plane === 'admin');
    const answers = await together(routes, ({ method, path }) =>
      send('OPTIONS', pathOf(path), { headers: { origin: PAGE, 'access-control-request-method': method } }),
    );
    for (const answer of answers) {
      problem(answer, 'origin_not_allowed', 'Origin');
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test('A preflight for a method that the path does not take is refused, and says which it takes', async () => {
    const headers = { origin: PAGE, 'access-control-request-method': 'DELETE' };
    const answer = await send('OPTIONS', LIST, { headers });
    problem(answer, 'method_unknown');
    expect(answer.headers['allow']).toBe('OPTIONS, GET, HEAD');
    expect(answer.headers).not.toHaveProperty('access-control-allow-methods');
  });

  test('An OPTIONS that is no preflight says what the path takes', async () => {
    for (const headers of [{}, { origin: PAGE }, { 'access-control-request-method': 'GET' }] as Record<
      string,
      string
    >[]) {
      const answer = await send('OPTIONS', LIST, { headers });
      expect(answer).toMatchObject({ status: 204, headers: { allow: 'OPTIONS, GET, HEAD' } });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  test('A preflight to an unknown path is a 404', async () => {
    const headers = { origin: PAGE, 'access-control-request-method': 'GET' };
    problem(await send('OPTIONS', '/api/projects/1/feature_flags', { headers }), 'path_unknown');
  });
});

describe('Pages of an origin in the grant', () => {
  test('A page gets its answer from every operation, and may read it with the headers that matter', async () => {
    const calls = everyCall();
    const answers = await together(calls, ({ method, target, json }) =>
      send(method, target, { token, ...from(PAGE), ...(json === undefined ? {} : { json }) }),
    );
    for (const [i, { name }] of calls.entries()) {
      const answer = answers[i]!;
      expect(answer.headers['access-control-allow-origin'], name).toBe(PAGE);
      expect(answer.headers['access-control-expose-headers']?.split(', ')).toEqual(
        expect.arrayContaining([
          'X-Request-Id',
          'Retry-After',
          'RateLimit',
          'RateLimit-Policy',
          'WWW-Authenticate',
          'Hedgerow-Token-Expires',
          'Hedgerow-Deletion',
          'Location',
          'Link',
        ]),
      );
      noCredentials(answer);
    }
  });

  test('A page may read the tenant plane, and why it is refused', async () => {
    for (const answer of [
      await get(token, '/v1/whoami', from(PAGE)),
      await get(token, '/v1/deletions', from(PAGE)),
      await get(token, '/api/projects/1/persons/nonsense', from(PAGE)),
      await get(token, `${LIST}&nonsense=1`, from(PAGE)),
      await get(token, '/api/projects/1/persons/99999', from(PAGE)),
      await get('hgr_nonsense', LIST, from(PAGE)),
      await send('GET', LIST, from(PAGE)),
      await get(token, '/nowhere', from(PAGE)),
    ]) {
      expect(answer.headers['access-control-allow-origin'], answer.text).toBe(PAGE);
      noCredentials(answer);
    }
  });

  test('A page whose origin left the grant is refused on the next request', async () => {
    const other = await tenants.fresh();
    expect(await get(other.token, LIST, from(PAGE))).toMatchObject({ status: 200 });
    await tenants.put(other.tenant, { origins: [] });
    problem(await get(other.token, LIST, from(PAGE)), 'origin_not_allowed', 'Origin');
    const narrower = await tenants.derive(token, { origins: [] });
    problem(await get(narrower.token, LIST, from(PAGE)), 'origin_not_allowed', 'Origin');
  });
});

describe('Pages of another origin', () => {
  test('A page of another origin is refused and may not read the refusal, or anything else', async () => {
    await sandbox.forget();
    const strangers = [
      EVIL,
      'null',
      'http://app.acme.example',
      `${PAGE}:444`,
      `${PAGE}.evil.example`,
      PAGE.toUpperCase(),
      `${PAGE}/`,
      `${PAGE}, ${EVIL}`,
      'file://',
      'chrome-extension://abc',
    ];
    for (const origin of strangers) {
      for (const path of [LIST, '/v1/whoami', '/v1/deletions']) {
        const answer = await get(token, path, from(origin));
        problem(answer, 'origin_not_allowed', 'Origin');
        expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
        noCredentials(answer);
      }
      const deletion = await send('POST', '/api/projects/1/persons/bulk_delete', {
        token,
        ...from(origin),
        json: { ids: [ADA.uuid] },
      });
      problem(deletion, 'origin_not_allowed', 'Origin');
      const minted = await send('POST', '/v1/tokens', { token, ...from(origin), json: { name: 'x' } });
      problem(minted, 'origin_not_allowed', 'Origin');
    }
    expect(await sandbox.received()).toEqual([]);
    const before = await tenants.log(tenant);
    expect(before.filter(({ asked }) => asked > 1)).toEqual([]);
  });

  test('A page of another origin may not read what the operator gets, nor why the operator is refused', async () => {
    const { ADMIN_TOKEN } = await import('../support/secrets.ts');
    for (const sent of [ADMIN_TOKEN, 'wrong', undefined]) {
      for (const origin of [EVIL, PAGE]) {
        const answer = await send('GET', '/admin/v1/tenants', {
          ...(sent === undefined ? {} : { token: sent }),
          ...from(origin),
        });
        expect(answer.status).toBe(sent === ADMIN_TOKEN ? 200 : 401);
        expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
      }
    }
  });

  test('A page of another origin reads nothing of a refusal that comes after the grant is known, whatever else is wrong', async () => {
    const refusals = [
      get(token, '/api/projects/2/persons', from(EVIL)),
      get(token, `${LIST}&nonsense=1`, from(EVIL)),
      get(token, '/api/projects/1/persons/nonsense', from(EVIL)),
      get(token, '/v1/whoami?nonsense=1', from(EVIL)),
      send('POST', '/api/projects/1/persons/bulk_delete', { token, ...from(EVIL), body: '{' }),
      send('POST', '/v1/explain', { token, ...from(EVIL), json: {} }),
    ];
    for (const answer of await Promise.all(refusals)) {
      problem(answer, 'origin_not_allowed', 'Origin');
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });
});

describe('Pages of any origin', () => {
  test.each(['/', '/healthz', '/openapi.json'])('A page of any origin reads %s', async (path) => {
    for (const headers of [{ origin: EVIL }, { origin: 'null' }, {}] as Record<string, string>[]) {
      const answer = await send('GET', path, { headers });
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe('*');
      noCredentials(answer);
    }
  });
});

describe('Apps whose pages have no web origin', () => {
  const SHELLS = [
    `chrome-extension://${'abcdefghijklmnop'.repeat(2)}`,
    'moz-extension://0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
    'safari-web-extension://0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0',
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'https://tauri.localhost',
    'app://-',
  ];

  test('An app reads what its token is for, where the grant lists its origin, and only there', async () => {
    const shells = await tenants.fresh({ origins: SHELLS });
    for (const origin of SHELLS) {
      const answer = await get(shells.token, LIST, from(origin));
      expect(answer.status, origin).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      problem(await get(token, LIST, from(origin)), 'origin_not_allowed', 'Origin');
    }
    const narrower = await tenants.derive(shells.token, { origins: ['capacitor://localhost'] });
    expect((await get(narrower.token, LIST, from('capacitor://localhost'))).status).toBe(200);
    problem(await get(narrower.token, LIST, from('ionic://localhost')), 'origin_not_allowed', 'Origin');
  });

  test.each(['null', 'file://', 'chrome-extension://short', 'capacitor://localhost/', 'https://*.example'])(
    'An app cannot be let in by listing %s, which is refused with what would be right',
    async (origin) => {
      const minted = await send('POST', '/v1/tokens', { token, json: { name: 'x', origins: [origin] } });
      problem(minted, 'field_invalid', 'origins[0]');
      expect((minted.json as { detail: string }).detail).toMatch(/:\/\//);
    },
  );
});

test('A request without an origin is no browser’s, and passes', async () => {
  const answer = await get(token, LIST);
  expect(answer.status).toBe(200);
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  noCredentials(answer);
});

test('Sec-Fetch headers, cookies and a referrer change nothing', async () => {
  const headers = {
    origin: EVIL,
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'no-cors',
    referer: `${PAGE}/x`,
    cookie: 'a=b',
    host: 'app.acme.example',
  };
  problem(await send('GET', LIST, { token, headers }), 'origin_not_allowed', 'Origin');
});
