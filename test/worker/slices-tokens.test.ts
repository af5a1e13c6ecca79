/** The slice of a token: never wider than its parent's, always the tenant's of now, and plain to see. */
import { beforeEach, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { ADA, BEN, CYD } from '../../src/sandbox/seed/names.ts';
import { callOf } from '../support/calls.ts';
import { PERSONS, SLICE } from '../support/generations.ts';
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

describe('Slices of tokens', () => {
  test('A token may take a part of the values, or add conditions, and whoami shows what holds', async () => {
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
});

describe('Changes of the slice of a tenant', () => {
  test('A changed slice of the tenant holds for its tokens from the next request on', async () => {
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

  test('A token that covers no person any more is refused every operation, and PostHog is not asked', async () => {
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

test('The deletion log is not shown to a token of part of the slice', async () => {
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

test('The deletion log is shown to a token whose slice is written another way than that of its tenant', async () => {
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

test('A slice that could not be enforced is refused when the tenant is saved', async () => {
  const record = { name: 'X', project_id: 1, scopes: ['person:read'] };
  for (const [members, attr] of [
    [by('distinct_id', 'acme'), 'slice.property'],
    [by('tenant_id', '007'), 'slice.value'],
    [{ ...SLICE, properties: { hidden: ['tenant_id'] } }, 'slice.property'],
  ] as const) {
    problem(await admin('PUT', '/unsaved', { ...record, ...members }), 'field_invalid', attr);
    expect((await admin('GET', '/unsaved')).status).toBe(404);
  }
});
