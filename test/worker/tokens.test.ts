/** The life of tenants and tokens over HTTP: every change counts for the very next request, and nothing ever widens. */
import { describe, expect, test } from 'vitest';
import { ScopeName } from '../../src/core/scopes.ts';
import { together } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';
import { EVERYTHING, PAGE, type Minted } from '../support/tenants.ts';

const stack = await startStack();
const { send, get, admin, sandbox, tenants, origin } = stack;

const LIST = '/api/projects/1/persons?limit=1';
const statusOf = async (token: string, path = LIST): Promise<number> => (await get(token, path)).status;
const whoami = async (token: string): Promise<Record<string, unknown>> => {
  const answer = await get(token, '/v1/whoami');
  expect(answer.status, answer.text).toBe(200);
  return answer.json as Record<string, unknown>;
};
const grantOf = async (token: string) => (await whoami(token))['grant'];

const shown = async (token: string): Promise<Record<string, unknown>[]> => {
  const { json } = await get(token, '/api/projects/1/persons?limit=100');
  const { results } = json as { results: { properties: Record<string, unknown> }[] };
  return results.map(({ properties }) => properties);
};

/** The different values of the property that tells tenants apart. */
const tenantsOf = async (token: string): Promise<unknown[]> => [
  ...new Set((await shown(token)).map(({ tenant_id: whose }) => whose)),
];

