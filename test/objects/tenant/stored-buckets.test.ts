import { runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import { RateLimiter, type Limit } from '../../../src/objects/tenant/rate-limiter.ts';
import type { Tenant } from '../../../src/objects/tenant/tenant.ts';
import {
  admit,
  admittedOf,
  issue,
  NOW,
  registered,
  setTime,
  tokenId,
  test,
} from '../../support/objects/tenant.ts';

const rate = (requests_per_minute: number, burst: number) => ({ requests_per_minute, burst });

/** Counts the rows of the object's own writing to `clocks` from now on. */
const countClockRows = (tenant: DurableObjectStub<Tenant>) =>
  runInDurableObject(tenant, (_, { storage }) => {
    storage.sql.exec(`
      CREATE TABLE counted (one INTEGER);
      CREATE TRIGGER count_new AFTER INSERT ON clocks BEGIN INSERT INTO counted VALUES (1); END;
      CREATE TRIGGER count_old AFTER UPDATE ON clocks BEGIN INSERT INTO counted VALUES (1); END;`);
  });
const clockRows = (tenant: DurableObjectStub<Tenant>) =>
  runInDurableObject(tenant, (_, { storage }) =>
    Number(storage.sql.exec('SELECT count(*) AS n FROM counted').one()['n']),
  );

/** A limiter on the object's own tables, and a cursor for each statement it runs. */
function countedLimiter(sql: SqlStorage, keptMax?: number) {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  const exec = (query: string, ...values: SqlStorageValue[]) => {
    const cursor = sql.exec(query, ...values);
    cursors.push(cursor);
    return cursor;
  };
  return { limiter: new RateLimiter({ exec } as unknown as SqlStorage, keptMax), cursors };
}

describe('Storage', () => {
  test('A burst writes one row for each stride of it', async () => {
    const tenant = await registered({ rate: rate(60, 400) });
    const id = tokenId();
    await countClockRows(tenant);
    await Promise.all(Array.from({ length: 450 }, () => admit(tenant, id)));
    expect(await clockRows(tenant)).toBe(4);
  });

  test('A rate used up for long writes one row for each stride of requests', async () => {
    const tenant = await registered({ rate: rate(600, 40) });
    const id = tokenId();
    await admittedOf(40, tenant, id);
    await countClockRows(tenant);
    for (let step = 1; step <= 300; step += 1) {
      setTime(NOW + step * 100);
      expect(await admit(tenant, id)).toBe('admitted');
    }
    expect(await clockRows(tenant)).toBeLessThanOrEqual(300 / 10);
  });

  test('Requests far apart write one row a minute, not one each', async () => {
    const tenant = await registered({ rate: rate(600, 40) });
    const own = { id: tokenId(), rate: rate(60, 40) };
    await countClockRows(tenant);
    for (let step = 0; step < 100; step += 1) {
      setTime(NOW + step * 6_000);
      expect(await admit(tenant, own)).toBe('admitted');
    }
    expect(await clockRows(tenant)).toBeLessThanOrEqual(2 * 10);
  });

  test('A stride is one row, and between strides no statement reaches storage', async () => {
    const tenant = await registered();
    await runInDurableObject(tenant, (_, { storage }) => {
      const { limiter, cursors } = countedLimiter(storage.sql);
      const limits: Limit[] = [{ holder: 'tenant', rate: rate(60, 40) }];
      limiter.spend(limits, 1, NOW);
      expect(cursors.map((cursor) => cursor.rowsWritten)).toEqual([0, 1]);
      for (let more = 1; more < 10; more += 1) limiter.spend(limits, 1, NOW);
      expect(cursors).toHaveLength(2);
      limiter.spend(limits, 1, NOW);
      expect(cursors.map((cursor) => cursor.rowsWritten)).toEqual([0, 1, 1]);
    });
  });

  test('Memory keeps a bounded number of buckets, the last used', async () => {
    const tenant = await registered();
    await runInDurableObject(tenant, (_, { storage }) => {
      const { limiter, cursors } = countedLimiter(storage.sql, 2);
      const [a, b, c] = ['a', 'b', 'c'].map((): Limit[] => [{ holder: tokenId(), rate: rate(60, 40) }]);
      for (const limits of [a, b, a, c]) limiter.spend(limits ?? [], 1, NOW);
      const statementsFor = (limits: Limit[] = []) => {
        cursors.length = 0;
        limiter.spend(limits, 1, NOW);
        return cursors.length;
      };
      expect(statementsFor(a)).toBe(0);
      expect(statementsFor(c)).toBe(0);
      expect(statementsFor(b)).toBeGreaterThan(0);
    });
  });

  test('A bucket that memory dropped admits no more for it', async () => {
    const tenant = await registered();
    await runInDurableObject(tenant, (_, { storage }) => {
      const limiter = new RateLimiter(storage.sql, 3);
      const limits = Array.from({ length: 8 }, (): Limit => ({ holder: tokenId(), rate: rate(60, 9) }));
      const admitted = limits.map(() => 0);
      for (let round = 0; round < 15; round += 1) {
        for (const [index, limit] of limits.entries()) {
          if (limiter.spend([limit], 1, NOW).refused === null) admitted[index] = (admitted[index] ?? 0) + 1;
        }
      }
      expect(Math.max(...admitted)).toBeLessThanOrEqual(9);
      expect(Math.min(...admitted)).toBeGreaterThan(0);
      expect(storage.sql.exec('SELECT count(*) AS n FROM clocks').one()['n']).toBe(8);
    });
  });

  test('The bucket of a token goes when the token does', async () => {
    const tenant = await registered();
    const id = await issue(tenant);
    await admit(tenant, { id, rate: rate(60, 9) });
    const clocks = () =>
      runInDurableObject(tenant, (_, { storage }) =>
        storage.sql.exec('SELECT holder FROM clocks ORDER BY holder').toArray(),
      );
    expect(await clocks()).toEqual([{ holder: 'tenant' }, { holder: id }]);
    setTime(NOW + 3 * 3_600_000);
    await issue(tenant, [], { expires_at: new Date(NOW + 9 * 3_600_000).toISOString() });
    expect(await clocks()).toEqual([{ holder: 'tenant' }]);
  });
});
