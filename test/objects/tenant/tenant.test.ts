import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { RegistrationId } from '../../../src/core/ids.ts';
import { migrate } from '../../../src/objects/migrations.ts';
import { TENANT_STEPS } from '../../../src/objects/tenant/schema.ts';
import type { Token } from '../../../src/contract/token.ts';
import type { Tenant } from '../../../src/objects/tenant/tenant.ts';
import {
  ACME,
  admit,
  admittedOf,
  enter,
  issue,
  issued,
  NOW,
  put,
  record,
  registered,
  registrationId,
  setTime,
  tokenId,
  unregistered,
} from '../../support/objects/tenant.ts';

const MINUTE = 60_000;
const OPERATOR = { kind: 'operator' } as const;

beforeEach(() => {
  vi.restoreAllMocks();
  setTime(NOW);
});

const iso = (ms: number) => new Date(ms).toISOString();

async function allPages(tenant: DurableObjectStub<Tenant>, limit: number) {
  const rows: Token[] = [];
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof tenant.tokens>> = await tenant.tokens({ limit, before });
    rows.push(...page.rows);
    before = page.next;
  } while (before !== null);
  return rows;
}

const count = (tenant: DurableObjectStub<Tenant>, table: 'tokens' | 'revocations' | 'clocks') =>
  runInDurableObject(tenant, (_, { storage }) =>
    Number(storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one()['n']),
  );

