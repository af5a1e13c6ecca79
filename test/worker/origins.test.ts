/** Web origins by pattern, those that a tenant adds itself, and its development mode, as pages and partners meet them. */
import { describe, expect, test } from 'vitest';
import type { LogLine } from '../../src/http/log.ts';
import { ADA } from '../../src/sandbox/seed/names.ts';
import { until, type Answer } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';
import { PAGE } from '../support/tenants.ts';

const { send, get, admin, sandbox, tenants, recorder } = await startStack();

const LIST = '/api/projects/1/persons?limit=1';
const BULK_DELETE = '/api/projects/1/persons/bulk_delete/';
const ORIGINS = '/v1/origins';
const DEVELOPMENT = '/v1/origins/development';
const PATTERN = 'https://acme-*.vercel.app';
const PREVIEW = 'https://acme-pr-7.vercel.app';
const OWN = { max: 3, patterns: [PATTERN], localhost: true };

const from = (origin: string) => ({ headers: { origin } });
const put = (token: string, origins: readonly string[], headers: Record<string, string> = {}) =>
  send('PUT', ORIGINS, { token, json: { origins }, headers });
const start = (token: string, json: object = {}) => send('PUT', DEVELOPMENT, { token, json });
const grantOf = (answer: Answer) => (answer.json as { grant: { origins: string[] } }).grant;

const secondsLeft = ({ json }: Answer) =>
  (Date.parse((json as { development_until: string }).development_until) - Date.now()) / 1000;

/** The page may read the answer, and no other page may. */
function readable(answer: Answer, origin: string): void {
  expect(answer, answer.text).toMatchObject({
    status: 200,
    headers: { 'access-control-allow-origin': origin, vary: expect.stringMatching(/^Origin/) as unknown },
  });
  expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
}

function unreadable(answer: Answer): void {
  problem(answer, 'origin_not_allowed', 'Origin');
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
}

describe('Patterns in a record', () => {
  test('A page that a pattern matches is let in by its own origin, after a preflight', async () => {
    const { token } = await tenants.fresh({ origins: [PATTERN] });
    const asks = { origin: PREVIEW, 'access-control-request-method': 'GET' };
    const preflight = await send('OPTIONS', LIST, { headers: asks });
    expect(preflight.headers['access-control-allow-origin']).toBe(PREVIEW);
    for (const origin of [PREVIEW, 'https://acme-x.vercel.app'])
      readable(await get(token, LIST, from(origin)), origin);
  });

  test.each([
    'https://acme.vercel.app',
    'https://acme-.vercel.app',
    'https://evil.vercel.app',
    'https://acme-x.evil.vercel.app',
    'https://acme-x.vercel.app.evil.example',
    'https://acme-x.vercel.app.',
    'https://acme-x.vercel.app:8443',
    'http://acme-x.vercel.app',
    'https://ACME-X.vercel.app',
    'https://evil.example#acme-x.vercel.app',
    'https://user@acme-x.vercel.app',
    'https://acme-*.vercel.app',
    'null',
    'file://',
  ])(
    'A page of %s is refused and reads nothing, and its delete reaches neither PostHog nor the log',
    async (origin) => {
      const { tenant, token } = await tenants.fresh({ origins: [PATTERN] });
      await sandbox.forget();
      unreadable(await get(token, LIST, from(origin)));
      unreadable(await send('POST', BULK_DELETE, { token, json: { ids: [ADA.uuid] }, ...from(origin) }));
      expect(await sandbox.received()).toEqual([]);
      expect(await tenants.log(tenant)).toEqual([]);
    },
  );

  test('A token lists pages of a pattern one by one, and no pattern of its own', async () => {
    const { token } = await tenants.fresh({ origins: [PATTERN] });
    const child = await tenants.derive(token, { origins: [PREVIEW] });
    readable(await get(child.token, LIST, from(PREVIEW)), PREVIEW);
    unreadable(await get(child.token, LIST, from('https://acme-other.vercel.app')));
    const derive = (origins: readonly string[]) =>
      send('POST', '/v1/tokens', { token, json: { name: 'a page', origins } });
    problem(await derive(['https://evil.vercel.app']), 'grant_exceeds_parent', 'origins');
    problem(await derive([PATTERN]), 'field_invalid', 'origins[0]');
  });

  test.each(['https://*', 'https://*.com', 'http://*.acme.example', 'https://a.*.acme.example'])(
    'A record with the pattern %s is refused',
    async (pattern) => {
      const { tenant } = await tenants.fresh();
      problem(await admin('PATCH', `/${tenant}`, { origins: [pattern] }), 'field_invalid', 'origins[0]');
      const own_origins = { patterns: [pattern] };
      problem(
        await admin('PATCH', `/${tenant}`, { own_origins }),
        'field_invalid',
        'own_origins.patterns[0]',
      );
    },
  );
});

