/** Calls that the client sends again, how long it waits, and when it gives up; and the error that is left then. */
import { expect, test } from 'vitest';
import { createHedgerow, deletions, HedgerowError } from '../../src/client/index.ts';
import { isIdempotent } from '../../src/client/sender.ts';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { clientWorld, json, problemOf, T0, URL_OF_GATEWAY, type Gateway } from '../support/client/world.ts';

const token = 'hgr_x';
const busy = (seconds: string, status = 429): Gateway => {
  const headers = { 'retry-after': seconds };
  return (_, nth) => (nth < 2 ? problemOf(status, 'rate_limited', headers) : json({ results: [] }));
};
const never =
  (seconds: string): Gateway =>
  () =>
    problemOf(503, 'upstream_rate_limited', { 'retry-after': seconds });
const PERSON = { params: { path: { project_id: 1, id: 'x' } } };

test.each([429, 503])(
  'A read that is answered %d is sent again after the seconds of Retry-After',
  async (status) => {
    const { hedgerow, waited, asked } = clientWorld(busy('7', status), { token });
    expect((await hedgerow.GET('/v1/deletions')).data).toEqual({ results: [] });
    expect(waited).toEqual([7000, 7000]);
    expect(asked).toHaveLength(3);
  },
);

test('A gateway that is not configured is not asked again', async () => {
  const { hedgerow, waited } = clientWorld(() => problemOf(503, 'not_configured', { 'retry-after': '60' }), {
    token,
  });
  await expect(hedgerow.GET('/v1/deletions')).rejects.toMatchObject({ code: 'not_configured' });
  expect(waited).toEqual([]);
});

test('A Retry-After that is a date is waited for by the clock', async () => {
  const { hedgerow, waited } = clientWorld(
    (_, nth) =>
      nth === 0
        ? problemOf(503, 'x', { 'retry-after': new Date(T0 + 9000).toUTCString() })
        : json({ results: [] }),
    { token },
  );
  await hedgerow.GET('/v1/deletions');
  expect(waited).toEqual([9000]);
});

test('A call is repeated three times, or as often as the client was told, and then its last problem is thrown', async () => {
  for (const [options, count] of [
    [{}, 3],
    [{ retries: 0 }, 0],
    [{ retries: 5 }, 5],
  ] as const) {
    const { hedgerow, waited, asked } = clientWorld(never('1'), { token, ...options });
    await expect(hedgerow.GET('/v1/deletions')).rejects.toMatchObject({
      name: 'HedgerowError',
      status: 503,
      code: 'upstream_rate_limited',
      attr: 'limt',
      requestId: 'req_1',
      retryAfterSeconds: 1,
      message: 'because of upstream_rate_limited',
    });
    expect([waited.length, asked.length]).toEqual([count, count + 1]);
  }
});

test('A Retry-After above the bound, or none, is not waited for', async () => {
  for (const gateway of [never('61'), () => problemOf(503, 'not_configured')]) {
    const { hedgerow, waited, asked } = clientWorld(gateway, { token });
    await expect(hedgerow.GET('/v1/deletions')).rejects.toBeInstanceOf(HedgerowError);
    expect([waited.length, asked.length]).toEqual([0, 1]);
  }
  const { hedgerow, asked } = clientWorld(never('61'), { token, retryWaitSecondsMax: 61 });
  await expect(hedgerow.GET('/v1/deletions')).rejects.toBeInstanceOf(HedgerowError);
  expect(asked).toHaveLength(4);
});

test.each([400, 403, 404, 409, 500, 502])(
  'An answer of %d is thrown at once, with Retry-After too',
  async (status) => {
    const { hedgerow, asked } = clientWorld(() => problemOf(status, 'x', { 'retry-after': '1' }), { token });
    await expect(hedgerow.GET('/v1/deletions')).rejects.toMatchObject({ status });
    expect(asked).toHaveLength(1);
  },
);

test('A call that changes something is sent again only if it may be done twice', async () => {
  const { hedgerow, asked } = clientWorld(never('1'), { token, retries: 1 });
  const body = { ids: ['x'] };
  const key = { header: { 'Idempotency-Key': '"k"' } };
  const counts: [number, Promise<unknown>][] = [
    [2, hedgerow.PUT('/api/projects/{project_id}/persons/{id}/', { ...PERSON, body: { properties: {} } })],
    [2, hedgerow.DELETE('/api/projects/{project_id}/persons/{id}/', PERSON)],
    [1, hedgerow.PATCH('/api/projects/{project_id}/persons/{id}/', { ...PERSON, body: { properties: {} } })],
    [1, hedgerow.POST('/v1/tokens', { body: { name: 'x' } })],
  ];
  for (const [, call] of counts) await expect(call).rejects.toBeInstanceOf(HedgerowError);
  const sent = Map.groupBy(asked, ({ method }) => method);
  expect([...sent].map(([method, { length }]) => [method, length])).toEqual(
    expect.arrayContaining([
      ['PUT', 2],
      ['DELETE', 2],
      ['PATCH', 1],
      ['POST', 1],
    ]),
  );
  asked.length = 0;
  await expect(hedgerow.POST('/v1/deletions', { body })).rejects.toBeInstanceOf(HedgerowError);
  expect(asked).toHaveLength(1);
  await expect(hedgerow.POST('/v1/deletions', { body, params: key })).rejects.toBeInstanceOf(HedgerowError);
  expect(asked.slice(1).map((one) => [one.body, one.headers.get('idempotency-key')])).toEqual(
    Array.from({ length: 2 }, () => [JSON.stringify(body), '"k"']),
  );
});

