/** The last refused requests of a tenant over HTTP: which they are, why, who is shown them, and what is never in them. */
import { describe, expect, test, vi } from 'vitest';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const OPERATORS = 'vera/viewer:viewer-token-of-the-tests';
const { send, get, tenants, admin, sandbox, recorder } = await startStack({
  bindings: { ADMIN_TOKENS: OPERATORS },
});

const PERSONS = '/api/projects/1/persons';

interface Row {
  readonly refused_at: string;
  readonly token: string;
  readonly token_name: string | null;
  readonly request_id: string;
  readonly method: string;
  readonly route: string;
  readonly status: number | null;
  readonly code: string;
  readonly title: string | null;
  readonly attr: string | null;
  readonly missing_scopes: readonly string[] | null;
  readonly origin: string | null;
  readonly limit: string | null;
}

const rowsOf = async (tenant: string): Promise<readonly Row[]> => {
  const { status, text, json } = await admin('GET', `/${tenant}/refusals`);
  if (status !== 200) throw new Error(`${status} ${text}`);
  return (json as { results: Row[] }).results;
};

/** A request is taken down when its answer has gone out, which may be after the next request comes. */
const eventually = async (tenant: string, count: number): Promise<readonly Row[]> =>
  vi.waitFor(
    async () => {
      const rows = await rowsOf(tenant);
      expect(rows).toHaveLength(count);
      return rows;
    },
    { timeout: 10_000, interval: 20 },
  );

describe('The last refused requests of a tenant', () => {
  test('Each says which request it was and why, in the words of its log line, newest first', async () => {
    const { tenant, token, id } = await tenants.fresh({
      origins: ['https://app.acme.example'],
      scopes: ['person:read'],
    });
    await sandbox.forget();
    await get(token, `${PERSONS}/?limit=1`);
    const scope = await get(token, `${PERSONS}/00000000-0000-7000-8000-000000000001/activity/`);
    problem(scope, 'scope_missing');
    const origin = await send('GET', `${PERSONS}/`, { token, headers: { origin: 'https://evil.example' } });
    problem(origin, 'origin_not_allowed', 'Origin');
    const limit = await get(token, `${PERSONS}/?limit=x`);
    problem(limit, 'parameter_invalid', 'limit');
    const rows = await eventually(tenant, 3);
    expect(rows).toEqual([
      {
        refused_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
        token: id,
        token_name: expect.any(String) as unknown,
        request_id: limit.headers['x-request-id'],
        method: 'GET',
        route: 'persons_list',
        status: 400,
        code: 'parameter_invalid',
        title: 'A parameter does not fit',
        attr: 'limit',
        missing_scopes: null,
        origin: null,
        limit: null,
      },
      expect.objectContaining({
        request_id: origin.headers['x-request-id'],
        status: 403,
        code: 'origin_not_allowed',
        origin: 'https://evil.example',
      }),
      expect.objectContaining({
        request_id: scope.headers['x-request-id'],
        status: 403,
        code: 'scope_missing',
        missing_scopes: ['activity_log:read'],
      }),
    ]);
    const lines = recorder.lines.flatMap((line) =>
      line.startsWith('{"at"') ? [JSON.parse(line) as Row] : [],
    );
    for (const { refused_at: at, token_name: _, title: _t, ...row } of rows) {
      const line = lines.find(({ request_id: one }) => one === row.request_id);
      const told = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
      expect(line).toMatchObject({ at, ...told });
    }
    expect(await sandbox.received()).toHaveLength(1);
  });

  test('A limit that is used up says whose it is, and a token that was revoked is told apart', async () => {
    const { tenant, token, id } = await tenants.fresh({ rate: { requests_per_minute: 1, burst: 1 } });
    await get(token, '/v1/whoami');
    problem(await get(token, '/v1/whoami'), 'rate_limited');
    await admin('DELETE', `/${tenant}/tokens/${id}`);
    problem(await get(token, '/v1/whoami'), 'token_revoked');
    expect(await eventually(tenant, 2)).toMatchObject([
      { code: 'token_revoked', status: 401, route: 'whoami' },
      { code: 'rate_limited', status: 429, limit: 'tenant' },
    ]);
  });

  test('Nothing that was sent is in them: no value, no id of a person, no name that a client made up', async () => {
    const { tenant, token } = await tenants.fresh({
      slice: { property: 'tenant_id', value: 'acme' },
      properties: { hidden: ['ssn'] },
    });
    const filter = JSON.stringify([
      { key: 'ssn', value: 'secret-value-1', operator: 'exact', type: 'person' },
    ]);
    await get(token, `${PERSONS}/?properties=${encodeURIComponent(filter)}`);
    await get(token, `${PERSONS}/?made_up_secret-name-2=1`);
    await get(token, `${PERSONS}/00000000-0000-7000-8000-5ec2e7000003/?secret-4=x`);
    await send('POST', `${PERSONS}/bulk_delete/`, {
      token,
      json: { distinct_ids: ['secret-id-5'], events: 1 },
    });
    await send('GET', `${PERSONS}/`, {
      token,
      headers: { origin: 'https://secret-6@evil.example/secret-7' },
    });
    const rows = await eventually(tenant, 5);
    expect(JSON.stringify(rows)).not.toMatch(/secret|5ec2e7|ssn/);
    expect(rows.map(({ attr }) => attr)).toEqual(expect.arrayContaining([null]));
    expect(rows.map(({ origin }) => origin)).toContain('malformed');
  });

  test('A token that cannot be verified is of no tenant, and another tenant has refusals of its own', async () => {
    const { tenant, token } = await tenants.fresh();
    const other = await tenants.fresh();
    problem(await get(`${token.slice(0, -4)}AAAA`, '/v1/whoami'), 'token_signature_invalid');
    problem(await get(other.token, `${PERSONS}/?limit=x`), 'parameter_invalid', 'limit');
    await eventually(other.tenant, 1);
    expect(await rowsOf(tenant)).toEqual([]);
  });

  test('Viewers are shown them, tokens of tenants are not, and a tenant that was removed has them still', async () => {
    const { tenant, token } = await tenants.fresh();
    await get(token, `${PERSONS}/?limit=x`);
    await eventually(tenant, 1);
    const path = `/admin/v1/tenants/${tenant}/refusals`;
    expect((await send('GET', path, { token: 'viewer-token-of-the-tests' })).status).toBe(200);
    problem(await send('GET', path, { token }), 'admin_token_invalid');
    problem(await send('GET', path), 'admin_token_missing');
    problem(await send('GET', `${path}?limit=1`, { token: ADMIN_TOKEN }), 'parameter_unknown', 'limit');
    problem(await admin('GET', '/never-registered/refusals'), 'record_unknown', 'tenant');
    await admin('DELETE', `/${tenant}`);
    expect(await rowsOf(tenant)).toHaveLength(1);
  });
});
