/** Tenants over HTTP: registering, changing, suspending, removing; every change counts for the very next request. */
import { describe, expect, test } from 'vitest';
import { together } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';
import { EVERYTHING, PAGE } from '../support/tenants.ts';

const { send, get, admin, tenants, origin } = await startStack();

const LIST = '/api/projects/1/persons?limit=1';
const statusOf = async (token: string, path = LIST): Promise<number> => (await get(token, path)).status;
const grantOf = async (token: string) => ((await get(token, '/v1/whoami')).json as { grant: unknown }).grant;

const shown = async (token: string): Promise<Record<string, unknown>[]> => {
  const { json } = await get(token, '/api/projects/1/persons?limit=100');
  const { results } = json as { results: { properties: Record<string, unknown> }[] };
  return results.map(({ properties }) => properties);
};

/** The different values of the property that tells tenants apart. */
const tenantsOf = async (token: string): Promise<unknown[]> => [
  ...new Set((await shown(token)).map(({ tenant_id: whose }) => whose)),
];

const bulk = (token: string) =>
  send('POST', '/api/projects/1/persons/bulk_delete', { token, json: { distinct_ids: ['nobody'] } });

describe('Tenants', () => {
  test('A tenant is registered, read, changed and removed', async () => {
    const record = { ...EVERYTHING, scopes: ['person:read'], name: 'Life' };
    const created = await admin('PUT', '/life', record);
    expect(created).toMatchObject({ status: 201, json: { tenant: 'life', ...record, suspended: false } });
    const changed = await admin('PUT', '/life', { ...record, name: 'Changed' });
    expect(changed).toMatchObject({ status: 200, json: { name: 'Changed' } });
    expect((await admin('GET', '/life')).json).toEqual(changed.json);
    expect(await admin('DELETE', '/life')).toMatchObject({ status: 204, text: '' });
    for (const answer of [await admin('GET', '/life'), await admin('DELETE', '/life')])
      problem(answer, 'record_unknown', 'tenant');
    problem(await admin('POST', '/life/tokens', { name: 'x' }), 'record_unknown', 'tenant');
    problem(await admin('GET', '/life/tokens'), 'record_unknown', 'tenant');
  });

  test('A tenant with only the required members has modest limits', async () => {
    const answer = await admin('PUT', '/modest', { name: 'M', project_id: 1, scopes: ['person:write'] });
    expect(answer.json).toMatchObject({
      scopes: ['person:update', 'person:split', 'person:delete', 'person:reset_distinct_id'],
      rate: { requests_per_minute: 120, burst: 30 },
      deletes: { persons_per_day: 1000, events: false, recordings: false },
      origins: [],
      suspended: false,
    });
  });

  const MISTAKES: [string, Record<string, unknown>, string][] = [
    ['without a name', { name: undefined }, 'name'],
    ['with an empty name', { name: '' }, 'name'],
    ['for project zero', { project_id: 0 }, 'project_id'],
    ['for a project as text', { project_id: '1' }, 'project_id'],
    ['without scopes', { scopes: [] }, 'scopes'],
    ['with every scope', { scopes: ['*'] }, 'scopes[0]'],
    ['with a scope nobody knows', { scopes: ['person:read', 'person:burn'] }, 'scopes[1]'],
    ['with half a rate', { rate: { burst: 5 } }, 'rate.requests_per_minute'],
    ['with a rate of nothing', { rate: { requests_per_minute: 0, burst: 1 } }, 'rate.requests_per_minute'],
    ['with "false" for a flag', { deletes: { events: 'false' } }, 'deletes.events'],
    ['with a weight of nothing', { weight: 0 }, 'weight'],
    ['with a weight that is too large', { weight: 101 }, 'weight'],
    ['with a negative budget', { deletes: { persons_per_day: -1 } }, 'deletes.persons_per_day'],
    ['with an origin that has a path', { origins: ['https://app.acme.example/'] }, 'origins[0]'],
    ['with every origin', { origins: ['*'] }, 'origins[0]'],
    ['with no origin for one', { origins: ['null'] }, 'origins[0]'],
    ['with a member nobody knows', { admin: true }, 'admin'],
    [
      'with a member nobody knows, deep down',
      { rate: { requests_per_minute: 1, burst: 1, free: true } },
      'rate.free',
    ],
  ];
  test.each(MISTAKES)(
    'A tenant record is refused with %s, and what was there stays',
    async (_, change, attr) => {
      await tenants.put('steady');
      const answer = await admin('PUT', '/steady', { ...EVERYTHING, ...change });
      expect(answer.json, answer.text).toMatchObject({ status: 400, attr });
      expect((await admin('GET', '/steady')).json).toMatchObject({ name: EVERYTHING['name'], project_id: 1 });
    },
  );

  test('A tenant that is suspended is refused until it is not', async () => {
    const { tenant, token } = await tenants.fresh();
    const child = await tenants.derive(token);
    await tenants.put(tenant, { suspended: true });
    for (const one of [token, child.token]) problem(await get(one, LIST), 'tenant_suspended');
    problem(await get(token, '/v1/whoami'), 'tenant_suspended');
    problem(await send('POST', '/v1/tokens', { token, json: { name: 'x' } }), 'tenant_suspended');
    await tenants.put(tenant);
    for (const one of [token, child.token]) expect(await statusOf(one)).toBe(200);
  });

  test('A DELETE with a slash at its end removes nothing: some clients make one of a token named with dots', async () => {
    const { tenant, token } = await tenants.fresh();
    expect(await admin('DELETE', `/${tenant}/`)).toMatchObject({
      status: 404,
      json: { code: 'path_unknown' },
    });
    expect(await admin('GET', `/${tenant}`)).toMatchObject({ status: 200 });
    expect(await send('GET', '/v1/whoami', { token })).toMatchObject({ status: 200 });
  });

  test('A tenant that is removed and registered anew has none of its old tokens back, and none of its old log', async () => {
    const { tenant, token } = await tenants.fresh();
    await bulk(token);
    await admin('DELETE', `/${tenant}`);
    problem(await get(token, LIST), 'tenant_unknown');
    const [before, ...none] = await tenants.log(tenant);
    expect(none).toEqual([]);
    await tenants.put(tenant);
    problem(await get(token, LIST), 'token_revoked');
    const { token: anew } = await tenants.mint(tenant);
    // The name may have another holder now; the operator sees both.
    expect((await get(anew, '/v1/deletions')).json).toEqual({ results: [], next: null });
    problem(await get(anew, `/v1/deletions/${before?.id}`), 'record_unknown', 'id');
    const after = await bulk(anew);
    const id = after.headers['hedgerow-deletion'];
    expect((await get(anew, '/v1/deletions')).json).toMatchObject({ results: [{ id }], next: null });
    expect(await tenants.log(tenant)).toMatchObject([{ id }, { id: before?.id }]);
  });

  test('A tenant is listed by name, a page at a time, once', async () => {
    for (const name of ['page-c', 'page-a', 'page-b']) await tenants.put(name, { name, project_id: 2 });
    const seen: string[] = [];
    for (let path: string | null = '?limit=2'; path !== null;) {
      const { status, json } = await admin('GET', path);
      expect(status).toBe(200);
      const { results, next } = json as { results: { tenant: string }[]; next: string | null };
      expect(results.length).toBeLessThanOrEqual(2);
      seen.push(...results.map(({ tenant }) => tenant));
      expect(seen.length).toBeLessThan(200);
      if (next !== null) expect(next.startsWith(`${origin}/admin/v1/tenants?`)).toBe(true);
      path = next === null ? null : next.slice(`${origin}/admin/v1/tenants`.length);
    }
    expect(seen).toEqual([...new Set(seen)].toSorted());
    expect(seen).toEqual(expect.arrayContaining(['page-a', 'page-b', 'page-c']));
    await admin('DELETE', '/page-b');
    expect((await admin('GET', '?limit=1000')).text).not.toContain('page-b');
    problem(await admin('GET', '?limit=0'), 'parameter_invalid', 'limit');
    problem(await admin('GET', '?cursor=PAGE'), 'parameter_invalid', 'cursor');
    problem(await admin('GET', '?format=csv'), 'parameter_invalid', 'format');
    problem(await admin('GET', '?page=2'), 'parameter_unknown', 'page');
  });
});