describe('Records', () => {
  test('A record is created once, then replaced, and survives the object', async () => {
    const tenant = unregistered();
    expect(await tenant.get()).toBeNull();
    const first = await put(tenant, record());
    expect(first.created).toBe(true);
    setTime(NOW + MINUTE);
    const wide = record({ scopes: ['person:write'], slice: { property: 'plan', value: ['free', 'pro'] } });
    const second = await put(tenant, wide);
    expect(second.created).toBe(false);
    await evictDurableObject(tenant);
    expect(await tenant.get()).toEqual({
      tenant: 'acme',
      registration: first.stored.registration,
      revision: first.stored.revision + 1,
      record: wide,
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
    await runInDurableObject(tenant, (instance) => {
      expect(() => instance.admit({ registration: null, chain: [{ id: tokenId() }], cost: 1 })).toThrow();
      expect(instance.remove()).toMatchObject({ value: { removed: true } });
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

describe('Revoking', () => {
  test('A revoked token and its descendants are refused on the next request and for good; parent and siblings are not', async () => {
    const tenant = await registered();
    const root = await issue(tenant);
    const child = await issue(tenant, [root]);
    const grandchild = await issue(tenant, [root, child]);
    const sibling = await issue(tenant, [root]);
    expect(await admit(tenant, root, child, grandchild)).toBe('admitted');

    expect(await tenant.revoke(child, OPERATOR)).toBe('revoked');
    const verdicts = async () => [
      await admit(tenant, root),
      await admit(tenant, root, child),
      await admit(tenant, root, child, grandchild),
      await admit(tenant, root, sibling),
    ];
    const expected = ['admitted', 'token_revoked', 'token_parent_revoked', 'admitted'];
    expect(await verdicts()).toEqual(expected);
    await evictDurableObject(tenant);
    expect(await verdicts()).toEqual(expected);
  });

  test('A token may revoke itself and what was derived from it, and nothing else', async () => {
    const tenant = await registered();
    const root = await issue(tenant);
    const child = await issue(tenant, [root]);
    const grandchild = await issue(tenant, [root, child]);
    const sibling = await issue(tenant, [root]);
    const stranger = await issue(tenant);
    const by = { kind: 'token', id: child } as const;
    for (const other of [root, sibling, stranger, tokenId()]) {
      expect(await tenant.revoke(other, by)).toBe('unknown');
    }
    expect(await count(tenant, 'revocations')).toBe(0);
    expect(await tenant.revoke(grandchild, by)).toBe('revoked');
    expect(await tenant.revoke(child, by)).toBe('revoked');
    expect(await admit(tenant, root, sibling)).toBe('admitted');
    expect(await admit(tenant, stranger)).toBe('admitted');
  });

  test('A second revocation is no error and keeps the first time', async () => {
    const tenant = await registered();
    const id = await issue(tenant);
    await tenant.revoke(id, OPERATOR);
    setTime(NOW + MINUTE);
    expect(await tenant.revoke(id, OPERATOR)).toBe('revoked');
    expect((await tenant.tokens({ limit: 1, before: null })).rows[0]?.revoked_at).toBe(iso(NOW));
  });

  test('A token that was never issued is unknown, to the operator too', async () => {
    const tenant = await registered();
    expect(await tenant.revoke(tokenId(), OPERATOR)).toBe('unknown');
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
    expect(again).toMatchObject({ created: true, stored: { created_at: iso(NOW + MINUTE) } });
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

describe('Issuing', () => {
  test('A token is not issued from one that is revoked, unknown or below a revoked one', async () => {
    const tenant = await registered();
    const root = await issue(tenant);
    const child = await issue(tenant, [root]);
    await tenant.revoke(root, OPERATOR);
    for (const ancestors of [[root], [root, child], [tokenId()]]) {
      expect(await enter(tenant, issued(ancestors), ancestors)).toMatchObject({
        ok: false,
        failure: { code: 'token_parent_revoked' },
      });
    }
  });

  test('A token issued again changes nothing, least of all that it was revoked', async () => {
    const tenant = await registered();
    const token = issued();
    await enter(tenant, token, []);
    await tenant.revoke(token.id, OPERATOR);
    expect(await enter(tenant, token, [])).toEqual({ ok: true, value: null });
    expect(await admit(tenant, token.id)).toBe('token_revoked');
    expect(await count(tenant, 'tokens')).toBe(1);
  });

  test('Issuing deletes tokens that expired an hour ago, a bounded number at a time, with their revocations and levels', async () => {
    const tenant = await registered({ rate: { requests_per_minute: 6000, burst: 600 } });
    for (let made = 0; made < 60; made += 1) {
      const id = await issue(tenant, [], { expires_at: iso(NOW + MINUTE) });
      await admit(tenant, { id, rate: { requests_per_minute: 60, burst: 8 } });
      await tenant.revoke(id, OPERATOR);
    }
    setTime(NOW + 61 * MINUTE);
    const later = { expires_at: iso(NOW + 600 * MINUTE) };
    await issue(tenant, [], later);
    expect([await count(tenant, 'tokens'), await count(tenant, 'revocations')]).toEqual([11, 10]);
    await issue(tenant, [], later);
    expect(
      await Promise.all((['tokens', 'revocations', 'clocks'] as const).map((each) => count(tenant, each))),
    ).toEqual([2, 0, 1]);
  });

  test('Issuing keeps the revocation of a token that expired just now, for verifiers whose clock is behind', async () => {
    const tenant = await registered();
    const id = await issue(tenant, [], { expires_at: iso(NOW + MINUTE) });
    await tenant.revoke(id, OPERATOR);
    setTime(NOW + 30 * MINUTE);
    await issue(tenant);
    await evictDurableObject(tenant);
    expect(await admit(tenant, id)).toBe('token_revoked');
  });
});

describe('List of tokens', () => {
  test('The list shows each token as it was issued, newest first', async () => {
    const tenant = await registered();
    const root = issued([], { not_before: iso(NOW + 1) });
    const child = issued([root.id], {
      name: 'frontend',
      narrowing: { scopes: ['person:read'], rate: { requests_per_minute: 10, burst: 2 } },
    });
    await enter(tenant, root, []);
    await enter(tenant, child, [root.id]);
    expect(await tenant.tokens({ limit: 10, before: null })).toEqual({
      rows: [
        { ...child, revoked_at: null },
        { ...root, revoked_at: null },
      ],
      next: null,
    });
  });

  test('The list gives each token once, however many come and go between pages', async () => {
    const tenant = await registered();
    const ids = [];
    for (let made = 0; made < 7; made += 1) ids.push(await issue(tenant));
    const seen = [];
    let before: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof tenant.tokens>> = await tenant.tokens({ limit: 3, before });
      seen.push(...page.rows.map((row) => row.id));
      before = page.next;
      await issue(tenant);
    } while (before !== null);
    expect(seen).toEqual(ids.toReversed());
  });

  test('The list leaves out expired tokens and keeps revoked ones', async () => {
    const tenant = await registered();
    await issue(tenant, [], { expires_at: iso(NOW + MINUTE) });
    const revoked = await issue(tenant);
    await tenant.revoke(revoked, OPERATOR);
    setTime(NOW + MINUTE);
    expect(await allPages(tenant, 5)).toMatchObject([{ id: revoked, revoked_at: iso(NOW) }]);
  });

  test('The list shows a token as revoked from the moment its first ancestor was', async () => {
    const tenant = await registered();
    const root = await issue(tenant);
    const child = await issue(tenant, [root]);
    await issue(tenant, [root, child]);
    await tenant.revoke(root, OPERATOR);
    setTime(NOW + MINUTE);
    await tenant.revoke(child, OPERATOR);
    const listed = await allPages(tenant, 1);
    expect(listed.map((token) => token.revoked_at)).toEqual([iso(NOW), iso(NOW), iso(NOW)]);
  });

  test('The list takes no cursor that it did not give', async () => {
    const tenant = await registered();
    await runInDurableObject(tenant, (instance) => {
      for (const before of ['', '0', '-1', '1e3', 'x', '1 OR 1']) {
        expect(() => instance.tokens({ limit: 1, before })).toThrow();
      }
    });
  });
});
