import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import {
  admit,
  allPages,
  count,
  enter,
  iso,
  issue,
  issued,
  MINUTE,
  NOW,
  registered,
  setTime,
  tokenId,
  test,
} from '../../support/objects/tenant.ts';

const OPERATOR = { kind: 'operator' } as const;
const UNUSED = { last_used_at: null, revoked_at: null, replaced_by: null, ends_at: null };

describe('Revoking', () => {
  test('Revoking a token ends it and its descendants on the next request and for good, not its parent or siblings', async () => {
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

  test('Revoking again is no error and keeps the first time', async () => {
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

describe('Issuing', () => {
  test('Deriving from a token that is revoked or unknown, or whose ancestor was revoked, is refused', async () => {
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

  test('Issuing the same token again changes nothing, least of all that it was revoked', async () => {
    const tenant = await registered();
    const token = issued();
    await enter(tenant, token, []);
    await tenant.revoke(token.id, OPERATOR);
    expect(await enter(tenant, token, [])).toEqual({ ok: true, value: null });
    expect(await admit(tenant, token.id)).toBe('token_revoked');
    expect(await count(tenant, 'tokens')).toBe(1);
  });

  test('Issuing a token deletes tokens that expired an hour ago, a bounded number at a time, with their revocations and buckets', async () => {
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

  test('The revocation of a token that expired just now is kept, for verifiers whose clock is behind', async () => {
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
        { ...child, ...UNUSED },
        { ...root, ...UNUSED },
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

  test('The list leaves out tokens that have expired and keeps those that were revoked', async () => {
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

/** When each token was last used. */
const usesOf = async (tenant: Awaited<ReturnType<typeof registered>>) =>
  Object.fromEntries((await allPages(tenant, 10)).map(({ id, last_used_at }) => [id, last_used_at]));

describe('Uses', () => {
  test('A token is listed with the signing key and the hour of its last use, and a refused request is no use', async () => {
    const tenant = await registered();
    const [used, unused] = [await issue(tenant), await issue(tenant, [], { kid: null })];
    expect((await allPages(tenant, 10)).map(({ kid }) => kid)).toEqual([null, 'k1']);
    expect(await usesOf(tenant)).toEqual({ [used]: null, [unused]: null });
    await admit(tenant, used);
    setTime(NOW + 30 * MINUTE);
    await admit(tenant, used);
    await tenant.revoke(unused, OPERATOR);
    expect(await admit(tenant, unused)).toBe('token_revoked');
    expect(await usesOf(tenant)).toEqual({ [used]: iso(NOW), [unused]: null });
    setTime(NOW + 59 * MINUTE);
    await evictDurableObject(tenant);
    await admit(tenant, used);
    expect(await usesOf(tenant)).toMatchObject({ [used]: iso(NOW) });
  });

  test('A use an hour later or more is noted anew, also by an object that has restarted', async () => {
    const tenant = await registered();
    const token = await issue(tenant, [], { expires_at: iso(NOW + 1000 * MINUTE) });
    await admit(tenant, token);
    setTime(NOW + 60 * MINUTE);
    await admit(tenant, token);
    expect(await usesOf(tenant)).toEqual({ [token]: iso(NOW + 60 * MINUTE) });
    await evictDurableObject(tenant);
    setTime(NOW + 120 * MINUTE);
    await admit(tenant, token);
    expect(await usesOf(tenant)).toEqual({ [token]: iso(NOW + 120 * MINUTE) });
  });

  test('A thousand requests of a token in an hour write one row for its use', async () => {
    const tenant = await registered({ rate: { requests_per_minute: 1_000_000, burst: 1_000_000 } });
    const token = await issue(tenant);
    await runInDurableObject(tenant, (_, { storage }) =>
      storage.sql
        .exec(`CREATE TABLE noted (n INTEGER);
        CREATE TRIGGER noting AFTER UPDATE OF last_used_ms ON tokens BEGIN INSERT INTO noted VALUES (1); END`)
        .toArray(),
    );
    for (let nth = 0; nth < 1000; nth += 1) {
      if (nth === 500) await evictDurableObject(tenant);
      await admit(tenant, token);
    }
    expect(await count(tenant, 'noted')).toBe(1);
  });
});
