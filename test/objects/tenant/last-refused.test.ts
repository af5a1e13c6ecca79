/** The last refused requests in the object of a tenant: kept over a restart, bounded, and without a row of their own. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import type { TokenId } from '../../../src/core/ids.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import type { RefusedRequest } from '../../../src/core/usage/refused-request.ts';
import { DAY_MS, hourOf, type UsageReport } from '../../../src/core/usage/usage.ts';
import { migrate } from '../../../src/objects/migrations.ts';
import { TENANT_STEPS } from '../../../src/objects/tenant/schema.ts';
import type { Tenant } from '../../../src/objects/tenant/tenant.ts';
import {
  chainOf,
  iso,
  issue,
  NOW,
  record,
  registered,
  setTime,
  test,
  unregistered,
} from '../../support/objects/tenant.ts';

type Stub = DurableObjectStub<Tenant>;

let made = 0;

const refused = (token: TokenId, more: Partial<RefusedRequest> = {}): RefusedRequest => ({
  refused_at: iso(NOW),
  token,
  request_id: `req_${String((made += 1)).padStart(22, '0')}`,
  method: 'GET',
  route: 'persons_list',
  code: 'scope_missing',
  attr: null,
  missing_scopes: ['cohort:read'],
  origin: null,
  limit: null,
  ...more,
});

const reportOf = (...requests: RefusedRequest[]): UsageReport => ({
  id: crypto.randomUUID(),
  hours: requests.map(({ token, code }) => ({
    hour: hourOf(NOW),
    token,
    counts: { admitted: 0, refused: { [code]: 1 }, upstreamCalls: 0, remembered: 0 },
  })),
  refused: requests,
});

const shown = async (tenant: Stub): Promise<string[] | undefined> =>
  (await tenant.lastRefused(null))?.map(({ request_id: id }) => id);

const idsOf = (...requests: RefusedRequest[]): string[] => requests.map(({ request_id: id }) => id);

describe('The last refused requests of a tenant', () => {
  test('The last refused requests are there after a restart, with the names of their tokens, and once', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    const request = refused(token, { attr: 'limit', origin: 'https://app.acme.example', limit: 'tenant' });
    const report = reportOf(request);
    await tenant.takeUsage(report);
    await tenant.takeUsage(report);
    await evictDurableObject(tenant);
    expect(await tenant.lastRefused(null)).toEqual([{ ...request, token_name: 'backend' }]);
  });

  test('A question for admission brings them along, and so does the question for them', async () => {
    const tenant = await registered({ suspended: true });
    const token = await issue(tenant);
    const [asked, read] = [refused(token), refused(token, { refused_at: iso(NOW + 1) })];
    await tenant.admit({ registration: null, chain: chainOf([token]), cost: 1, usage: reportOf(asked) });
    setTime(NOW + 1);
    const answered = await tenant.lastRefused(reportOf(read));
    expect(answered?.map(({ request_id: id }) => id)).toEqual(idsOf(read, asked));
  });

  test('Reports of several isolates are one list in the order of time', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    setTime(NOW + 3);
    const [first, second, third] = [1, 2, 3].map((ms) => refused(token, { refused_at: iso(NOW + ms) }));
    if (first === undefined || second === undefined || third === undefined)
      throw new Error('there are three');
    await tenant.takeUsage(reportOf(third, first));
    await tenant.takeUsage(reportOf(second));
    expect(await shown(tenant)).toEqual(idsOf(third, second, first));
  });

  test('A thousand refusals leave as many as are kept, in the one row that is written anyway', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    const codes = Array.from({ length: 40 }, (_, nth) => `code_${nth}`);
    const written = await runInDurableObject<Tenant, number>(tenant, (object, { storage }) => {
      const statements = vi.spyOn(storage.sql, 'exec');
      for (let report = 0; report < 25; report += 1)
        object.takeUsage(reportOf(...codes.map((code) => refused(token, { code, origin: 'o'.repeat(200) }))));
      const rows = statements.mock.results.map(({ value }) => (value as { rowsWritten: number }).rowsWritten);
      statements.mockRestore();
      return rows.reduce((sum, one) => sum + one, 0);
    });
    expect(written).toBe(1);
    setTime(NOW + LIMITS.usageWriteMs);
    await tenant.takeUsage(reportOf());
    const [stored] = await runInDurableObject(tenant, (_, { storage }) =>
      storage.sql.exec<{ refused: string }>('SELECT refused FROM usage_journal').toArray(),
    );
    expect(JSON.parse(stored?.refused ?? '')).toHaveLength(LIMITS.lastRefusedMax);
    expect(stored?.refused.length).toBeLessThan(50_000);
  });

  test('A report of an isolate of the version before brings none, and takes none away', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    const request = refused(token);
    await tenant.takeUsage(reportOf(request));
    const { refused: _, ...older } = reportOf(refused(token));
    await tenant.takeUsage(older);
    expect(await shown(tenant)).toEqual(idsOf(request));
  });

  test('A time that is ahead of the clock of the object counts as the time of now', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    const ahead = refused(token, { refused_at: iso(NOW + 10 * DAY_MS) });
    await tenant.takeUsage(reportOf(ahead));
    expect((await tenant.lastRefused(null))?.map(({ refused_at: at }) => at)).toEqual([iso(NOW)]);
  });

  test('Requests that are older than usage is kept are shown no more', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    const request = refused(token);
    await tenant.takeUsage(reportOf(request));
    setTime(NOW + LIMITS.usageDaysMax * DAY_MS - 1);
    expect(await shown(tenant)).toEqual(idsOf(request));
    setTime(NOW + LIMITS.usageDaysMax * DAY_MS);
    expect(await shown(tenant)).toEqual([]);
  });

  test('They are kept of a tenant that was removed, and there are none where none was ever registered', async () => {
    const tenant = await registered();
    const token = await issue(tenant);
    const request = refused(token);
    await tenant.takeUsage(reportOf(request));
    await tenant.remove();
    expect(await shown(tenant)).toEqual(idsOf(request));
    expect(await unregistered().lastRefused(reportOf(request))).toBeNull();
  });

  test('A tenant from before they were kept has its usage, and keeps them from then on', async () => {
    const tenant = unregistered();
    const before = TENANT_STEPS.slice(
      0,
      TENANT_STEPS.findIndex(({ name }) => name === 'last refused requests'),
    );
    const journal = [
      {
        token: `tok_${'u'.repeat(22)}`,
        name: 'backend',
        ancestors: [],
        hours: { [hourOf(NOW)]: [3, 0, 0, {}] },
      },
    ];
    await runInDurableObject(tenant, async (_, { storage }) => {
      await storage.deleteAll();
      migrate(storage, before);
      storage.sql.exec(
        `INSERT INTO record (one, tenant, record, created_at, updated_at, registration) VALUES (1, 'acme', ?, ?, ?, 'reg_${'r'.repeat(22)}')`,
        JSON.stringify(record()),
        iso(NOW),
        iso(NOW),
      );
      storage.sql.exec(
        'INSERT INTO usage_journal (one, tokens, written_hour) VALUES (1, ?, NULL)',
        JSON.stringify(journal),
      );
    });
    await evictDurableObject(tenant);
    expect(await shown(tenant)).toEqual([]);
    const token = await issue(tenant);
    const request = refused(token);
    await tenant.takeUsage(reportOf(request));
    await evictDurableObject(tenant);
    expect(await shown(tenant)).toEqual(idsOf(request));
    const rows = await tenant.usage(
      { fromMs: 0, toMs: NOW + DAY_MS, by: 'day', seenBy: null, token: null, after: null, limit: 10 },
      null,
    );
    expect(rows?.map(({ counts }) => counts.admitted).toSorted()).toEqual([0, 3]);
  });
});
