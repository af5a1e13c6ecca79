import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import type { RegistrationId } from '../../../src/core/ids.ts';
import { migrate } from '../../../src/objects/migrations.ts';
import { TENANT_STEPS } from '../../../src/objects/tenant/schema.ts';
import type { Tenant } from '../../../src/objects/tenant/tenant.ts';
import {
  ACME,
  admit,
  admittedOf,
  allPages,
  count,
  enter,
  iso,
  issue,
  issued,
  MINUTE,
  NOW,
  put,
  record,
  registered,
  registrationId,
  setTime,
  tokenId,
  unregistered,
  test,
} from '../../support/objects/tenant.ts';

const OPERATOR = { kind: 'operator' } as const;

describe('Records', () => {
  test('A record is created once, then replaced, and survives the object', async () => {
    const tenant = unregistered();
    expect(await tenant.get()).toBeNull();
    const first = await put(tenant, record());
    expect(first.before).toBeNull();
    setTime(NOW + MINUTE);
    const wide = record({ scopes: ['person:write'], slice: { property: 'plan', value: ['free', 'pro'] } });
    const second = await put(tenant, wide);
    expect(second.before).toEqual(first.stored.record);
    await evictDurableObject(tenant);
    expect(await tenant.get()).toEqual({
      tenant: 'acme',
      registration: first.stored.registration,
      revision: first.stored.revision + 1,
      record: wide,
      ownOrigins: [],
      created_at: iso(NOW),
      updated_at: iso(NOW + MINUTE),
    });
  });

  test('A tenant that is not registered is admitted no request', async () => {
    const admission = await unregistered().admit({ registration: null, chain: [{ id: tokenId() }], cost: 1 });
    expect(admission).toMatchObject({ verdict: 'refused', failure: { code: 'tenant_unknown' }, limits: [] });
  });

  test('Every admission comes with the record as it is now', async () => {
    const tenant = await registered({ scopes: ['person:read', 'person:delete'] });
    const chain = [{ id: tokenId() }];
    expect(await tenant.admit({ registration: null, chain, cost: 1 })).toMatchObject({
      tenant: { scopes: ['person:read', 'person:delete'] },
    });
    await put(tenant, record({ scopes: ['person:read'] }));
    expect(await tenant.admit({ registration: null, chain, cost: 1 })).toMatchObject({
      tenant: { scopes: ['person:read'] },
    });
  });

  test('A record that could not be stored changes nothing, in memory or storage', async () => {
    const tenant = await registered({ rate: { requests_per_minute: 60, burst: 4 } });
    const id = tokenId();
    await admittedOf(4, tenant, id);
    await runInDurableObject(tenant, (instance, { storage }) => {
      storage.sql.exec(
        `CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
      );
      expect(() => instance.put(ACME, record({ suspended: true }))).toThrow(/disk full/);
    });
    expect((await tenant.get())?.record.suspended).toBe(false);
    expect(await admit(tenant, id)).toBe('rate_limited');
  });

  test('A record that this code does not understand admits no request, and can be removed', async () => {
    const tenant = await registered();
    await runInDurableObject(tenant, (_, { storage }) => {
      storage.sql.exec(`UPDATE record SET record = '{"name":"Acme","powers":"all"}'`);
    });
    await evictDurableObject(tenant);
    await runInDurableObject(tenant, async (instance) => {
      expect(() => instance.admit({ registration: null, chain: [{ id: tokenId() }], cost: 1 })).toThrow();
      expect(await instance.remove()).toMatchObject({ value: { removed: true } });
    });
    expect(await admit(tenant, tokenId())).toBe('tenant_unknown');
  });
});

describe('Suspending', () => {
  test('A suspension holds from the next request on, ends as fast, and spends nothing', async () => {
    const rate = { requests_per_minute: 60, burst: 2 };
    const tenant = await registered({ rate });
    const id = tokenId();
    expect(await admit(tenant, id)).toBe('admitted');
    await put(tenant, record({ rate, suspended: true }));
    for (let more = 0; more < 5; more += 1) expect(await admit(tenant, id)).toBe('tenant_suspended');
    await put(tenant, record({ rate }));
    expect(await admit(tenant, id)).toBe('admitted');
    expect(await admit(tenant, id)).toBe('rate_limited');
  });

  test('A suspension does not hide that a token was revoked', async () => {
    const tenant = await registered({ suspended: true });
    const id = await issue(tenant);
    await tenant.revoke(id, OPERATOR);
    expect(await tenant.admit({ registration: null, chain: [{ id }], cost: 1 })).toMatchObject({
      failure: { code: 'token_revoked' },
      limits: [],
    });
  });
});

describe('Removing a tenant', () => {
  test("A removed tenant's tokens are refused, and registering it again revives none of them", async () => {
    const tenant = await registered();
    const root = await issue(tenant);
    const child = await issue(tenant, [root]);
    expect(await tenant.remove()).toMatchObject({ value: { removed: true } });
    expect(await admit(tenant, root)).toBe('tenant_unknown');

    setTime(NOW + MINUTE);
    const again = await put(tenant, record());
    expect(again).toMatchObject({ before: null, stored: { created_at: iso(NOW + MINUTE) } });
    await evictDurableObject(tenant);
    expect(await admit(tenant, root)).toBe('token_revoked');
    expect(await admit(tenant, root, child)).toBe('token_parent_revoked');
    expect(await admit(tenant, await issue(tenant))).toBe('admitted');
    const listed = await allPages(tenant, 10);
    expect(listed.map((token) => token.revoked_at)).toEqual([null, iso(NOW), iso(NOW)]);
  });

  test('A removal of a tenant that is not registered says so', async () => {
    const tenant = unregistered();
    expect(await tenant.remove()).toMatchObject({ value: { removed: false } });
    await put(tenant, record());
    expect(await tenant.remove()).toMatchObject({ value: { removed: true } });
    expect(await tenant.remove()).toMatchObject({ value: { removed: false } });
  });

  test('A token whose making began before the removal is not entered after it', async () => {
    const tenant = await registered();
    const root = await issue(tenant);
    const child = issued([root]);
    await tenant.remove();
    expect(await enter(tenant, child, [root])).toMatchObject({ failure: { code: 'tenant_unknown' } });
    await put(tenant, record());
    expect(await enter(tenant, child, [root])).toMatchObject({ failure: { code: 'token_parent_revoked' } });
    expect(await count(tenant, 'tokens')).toBe(1);
  });
});

const admitWith = async (tenant: DurableObjectStub<Tenant>, registration: RegistrationId | null) => {
  const admission = await tenant.admit({ registration, chain: [{ id: tokenId() }], cost: 1 });
  return admission.verdict === 'admitted' ? admission.registration : admission.failure.code;
};

describe('Registrations', () => {
  test('A registration is there while the tenant is, stays through changes and restarts, and never comes back', async () => {
    const tenant = unregistered();
    expect(await tenant.registration()).toBeNull();
    await put(tenant, record());
    const first = await tenant.registration();
    await put(tenant, record({ suspended: false, name: 'Changed' }));
    await evictDurableObject(tenant);
    expect(await tenant.registration()).toBe(first);
    await tenant.remove();
    expect(await tenant.registration()).toBeNull();
    await put(tenant, record());
    expect(await tenant.registration()).not.toBe(first);
    expect(await tenant.registration()).toMatch(/^reg_/);
  });

  test('A registration named by a token has to be the one in force; a token from before there were any is admitted', async () => {
    const tenant = await registered();
    const first = await tenant.registration();
    expect(await admitWith(tenant, first)).toBe(first);
    expect(await admitWith(tenant, null)).toBe(first);
    await tenant.remove();
    expect(await admitWith(tenant, first)).toBe('tenant_unknown');
    await put(tenant, record());
    expect(await admitWith(tenant, first)).toBe('tenant_unknown');
    expect(await admitWith(tenant, null)).toBe(await tenant.registration());
  });

  test('A registration that ended issues no token, whatever was registered under its name since', async () => {
    const tenant = await registered();
    const first = (await tenant.registration()) ?? registrationId();
    const unknown = { ok: false, failure: { code: 'tenant_unknown' } };
    await tenant.remove();
    expect(await tenant.issue(issued(), [], first)).toMatchObject(unknown);
    await put(tenant, record());
    expect(await tenant.issue(issued(), [], first)).toMatchObject(unknown);
    expect(await count(tenant, 'tokens')).toBe(0);
  });

  test('A record from before there were registrations is given one, once', async () => {
    const tenant = unregistered();
    await runInDurableObject(tenant, async (_, { storage }) => {
      await storage.deleteAll();
      migrate(storage, TENANT_STEPS.slice(0, 1));
      storage.sql.exec(
        `INSERT INTO record (one, tenant, record, created_at, updated_at) VALUES (1, 'acme', ?, ?, ?)`,
        JSON.stringify(record()),
        iso(NOW),
        iso(NOW),
      );
    });
    await evictDurableObject(tenant);
    const registration = await tenant.registration();
    expect(registration).toMatch(/^reg_/);
    expect(await tenant.get()).toMatchObject({ tenant: 'acme', record: record(), created_at: iso(NOW) });
    await evictDurableObject(tenant);
    expect(await tenant.registration()).toBe(registration);
  });
});

describe('Revisions', () => {
  test('A revision grows with every change, even by removing and registering again', async () => {
    const tenant = await registered();
    const seen = [(await tenant.get())?.revision ?? 0];
    seen.push((await put(tenant, record())).stored.revision);
    await evictDurableObject(tenant);
    await tenant.remove();
    seen.push((await put(tenant, record())).stored.revision);
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b));
    expect(seen[2]).toBeGreaterThan((seen[1] ?? 0) + 1);
  });
});
