import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { etagOf, type IfMatch } from '../../../src/objects/tenant/etag.ts';
import type { Tenant } from '../../../src/objects/tenant/tenant.ts';
import {
  ACME,
  NOW,
  put,
  record,
  registered,
  setTime,
  tokenId,
  unregistered,
  test,
} from '../../support/objects/tenant.ts';

const SLICE = { property: 'plan', value: ['free', 'pro'] };

const stored = async (tenant: DurableObjectStub<Tenant>) => {
  const found = await tenant.get();
  if (found === null) throw new Error('registered');
  return found;
};

/** The record after a patch, or the code and the member at fault. */
async function patched(tenant: DurableObjectStub<Tenant>, patch: JsonObject, ifMatch: IfMatch = null) {
  const result = await tenant.patch(patch, ifMatch);
  return result.ok ? result.value.stored.record : [result.failure.code, result.failure.attr];
}

describe('Patches', () => {
  const PATCHES: [JsonObject, Record<string, unknown>][] = [
    [{}, {}],
    [{ suspended: true }, { suspended: true }],
    [{ suspended: null }, { suspended: false }],
    [
      { deletes: { events: true } },
      { deletes: { persons_per_day: 5, events: true, recordings: true, hold_seconds: 0 } },
    ],
    [
      { deletes: { recordings: null } },
      { deletes: { persons_per_day: 5, events: false, recordings: false, hold_seconds: 0 } },
    ],
    [
      { deletes: null },
      { deletes: { persons_per_day: 1000, events: false, recordings: false, hold_seconds: 0 } },
    ],
    [{ rate: { burst: 7 } }, { rate: { requests_per_minute: 60, burst: 7 } }],
    [{ rate: null }, { rate: { requests_per_minute: 120, burst: 30 } }],
    [{ slice: { value: 'free' } }, { slice: { property: 'plan', value: 'free' } }],
    [{ slice: null }, { slice: undefined }],
    [{ properties: { hidden: null, visible: ['plan'] } }, { properties: { visible: ['plan'] } }],
    [{ properties: null }, { properties: undefined }],
    [{ origins: ['https://a.example'] }, { origins: ['https://a.example'] }],
    [{ scopes: ['person:write'] }, { scopes: record({ scopes: ['person:write'] }).scopes }],
  ];
  test.each(PATCHES)('A patch of %j changes that and nothing else, for good', async (patch, changes) => {
    const full = record({
      slice: SLICE,
      properties: { hidden: ['ssn'] },
      rate: { requests_per_minute: 60, burst: 4 },
      deletes: { persons_per_day: 5, recordings: true },
    });
    const tenant = await registered(full);
    const { revision } = await stored(tenant);
    const expected = Object.entries({ ...full, ...changes }).filter(([, value]) => value !== undefined);
    expect(await patched(tenant, patch)).toEqual(Object.fromEntries(expected));
    await evictDurableObject(tenant);
    expect(await stored(tenant)).toMatchObject({
      record: Object.fromEntries(expected),
      revision: revision + 1,
    });
  });

  const MISTAKES: [JsonObject, string][] = [
    [{ name: null }, 'name'],
    [{ scopes: null }, 'scopes'],
    [{ scopes: [] }, 'scopes'],
    [{ slice: { property: null } }, 'slice.property'],
    [{ slice: { value: [] } }, 'slice.value'],
    [{ properties: { hidden: ['plan'] } }, 'slice.property'],
    [{ tenant: 'other' }, 'tenant'],
    [{ registration: 'reg_other' }, 'registration'],
    [{ created_at: '2020-01-01T00:00:00.000Z' }, 'created_at'],
  ];
  test.each(MISTAKES)('A patch of %j is refused, and the record stays', async (patch, attr) => {
    const tenant = await registered({ slice: SLICE });
    const before = await stored(tenant);
    expect(await patched(tenant, patch)).toEqual(['field_invalid', attr]);
    expect(await stored(tenant)).toEqual(before);
  });

  test('A patch of a tenant that is not registered is refused', async () => {
    expect(await patched(unregistered(), { suspended: true })).toEqual(['record_unknown', 'tenant']);
  });
});