test('The operations that are POST and may be sent again are exactly those of the catalogue that change nothing', () => {
  const posts = CATALOGUE.filter(({ methods }) => methods.includes('POST'));
  expect(posts.length).toBeGreaterThan(8);
  for (const { id, path, scopes } of posts) {
    const url = `${URL_OF_GATEWAY}/api/projects/1/persons/${path.replace(':id', 'x')}/`;
    const isRead = scopes.every((scope) => scope.endsWith(':read'));
    expect(isIdempotent(new Request(url, { method: 'POST' })), id).toBe(isRead);
  }
});

test('A wait ends at once when the call is aborted', async () => {
  const controller = new AbortController();
  const { hedgerow, asked } = clientWorld(
    () => {
      controller.abort(new Error('the user has left'));
      return problemOf(429, 'rate_limited', { 'retry-after': '30' });
    },
    { token },
  );
  await expect(hedgerow.GET('/v1/deletions', { signal: controller.signal })).rejects.toThrow(
    'the user has left',
  );
  expect(asked).toHaveLength(1);
});

test('An answer that is no problem document is an error with the status and the id that the headers have', async () => {
  const { hedgerow } = clientWorld(
    () => new Response('<h1>Bad gateway</h1>', { status: 502, headers: { 'x-request-id': 'req_9' } }),
    { token },
  );
  await expect(hedgerow.GET('/v1/whoami')).rejects.toMatchObject({
    status: 502,
    code: 'not_a_problem',
    attr: null,
    requestId: 'req_9',
  });
});

test('A connection that fails is the error of fetch', async () => {
  const { hedgerow } = clientWorld(() => Promise.reject(new TypeError('fetch failed')), { token });
  await expect(hedgerow.GET('/v1/whoami')).rejects.toThrow(TypeError);
});

test('An answer is brought unread by fetch, with the token, the retries and the errors of every call', async () => {
  const { hedgerow, asked } = clientWorld(
    (_, nth) => (nth === 0 ? problemOf(429, 'x', { 'retry-after': '1' }) : new Response('a,b\n')),
    { token },
  );
  expect(await (await hedgerow.fetch('/v1/deletions?format=csv')).text()).toBe('a,b\n');
  expect(asked.map(({ path, token: sent }) => [path, sent])).toEqual([
    ['/v1/deletions?format=csv', token],
    ['/v1/deletions?format=csv', token],
  ]);
});

test('A redirect is not followed, neither with a token nor with ids of persons, and is an error', async () => {
  const redirects: string[] = [];
  const location = 'https://elsewhere.test/';
  const hedgerow = createHedgerow({
    url: URL_OF_GATEWAY,
    token,
    platform: {
      fetch: async (request) => {
        redirects.push(request.redirect);
        return new Response(null, { status: 307, headers: { location } });
      },
    },
  });
  const order = { distinct_ids: ['ada'] };
  await expect(hedgerow.POST('/v1/deletions', { body: order })).rejects.toMatchObject({
    status: 307,
    code: 'not_a_problem',
    message: expect.stringContaining('redirect') as unknown,
  });
  await expect(hedgerow.fetch('/v1/whoami', { redirect: 'follow' })).rejects.toMatchObject({ status: 307 });
  expect(redirects).toEqual(['manual', 'manual']);
});

test.each(['.', '..'])('An id that is %j is refused, and is sent as no part of another path', async (id) => {
  const { hedgerow, asked } = clientWorld(() => json({}), { token });
  const refused = { code: 'path_invalid', status: 400, requestId: null };
  const params = { path: { tenant: 'acme', id } };
  await expect(hedgerow.DELETE('/admin/v1/tenants/{tenant}/tokens/{id}', { params })).rejects.toMatchObject(
    refused,
  );
  await expect(hedgerow.fetch(`/v1/deletions/${id}/events`)).rejects.toMatchObject(refused);
  await expect(hedgerow.fetch(`/v1/deletions/${id}?a=/b`)).rejects.toMatchObject(refused);
  await expect(Array.fromAsync(deletions.follow(hedgerow, id))).rejects.toMatchObject(refused);
  expect(asked).toEqual([]);
  await hedgerow.fetch('/v1/deletions?from=/../x');
  await hedgerow.GET('/v1/deletions/{id}', { params: { path: { id: '...' } } });
  expect(asked.map(({ path }) => path)).toEqual(['/v1/deletions?from=/../x', '/v1/deletions/...']);
});

test.each([
  '@evil.test/v1/whoami',
  '.evil.test/',
  ':8443/',
  'v1/whoami',
  '/v1/%2E%2e/x',
  '/v1\\..\\x',
  '/v1/.\n./x',
])('A path like %j leads to no other host and no other path', async (path) => {
  const { hedgerow, asked } = clientWorld(() => json({}), { token });
  await expect(hedgerow.fetch(path as `/${string}`)).rejects.toMatchObject({ code: 'path_invalid' });
  expect(asked).toEqual([]);
});

test('A token that no header can hold is refused without being shown', async () => {
  const { hedgerow, asked } = clientWorld(() => json({}), { getToken: async () => 'hgr_secret\nhgr_other' });
  const failed = await hedgerow.GET('/v1/whoami').catch((error: unknown) => String(error));
  expect(failed).toContain('token');
  expect(failed).not.toContain('secret');
  expect(asked).toEqual([]);
});
