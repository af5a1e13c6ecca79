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
  expect(answer.headers['access-control-allow-origin']).not.toBe('*');
  expect(answer.headers['vary']).toMatch(/^Origin(?:,|$)/);
}

/** A path a route takes. */
const pathOf = (pattern: string): string =>
  pattern
    .replace(/:family\{[^}]*\}/, 'environments')
    .replace(/:project_id\{[^}]*\}/, '1')
    .replace(/:id\{[^}]*\}/, ADA.uuid)
    .replace(':tenant', 'acme')
    .replace(':id', `tok_${'A'.repeat(22)}`);

describe('a preflight', () => {
  test('is answered for every route of every plane, without a token, to every origin', async () => {
    const routes = ROUTES.flatMap(({ method, path }) =>
      [PAGE, EVIL, 'null'].map((origin) => ({ method, path, origin })),
    );
    const answers = await together(routes, ({ method, path, origin }) =>
      send('OPTIONS', pathOf(path), {
        headers: {
          origin,
          'access-control-request-method': method,
          'access-control-request-headers': 'authorization, content-type',
        },
      }),
    );
    for (const [i, { method, path, origin }] of routes.entries()) {
      const answer = answers[i]!;
      expect(answer, `${method} ${path}`).toMatchObject({ status: 204, text: '' });
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      expect(answer.headers['access-control-allow-methods']?.split(', '), path).toContain(method);
      expect(answer.headers['access-control-allow-headers']?.toLowerCase().split(', ')).toEqual([
        'authorization',
        'content-type',
      ]);
      expect(Number(answer.headers['access-control-max-age'])).toBeGreaterThan(0);
      noCredentials(answer);
    }
    expect(await sandbox.received()).toEqual([]);
  });

  test('that is none is an OPTIONS, which says what the path takes', async () => {
    for (const headers of [{}, { origin: PAGE }, { 'access-control-request-method': 'GET' }] as Record<
      string,
      string
    >[]) {
      const answer = await send('OPTIONS', LIST, { headers });
      expect(answer).toMatchObject({ status: 204, headers: { allow: 'OPTIONS, GET, HEAD' } });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  test('to nowhere is a 404', async () => {
    const headers = { origin: PAGE, 'access-control-request-method': 'GET' };
    problem(await send('OPTIONS', '/api/projects/1/feature_flags', { headers }), 'path_unknown');
  });
});

describe('a page of an origin in the grant', () => {
  test('gets its answer from every operation, and may read it with the headers that matter', async () => {
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
          'Hedgerow-Deletion',
          'Location',
          'Link',
        ]),
      );
      noCredentials(answer);
    }
  });

  test('may read the tenant plane, and why it is refused', async () => {
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

  test('whose grant lost it is refused on the next request', async () => {
    const other = await tenants.fresh();
    expect(await get(other.token, LIST, from(PAGE))).toMatchObject({ status: 200 });
    await tenants.put(other.tenant, { origins: [] });
    problem(await get(other.token, LIST, from(PAGE)), 'origin_not_allowed', 'Origin');
    const narrower = await tenants.derive(token, { origins: [] });
    problem(await get(narrower.token, LIST, from(PAGE)), 'origin_not_allowed', 'Origin');
  });
});

describe('a page of another origin', () => {
  test('is refused and may not read the refusal, or anything else', async () => {
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

  test('may not read what the operator gets, even with the admin token', async () => {
    const { ADMIN_TOKEN } = await import('../support/secrets.ts');
    const answer = await send('GET', '/admin/v1/tenants', { token: ADMIN_TOKEN, ...from(EVIL) });
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

test('a request without an origin is no browser’s, and passes', async () => {
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
