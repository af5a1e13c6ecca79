/** The life of tokens over HTTP: minted, derived, ended; none is ever more able than what it came from. */
import { describe, expect, test } from 'vitest';
import { together } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';
import { PAGE, type Minted } from '../support/tenants.ts';

const { send, get, admin, tenants, origin } = await startStack();

const LIST = '/api/projects/1/persons?limit=1';
const statusOf = async (token: string, path = LIST): Promise<number> => (await get(token, path)).status;
const whoami = async (token: string): Promise<Record<string, unknown>> => {
  const answer = await get(token, '/v1/whoami');
  expect(answer.status, answer.text).toBe(200);
  return answer.json as Record<string, unknown>;
};
const grantOf = async (token: string) => (await whoami(token))['grant'];

const lifeOf = ({ expires_at }: Minted): number => Math.round((Date.parse(expires_at) - Date.now()) / 60_000);

describe('Tokens', () => {
  test('A token is handed out once, and listed without itself, newest first', async () => {
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

  test('A token expires', async () => {
    const { tenant } = await tenants.fresh();
    const { token } = await tenants.mint(tenant, { expires_in: 1 });
    await expect.poll(() => statusOf(token), { timeout: 20_000 }).toBe(401);
    problem(await get(token, LIST), 'token_expired');
    problem(await send('POST', '/v1/tokens', { token, json: { name: 'x' } }), 'token_expired');
  });

  test('A token begins', async () => {
    const { tenant } = await tenants.fresh();
    const soon = new Date(Date.now() + 1500).toISOString();
    const { token } = await tenants.mint(tenant, { not_before: soon });
    problem(await get(token, LIST), 'token_not_yet_valid');
    await expect.poll(() => statusOf(token), { timeout: 20_000 }).toBe(200);
  });

  test('A token lives thirty days, a derived one fifteen minutes, unless the request says otherwise', async () => {
    const { tenant, token } = await tenants.fresh();
    expect(lifeOf(await tenants.mint(tenant))).toBe(30 * 24 * 60);
    expect(lifeOf(await tenants.derive(token))).toBe(15);
    expect(lifeOf(await tenants.derive(token, { expires_in: 7200 }))).toBe(120);
  });

  test('A token can be asked about itself', async () => {
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

  test('A token of the greatest length that is handed out is accepted again', async () => {
    // Twelve long origins, one of fifty-two characters, and a last one that grows until the token is too long.
    const filler = Array.from(
      { length: 12 },
      (_, i) => `https://${String(i).padStart(2, '0')}${'a'.repeat(182)}.example`,
    );
    const fixed = [...filler, `https://${'a'.repeat(36)}.example`];
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

describe('Derived tokens', () => {
  test('A derived token is as narrow as it was asked to be, and no wider than its parent', async () => {
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
    'A derived token with more %s than its parent is refused, as is a minted one with more than the tenant',
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

  test('A derived token cannot say what only a tenant can', async () => {
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

  test('A derived token never lives longer than its parent', async () => {
    const { tenant } = await tenants.fresh();
    const parent = await tenants.mint(tenant, { expires_in: 120 });
    const child = await tenants.derive(parent.token, { expires_in: 86_400 });
    expect(child.expires_at).toBe(parent.expires_at);
  });

  test('A derived token is the third from the minted one at most', async () => {
    let { token } = await tenants.fresh();
    for (let depth = 1; depth <= 3; depth += 1) token = (await tenants.derive(token)).token;
    problem(await send('POST', '/v1/tokens', { token, json: { name: 'x' } }), 'derivation_too_deep');
    expect(await statusOf(token)).toBe(200);
  });

  test('A derived token dies with any of its ancestors, on the next request', async () => {
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

  test('A derived token of a parent that is revoked in the same moment is never good', async () => {
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

describe('Revocations', () => {
  test('A token that revokes itself ends itself and what was derived from it', async () => {
    const { token } = await tenants.fresh();
    const child = await tenants.derive(token);
    expect(await send('POST', '/v1/tokens/self-revoke', { token })).toMatchObject({ status: 204, text: '' });
    problem(await get(token, LIST), 'token_revoked');
    problem(await get(child.token, LIST), 'token_parent_revoked');
  });

  test('A token reaches itself and its descendants by a revocation, and no other token', async () => {
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

  test('A second revocation is no error, and one of an unknown token is', async () => {
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