describe('Changes of a tenant', () => {
  test('A change of scopes counts on the next request of a token that is out, away and back', async () => {
    const { tenant, token } = await tenants.fresh();
    await tenants.put(tenant, { scopes: ['cohort:read'] });
    problem(await get(token, LIST), 'scope_missing');
    await tenants.put(tenant);
    expect(await statusOf(token)).toBe(200);
  });

  test('A change of scopes never gives a token more than it was minted with', async () => {
    const { tenant } = await tenants.fresh({ scopes: ['person:read'] });
    const { token } = await tenants.mint(tenant);
    await tenants.put(tenant, { scopes: ['person:read', 'activity_log:read'] });
    problem(await get(token, '/api/projects/1/persons/activity'), 'scope_missing');
    expect(await grantOf(token)).toMatchObject({ scopes: ['person:read'] });
  });

  test('A change of origins counts on the next request of a token that is out', async () => {
    const { tenant, token } = await tenants.fresh();
    const from = { headers: { origin: PAGE } };
    expect(await get(token, LIST, from)).toMatchObject({ status: 200 });
    await tenants.put(tenant, { origins: ['https://other.example'] });
    problem(await get(token, LIST, from), 'origin_not_allowed', 'Origin');
    expect(await statusOf(token)).toBe(200);
  });

  test('A change of the project leaves a token good for neither project', async () => {
    const { tenant, token } = await tenants.fresh();
    await tenants.put(tenant, { project_id: 2 });
    for (const project of [1, 2])
      problem(await get(token, `/api/projects/${project}/persons`), 'project_not_granted', 'project_id');
    const { token: anew } = await tenants.mint(tenant);
    expect(await statusOf(anew, '/api/projects/2/persons')).toBe(200);
    await tenants.put(tenant);
    expect(await statusOf(token)).toBe(200);
    problem(await get(anew, LIST), 'project_not_granted', 'project_id');
  });

  test('A change of the rate counts on the next request of a token that is out', async () => {
    const { tenant, token } = await tenants.fresh();
    await tenants.put(tenant, { rate: { requests_per_minute: 1, burst: 1 } });
    const statuses = await together(Array.from({ length: 4 }), () => statusOf(token));
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(3);
    await tenants.put(tenant);
    expect(await statusOf(token)).toBe(200);
  });

  test('A change of what may be deleted counts on the next request of a token that is out', async () => {
    const { tenant, token } = await tenants.fresh();
    const events = () =>
      send('POST', '/api/projects/1/persons/bulk_delete', {
        token,
        json: { distinct_ids: ['nobody'], delete_events: true },
      });
    expect(await events()).toMatchObject({ status: 202 });
    await tenants.put(tenant, { deletes: { persons_per_day: 10 } });
    problem(await events(), 'delete_flag_not_granted', 'delete_events');
  });

  test('A change to a slice or to properties holds for the next answer', async () => {
    const { tenant, token } = await tenants.fresh();
    expect(await tenantsOf(token)).toHaveLength(4);
    const slice = { property: 'tenant_id', value: 'acme' };
    await tenants.put(tenant, { slice });
    expect(await tenantsOf(token)).toEqual(['acme']);
    await tenants.put(tenant, { properties: { hidden: ['ssn'] } });
    expect((await shown(token)).filter((properties) => Object.hasOwn(properties, 'ssn'))).toEqual([]);
    await tenants.put(tenant, { properties: { visible: ['email'] } });
    expect([...new Set((await shown(token)).flatMap((properties) => Object.keys(properties)))]).toEqual([
      'email',
    ]);
    await tenants.put(tenant);
    const { token: sliced } = await tenants.mint(tenant, { slice });
    expect(await tenantsOf(sliced)).toEqual(['acme']);
  });
});

