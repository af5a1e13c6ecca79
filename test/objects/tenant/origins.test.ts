/** Web origins that a tenant adds itself, as its object keeps them. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import type { TokenId } from '../../../src/core/ids.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { OperatorName } from '../../../src/core/operators.ts';
import { etagOf, type IfMatch } from '../../../src/objects/tenant/etag.ts';
import type { OriginsChange, Tenant } from '../../../src/objects/tenant/tenant.ts';
import {
  ACME,
  admit,
  iso,
  issue,
  NOW,
  put,
  record,
  registered,
  registrationId,
  setTime,
  test,
  tokenId,
  unregistered,
} from '../../support/objects/tenant.ts';

type Stub = DurableObjectStub<Tenant>;

const OPERATOR = { kind: 'operator' } as const;
const PATTERN = 'https://acme-*.vercel.app';
const own_origins = { max: 3, patterns: [PATTERN], localhost: true };
const A = 'https://a.example';
const B = 'https://b.example';

/** A tenant that may add origins, and a token of it. */
async function allowed(changes: Record<string, unknown> = {}) {
  const tenant = await registered({ own_origins, ...changes });
  const token = await issue(tenant, [], { name: 'ci', minted_by: OperatorName.parse('alice') });
  return { tenant, token };
}

const registrationOf = async (tenant: Stub) => (await tenant.registration()) ?? registrationId();

async function change(
  tenant: Stub,
  chain: readonly TokenId[],
  order: OriginsChange['order'],
  ifMatch: IfMatch = null,
) {
  const by = { registration: await registrationOf(tenant), chain, actor: null, requestId: 'req_1' };
  return tenant.changeOrigins({ order, by, ifMatch });
}

const list = (tenant: Stub, token: TokenId, origins: readonly string[], ifMatch: IfMatch = null) =>
  change(tenant, [token], { kind: 'list', origins }, ifMatch);

const develop = (tenant: Stub, token: TokenId, seconds: number) =>
  change(tenant, [token], { kind: 'development', seconds });

/** What the tenant adds to the origins of its record, as a request is admitted. */
async function inForce(tenant: Stub): Promise<readonly string[]> {
  const admission = await tenant.admit({ registration: null, chain: [{ id: tokenId() }], cost: 1 });
  if (admission.verdict !== 'admitted') throw new Error(admission.failure.code);
  expect((await tenant.get())?.ownOrigins).toEqual(admission.ownOrigins);
  return admission.ownOrigins ?? [];
}

const changesOf = async (tenant: Stub) => (await tenant.originChanges({ limit: 1000, before: null })).rows;

