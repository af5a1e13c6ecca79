/** The plan of a described call: explain says what the call would say, and sends nothing. */
import { beforeEach, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { ADA, CYD } from '../../src/sandbox/seed/names.ts';
import { callOf, operationOf, pathOf } from '../support/calls.ts';
import { LEAF, PERSONS, SLICE } from '../support/generations.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const { send, admin, sandbox, tenants } = await startStack({ bindings: { POSTHOG_OWNERS_PROJECT: '1' } });
beforeEach(() => sandbox.reset());

const explain = async (token: string, json: object): Promise<Record<string, unknown>> => {
  const answer = await send('POST', '/v1/explain', { token, json });
  expect(answer.status, answer.text).toBe(200);
  return answer.json as Record<string, unknown>;
};
const describing = (id: string) => {
  const operation = operationOf(id);
  const { method, target, json } = callOf(operation, operation.methods[0]);
  return { method, path: target, ...(json === undefined ? {} : { body: json }) };
};

test.each(CATALOGUE.map(({ id }) => id))(
  'Explain says of %s what the call itself does, and sends nothing',
  async (id) => {
    for (const record of [{}, SLICE, { ...SLICE, properties: { hidden: ['email'] } }]) {
      await sandbox.reset();
      const { token, tenant } = await tenants.fresh(record);
      const described = describing(id);
      const said = await explain(token, described);
      expect(await sandbox.received()).toEqual([]);
      expect(await tenants.log(tenant)).toEqual([]);
      const { method, path, body } = described;
      const answer = await send(method, path, { token, ...(body === undefined ? {} : { json: body }) });
      const { code } = (answer.json ?? {}) as { code?: string };
      const refused = answer.status === 403 || answer.status === 410;
      expect(said['allowed'], answer.text).toBe(!refused);
      expect(said).toMatchObject({ operation: id });
      const asQuery = !refused && operationOf(id).route?.kind === 'query';
      if (refused) expect(said).toMatchObject({ reason: { code }, would_send: null, first: null });
      else expect(said).toMatchObject({ reason: null, would_send: { method: asQuery ? 'POST' : method } });
      if (asQuery) expect(said).toMatchObject({ would_send: { path: '/api/projects/1/query/', query: {} } });
      const kind = operationOf(id).slicing.kind;
      if (!refused)
        expect(typeof said['first']).toBe(record === SLICE || 'slice' in record ? 'string' : 'object');
      expect(kind === 'refused' && 'slice' in record ? refused : true).toBe(true);
    }
  },
);

test('Explain shows the slice that would be sent around the arguments of the client', async () => {
  const { token } = await tenants.fresh(SLICE);
  const said = await explain(token, { method: 'GET', path: `${PERSONS}/?limit=3&search=ada` });
  expect(said).toMatchObject({
    allowed: true,
    would_send: { method: 'GET', path: `${PERSONS}/`, body: null },
  });
  const { query } = said['would_send'] as { query: Record<string, string> };
  expect(query).toMatchObject({ limit: '3', search: 'ada' });
  expect(JSON.parse(query['properties'] ?? '')).toEqual([LEAF]);
});

test.each([
  ['GET', `${PERSONS}/?nonsense=1`, 'parameter_unknown'],
  ['GET', `${PERSONS}/x/y/z`, 'path_unknown'],
  ['GET', '/v1/whoami', 'path_unknown'],
  ['GET', '/api/projects/2/persons/', 'project_not_granted'],
  ['GET', `${PERSONS}/NOT_A_UUID/`, 'parameter_invalid'],
  ['DELETE', `${PERSONS}/`, 'method_unknown'],
  ['GET', `${PERSONS}/?token=phc_sandbox_project_2`, 'parameter_unknown'],
  ['GET', `${PERSONS}/?limit=1&limit=2`, 'parameter_repeated'],
])('Explain says why %s %s is refused', async (method, path, code) => {
  const { token } = await tenants.fresh(SLICE);
  expect(await explain(token, { method, path })).toMatchObject({
    allowed: false,
    reason: { code },
    would_send: null,
  });
  expect(await sandbox.received()).toEqual([]);
});

test.each(CATALOGUE.map(({ id }) => id))(
  'Explain says of the path of %s with any method what the call says, a body that is not read included',
  async (id) => {
    const { token } = await tenants.fresh(SLICE);
    const path = pathOf(operationOf(id));
    for (const method of ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']) {
      const said = await explain(token, { method, path, body: { nonsense: 1 } });
      const answer = await send(method, path, {
        token,
        ...(method === 'GET' ? {} : { json: { nonsense: 1 } }),
      });
      const { code } = (answer.json ?? {}) as { code?: string };
      const reason = said['reason'] as { code: string } | null;
      if (reason === null) expect(answer.status, `${method} ${answer.text}`).not.toBe(403);
      else expect(code, `${method} ${answer.text}`).toBe(reason.code);
    }
  },
);

test('Explain does not tell whether a person exists or is in the slice', async () => {
  const { token } = await tenants.fresh(SLICE);
  const said = await Promise.all(
    [ADA.uuid, CYD.uuid, '0190c0de-0001-7000-8000-999999999999'].map(async (uuid) => {
      const one = await explain(token, { method: 'GET', path: `${PERSONS}/${uuid}/` });
      return JSON.stringify(one).replaceAll(uuid, 'ID');
    }),
  );
  expect(new Set(said).size).toBe(1);
  expect(await sandbox.received()).toEqual([]);
});

/** What the operator is told of a request of a tenant, or of one of its tokens. */
const explainTo = async (tenant: string, described: Readonly<Record<string, unknown>>, token?: string) => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...described, token })) {
    if (value !== undefined) query.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const answer = await admin('GET', `/${tenant}/explain?${query.toString()}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.json as Record<string, unknown>;
};

/** A query that PostHog would be sent is named after the request that asks. */
const unnamed = (said: unknown): unknown =>
  JSON.parse(JSON.stringify(said).replaceAll(/req_[\w-]{22}/g, 'req'));

test('An operator is told of every operation what the token is told, and nothing is sent or written down', async () => {
  const { tenant, token, id } = await tenants.fresh({ ...SLICE, properties: { hidden: ['email'] } });
  const narrow = await tenants.derive(token, { scopes: ['person:read'] });
  const known = (await send('GET', '/admin/v1/audit', { token: ADMIN_TOKEN })).json;
  for (const { id: operation } of CATALOGUE) {
    const described = describing(operation);
    expect(unnamed(await explainTo(tenant, described))).toEqual(unnamed(await explain(token, described)));
    expect(unnamed(await explainTo(tenant, described, id))).toEqual(unnamed(await explain(token, described)));
    expect(unnamed(await explainTo(tenant, described, narrow.id))).toEqual(
      unnamed(await explain(narrow.token, described)),
    );
  }
  expect(await sandbox.received()).toEqual([]);
  expect(await tenants.log(tenant)).toEqual([]);
  expect((await send('GET', '/admin/v1/audit', { token: ADMIN_TOKEN })).json).toEqual(known);
});

test('An operator is told that a tenant is suspended, that a token is revoked, and that there is no such token', async () => {
  const { tenant, token, id } = await tenants.fresh();
  const derived = await tenants.derive(token);
  const read = { method: 'GET', path: '/api/projects/1/persons/' };
  await admin('DELETE', `/${tenant}/tokens/${id}`);
  expect(await explainTo(tenant, read, derived.id)).toMatchObject({
    allowed: false,
    reason: { code: 'token_revoked' },
  });
  expect(await explainTo(tenant, read)).toMatchObject({ allowed: true });
  await admin('POST', `/${tenant}/suspend`);
  expect(await explainTo(tenant, read)).toMatchObject({
    allowed: false,
    reason: { code: 'tenant_suspended' },
  });
  const query = `method=GET&path=/api/projects/1/persons/&token=tok_${'A'.repeat(22)}`;
  expect((await admin('GET', `/${tenant}/explain?${query}`)).json).toMatchObject({
    code: 'record_unknown',
    attr: 'token',
  });
  expect((await admin('GET', '/nobody-here/explain?method=GET&path=/')).status).toBe(404);
});