describe('Origins that a tenant adds itself', () => {
  test('An origin is true for every token that lists none, until it is taken away', async () => {
    const { tenant, token } = await tenants.fresh({ own_origins: OWN });
    const page = await tenants.derive(token, { scopes: ['person:read'] });
    const listed = await tenants.mint(tenant, { origins: [PAGE] });
    unreadable(await get(page.token, LIST, from(PREVIEW)));
    expect(await put(token, [PATTERN, 'https://beta.acme.example'])).toMatchObject({
      status: 200,
      json: {
        rules: OWN,
        origins: [{ origin: PATTERN, in_force: true }, { origin: 'https://beta.acme.example' }],
        development_until: null,
      },
    });
    for (const origin of [PREVIEW, 'https://beta.acme.example', PAGE])
      readable(await get(page.token, LIST, from(origin)), origin);
    unreadable(await get(listed.token, LIST, from(PREVIEW)));
    expect(grantOf(await get(page.token, '/v1/whoami')).origins).toEqual([
      PAGE,
      PATTERN,
      'https://beta.acme.example',
    ]);
    const child = await tenants.derive(token, { origins: ['https://beta.acme.example'] });
    readable(await get(child.token, LIST, from('https://beta.acme.example')), 'https://beta.acme.example');
    await put(token, [PATTERN]);
    unreadable(await get(child.token, LIST, from('https://beta.acme.example')));
    readable(await get(page.token, LIST, from(PREVIEW)), PREVIEW);
  });

  test('An origin of the tenant’s own is one that an operator can mint a token for', async () => {
    const { tenant, token } = await tenants.fresh({ own_origins: OWN });
    const request = { name: 'x', origins: [PREVIEW] };
    problem(await admin('POST', `/${tenant}/tokens`, request), 'grant_exceeds_parent', 'origins');
    await put(token, [PATTERN]);
    const minted = await tenants.mint(tenant, request);
    expect(minted.grant['origins']).toEqual([PREVIEW]);
    readable(await get(minted.token, LIST, from(PREVIEW)), PREVIEW);
  });

  test('A record that allows fewer stops the others for the next request', async () => {
    const { tenant, token } = await tenants.fresh({ own_origins: OWN });
    await put(token, ['https://a.acme.example', PATTERN]);
    await admin('PATCH', `/${tenant}`, { own_origins: { max: 1 } });
    unreadable(await get(token, LIST, from(PREVIEW)));
    readable(await get(token, LIST, from('https://a.acme.example')), 'https://a.acme.example');
    await admin('PATCH', `/${tenant}`, { own_origins: null });
    unreadable(await get(token, LIST, from('https://a.acme.example')));
    expect((await admin('GET', `/${tenant}/origins`)).json).toMatchObject({
      rules: { max: 0 },
      origins: [{ in_force: false }, { in_force: false }],
    });
  });

  test.each([
    [['http://a.acme.example'], 'field_invalid', 'origins[0]'],
    [['https://ok.example', 'https://localhost:3000'], 'field_invalid', 'origins[1]'],
    [['https://a.example', 'https://a.example'], 'field_invalid', 'origins'],
    [['https://a.example/'], 'field_invalid', 'origins[0]'],
    [['https://*'], 'field_invalid', 'origins[0]'],
    [['null'], 'field_invalid', 'origins[0]'],
    [['https://*.vercel.app'], 'own_origins_not_granted', 'origins[0]'],
    [['https://*.acme.example'], 'own_origins_not_granted', 'origins[0]'],
    [
      ['https://a.example', 'https://b.example', 'https://c.example', 'https://d.example'],
      'own_origins_not_granted',
      'origins',
    ],
    [Array.from({ length: 51 }, (_, nth) => `https://a${nth}.example`), 'field_invalid', 'origins'],
  ] as const)('A tenant cannot add %j', async (origins, code, attr) => {
    const { token } = await tenants.fresh({ own_origins: OWN });
    problem(await put(token, origins), code, attr);
    expect((await get(token, ORIGINS)).json).toMatchObject({ origins: [] });
  });

  test('A tenant adds none where its record does not allow it', async () => {
    const { token } = await tenants.fresh();
    problem(await put(token, ['https://a.example']), 'own_origins_not_granted', 'origins');
    problem(await start(token), 'own_origins_not_granted');
    expect(await put(token, [])).toMatchObject({ status: 200, json: { rules: { max: 0 } } });
  });

  test('Only a token with the scope changes them, and none that lists origins or descends from one', async () => {
    const { tenant, token } = await tenants.fresh({ own_origins: OWN });
    const reader = await tenants.mint(tenant, { scopes: ['person:read'] });
    const listed = await tenants.derive(token, { origins: [PAGE] });
    const below = await tenants.derive(listed.token);
    for (const [used, code] of [
      [reader.token, 'scope_missing'],
      [listed.token, 'own_origins_not_granted'],
      [below.token, 'own_origins_not_granted'],
    ] as const) {
      problem(await get(used, ORIGINS), code);
      problem(await put(used, ['https://evil.example']), code);
      problem(await start(used), code);
      problem(await send('DELETE', DEVELOPMENT, { token: used }), code);
    }
    problem(await send('PUT', ORIGINS, { json: { origins: [] } }), 'token_missing');
    const ci = await tenants.derive(token, { scopes: ['origin:write'] });
    expect(await put(ci.token, ['https://a.example'])).toMatchObject({ status: 200 });
    problem(await get(ci.token, LIST), 'scope_missing');
    expect((await admin('GET', `/${tenant}/origins/changes`)).json).toMatchObject({
      results: [{ token: ci.id }],
    });
  });

  test('A page cannot add an origin, not even one that is let in', async () => {
    const { token } = await tenants.fresh({ own_origins: OWN });
    const headers = { origin: 'https://evil.example' };
    unreadable(await put(token, ['https://evil.example'], headers));
    const refused = await put(token, ['https://evil.example'], { origin: PAGE });
    problem(refused, 'own_origins_not_granted', 'Origin');
    expect(refused.headers['access-control-allow-origin']).toBe(PAGE);
    problem(await get(token, ORIGINS, from(PAGE)), 'own_origins_not_granted', 'Origin');
    problem(
      await send('PUT', DEVELOPMENT, { token, json: {}, ...from(PAGE) }),
      'own_origins_not_granted',
      'Origin',
    );
    expect((await get(token, ORIGINS)).json).toMatchObject({ origins: [] });
  });

  test('A change of another state than was read is refused', async () => {
    const { token } = await tenants.fresh({ own_origins: OWN });
    const { etag = '' } = (await get(token, ORIGINS)).headers;
    const changed = await put(token, ['https://a.example'], { 'if-match': etag });
    expect(changed).toMatchObject({ status: 200 });
    expect(changed.headers['etag']).not.toBe(etag);
    expect((await get(token, ORIGINS)).headers['etag']).toBe(changed.headers['etag']);
    problem(await put(token, [], { 'if-match': etag }), 'precondition_failed', 'If-Match');
    problem(await put(token, [], { 'if-match': 'x' }), 'parameter_invalid', 'If-Match');
  });

  test('Operators see what was added, by which token, and who minted it', async () => {
    const { tenant, token, id } = await tenants.fresh({ own_origins: OWN });
    const added = await put(token, ['https://a.example']);
    await put(token, [PATTERN]);
    await put(token, [PATTERN]);
    await start(token, { seconds: 60 });
    expect((await admin('GET', `/${tenant}/origins`)).json).toMatchObject({
      rules: OWN,
      origins: [{ origin: PATTERN, in_force: true, added_by: id }],
      development_until: expect.stringMatching(/Z$/) as unknown,
    });
    const who = { token: id, token_name: 'a backend', actor: null, minted_by: 'admin' };
    expect((await admin('GET', `/${tenant}/origins/changes`)).json).toMatchObject({
      results: [
        { ...who, added: [], removed: [], development_until: expect.stringMatching(/Z$/) as unknown },
        { ...who, added: [PATTERN], removed: ['https://a.example'], development_until: null },
        {
          ...who,
          added: ['https://a.example'],
          removed: [],
          request_id: added.headers['x-request-id'],
        },
      ],
      next: null,
    });
    const [first] = ((await admin('GET', `/${tenant}/origins/changes?limit=1`)).json as { results: object[] })
      .results;
    expect(first).toMatchObject(who);
    problem(await admin('GET', `/${tenant}/origins/changes?cursor=x`), 'parameter_invalid', 'cursor');
    problem(await admin('GET', '/nowhere/origins'), 'record_unknown', 'tenant');
    problem(await admin('GET', '/nowhere/origins/changes'), 'record_unknown', 'tenant');
    const line = await until('the line of the change', async () =>
      recorder.lines
        .map((text) => JSON.parse(text) as LogLine)
        .find(({ request_id }) => request_id === added.headers['x-request-id']),
    );
    expect(line).toMatchObject({ route: 'put_origins', status: 200, tenant, token: id });
  });
});