describe('a tenant', () => {
  test('is registered, read, changed and removed', async () => {
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

  test('of which little is said has modest limits', async () => {
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
  test.each(MISTAKES)('%s is refused, and what was there stays', async (_, change, attr) => {
    await tenants.put('steady');
    const answer = await admin('PUT', '/steady', { ...EVERYTHING, ...change });
    expect(answer.json, answer.text).toMatchObject({ status: 400, attr });
    expect((await admin('GET', '/steady')).json).toMatchObject({ name: EVERYTHING['name'], project_id: 1 });
  });

  test.each(['UPPER', '-x', 'x-', 'a.b', 'a_b', `a${'b'.repeat(63)}`, '@me'])(
    'called %s is refused',
    async (name) => {
      expect((await admin('PUT', `/${name}`, EVERYTHING)).status).toBe(404);
    },
  );

  test('that is suspended is refused until it is not', async () => {
    const { tenant, token } = await tenants.fresh();
    const child = await tenants.derive(token);
    await tenants.put(tenant, { suspended: true });
    for (const one of [token, child.token]) problem(await get(one, LIST), 'tenant_suspended');
    problem(await get(token, '/v1/whoami'), 'tenant_suspended');
    problem(await send('POST', '/v1/tokens', { token, json: { name: 'x' } }), 'tenant_suspended');
    await tenants.put(tenant);
    for (const one of [token, child.token]) expect(await statusOf(one)).toBe(200);
  });

  test('that is removed and registered anew has none of its old tokens back, and all of its log', async () => {
    const { tenant, token } = await tenants.fresh();
    await send('POST', '/api/projects/1/persons/bulk_delete', { token, json: { distinct_ids: ['nobody'] } });
    await admin('DELETE', `/${tenant}`);
    problem(await get(token, LIST), 'tenant_unknown');
    expect(await tenants.log(tenant)).toHaveLength(1);
    await tenants.put(tenant);
    problem(await get(token, LIST), 'token_revoked');
    expect(await statusOf((await tenants.mint(tenant)).token)).toBe(200);
    expect(await tenants.log(tenant)).toHaveLength(1);
  });

  test('is listed by name, a page at a time, each once', async () => {
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

describe('a change of the tenant counts on the next request of a token that is out', () => {
  test('of scopes, away and back', async () => {
    const { tenant, token } = await tenants.fresh();
    await tenants.put(tenant, { scopes: ['cohort:read'] });
    problem(await get(token, LIST), 'scope_missing');
    await tenants.put(tenant);
    expect(await statusOf(token)).toBe(200);
  });

  test('of scopes, never giving a token more than it was minted with', async () => {
    const { tenant } = await tenants.fresh({ scopes: ['person:read'] });
    const { token } = await tenants.mint(tenant);
    await tenants.put(tenant, { scopes: ['person:read', 'activity_log:read'] });
    problem(await get(token, '/api/projects/1/persons/activity'), 'scope_missing');
    expect(await grantOf(token)).toMatchObject({ scopes: ['person:read'] });
  });

  test('of origins', async () => {
    const { tenant, token } = await tenants.fresh();
    const from = { headers: { origin: PAGE } };
    expect(await get(token, LIST, from)).toMatchObject({ status: 200 });
    await tenants.put(tenant, { origins: ['https://other.example'] });
    problem(await get(token, LIST, from), 'origin_not_allowed', 'Origin');
    expect(await statusOf(token)).toBe(200);
  });

  test('of the project: the token is good for neither', async () => {
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

  test('of the rate', async () => {
    const { tenant, token } = await tenants.fresh();
    await tenants.put(tenant, { rate: { requests_per_minute: 1, burst: 1 } });
    const statuses = await together(Array.from({ length: 4 }), () => statusOf(token));
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(3);
    await tenants.put(tenant);
    expect(await statusOf(token)).toBe(200);
  });

  test('of what may be deleted', async () => {
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

  test('to a slice or to properties: the next answer holds nothing else', async () => {
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

const lifeOf = ({ expires_at }: Minted): number => Math.round((Date.parse(expires_at) - Date.now()) / 60_000);

describe('a token', () => {
  test('is handed out once, and listed without itself, newest first', async () => {
    const { tenant, id: first } = await tenants.fresh();
    const minted = await tenants.mint(tenant, { name: 'second', scopes: ['person:read'], expires_in: 60 });
    const child = await tenants.derive(minted.token, { name: 'third' });
    expect(minted).toMatchObject({
      id: expect.stringMatching(/^tok_/) as unknown,
      name: 'second',
      not_before: null,
      grant: { scopes: ['person:read'], project_id: 1 },
    });
    const { json } = await admin('GET', `/${tenant}/tokens`);
    const { results } = json as { results: Record<string, unknown>[] };
    expect(results.map(({ id, parent, revoked_at }) => ({ id, parent, revoked_at }))).toEqual([
      { id: child.id, parent: minted.id, revoked_at: null },
      { id: minted.id, parent: null, revoked_at: null },
      { id: first, parent: null, revoked_at: null },
    ]);
    await admin('DELETE', `/${tenant}/tokens/${minted.id}`);
    const after = (await admin('GET', `/${tenant}/tokens?limit=2`)).json as {
      results: Record<string, unknown>[];
      next: string;
    };
    expect(after.results.map(({ revoked_at }) => typeof revoked_at)).toEqual(['string', 'string']);
    const rest = await admin('GET', after.next.slice(`${origin}/admin/v1/tenants`.length));
    expect(rest.json).toMatchObject({ results: [{ id: first }], next: null });
  });

  test('expires', async () => {
    const { tenant } = await tenants.fresh();
    const { token } = await tenants.mint(tenant, { expires_in: 1 });
    await expect.poll(() => statusOf(token), { timeout: 20_000 }).toBe(401);
    problem(await get(token, LIST), 'token_expired');
    problem(await send('POST', '/v1/tokens', { token, json: { name: 'x' } }), 'token_expired');
  });

  test('begins', async () => {
    const { tenant } = await tenants.fresh();
    const soon = new Date(Date.now() + 1500).toISOString();
    const { token } = await tenants.mint(tenant, { not_before: soon });
    problem(await get(token, LIST), 'token_not_yet_valid');
    await expect.poll(() => statusOf(token), { timeout: 20_000 }).toBe(200);
  });

  test('lives thirty days, a derived one fifteen minutes, unless it is said', async () => {
    const { tenant, token } = await tenants.fresh();
    expect(lifeOf(await tenants.mint(tenant))).toBe(30 * 24 * 60);
    expect(lifeOf(await tenants.derive(token))).toBe(15);
    expect(lifeOf(await tenants.derive(token, { expires_in: 7200 }))).toBe(120);
  });

  test('knows itself', async () => {
    const { tenant, token } = await tenants.fresh({ rate: { requests_per_minute: 600, burst: 60 } });
    const child = await tenants.derive(token, {
      scopes: ['person:read'],
      rate: { requests_per_minute: 60, burst: 5 },
    });
    expect(await whoami(child.token)).toMatchObject({
      tenant,
      name: 'Acme',
      token: {
        id: child.id,
        expires_at: child.expires_at,
        ancestors: [expect.stringMatching(/^tok_/) as unknown],
      },
      grant: {
        project_id: 1,
        scopes: ['person:read'],
        rate: { requests_per_minute: 60, burst: 5 },
        origins: [PAGE],
      },
      limits: [
        { holder: 'tenant', burst: 60 },
        { holder: 'token', burst: 5, remaining: 4 },
      ],
    });
    problem(await get(token, '/v1/whoami?tenant=other'), 'parameter_unknown', 'tenant');
  });

  test('of the greatest length that is handed out gets through the door again', async () => {
    // Twelve long origins, one of a hundred characters, and a last one that grows until the token is too long.
    const filler = Array.from(
      { length: 12 },
      (_, i) => `https://${String(i).padStart(2, '0')}${'a'.repeat(182)}.example`,
    );
    const fixed = [...filler, `https://${'a'.repeat(84)}.example`];
    const last = Array.from({ length: 36 }, (_, i) => `https://${'b'.repeat(120 + i)}.example`);
    const { tenant } = await tenants.fresh({ origins: [...fixed, ...last] });
    const accepted = new Map<number, number>();
    for (const one of last) {
      const answer = await admin('POST', `/${tenant}/tokens`, { name: 'long', origins: [...fixed, one] });
      if (answer.status === 400) problem(answer, 'field_invalid');
      const { token } = answer.json as Partial<Minted>;
      if (token !== undefined) accepted.set(token.length, await statusOf(token));
    }
    expect(Math.max(...accepted.keys())).toBeGreaterThan(4092);
    expect(accepted.size).toBeLessThan(last.length);
    expect(new Set(accepted.values())).toEqual(new Set([200]));
  });
});

describe('a derived token', () => {
  test('is as narrow as it was asked to be, and no wider than its parent', async () => {
    const { token } = await tenants.fresh();
    const parent = await tenants.derive(token, {
      scopes: ['person:read', 'person:delete'],
      deletes: { persons_per_day: 5, events: true },
      origins: [],
    });
    const child = await tenants.derive(parent.token, { scopes: ['person:read'] });
    expect(child.grant).toMatchObject({
      scopes: ['person:read'],
      origins: [],
      deletes: { persons_per_day: 5, events: true, recordings: true },
    });
    expect(await grantOf(child.token)).toEqual(child.grant);
    problem(await get(child.token, '/v1/deletions'), 'scope_missing');
  });

  const WIDER: [string, Record<string, unknown>, string][] = [
    ['scopes', { scopes: ['person:read', 'person:split'] }, 'scopes'],
    ['origins', { origins: ['https://other.example'] }, 'origins'],
    ['requests', { rate: { requests_per_minute: 61, burst: 1 } }, 'rate.requests_per_minute'],
    ['burst', { rate: { requests_per_minute: 1, burst: 11 } }, 'rate.burst'],
    ['persons', { deletes: { persons_per_day: 6 } }, 'deletes.persons_per_day'],
    ['events', { deletes: { events: true } }, 'deletes.events'],
    ['recordings', { deletes: { recordings: true } }, 'deletes.recordings'],
  ];
  const NARROW = {
    scopes: ['person:read', 'person:delete'],
    rate: { requests_per_minute: 60, burst: 10 },
    deletes: { persons_per_day: 5, events: false, recordings: false },
  };
  test.each(WIDER)(
    'with more %s than its parent is refused, as is a minted one with more than the tenant',
    async (_, asked, attr) => {
      const { tenant, token } = await tenants.fresh();
      const parent = await tenants.derive(token, NARROW);
      problem(
        await send('POST', '/v1/tokens', { token: parent.token, json: { name: 'x', ...asked } }),
        'grant_exceeds_parent',
        attr,
      );
      await tenants.put(tenant, NARROW);
      problem(
        await admin('POST', `/${tenant}/tokens`, { name: 'x', ...asked }),
        'grant_exceeds_parent',
        attr,
      );
    },
  );

  test('cannot say what only a tenant can', async () => {
    const { token } = await tenants.fresh();
    for (const [name, value] of Object.entries({
      project_id: 2,
      tenant: 'other',
      suspended: false,
      ancestors: [],
      admin: true,
    })) {
      problem(
        await send('POST', '/v1/tokens', { token, json: { name: 'x', [name]: value } }),
        'field_unknown',
        name,
      );
    }
    problem(await send('POST', '/v1/tokens', { token, json: {} }), 'field_invalid', 'name');
    problem(
      await send('POST', '/v1/tokens', { token, json: { name: 'x', expires_in: 31_536_001 } }),
      'field_invalid',
      'expires_in',
    );
    problem(
      await send('POST', '/v1/tokens', { token, json: { name: 'x', not_before: '2099-01-01T00:00:00Z' } }),
      'field_invalid',
      'not_before',
    );
  });

  test('never lives longer than its parent', async () => {
    const { tenant } = await tenants.fresh();
    const parent = await tenants.mint(tenant, { expires_in: 120 });
    const child = await tenants.derive(parent.token, { expires_in: 86_400 });
    expect(child.expires_at).toBe(parent.expires_at);
  });

  test('is the third from the minted one at most', async () => {
    let { token } = await tenants.fresh();
    for (let depth = 1; depth <= 3; depth += 1) token = (await tenants.derive(token)).token;
    problem(await send('POST', '/v1/tokens', { token, json: { name: 'x' } }), 'derivation_too_deep');
    expect(await statusOf(token)).toBe(200);
  });

  test('dies with any of its ancestors, on the next request', async () => {
    for (const cut of [0, 1, 2]) {
      const { tenant, token, id } = await tenants.fresh();
      const chain = [{ token, id }];
      for (let depth = 1; depth <= 3; depth += 1) chain.push(await tenants.derive(chain.at(-1)!.token));
      expect(await admin('DELETE', `/${tenant}/tokens/${chain[cut]!.id}`)).toMatchObject({ status: 204 });
      const codes = await together(chain, async (link) => (await get(link.token, LIST)).status);
      expect(codes).toEqual(chain.map((_, i) => (i < cut ? 200 : 401)));
      problem(await get(chain[cut]!.token, LIST), 'token_revoked');
      problem(await get(chain.at(-1)!.token, LIST), cut === 3 ? 'token_revoked' : 'token_parent_revoked');
    }
  });

  test('of a parent that is revoked in the same moment is never good', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { tenant, token, id } = await tenants.fresh();
      const [derived] = await Promise.all([
        send('POST', '/v1/tokens', { token, json: { name: 'a race' } }),
        admin('DELETE', `/${tenant}/tokens/${id}`),
      ]);
      if (derived.status === 201)
        problem(await get((derived.json as Minted).token, LIST), 'token_parent_revoked');
      else expect(derived.status).toBe(401);
    }
  });
});

describe('a revocation', () => {
  test('by the token itself ends it and what came from it', async () => {
    const { token } = await tenants.fresh();
    const child = await tenants.derive(token);
    expect(await send('POST', '/v1/tokens/self-revoke', { token })).toMatchObject({ status: 204, text: '' });
    problem(await get(token, LIST), 'token_revoked');
    problem(await get(child.token, LIST), 'token_parent_revoked');
  });

  test('by a token reaches itself and its descendants, and nobody else', async () => {
    const { tenant, token, id } = await tenants.fresh();
    const sibling = await tenants.mint(tenant);
    const child = await tenants.derive(token);
    const grandchild = await tenants.derive(child.token);
    const stranger = await tenants.fresh();
    for (const target of [id, sibling.id, stranger.id, `tok_${'A'.repeat(22)}`, 'nonsense']) {
      problem(await send('DELETE', `/v1/tokens/${target}`, { token: child.token }), 'record_unknown', 'id');
    }
    expect(await statusOf(sibling.token)).toBe(200);
    expect(await send('DELETE', `/v1/tokens/${grandchild.id}`, { token })).toMatchObject({ status: 204 });
    problem(await get(grandchild.token, LIST), 'token_revoked');
    expect(await statusOf(child.token)).toBe(200);
  });

  test('again is no error, and of what never was is one', async () => {
    const { tenant, id } = await tenants.fresh();
    const stranger = await tenants.fresh();
    for (let times = 0; times < 2; times += 1) {
      expect(await admin('DELETE', `/${tenant}/tokens/${id}`)).toMatchObject({ status: 204 });
    }
    problem(await admin('DELETE', `/${tenant}/tokens/${stranger.id}`), 'record_unknown', 'id');
    problem(await admin('DELETE', `/${tenant}/tokens/nonsense`), 'record_unknown', 'id');
    expect(await statusOf(stranger.token)).toBe(200);
  });
});

describe('a plane', () => {
  const ADMIN_ROUTES: [string, string][] = [
    ['GET', ''],
    ['PUT', '/acme'],
    ['GET', '/acme'],
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
    'of the operator: %s %s takes the admin token and no other',
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

  test.each(TENANT_ROUTES)('of the tenant: %s %s takes a tenant token and no other', async (method, path) => {
    problem(await send(method, path), 'token_missing');
    problem(await send(method, path, { token: ADMIN_TOKEN }), 'token_malformed');
    const { token } = await tenants.fresh();
    problem(
      await send(method, path, { token, headers: { origin: 'https://evil.example' } }),
      'origin_not_allowed',
      'Origin',
    );
  });

  test('takes no other methods', async () => {
    const { token } = await tenants.fresh();
    for (const [path, allow] of [
      ['/v1/whoami', 'OPTIONS, GET, HEAD'],
      ['/v1/tokens', 'OPTIONS, POST'],
      ['/admin/v1/tenants/acme', 'OPTIONS, PUT, GET, DELETE, HEAD'],
      ['/healthz', 'OPTIONS, GET, HEAD'],
    ] as const) {
      const answer = await send('PATCH', path, { token });
      problem(answer, 'method_unknown');
      expect(new Set(answer.headers['allow']?.split(', '))).toEqual(new Set(allow.split(', ')));
    }
  });
});

test('nothing of all this reached PostHog but what was asked of it', async () => {
  const odd = (await sandbox.received()).filter(
    ({ target }) =>
      !/^\/api\/projects\/[12]\/persons\/(?:\?(?:limit=\d+|properties=[^&]+&limit=\d+|limit=\d+&properties=[^&]+)|bulk_delete\/)$/.test(
        target,
      ),
  );
  expect(odd).toEqual([]);
  expect(ScopeName.options).toHaveLength(8);
});
