/** The slice of a token: never wider than its parent's, always the tenant's of now, and plain to see. */
import { beforeEach, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { ADA, BEN, CYD } from '../../src/sandbox/seed/names.ts';
import { callOf, operationOf } from '../support/calls.ts';
import type { Answer } from '../support/client.ts';
import { LEAF, PERSONS, SLICE } from '../support/generations.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';

const { send, get, admin, sandbox, tenants } = await startStack({
  bindings: { POSTHOG_OWNERS_PROJECT: '1' },
});
beforeEach(() => sandbox.reset());

const by = (property: string, value: string | readonly string[]) => ({ slice: { property, value } });
const BOTH = by('tenant_id', ['acme', 'birch']);

async function shownTo(token: string): Promise<{ properties: Record<string, unknown> }[]> {
  const answer = await get(token, `${PERSONS}/?limit=1000`);
  expect(answer.status, answer.text).toBe(200);
  return (answer.json as { results: { properties: Record<string, unknown> }[] }).results;
}
const values = async (token: string, property = 'tenant_id'): Promise<string[]> =>
  [...new Set((await shownTo(token)).map(({ properties }) => String(properties[property])))].toSorted();
const slicesOf = async (token: string): Promise<unknown> => {
  const { json } = await get(token, '/v1/whoami');
  return (json as { grant: { slices: unknown } }).grant.slices;
};

describe('a token', () => {
  test('may take a part of the values, or add conditions, and whoami shows what holds', async () => {
    const { token } = await tenants.fresh(BOTH);
    expect(await values(token)).toEqual(['acme', 'birch']);
    const acme = await tenants.derive(token, by('tenant_id', 'acme'));
    expect(await values(acme.token)).toEqual(['acme']);
    const pro = await tenants.derive(acme.token, by('plan', 'pro'));
    expect(await values(pro.token)).toEqual(['acme']);
    expect(await values(pro.token, 'plan')).toEqual(['pro']);
    expect(await slicesOf(pro.token)).toEqual([SLICE.slice, { property: 'plan', value: 'pro' }]);
    expect((await get(pro.token, `${PERSONS}/${ADA.uuid}/`)).status).toBe(200);
    for (const { uuid } of [BEN, CYD]) expect((await get(pro.token, `${PERSONS}/${uuid}/`)).status).toBe(404);
  });

  test('may hide more, and never less', async () => {
    const { token } = await tenants.fresh({ ...SLICE, properties: { hidden: ['ssn'] } });
    const child = await tenants.derive(token, { properties: { hidden: ['email'], distinct_ids: 'hidden' } });
    const grandchild = await tenants.derive(child.token, { properties: { hidden: ['name'] } });
    for (const { properties } of await shownTo(grandchild.token)) {
      expect(Object.keys(properties).filter((name) => ['ssn', 'email', 'name'].includes(name))).toEqual([]);
    }
    expect(((await shownTo(child.token)) as unknown as { distinct_ids: [] }[])[0]?.distinct_ids).toEqual([]);
    const json = { name: 'x', properties: { visible: ['ssn', 'tenant_id'] } };
    problem(await send('POST', '/v1/tokens', { token, json }), 'grant_exceeds_parent', 'properties.visible');
  });

  test.each([
    ['another value', by('tenant_id', 'cedar'), 'slice.value'],
    ['one value more', by('tenant_id', ['acme', 'birch', 'cedar']), 'slice.value'],
    ['a split', { split_out_of_slice: true }, 'split_out_of_slice'],
  ])('that asks for %s is refused, minted or derived', async (_, wider, attr) => {
    const { tenant, token } = await tenants.fresh(BOTH);
    const json = { name: 'x', ...wider };
    problem(await send('POST', '/v1/tokens', { token, json }), 'grant_exceeds_parent', attr);
    problem(await admin('POST', `/${tenant}/tokens`, json), 'grant_exceeds_parent', attr);
  });

  test('that would be sliced by what it hides is refused', async () => {
    const { token } = await tenants.fresh({ ...SLICE, properties: { hidden: ['plan'] } });
    const json = { name: 'x', ...by('plan', 'pro') };
    problem(await send('POST', '/v1/tokens', { token, json }), 'field_invalid', 'slice.property');
  });
});

describe('a tenant whose slice changes while tokens are out', () => {
  test('narrows, moves and frees them on the next request', async () => {
    const { tenant, token } = await tenants.fresh();
    const { token: acme } = await tenants.mint(tenant, by('tenant_id', 'acme'));
    expect(await values(token)).toHaveLength(4);
    await tenants.put(tenant, BOTH);
    expect(await values(token)).toEqual(['acme', 'birch']);
    expect(await values(acme)).toEqual(['acme']);
    await tenants.put(tenant, by('tenant_id', 'birch'));
    expect(await values(token)).toEqual(['birch']);
    expect((await get(token, `${PERSONS}/${ADA.uuid}/`)).status).toBe(404);
    await tenants.put(tenant, by('plan', 'pro'));
    expect(await values(token, 'plan')).toEqual(['pro']);
    expect(await values(acme)).toEqual(['acme']);
    await tenants.put(tenant);
    expect(await values(token)).toHaveLength(4);
    expect(await values(acme)).toEqual(['acme']);
  });

  test('leaves a token that covers nobody any more with nothing, by any operation, and PostHog is not asked', async () => {
    const { tenant } = await tenants.fresh();
    const { token } = await tenants.mint(tenant, by('tenant_id', 'acme'));
    await tenants.put(tenant, by('tenant_id', 'birch'));
    expect(await slicesOf(token)).toEqual([{ property: 'tenant_id', value: [] }]);
    for (const operation of CATALOGUE) {
      const { method, target, json } = callOf(operation, operation.methods[0]);
      const answer = await send(method, target, { token, ...(json === undefined ? {} : { json }) });
      problem(answer, 'not_sliceable', 'slice.value');
    }
    expect(await sandbox.received()).toEqual([]);
  });
});

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

describe('POST /v1/explain', () => {
  test.each(CATALOGUE.map(({ id }) => id))('says of %s what asking does, and sends nothing', async (id) => {
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
      const refused = answer.status === 403;
      expect(said['allowed'], answer.text).toBe(!refused);
      expect(said).toMatchObject({ operation: id });
      if (refused) expect(said).toMatchObject({ reason: { code }, would_send: null, first: null });
      else expect(said).toMatchObject({ reason: null, would_send: { method } });
      const kind = operationOf(id).slicing.kind;
      if (!refused)
        expect(typeof said['first']).toBe(record === SLICE || 'slice' in record ? 'string' : 'object');
      expect(kind === 'refused' && 'slice' in record ? refused : true).toBe(true);
    }
  });

  test('shows the slice that would be sent around what was asked', async () => {
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
  ])('says why %s %s is refused', async (method, path, code) => {
    const { token } = await tenants.fresh(SLICE);
    expect(await explain(token, { method, path })).toMatchObject({
      allowed: false,
      reason: { code },
      would_send: null,
    });
    expect(await sandbox.received()).toEqual([]);
  });

  test('tells nothing of whether a person is there or whose it is', async () => {
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
});

test('the log of deletions is not for a token of part of the slice', async () => {
  const { tenant, token } = await tenants.fresh(BOTH);
  const bulk = await send('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids: [CYD.uuid] } });
  const location = bulk.headers['location'] ?? '';
  const part = await tenants.derive(token, by('tenant_id', 'acme'));
  const more = await tenants.derive(token, by('plan', 'pro'));
  for (const { token: partial } of [part, more]) {
    for (const path of ['/v1/deletions', location]) problem(await get(partial, path), 'not_sliceable');
  }
  const hiding = await tenants.derive(token, { properties: { distinct_ids: 'hidden' } });
  problem(await get(hiding.token, location), 'property_hidden');
  const whole = await tenants.derive(token);
  for (const path of ['/v1/deletions', location]) expect((await get(whole.token, path)).status).toBe(200);
  expect(await tenants.log(tenant)).toHaveLength(1);
});

test('a token whose slice is written another way than its tenant reads the log of deletions', async () => {
  const two = ['birch', 'acme'];
  for (const [slice, same] of [
    [by('tenant_id', ['acme']), by('tenant_id', 'acme')],
    [by('tenant_id', 'acme'), by('tenant_id', ['acme'])],
    [by('tenant_id', two), by('tenant_id', two.toReversed())],
  ] as const) {
    const { token } = await tenants.fresh(slice);
    const child = await tenants.derive(token, same);
    expect((await get(child.token, '/v1/deletions')).status).toBe(200);
  }
});

describe('a slice or a rule that could not be held is refused when the tenant is saved, with the reason', () => {
  const record = { name: 'X', project_id: 1, scopes: ['person:read'] };
  const refused = async (members: object, attr: string, why: RegExp): Promise<void> => {
    const answer: Answer = await admin('PUT', '/unsaved', { ...record, ...members });
    expect(answer, answer.text).toMatchObject({ status: 400, json: { code: 'field_invalid', attr } });
    expect((answer.json as { detail: string }).detail).toMatch(why);
    expect((await admin('GET', '/unsaved')).status).toBe(404);
  };

  test.each(['', ' tenant', 'tenant ', '$initial_referrer', 'distinct_id', 'a\u0000b'])(
    'property %j',
    (name) => refused(by(name, 'acme'), 'slice.property', /./),
  );

  test.each([
    7,
    1.5,
    true,
    null,
    '',
    '007',
    '7',
    '1e3',
    'true',
    'None',
    'NaN',
    '2026-01-15',
    '"acme"',
    '["acme","birch"]',
    ' acme',
    [],
    { a: 1 },
  ])('value %j', (value) => refused({ slice: { property: 'tenant_id', value } }, 'slice.value', /./));

  test('a slice by a property that is hidden, or not among the visible', async () => {
    for (const properties of [{ hidden: ['tenant_id'] }, { visible: ['plan'] }]) {
      await refused({ ...SLICE, properties }, 'slice.property', /tenant_id/);
    }
  });

  test('a list that names the same thing twice', async () => {
    await refused(by('tenant_id', ['acme', 'acme']), 'slice.value', /twice/);
    await refused({ properties: { hidden: ['ssn', 'ssn'] } }, 'properties.hidden', /twice/);
  });
});