describe('The development mode', () => {
  test('The development mode lets pages on localhost in, until it is ended', async () => {
    const { token } = await tenants.fresh({ own_origins: OWN });
    const local = [
      'http://localhost:3000',
      'http://127.0.0.1:5173',
      'http://[::1]:8080',
      'https://localhost',
    ];
    for (const origin of local) unreadable(await get(token, LIST, from(origin)));
    expect(await start(token)).toMatchObject({ status: 200 });
    for (const origin of local) readable(await get(token, LIST, from(origin)), origin);
    for (const origin of ['http://localhost.evil.example', 'http://192.168.0.2:3000', 'null'])
      unreadable(await get(token, LIST, from(origin)));
    expect(grantOf(await get(token, '/v1/whoami')).origins).toEqual([
      PAGE,
      'http://localhost:*',
      'http://127.0.0.1:*',
      'http://[::1]:*',
      'https://localhost:*',
    ]);
    const child = await tenants.derive(token, { origins: ['http://localhost:3000'] });
    readable(await get(child.token, LIST, from('http://localhost:3000')), 'http://localhost:3000');
    expect(await send('DELETE', DEVELOPMENT, { token })).toMatchObject({
      status: 200,
      json: { development_until: null },
    });
    for (const used of [token, child.token]) unreadable(await get(used, LIST, from('http://localhost:3000')));
  });

  test('The development mode lasts as long as is asked for, a week at most', async () => {
    const { token } = await tenants.fresh({ own_origins: OWN });
    const day = secondsLeft(await start(token));
    expect(day).toBeGreaterThan(28_700);
    expect(day).toBeLessThanOrEqual(28_801);
    expect(secondsLeft(await start(token, { seconds: 604_800 }))).toBeGreaterThan(604_700);
    for (const seconds of [604_801, 0, -1, 1.5, '60'])
      problem(await start(token, { seconds }), 'field_invalid', 'seconds');
    problem(await start(token, { hours: 1 }), 'field_unknown', 'hours');
  });

  test('The development mode is refused where the record does not allow it, and ends with the permission', async () => {
    const { tenant, token } = await tenants.fresh({ own_origins: OWN });
    await start(token);
    readable(await get(token, LIST, from('http://localhost:3000')), 'http://localhost:3000');
    await admin('PATCH', `/${tenant}`, { own_origins: { localhost: false } });
    unreadable(await get(token, LIST, from('http://localhost:3000')));
    problem(await start(token), 'own_origins_not_granted');
  });
});

describe('Explanations', () => {
  test('An explanation says whether a page of an origin would be let in, to the tenant and to operators', async () => {
    const { tenant, token, id } = await tenants.fresh({ own_origins: OWN });
    await put(token, [PATTERN]);
    const explain = (origin: string) =>
      send('POST', '/v1/explain', { token, json: { method: 'GET', path: LIST, origin } });
    const path = `method=GET&path=${encodeURIComponent(LIST)}&origin=`;
    for (const query of [path, `token=${id}&${path}`]) {
      expect((await admin('GET', `/${tenant}/explain?${query}${PREVIEW}`)).json).toMatchObject({
        allowed: true,
      });
      expect((await admin('GET', `/${tenant}/explain?${query}https://evil.example`)).json).toMatchObject({
        allowed: false,
        reason: { code: 'origin_not_allowed', attr: 'Origin' },
      });
    }
    expect((await explain(PREVIEW)).json).toMatchObject({ allowed: true, reason: null });
    expect((await explain('https://evil.example')).json).toMatchObject({
      allowed: false,
      reason: { code: 'origin_not_allowed', attr: 'Origin' },
      would_send: null,
    });
  });
});