describe('Planes', () => {
  const ADMIN_ROUTES: [string, string][] = [
    ['GET', ''],
    ['PUT', '/acme'],
    ['GET', '/acme'],
    ['PATCH', '/acme'],
    ['POST', '/acme/suspend'],
    ['POST', '/acme/resume'],
    ['DELETE', '/acme'],
    ['POST', '/acme/tokens'],
    ['GET', '/acme/tokens'],
    ['DELETE', `/acme/tokens/tok_${'A'.repeat(22)}`],
    ['GET', '/acme/deletions'],
    ['GET', `/acme/deletions/del_${'A'.repeat(22)}`],
  ];
  const TENANT_ROUTES: [string, string][] = [
    ['GET', '/v1/whoami'],
    ['POST', '/v1/tokens'],
    ['POST', '/v1/tokens/self-revoke'],
    ['DELETE', `/v1/tokens/tok_${'A'.repeat(22)}`],
    ['GET', '/v1/deletions'],
    ['GET', `/v1/deletions/del_${'A'.repeat(22)}`],
  ];

  test.each(ADMIN_ROUTES)(
    "The operator's route %s %s takes the admin token and no other",
    async (method, path) => {
      const { token } = await tenants.fresh();
      const target = `/admin/v1/tenants${path}`;
      problem(await send(method, target), 'admin_token_missing');
      for (const wrong of [
        token,
        `${ADMIN_TOKEN}x`,
        ADMIN_TOKEN.slice(0, -1),
        ADMIN_TOKEN.toUpperCase(),
        'x',
      ]) {
        const answer = await send(method, target, { token: wrong });
        problem(answer, 'admin_token_invalid');
        expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
      }
      for (const headers of [
        { authorization: `Basic ${btoa(`admin:${ADMIN_TOKEN}`)}` },
        { authorization: [`Bearer ${ADMIN_TOKEN}`, `Bearer ${ADMIN_TOKEN}`] },
      ]) {
        problem(await send(method, target, { headers }), 'admin_token_invalid');
      }
    },
  );

  test.each(TENANT_ROUTES)(
    "The tenant's route %s %s takes a tenant token and no other",
    async (method, path) => {
      problem(await send(method, path), 'token_missing');
      problem(await send(method, path, { token: ADMIN_TOKEN }), 'token_malformed');
      const { token } = await tenants.fresh();
      problem(
        await send(method, path, { token, headers: { origin: 'https://evil.example' } }),
        'origin_not_allowed',
        'Origin',
      );
    },
  );

  test('A plane takes no other methods', async () => {
    const { token } = await tenants.fresh();
    for (const [path, allow] of [
      ['/v1/whoami', 'OPTIONS, GET, HEAD'],
      ['/v1/tokens', 'OPTIONS, POST'],
      ['/admin/v1/tenants/acme/suspend', 'OPTIONS, POST'],
      ['/healthz', 'OPTIONS, GET, HEAD'],
    ] as const) {
      const answer = await send('PATCH', path, { token });
      problem(answer, 'method_unknown');
      expect(new Set(answer.headers['allow']?.split(', '))).toEqual(new Set(allow.split(', ')));
    }
  });
});
