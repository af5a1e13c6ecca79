import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { SessionId } from '../../src/contract/operators/session-book.ts';
import { ProjectId, TenantId } from '../../src/core/ids.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { Directory, DirectoryRow } from '../../src/objects/directory/directory.ts';

const { DIRECTORY } = env as unknown as { DIRECTORY: DurableObjectNamespace<Directory> };

const NOW = Date.parse('2026-11-23T12:00:00.000Z');
const setTime = (ms: number) => vi.spyOn(Date, 'now').mockReturnValue(ms);

beforeEach(() => {
  vi.restoreAllMocks();
  setTime(NOW);
});

const fresh = () => DIRECTORY.getByName(crypto.randomUUID());

const id = (name: string) => TenantId.parse(name);
const row = (tenant: string, changes: Partial<DirectoryRow> = {}): DirectoryRow => ({
  tenant: id(tenant),
  name: tenant.toUpperCase(),
  project_id: ProjectId.parse(1),
  suspended: false,
  updated_at: '2026-11-23T10:00:00.000Z',
  ...changes,
});
const REMOVED_AT = '2026-11-23T11:00:00.000Z';

const listed = async (
  directory: DurableObjectStub<Directory>,
  include: 'registered' | 'removed' = 'registered',
) => (await directory.list({ limit: 10, after: null, include })).rows;
const namesOf = (rows: readonly { tenant: string }[]) => rows.map(({ tenant }) => tenant);

describe('List of tenants', () => {
  test('The list is empty where no tenant was ever registered', async () => {
    expect(await fresh().list({ limit: 10, after: null, include: 'removed' })).toEqual({
      rows: [],
      next: null,
    });
  });

  test('The list gives every tenant once, in order, whatever comes and goes between its pages', async () => {
    const directory = fresh();
    for (const name of ['d', 'a', 'c', 'b', 'e']) await directory.put(row(name), 2);
    const page = { limit: 2, include: 'registered' } as const;

    const first = await directory.list({ ...page, after: null });
    await directory.remove(id('b'), 3, REMOVED_AT);
    await directory.put(row('aa'), 2);
    const second = await directory.list({ ...page, after: first.next });
    const third = await directory.list({ ...page, after: second.next });

    expect([first, second, third].map(({ rows }) => namesOf(rows))).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    expect(third.next).toBeNull();
  });

  test('The list has no next page after a full last one', async () => {
    const directory = fresh();
    await directory.put(row('a'), 2);
    await directory.put(row('b'), 2);
    expect((await directory.list({ limit: 2, after: null, include: 'registered' })).next).toBeNull();
  });

  test('The list keeps a removed tenant for those who ask for removed ones, until it is registered again', async () => {
    const directory = fresh();
    await directory.put(row('a'), 2);
    await directory.put(row('b'), 2);
    await directory.remove(id('a'), 3, REMOVED_AT);
    await directory.remove(id('a'), 3, '2026-11-23T11:59:00.000Z');
    expect(namesOf(await listed(directory))).toEqual(['b']);
    expect(await listed(directory, 'removed')).toEqual([
      { ...row('a'), removed_at: REMOVED_AT },
      { ...row('b'), removed_at: null },
    ]);
    await directory.put(row('a'), 4);
    expect(await listed(directory)).toEqual([
      { ...row('a'), removed_at: null },
      { ...row('b'), removed_at: null },
    ]);
  });
});

describe('Writes out of order', () => {
  test('The write of the later revision stays, whatever the clocks said', async () => {
    const directory = fresh();
    await directory.put(row('a', { suspended: true, updated_at: '2026-11-23T10:00:01.000Z' }), 3);
    await directory.put(row('a', { suspended: false, updated_at: '2026-11-23T10:00:02.000Z' }), 2);
    expect(await listed(directory)).toMatchObject([{ suspended: true }]);
  });

  test('A removal from before the tenant was registered again does not unlist it', async () => {
    const directory = fresh();
    await directory.put(row('a'), 2);
    await directory.put(row('a'), 4);
    await directory.remove(id('a'), 3, REMOVED_AT);
    expect(namesOf(await listed(directory))).toEqual(['a']);
  });

  test('A change from before a removal does not list the tenant again', async () => {
    const directory = fresh();
    await directory.put(row('a'), 2);
    await directory.remove(id('a'), 4, REMOVED_AT);
    await directory.put(row('a'), 3);
    expect(await listed(directory)).toEqual([]);
  });
});

