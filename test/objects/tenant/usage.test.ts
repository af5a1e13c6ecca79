/** Usage in the object of a tenant: what is written when, what a restart leaves, and what is thrown away. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { TokenId } from '../../../src/core/ids.ts';
import { DAY_MS, HOUR_MS, hourOf, type UsageReport } from '../../../src/core/usage/usage.ts';
import { migrate } from '../../../src/objects/migrations.ts';
import { TENANT_STEPS } from '../../../src/objects/tenant/schema.ts';
import { UsageBook } from '../../../src/objects/tenant/usage/usage-book.ts';
import { readUsage } from '../../../src/objects/tenant/usage/usage-reader.ts';
import type { Tenant, UsageAsk } from '../../../src/objects/tenant/tenant.ts';
import {
  chainOf,
  iso,
  issue,
  issued,
  NOW,
  enter,
  record,
  registered,
  setTime,
  test,
  tokenId,
  unregistered,
} from '../../support/objects/tenant.ts';

type Stub = DurableObjectStub<Tenant>;

const hoursOf = (...hours: [token: TokenId, atMs: number, admitted: number][]) =>
  hours.map(([token, atMs, admitted]) => ({
    hour: hourOf(atMs),
    token,
    counts: { admitted, refused: { rate_limited: 1 }, upstreamCalls: 2 * admitted, remembered: 0 },
  }));

const reportOf = (...hours: Parameters<typeof hoursOf>): UsageReport => ({
  id: crypto.randomUUID(),
  hours: hoursOf(...hours),
});

const EVERYTHING: UsageAsk = {
  fromMs: 0,
  toMs: NOW + 1000 * DAY_MS,
  by: 'hour',
  seenBy: null,
  token: null,
  after: null,
  limit: 100_000,
};

/** All that is shown, as `[start, token, admitted]`. */
async function shown(tenant: Stub, ask: Partial<UsageAsk> = {}) {
  const rows = await tenant.usage({ ...EVERYTHING, ...ask }, null);
  return rows?.map(({ startsMs, token, counts }) => [startsMs, token, counts.admitted]);
}

const stored = (tenant: Stub) =>
  runInDurableObject(tenant, (_, { storage }) =>
    storage.sql.exec('SELECT day, token, name, ancestors FROM usage ORDER BY day, token').toArray(),
  );

/** Rows that storage was made to write by `act`. */
const written = (tenant: Stub, act: (object: Tenant) => void) =>
  runInDurableObject<Tenant, number>(tenant, (object, { storage }) => {
    const statements = vi.spyOn(storage.sql, 'exec');
    act(object);
    const rows = statements.mock.results.map(({ value }) => (value as { rowsWritten: number }).rowsWritten);
    statements.mockRestore();
    return rows.reduce((sum, one) => sum + one, 0);
  });

const AT_DUE = NOW + HOUR_MS + LIMITS.usageLateMs;

