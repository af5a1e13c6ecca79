/** The admin plane over HTTP: small changes of a tenant, conditions on them, wrong admin tokens. */
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { together, type Answer, type Sending } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { send, get, admin, tenants } = await startStack();

const LIST = '/api/projects/1/persons?limit=1';
const SLICE = { property: 'tenant_id', value: 'acme' };

/** Asks the admin plane with headers of its own. */
const ask = (method: string, path: string, sending: Sending = {}): Promise<Answer> =>
  send(method, `/admin/v1${path}`, { ...sending, token: ADMIN_TOKEN });
const patch = (tenant: string, json: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  ask('PATCH', `/tenants/${tenant}`, { json, headers });
const read = async (tenant: string) => (await admin('GET', `/${tenant}`)).json as Record<string, unknown>;

describe('PATCH of a tenant', () => {
  test('PATCH changes what it names, for the next request of a token that is out, and leaves the rest', async () => {
    const { tenant, token } = await tenants.fresh({ slice: SLICE });
    const before = await read(tenant);
    const answer = await patch(tenant, { scopes: ['cohort:read'], deletes: { events: false } });
    expect(answer).toMatchObject({ status: 200 });
    expect(answer.json).toEqual({
      ...before,
      scopes: ['cohort:read'],
      deletes: { ...(before['deletes'] as object), events: false },
      updated_at: (answer.json as { updated_at: string }).updated_at,
    });
    expect(await read(tenant)).toEqual(answer.json);
    problem(await get(token, LIST), 'scope_missing');
  });

  test('PATCH widens a tenant to the whole project only by saying "slice": null', async () => {
    const { tenant, token } = await tenants.fresh({ slice: SLICE });
    const sees = async () => (await get(token, '/v1/whoami')).json as { grant: { slices: unknown } };
    await patch(tenant, { name: 'Renamed' });
    expect((await sees()).grant.slices).toEqual([SLICE]);
    await patch(tenant, { slice: null });
    expect((await sees()).grant.slices).toEqual([]);
  });

  test('A PATCH that does not fit is refused with the member at fault, and changes nothing', async () => {
    const { tenant } = await tenants.fresh({ slice: SLICE });
    const before = await read(tenant);
    problem(await patch(tenant, { name: null }), 'field_invalid', 'name');
    problem(await patch(tenant, { admin: true }), 'field_unknown', 'admin');
    problem(await patch(tenant, { rate: { burst: 0 } }), 'field_invalid', 'rate.burst');
    problem(await patch(tenant, { registration: 'reg_other' }), 'field_invalid', 'registration');
    problem(await patch(tenant, []), 'body_invalid');
    expect(await read(tenant)).toEqual(before);
  });

  test('PATCH sets the weight of a tenant, null takes it back to 1, and one out of range is refused with the bounds', async () => {
    const { tenant } = await tenants.fresh();
    expect(await read(tenant)).toMatchObject({ weight: 1 });
    expect((await patch(tenant, { weight: 100 })).json).toMatchObject({ weight: 100 });
    for (const [weight, bound] of [
      [0, '1'],
      [101, '100'],
    ] as const) {
      const refused = await patch(tenant, { weight });
      problem(refused, 'field_invalid', 'weight');
      expect((refused.json as { detail: string }).detail).toContain(bound);
    }
    expect(await read(tenant)).toMatchObject({ weight: 100 });
    expect((await patch(tenant, { weight: null })).json).toMatchObject({ weight: 1 });
  });

  test('PATCH of a tenant that is not registered is a 404', async () => {
    problem(await patch('nobody', { name: 'x' }), 'record_unknown', 'tenant');
    expect((await admin('GET', '?limit=1000&removed=true')).text).not.toContain('"nobody"');
  });
});

describe('PUT of a tenant', () => {
  test('A PUT without a slice over a tenant that has one is refused and says how to widen', async () => {
    const { tenant } = await tenants.fresh({ slice: SLICE });
    const { slice: _, ...without } = await read(tenant);
    const refused = await admin('PUT', `/${tenant}`, without);
    problem(refused, 'field_invalid', 'slice');
    expect(refused.text).toContain('\\"slice\\": null');
    expect((await read(tenant))['slice']).toEqual(SLICE);
    expect(await admin('PUT', `/${tenant}`, { ...without, slice: null })).toMatchObject({ status: 200 });
    expect(await read(tenant)).not.toHaveProperty('slice');
  });

  test('PUT takes what GET answered, and no read-only member that says something else', async () => {
    const { tenant } = await tenants.fresh();
    const answer = await read(tenant);
    expect(await admin('PUT', `/${tenant}`, answer)).toMatchObject({ status: 200 });
    problem(await admin('PUT', `/${tenant}`, { ...answer, tenant: 'other' }), 'field_invalid', 'tenant');
    problem(await admin('PUT', '/copy-of-it', answer), 'field_invalid', 'tenant');
    problem(
      await admin('PUT', '/copy-of-it', { ...answer, tenant: undefined }),
      'field_invalid',
      'registration',
    );
    expect((await admin('GET', '?limit=1000')).text).not.toContain('copy-of-it');
  });

  test.each(['UPPER', '-x', 'x-', 'a_b', `a${'b'.repeat(63)}`])(
    'A tenant cannot be called %s: every call below that name is a 400',
    async (name) => {
      for (const [method, path] of [
        ['PUT', name],
        ['GET', name],
        ['PATCH', name],
        ['DELETE', name],
        ['POST', `${name}/suspend`],
        ['GET', `${name}/tokens`],
        ['GET', `${name}/deletions`],
      ] as const) {
        problem(await ask(method, `/tenants/${path}`), 'parameter_invalid', 'tenant');
      }
    },
  );
});

describe('If-Match', () => {
  test('If-Match lets a change through while the tenant is as its ETag says, and never after', async () => {
    const { tenant } = await tenants.fresh();
    const first = (await admin('GET', `/${tenant}`)).headers['etag'] ?? '';
    expect(first).toMatch(/^"[^"]+"$/);
    const second = await patch(tenant, { name: 'Second' }, { 'if-match': first });
    expect(second).toMatchObject({ status: 200, json: { name: 'Second' } });
    const tag = second.headers['etag'] ?? '';
    for (const [method, path, json] of [
      ['PATCH', '', { name: 'Lost' }],
      ['PUT', '', await read(tenant)],
      ['POST', '/suspend', undefined],
      ['DELETE', '', undefined],
    ] as const) {
      const stale = await ask(method, `/tenants/${tenant}${path}`, {
        headers: { 'if-match': first },
        ...(json === undefined ? {} : { json }),
      });
      problem(stale, 'precondition_failed', 'If-Match');
    }
    expect(await read(tenant)).toEqual(second.json);
    for (const match of [`"other", ${tag}`, `W/${tag}`, '*']) {
      const { headers } = await admin('GET', `/${tenant}`);
      const named = match.replace(tag, headers['etag'] ?? '');
      expect(await patch(tenant, { name: 'Again' }, { 'if-match': named })).toMatchObject({ status: 200 });
    }
  });

  test('An If-Match that is no list of tags is a 400, and one for a tenant that is not registered a 412 that lists no tenant', async () => {
    const { tenant } = await tenants.fresh();
    for (const odd of ['7', '"open', 'x, "7"']) {
      problem(await patch(tenant, { name: 'x' }, { 'if-match': odd }), 'parameter_invalid', 'If-Match');
    }
    const put = await ask('PUT', '/tenants/not-there', {
      json: { name: 'N', project_id: 1, scopes: ['person:read'] },
      headers: { 'if-match': '*' },
    });
    problem(put, 'precondition_failed', 'If-Match');
    expect((await admin('GET', '?limit=1000&removed=true')).text).not.toContain('not-there');
  });
});

describe('If-None-Match', () => {
  const document = { name: 'N', project_id: 1, scopes: ['person:read'] };
  const put = (tenant: string, headers: Record<string, string>) =>
    ask('PUT', `/tenants/${tenant}`, { json: document, headers });

  test('If-None-Match registers a tenant where there is none, and changes none that is there', async () => {
    expect(await put('none-yet', { 'if-none-match': '*' })).toMatchObject({ status: 201 });
    const before = await read('none-yet');
    problem(await put('none-yet', { 'if-none-match': '*' }), 'precondition_failed', 'If-None-Match');
    expect(await read('none-yet')).toEqual(before);
    expect((await admin('GET', '?limit=1000')).text).toContain('"none-yet"');
  });

  test('An If-None-Match that is not *, or beside an If-Match, is a 400', async () => {
    problem(await put('odd-none', { 'if-none-match': '"7"' }), 'parameter_invalid', 'If-None-Match');
    const both = { 'if-none-match': '*', 'if-match': '*' };
    problem(await put('odd-none', both), 'input_conflict', 'If-None-Match');
    expect((await admin('GET', '/odd-none')).status).toBe(404);
  });
});

describe('Suspending and resuming', () => {
  test('Suspending and resuming hold from the next request on, and may be repeated', async () => {
    const { tenant, token } = await tenants.fresh();
    for (let times = 0; times < 2; times += 1) {
      expect(await admin('POST', `/${tenant}/suspend`)).toMatchObject({
        status: 200,
        json: { suspended: true },
      });
      problem(await get(token, LIST), 'tenant_suspended');
    }
    for (let times = 0; times < 2; times += 1) {
      expect(await admin('POST', `/${tenant}/resume`)).toMatchObject({
        status: 200,
        json: { suspended: false },
      });
      expect((await get(token, LIST)).status).toBe(200);
    }
    problem(await admin('POST', '/nobody/suspend'), 'record_unknown', 'tenant');
    problem(await admin('POST', `/${tenant}/suspend`, { why: 'x' }), 'field_unknown', 'why');
  });
});

/** The rows of the list of tenants. */
const listed = async (query: string) => {
  const { json } = await admin('GET', `?limit=1000${query}`);
  return (json as { results: { tenant: string; removed_at: string | null }[] }).results;
};

describe('Removed tenants', () => {
  test('A removed tenant is listed on request, with the time of its removal, until it is registered again', async () => {
    const { tenant } = await tenants.fresh();
    const { registration } = await read(tenant);
    await admin('DELETE', `/${tenant}`);
    expect((await listed('')).map((row) => row.tenant)).not.toContain(tenant);
    const row = (await listed('&removed=true')).find((one) => one.tenant === tenant);
    expect(row?.removed_at).toMatch(/^\d{4}-.*Z$/);
    await tenants.put(tenant);
    expect((await listed('')).find((one) => one.tenant === tenant)).toMatchObject({ removed_at: null });
    expect((await read(tenant))['registration']).not.toBe(registration);
    problem(await admin('GET', '?removed=yes'), 'parameter_invalid', 'removed');
  });

  test('The link to the next page of a list with removed tenants asks for removed ones too', async () => {
    for (const name of ['gone-a', 'gone-b']) {
      await tenants.put(name);
      await admin('DELETE', `/${name}`);
    }
    const { json } = await admin('GET', '?removed=true&limit=1');
    expect((json as { next: string }).next).toContain('removed=true');
  });
});

describe('Revocations with a stolen token', () => {
  test('A flood of revocations with a stolen token is refused, and its owner ends the token all the same', async () => {
    const { token, id } = await tenants.fresh({ rate: { requests_per_minute: 1, burst: 1 } });
    const other = `/v1/tokens/tok_${'A'.repeat(22)}`;
    const answers: Answer[] = [];
    for (let sent = 0; sent < LIMITS.revocationsPerMinuteMax + 20; sent += 1) {
      answers.push(await send('DELETE', other, { token }));
    }
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      problem(answer, 'rate_limited');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    problem(await send('POST', '/v1/tokens/self-revoke', { token, json: { junk: 1 } }), 'rate_limited');
    expect((await send('DELETE', `/v1/tokens/${id}`, { token })).status).toBe(204);
    problem(await get(token, LIST), 'token_revoked');
  });
});

describe('Wrong admin tokens', () => {
  test('Wrong admin tokens beyond the limit are answered with 429, and the right one still passes', async () => {
    const { tenant } = await tenants.fresh();
    const startedMs = performance.now();
    const wrong = () => send('GET', '/admin/v1/tenants', { token: 'wrong-but-well-formed' });
    const answers = await together(Array.from({ length: LIMITS.wrongAdminTokensAtOnceMax + 30 }), wrong);
    expect((await admin('GET', `/${tenant}`)).status).toBe(200);
    const again = ((performance.now() - startedMs) * LIMITS.wrongAdminTokensPerMinuteMax) / 60_000;
    const answered = answers.filter(({ status }) => status === 401);
    for (const answer of answered) problem(answer, 'admin_token_invalid');
    expect(answered.length).toBeGreaterThanOrEqual(LIMITS.wrongAdminTokensAtOnceMax);
    expect(answered.length).toBeLessThanOrEqual(LIMITS.wrongAdminTokensAtOnceMax + Math.ceil(again));
    const limited = answers.filter((answer) => !answered.includes(answer));
    expect(limited.length).toBeGreaterThan(0);
    for (const answer of limited) {
      problem(answer, 'admin_rate_limited');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    problem(await send('GET', '/admin/v1/tenants'), 'admin_token_missing');
  });
});
