/** Leases as the object gives them, and what waits for their ends. */
import { evictDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import type { LeaseAsk } from '../../../src/objects/tenant/lease-book.ts';
import type { TokenId } from '../../../src/core/ids.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import type { Tenant } from '../../../src/objects/tenant/tenant.ts';
import {
  ACME,
  admit,
  chainOf,
  issue,
  record,
  registered,
  test,
  tokenId,
  unregistered,
  type Link,
} from '../../support/objects/tenant.ts';

type Stub = DurableObjectStub<Tenant>;

const OPERATOR = { kind: 'operator' } as const;
const rate = (requests_per_minute: number, burst: number) => ({ requests_per_minute, burst });

/** One request of an isolate that used so many in the last term. */
async function ask(tenant: Stub, used: number, returned: LeaseAsk['returned'], ...links: Link[]) {
  const admission = await tenant.admit({
    registration: null,
    chain: chainOf(links),
    cost: 1,
    lease: { used, returned },
  });
  if (admission.verdict !== 'admitted') throw new Error(admission.failure.code);
  return { lease: admission.lease, left: admission.limits.map(({ remaining }) => remaining) };
}

/**
 * What comes first: the answer to the change, or that to a request which was sent after it. Calls come to an object in
 * their order, so a change that waits for nothing is answered first.
 */
async function firstOf(change: () => Promise<unknown>, request: () => Promise<unknown>) {
  const order: string[] = [];
  const changing = change().then(() => order.push('change'));
  await request().then(() => order.push('request'));
  await changing;
  return order[0];
}

describe('What is leased', () => {
  test('A lease is spent from every limit of the chain when it is given', async () => {
    const tenant = await registered({ rate: rate(60, 100) });
    const own = { id: tokenId(), rate: rate(60, 80) };
    const { lease, left } = await ask(tenant, 10, null, own);
    expect(lease).toMatchObject({ requests: 9, termMs: LIMITS.leaseTermMs });
    expect(left).toEqual([90, 70]);
  });

  test('A lease and the request that asks take a quarter of what the tightest limit has left, at most', async () => {
    const tenant = await registered({ rate: rate(60, 100) });
    const own = { id: tokenId(), rate: rate(60, 40) };
    expect(await ask(tenant, 1000, null, own)).toMatchObject({ lease: { requests: 9 }, left: [90, 30] });
    expect(await ask(tenant, 1000, null, own)).toMatchObject({ lease: { requests: 6 }, left: [83, 23] });
  });

  test.each([0, 1])(
    'A token of which %i requests were used in the last term is leased nothing',
    async (used) => {
      const tenant = await registered({ rate: rate(60, 100) });
      expect(await ask(tenant, used, null, tokenId())).toEqual({ lease: null, left: [99] });
    },
  );

  test('What was not used comes back once, and only from the lease that it belongs to', async () => {
    const tenant = await registered({ rate: rate(60, 100) });
    const id = tokenId();
    const { lease } = await ask(tenant, 10, null, id);
    if (lease === null) throw new Error('ten requests lease nine');
    const back = { id: lease.id, unused: 4 };
    expect((await ask(tenant, 0, { id: 'another', unused: 9 }, id)).left).toEqual([89]);
    expect((await ask(tenant, 0, back, id)).left).toEqual([92]);
    expect((await ask(tenant, 0, back, id)).left).toEqual([91]);
  });

  test('More than a lease had never comes back', async () => {
    const tenant = await registered({ rate: rate(60, 100) });
    const id = tokenId();
    const { lease } = await ask(tenant, 10, null, id);
    if (lease === null) throw new Error('ten requests lease nine');
    expect((await ask(tenant, 0, { id: lease.id, unused: 50 }, id)).left).toEqual([98]);
  });
});

const CHANGES: Readonly<Record<string, (tenant: Stub, id: TokenId) => Promise<unknown>>> = {
  'a revocation': (tenant, id) => tenant.revoke(id, OPERATOR),
  'a suspension': (tenant) => tenant.patch({ suspended: true }),
  'a new record': (tenant) => tenant.put(ACME, record({ scopes: ['cohort:read'] })),
  'a removal': (tenant) => tenant.remove(),
};

describe('What waits for the ends of leases', () => {
  const changes = Object.entries(CHANGES);

  test.each(changes)('The answer to %s waits for the leases that were given before it', async (_, change) => {
    const tenant = await registered();
    const id = await issue(tenant);
    await ask(tenant, 5, null, tokenId());
    expect(
      await firstOf(
        () => change(tenant, id),
        () => admit(tenant, tokenId()),
      ),
    ).toBe('request');
  });

  test.each(changes)('The answer to %s waits for nothing where nothing was leased', async (_, change) => {
    const tenant = await registered();
    const id = await issue(tenant);
    await admit(tenant, tokenId());
    expect(
      await firstOf(
        () => change(tenant, id),
        () => admit(tenant, tokenId()),
      ),
    ).toBe('change');
  });

  test.each(changes)('The answer to %s waits in an object that has restarted', async (_, change) => {
    const tenant = await registered();
    const id = await issue(tenant);
    await evictDurableObject(tenant);
    expect(
      await firstOf(
        () => change(tenant, id),
        () => admit(tenant, tokenId()),
      ),
    ).toBe('request');
  });

  test('A change holds for requests that come to the object while its answer waits', async () => {
    const tenant = await registered();
    const id = await issue(tenant);
    await ask(tenant, 5, null, id);
    const revoking = tenant.revoke(id, OPERATOR);
    expect(await admit(tenant, id)).toBe('token_revoked');
    expect(await revoking).toBe('revoked');
  });

  test('A change that is refused waits for nothing', async () => {
    const tenant = await registered();
    await ask(tenant, 5, null, tokenId());
    const refused = () => tenant.patch({ suspended: true }, ['"0"']);
    expect(await firstOf(refused, () => admit(tenant, tokenId()))).toBe('change');
    const unknown = () => tenant.revoke(tokenId(), OPERATOR);
    expect(await firstOf(unknown, () => admit(tenant, tokenId()))).toBe('change');
  });

  test('A tenant that is registered for the first time waits for nothing, even after a restart', async () => {
    const tenant = unregistered();
    expect(await admit(tenant, tokenId())).toBe('tenant_unknown');
    await evictDurableObject(tenant);
    const put = () => tenant.put(ACME, record());
    expect(await firstOf(put, () => tenant.get())).toBe('change');
  });

  test('A repeated revocation waits as long as the first', async () => {
    const tenant = await registered();
    const id = await issue(tenant);
    await ask(tenant, 5, null, id);
    const first = tenant.revoke(id, OPERATOR);
    expect(
      await firstOf(
        () => tenant.revoke(id, OPERATOR),
        () => admit(tenant, tokenId()),
      ),
    ).toBe('request');
    await first;
  });

  test('A change waits for nothing again, some time after the last lease', async () => {
    const tenant = await registered();
    await ask(tenant, 5, null, tokenId());
    await new Promise((resolve) => setTimeout(resolve, 3 * LIMITS.leaseTermMs));
    const suspend = () => tenant.patch({ suspended: true });
    expect(await firstOf(suspend, () => admit(tenant, tokenId()))).toBe('change');
  });
});