describe('Announced tenants', () => {
  test('A tenant is listed before it is registered, and no longer once the registration was refused', async () => {
    const directory = fresh();
    await directory.announce(row('a'));
    expect(namesOf(await listed(directory))).toEqual(['a']);
    await directory.retract(id('a'));
    expect(await listed(directory, 'removed')).toEqual([]);
  });

  test('A tenant stays listed when another attempt to register it is refused', async () => {
    const directory = fresh();
    await directory.announce(row('a'));
    await directory.put(row('a', { name: 'Real' }), 2);
    await directory.announce(row('a', { name: 'Other' }));
    await directory.retract(id('a'));
    expect(await listed(directory)).toMatchObject([{ name: 'Real' }]);
  });
});

describe('Wrong admin tokens', () => {
  const { wrongAdminTokensAtOnceMax: atOnce, wrongAdminTokensPerMinuteMax: perMinute } = LIMITS;

  test('Wrong admin tokens are counted: a few are free, then there is a wait, and the named wait is enough', async () => {
    const directory = fresh();
    const waits: (number | null)[] = [];
    for (let sent = 0; sent < atOnce + 5; sent += 1) waits.push(await directory.countWrongAdminToken());
    expect(waits.slice(0, atOnce)).toEqual(Array.from({ length: atOnce }, () => null));
    expect(waits.slice(atOnce)).toEqual(Array.from({ length: 5 }, () => 60 / perMinute));
    setTime(NOW + (60 / perMinute) * 1000);
    expect(await directory.countWrongAdminToken()).toBeNull();
    expect(await directory.countWrongAdminToken()).not.toBeNull();
  });
});

const session = () => SessionId.parse(crypto.randomUUID());

describe('Sessions of the console', () => {
  const expiresAt = NOW / 1000 + 60;

  test('A session is ended once the directory was told, also by the same session again, and no other is', async () => {
    const directory = fresh();
    const [ended, other] = [session(), session()];
    expect(await directory.endSession({ id: ended, expiresAt })).toBe(true);
    expect(await directory.endSession({ id: ended, expiresAt })).toBe(true);
    expect([await directory.isSessionEnded(ended), await directory.isSessionEnded(other)]).toEqual([
      true,
      false,
    ]);
  });

  test('An ended session is kept for five minutes longer than it would have lasted, for clocks that are behind, and then forgotten', async () => {
    const directory = fresh();
    const ended = session();
    await directory.endSession({ id: ended, expiresAt });
    setTime(NOW + 359_999);
    await directory.endSession({ id: session(), expiresAt: expiresAt + 600 });
    expect(await directory.isSessionEnded(ended)).toBe(true);
    setTime(NOW + 360_000);
    await directory.endSession({ id: session(), expiresAt: expiresAt + 600 });
    expect(await directory.isSessionEnded(ended)).toBe(false);
  });

  test('A sign-out beyond as many as are kept is refused, and forgets none of those before it', async () => {
    const directory = fresh();
    const first = session();
    await directory.endSession({ id: first, expiresAt });
    await runInDurableObject(directory, (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO ended_sessions (id, expires_at) SELECT i, ? FROM n`,
        LIMITS.endedSessionsMax,
        expiresAt,
      );
    });
    const late = session();
    expect(await directory.endSession({ id: late, expiresAt })).toBe(false);
    expect([await directory.isSessionEnded(first), await directory.isSessionEnded(late)]).toEqual([
      true,
      false,
    ]);
    setTime(NOW + 360_000);
    await directory.endSession({ id: late, expiresAt: expiresAt + 600 });
    expect(await directory.isSessionEnded(late)).toBe(true);
  });
});