describe('What an object keeps of usage', () => {
  test('A report is there after a restart, and one that comes again counts once', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    const report = reportOf([token, NOW, 3]);
    await tenant.takeUsage(report);
    await tenant.takeUsage(report);
    await evictDurableObject(tenant);
    expect(await shown(tenant)).toEqual([[NOW, token, 3]]);
  });

  test('A question for admission brings a report along, also where it is refused', async () => {
    const tenant = await registered({ suspended: true });
    const token = await issue(tenant);
    const admission = await tenant.admit({
      registration: null,
      chain: chainOf([token]),
      cost: 1,
      usage: reportOf([token, NOW, 3]),
    });
    expect(admission.verdict).toBe('refused');
    expect(await shown(tenant)).toEqual([[NOW, token, 3]]);
  });

  test('Reports write one row at most in the time between two writes, however many they are', async () => {
    const tenant = await registered();
    const tokens = [await issue(tenant), await issue(tenant)];
    const rows = await written(tenant, (object) => {
      for (let sent = 0; sent < 50; sent += 1)
        object.takeUsage(reportOf(...tokens.map((one): [TokenId, number, number] => [one, NOW, 1])));
    });
    expect(rows).toBe(1);
    expect(await shown(tenant)).toEqual(tokens.toSorted().map((one) => [NOW, one, 50]));
  });

  test('An hour that is over becomes one row for each token and day, once late reports are in', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    await tenant.takeUsage(reportOf([token, NOW, 3]));
    setTime(AT_DUE - 1);
    await tenant.takeUsage(reportOf([token, NOW, 4]));
    expect(await stored(tenant)).toEqual([]);
    setTime(AT_DUE + LIMITS.usageWriteMs);
    await tenant.takeUsage(reportOf([token, AT_DUE, 5]));
    expect(await stored(tenant)).toEqual([
      { day: Math.floor(NOW / DAY_MS), token, name: 'backend', ancestors: '[]' },
    ]);
    await evictDurableObject(tenant);
    expect(await shown(tenant)).toEqual([
      [NOW, token, 7],
      [NOW + HOUR_MS, token, 5],
    ]);
    expect(await shown(tenant, { by: 'day' })).toEqual([[NOW - 12 * HOUR_MS, token, 12]]);
  });

  test('The row of a token is written once in an hour, also for a report that comes too late', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    await tenant.takeUsage(reportOf([token, NOW, 1]));
    setTime(AT_DUE);
    expect(await written(tenant, (object) => object.takeUsage(reportOf([token, NOW, 1])))).toBe(2);
    setTime(AT_DUE + LIMITS.usageWriteMs);
    expect(await written(tenant, (object) => object.takeUsage(reportOf([token, NOW, 1])))).toBe(1);
    expect(await shown(tenant)).toEqual([[NOW, token, 3]]);
  });

  test('Days that are older than usage is kept are thrown away, a bounded number at once', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    await tenant.takeUsage(reportOf([token, NOW, 1]));
    setTime(AT_DUE);
    await tenant.takeUsage(reportOf([token, AT_DUE, 1]));
    expect(await stored(tenant)).toHaveLength(1);
    setTime(AT_DUE + LIMITS.usageDaysMax * DAY_MS);
    await tenant.takeUsage(reportOf([token, AT_DUE + LIMITS.usageDaysMax * DAY_MS, 1]));
    expect(await stored(tenant)).toHaveLength(1);
    setTime(AT_DUE + (LIMITS.usageDaysMax + 1) * DAY_MS);
    await tenant.takeUsage(reportOf([token, AT_DUE + (LIMITS.usageDaysMax + 1) * DAY_MS, 1]));
    expect((await stored(tenant)).map(({ day }) => day)).not.toContain(Math.floor(NOW / DAY_MS));
  });

  test('What a token was called and derived from is known after the token is forgotten', async () => {
    const tenant = await registered();
    const parent = await issue(tenant, [], { name: 'parent', expires_at: iso(NOW + 1000 * DAY_MS) });
    const child = await issue(tenant, [parent], { name: 'page' });
    await tenant.takeUsage(reportOf([child, NOW, 2]));
    setTime(NOW + DAY_MS);
    await issue(tenant, [], { expires_at: iso(NOW + 2 * DAY_MS) });
    await tenant.takeUsage(reportOf([parent, NOW + DAY_MS, 1]));
    await evictDurableObject(tenant);
    const names = (
      await tenant.usage(
        {
          fromMs: 0,
          toMs: NOW + 2 * DAY_MS,
          by: 'day',
          seenBy: parent,
          token: null,
          after: null,
          limit: 10,
        },
        null,
      )
    )?.map(({ token, name }) => [token, name]);
    expect(names).toEqual([
      [child, 'page'],
      [parent, 'parent'],
    ]);
  });

  test('Beyond so many tokens on a day, derived ones are counted with the minted one', async () => {
    const tenant = await registered();
    const parent = await issue(tenant);
    const strangers = Array.from({ length: LIMITS.usageTokensPerDayMax }, tokenId);
    const child = await issue(tenant, [parent], { name: 'page' });
    await tenant.takeUsage(reportOf(...strangers.map((one): [TokenId, number, number] => [one, NOW, 1])));
    await tenant.takeUsage(reportOf([child, NOW, 5]));
    expect(await shown(tenant, { token: child })).toEqual([]);
    expect(await shown(tenant, { token: parent })).toEqual([[NOW, parent, 5]]);
    setTime(AT_DUE);
    await tenant.takeUsage(reportOf([child, AT_DUE, 6]));
    setTime(AT_DUE + HOUR_MS);
    await tenant.takeUsage(reportOf([child, AT_DUE + HOUR_MS, 7]));
    expect(await shown(tenant, { token: parent })).toEqual([
      [NOW, parent, 5],
      [NOW + HOUR_MS, parent, 6],
    ]);
    expect(await shown(tenant, { token: child })).toEqual([[NOW + 2 * HOUR_MS, child, 7]]);
  });

  test('An hour that the clock makes impossible counts as the hour of now', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    await tenant.takeUsage(reportOf([token, NOW + 10 * DAY_MS, 1], [token, NOW - 10 * DAY_MS, 2]));
    expect(await shown(tenant)).toEqual([[NOW, token, 3]]);
  });

  test('An object in which no tenant was ever registered keeps nothing, and says so', async () => {
    const tenant = unregistered();
    await tenant.takeUsage(reportOf([tokenId(), NOW, 1]));
    expect(await shown(tenant)).toBeUndefined();
    const rows = await runInDurableObject(tenant, (_, { storage }) =>
      storage.sql.exec('SELECT * FROM usage_journal').toArray(),
    );
    expect(rows).toEqual([]);
  });

  test('Usage of a tenant that was removed is kept', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    await tenant.takeUsage(reportOf([token, NOW, 1]));
    await tenant.remove();
    expect(await shown(tenant)).toEqual([[NOW, token, 1]]);
  });

  test('Usage of many tokens with long names is stored in rows that the platform takes, and survives a restart', async () => {
    const tenant = await registered();
    const tokens = Array.from({ length: LIMITS.usageTokensPerDayMax }, () => tokenId());
    const refused = Object.fromEntries(
      Array.from({ length: 12 }, (_, nth) => [`a_code_of_a_refusal_${nth}`, 1]),
    );
    const counts = { admitted: 1, refused, upstreamCalls: 1, remembered: 1 };
    const hours = tokens.flatMap((token) =>
      [NOW - HOUR_MS, NOW].map((at) => ({ hour: hourOf(at), token, counts })),
    );
    const name = '名'.repeat(LIMITS.nameCharsMax);
    const ancestors = tokens.slice(0, LIMITS.ancestorsMax);
    const surroundings = {
      lineageOf: () => ({ name, ancestors }),
      nowMs: () => NOW,
      pause: () => Promise.resolve(),
    };
    const { admitted, bytes } = await runInDurableObject(tenant, (_, { storage: { sql }, storage }) => {
      const before = new UsageBook(storage, surroundings);
      before.take({ id: 'one', hours });
      const [journal] = sql.exec('SELECT length(CAST(tokens AS BLOB)) AS bytes FROM usage_journal').toArray();
      const restarted = new UsageBook(storage, surroundings);
      const rows = readUsage(sql, restarted.unwritten, EVERYTHING);
      return { admitted: rows.reduce((sum, row) => sum + row.counts.admitted, 0), bytes: journal?.['bytes'] };
    });
    expect(admitted).toBe(2 * tokens.length);
    expect(bytes).toBeLessThan(2_000_000);
  });

  test('A journal that cannot be read stops no request', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    await runInDurableObject(tenant, (_, { storage }) => {
      storage.sql.exec(`INSERT INTO usage_journal (one, tokens, written_hour) VALUES (1, 'x', NULL)`);
    });
    const lines = vi.spyOn(console, 'error').mockReturnValue();
    const admission = await tenant.admit({
      registration: null,
      chain: chainOf([token]),
      cost: 1,
      usage: reportOf([token, NOW, 1]),
    });
    expect(admission.verdict).toBe('admitted');
    expect(lines.mock.calls.flat().join(' ')).toContain('usage_lost');
  });

  test('A tenant from before usage was counted has none, and is counted from then on', async () => {
    const tenant = unregistered();
    await runInDurableObject(tenant, async (_, { storage }) => {
      await storage.deleteAll();
      migrate(storage, TENANT_STEPS.slice(0, -1));
      storage.sql.exec(
        `INSERT INTO record (one, tenant, record, created_at, updated_at, registration) VALUES (1, 'acme', ?, ?, ?, 'reg_${'r'.repeat(22)}')`,
        JSON.stringify(record()),
        iso(NOW),
        iso(NOW),
      );
    });
    await evictDurableObject(tenant);
    expect(await shown(tenant)).toEqual([]);
    const token = issued();
    await enter(tenant, token, []);
    await tenant.takeUsage(reportOf([token.id, NOW, 1]));
    expect(await shown(tenant)).toEqual([[NOW, token.id, 1]]);
  });
});