describe('PUT', () => {
  test('A PUT without a slice over a sliced record is refused; with "slice": null it widens', async () => {
    const tenant = await registered({ slice: SLICE });
    const result = await tenant.put(ACME, record());
    expect(result).toMatchObject({ ok: false, failure: { code: 'field_invalid', attr: 'slice' } });
    expect((await stored(tenant)).record.slice).toEqual(SLICE);
    await put(tenant, { ...record(), slice: null });
    expect((await stored(tenant)).record).toEqual(record());
  });

  test('A PUT takes back what was read, even when the record was changed since', async () => {
    const tenant = await registered({ slice: SLICE });
    const { record: read, revision: _, ownOrigins: __, ...readOnly } = await stored(tenant);
    setTime(NOW + 1000);
    await put(tenant, record({ slice: SLICE, name: 'Changed' }));
    await put(tenant, { ...read, ...readOnly });
    expect((await stored(tenant)).record).toEqual(read);
  });
});

describe('If-Match', () => {
  test('If-Match lets a change through where it names the record as it is, and no other', async () => {
    const tenant = await registered();
    const first = etagOf(await stored(tenant));
    expect(await patched(tenant, { name: 'Second' }, ['"other"', first])).toMatchObject({ name: 'Second' });
    for (const stale of [[first], ['"other"'], []]) {
      expect(await patched(tenant, { name: 'Third' }, stale)).toEqual(['precondition_failed', 'If-Match']);
      expect(await tenant.put(ACME, record(), stale)).toMatchObject({
        failure: { code: 'precondition_failed' },
      });
      expect(await tenant.remove(stale)).toMatchObject({ failure: { code: 'precondition_failed' } });
    }
    expect(await patched(tenant, { name: 'Third' }, 'any')).toMatchObject({ name: 'Third' });
  });

  test('If-Match is never met for a tenant that is not registered, and a tag from before a removal never again', async () => {
    const tenant = await registered();
    const tag = etagOf(await stored(tenant));
    await tenant.remove();
    for (const asked of ['any', [tag]] as const) {
      expect(await tenant.put(ACME, record(), asked)).toMatchObject({
        failure: { code: 'precondition_failed' },
      });
    }
    await put(tenant, record());
    expect(await patched(tenant, {}, [tag])).toEqual(['precondition_failed', 'If-Match']);
  });
});

const ask = async (
  tenant: DurableObjectStub<Tenant>,
  id: ReturnType<typeof tokenId>,
  cost: 'revocation' | 0,
) => {
  const admission = await tenant.admit({ registration: null, chain: [{ id }], cost });
  return admission.verdict === 'admitted' ? 'admitted' : admission.failure;
};

describe('Revoking', () => {
  test('Revoking is bounded for each token by itself, spends none of the rate, and never holds up a token that ends itself', async () => {
    const tenant = await registered({ rate: { requests_per_minute: 1, burst: 1 } });
    const [stolen, other] = [tokenId(), tokenId()];
    for (let sent = 0; sent < LIMITS.revocationsPerMinuteMax; sent += 1) {
      expect(await ask(tenant, stolen, 'revocation')).toBe('admitted');
    }
    expect(await ask(tenant, stolen, 'revocation')).toMatchObject({
      code: 'rate_limited',
      retryAfterSeconds: 1,
    });
    expect(await ask(tenant, other, 'revocation')).toBe('admitted');
    expect(await ask(tenant, stolen, 0)).toBe('admitted');
    setTime(NOW + 1000);
    expect(await ask(tenant, stolen, 'revocation')).toBe('admitted');
  });

  test('Revoking writes nothing while it is counted', async () => {
    const tenant = await registered();
    await ask(tenant, tokenId(), 'revocation');
    await runInDurableObject(tenant, (_, { storage }) => {
      expect(storage.sql.exec('SELECT * FROM clocks').toArray()).toEqual([]);
    });
  });
});