describe('Own origins', () => {
  test('A tenant adds origins, and they survive the object', async () => {
    const { tenant, token } = await allowed();
    expect(await inForce(tenant)).toEqual([]);
    const answer = {
      origins: { rules: own_origins, origins: [{ origin: A, in_force: true }, { origin: PATTERN }] },
    };
    expect(await list(tenant, token, [A, PATTERN])).toMatchObject({ ok: true, value: answer });
    await evictDurableObject(tenant);
    expect(await inForce(tenant)).toEqual([A, PATTERN]);
    expect(await tenant.origins()).toMatchObject(answer);
  });

  test('An origin that stays keeps the token and the time that it was added by', async () => {
    const { tenant, token } = await allowed();
    await list(tenant, token, [A]);
    const other = await issue(tenant);
    setTime(NOW + 1000);
    await list(tenant, other, [B, A]);
    expect((await tenant.origins())?.origins.origins).toEqual([
      { origin: B, in_force: true, added_by: other, added_at: iso(NOW + 1000) },
      { origin: A, in_force: true, added_by: token, added_at: iso(NOW) },
    ]);
  });

  test('A list that the record does not allow changes nothing', async () => {
    const { tenant, token } = await allowed();
    await list(tenant, token, [A]);
    for (const origins of [
      [A, B, 'https://c.example', 'https://d.example'],
      [A, 'https://*.vercel.app'],
    ]) {
      expect(await list(tenant, token, origins)).toMatchObject({
        ok: false,
        failure: { code: 'own_origins_not_granted' },
      });
    }
    expect(await inForce(tenant)).toEqual([A]);
    expect(await changesOf(tenant)).toHaveLength(1);
  });

  test('A record that allows fewer stops the others at once, and one that allows them again lets them in again', async () => {
    const { tenant, token } = await allowed();
    await list(tenant, token, [PATTERN, A, B]);
    await put(tenant, record({ own_origins: { max: 1 } }));
    expect(await inForce(tenant)).toEqual([A]);
    expect((await tenant.origins())?.origins.origins.map((one) => one.in_force)).toEqual([
      false,
      true,
      false,
    ]);
    await put(tenant, record());
    expect(await inForce(tenant)).toEqual([]);
    await evictDurableObject(tenant);
    expect(await inForce(tenant)).toEqual([]);
    await put(tenant, record({ own_origins }));
    expect(await inForce(tenant)).toEqual([PATTERN, A, B]);
  });

  test('A change names the state that it is for, and is refused for another', async () => {
    const { tenant, token } = await allowed();
    const first = await list(tenant, token, [A], ['"0"']);
    if (!first.ok) throw new Error(first.failure.code);
    const { revision } = first.value;
    expect(await list(tenant, token, [B], ['"0"'])).toMatchObject({
      failure: { code: 'precondition_failed', attr: 'If-Match' },
    });
    expect(await inForce(tenant)).toEqual([A]);
    expect(await list(tenant, token, [B], [etagOf({ revision })])).toMatchObject({ ok: true });
    // The same again is no change.
    expect(await list(tenant, token, [B], 'any')).toMatchObject({ value: { revision: revision + 1 } });
    expect(await changesOf(tenant)).toHaveLength(2);
  });

  test('A token that was revoked, or whose tenant is another one now, changes nothing', async () => {
    const { tenant, token } = await allowed();
    const child = await issue(tenant, [token]);
    const by = { registration: registrationId(), chain: [token], actor: null, requestId: 'req_1' };
    const order = { kind: 'list', origins: [A] } as const;
    expect(await tenant.changeOrigins({ order, by, ifMatch: null })).toMatchObject({
      failure: { code: 'tenant_unknown' },
    });
    await tenant.revoke(token, OPERATOR);
    expect(await list(tenant, token, [A])).toMatchObject({ failure: { code: 'token_revoked' } });
    expect(await change(tenant, [token, child], order)).toMatchObject({
      failure: { code: 'token_parent_revoked' },
    });
    await put(tenant, record({ own_origins, suspended: true }));
    expect(await list(tenant, await issue(tenant), [A])).toMatchObject({
      failure: { code: 'tenant_suspended' },
    });
    expect(await list(unregistered(), token, [A])).toMatchObject({ failure: { code: 'tenant_unknown' } });
    expect(await changesOf(tenant)).toEqual([]);
  });

  test('A tenant that is registered again has none of the origins it had added', async () => {
    const { tenant, token } = await allowed();
    await list(tenant, token, [A]);
    await develop(tenant, token, 3600);
    await tenant.remove();
    expect(await tenant.origins()).toBeNull();
    await put(tenant, record({ own_origins }));
    expect(await inForce(tenant)).toEqual([]);
    expect(await tenant.origins()).toMatchObject({ origins: { origins: [], development_until: null } });
  });
});

describe('The development mode', () => {
  test('The development mode ends by itself, also in an object that has restarted', async () => {
    const { tenant, token } = await allowed();
    expect(await develop(tenant, token, 60)).toMatchObject({
      value: { origins: { development_until: iso(NOW + 60_000) } },
    });
    expect(await inForce(tenant)).toContain('http://localhost:*');
    await evictDurableObject(tenant);
    setTime(NOW + 59_999);
    expect(await inForce(tenant)).toContain('http://localhost:*');
    setTime(NOW + 60_000);
    expect(await inForce(tenant)).toEqual([]);
    expect((await tenant.origins())?.origins.development_until).toBeNull();
  });

  test('The development mode is ended before its time, and may be ended where it is not allowed', async () => {
    const { tenant, token } = await allowed();
    await develop(tenant, token, 60);
    await put(tenant, record({ own_origins: { max: 3 } }));
    expect(await inForce(tenant)).toEqual([]);
    expect(await develop(tenant, token, 60)).toMatchObject({ failure: { code: 'own_origins_not_granted' } });
    expect(await develop(tenant, token, 0)).toMatchObject({ ok: true });
    await put(tenant, record({ own_origins }));
    expect(await inForce(tenant)).toEqual([]);
  });

  test('No lease outlives the development mode', async () => {
    const { tenant, token } = await allowed({ rate: { requests_per_minute: 60, burst: 100 } });
    const ask = async () => {
      const chain = [{ id: tokenId() }];
      const lease = { used: 10, returned: null };
      const admission = await tenant.admit({ registration: null, chain, cost: 1, lease });
      return admission.verdict === 'admitted' && admission.lease !== null;
    };
    await develop(tenant, token, 60);
    expect(await ask()).toBe(true);
    setTime(NOW + 60_000 - LIMITS.leaseTermMs);
    expect(await ask()).toBe(false);
    setTime(NOW + 60_000);
    expect(await ask()).toBe(true);
  });
});

describe('Changes', () => {
  test('Changes say who made them, newest first, a page at a time', async () => {
    const { tenant, token } = await allowed();
    const child = await issue(tenant, [token], { name: 'deploy' });
    await list(tenant, token, [A, B]);
    await change(tenant, [token, child], { kind: 'list', origins: [B] });
    await develop(tenant, token, 60);
    const who = { token, token_name: 'ci', actor: null, minted_by: 'alice', request_id: 'req_1' };
    const rows = [
      { id: 3, at: iso(NOW), ...who, added: [], removed: [], development_until: iso(NOW + 60_000) },
      {
        id: 2,
        at: iso(NOW),
        ...who,
        token: child,
        token_name: 'deploy',
        added: [],
        removed: [A],
        development_until: null,
      },
      { id: 1, at: iso(NOW), ...who, added: [A, B], removed: [], development_until: null },
    ];
    expect(await changesOf(tenant)).toEqual(rows);
    const first = await tenant.originChanges({ limit: 2, before: null });
    expect(first).toEqual({ rows: rows.slice(0, 2), next: '2' });
    expect(await tenant.originChanges({ limit: 2, before: first.next })).toEqual({
      rows: rows.slice(2),
      next: null,
    });
  });

  test('Changes are kept up to a number, the last ones of them', async () => {
    const { tenant, token } = await allowed();
    const by = { registration: await registrationOf(tenant), chain: [token], actor: null, requestId: 'r' };
    for (let nth = 0; nth < LIMITS.originChangesMax + 3; nth += 1) {
      const order = { kind: 'list', origins: nth % 2 === 0 ? [A] : [B] } as const;
      // oxlint-disable-next-line no-await-in-loop -- One after the other.
      await tenant.changeOrigins({ order, by, ifMatch: null });
    }
    const kept = await runInDurableObject(tenant, (_, { storage }) =>
      Number(storage.sql.exec('SELECT count(*) AS n FROM origin_changes').one()['n']),
    );
    expect(kept).toBe(LIMITS.originChangesMax);
    expect((await changesOf(tenant))[0]).toMatchObject({ id: LIMITS.originChangesMax + 3 });
  });

  test('A change that could not be written down changes nothing, in memory or storage', async () => {
    const { tenant, token } = await allowed();
    await list(tenant, token, [A]);
    await runInDurableObject(tenant, (_, { storage }) => {
      storage.sql.exec('ALTER TABLE origin_changes RENAME TO away');
    });
    await runInDurableObject(tenant, async (instance) => {
      const by = {
        registration: instance.registration() ?? registrationId(),
        chain: [token],
        actor: null,
        requestId: 'req_2',
      };
      const failing = async () =>
        instance.changeOrigins({ order: { kind: 'list', origins: [B] }, by, ifMatch: null });
      await expect(failing()).rejects.toThrow('no such table');
    });
    expect(await inForce(tenant)).toEqual([A]);
    await evictDurableObject(tenant);
    expect(await inForce(tenant)).toEqual([A]);
  });
});

const taken = (tenant: Stub, by: OriginsChange['by'], order: OriginsChange['order']) =>
  tenant.changeOrigins({ order, by, ifMatch: null });

describe('What waits for the ends of leases', () => {
  test.each<[string, (tenant: Stub, by: OriginsChange['by']) => Promise<unknown>]>([
    ['taking an own origin away', (tenant, by) => taken(tenant, by, { kind: 'list', origins: [] })],
    ['ending the development mode', (tenant, by) => taken(tenant, by, { kind: 'development', seconds: 0 })],
    ['allowing no own origins', (tenant) => tenant.put(ACME, record())],
  ])('The answer to %s waits for the leases that were given before it', async (_, act) => {
    const { tenant, token } = await allowed();
    await list(tenant, token, [A]);
    const registration = await registrationOf(tenant);
    const by = { registration, chain: [token], actor: null, requestId: 'req_1' };
    const lease = { used: 5, returned: null };
    await tenant.admit({ registration: null, chain: [{ id: tokenId() }], cost: 1, lease });
    const order: string[] = [];
    // Calls come to an object in their order, so a change that waits for nothing is answered first.
    const changing = act(tenant, by).then(() => order.push('change'));
    await admit(tenant, tokenId()).then(() => order.push('request'));
    await changing;
    expect(order).toEqual(['request', 'change']);
  });
});
