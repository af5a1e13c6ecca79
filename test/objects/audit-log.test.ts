/** The audit log of operators, in the directory. */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { TenantId } from '../../src/core/ids.ts';
import { OperatorName } from '../../src/core/operators.ts';
import type {
  AskedChange,
  AuditPage,
  Directory,
  ListedChanges,
} from '../../src/objects/directory/directory.ts';

const { DIRECTORY } = env as unknown as { DIRECTORY: DurableObjectNamespace<Directory> };

const NOW = Date.parse('2026-11-27T12:00:00.000Z');
const setTime = (ms: number) => vi.spyOn(Date, 'now').mockReturnValue(ms);

beforeEach(() => {
  vi.restoreAllMocks();
  setTime(NOW);
});

const fresh = () => DIRECTORY.getByName(crypto.randomUUID());
const name = (text: string) => OperatorName.parse(text);
const asked = (changes: Partial<AskedChange> = {}): AskedChange => ({
  operator: name('alice'),
  role: 'owner',
  request_id: 'req_1',
  action: 'admin_patch_tenant',
  tenant: TenantId.parse('acme'),
  subject: null,
  ...changes,
});
const MADE = { code: null, before: '{"name":"A"}', after: '{"name":"B"}' };
/** The stub's own type of JSON members has no end. */
const changes = (log: DurableObjectStub<Directory>, page: Partial<AuditPage> = {}): Promise<ListedChanges> =>
  runInDurableObject(log, (object) => object.changes({ limit: 10, before: null, ...page }));

describe('Entries', () => {
  test('An entry says who asked for what and when, how it ended, and what was there before and after', async () => {
    const log = fresh();
    const entry = await log.beginChange(asked({ subject: 'tok_x' }));
    setTime(NOW + 1500);
    await log.endChange(entry, MADE);
    await evictDurableObject(log);
    expect(await changes(log)).toEqual({
      rows: [
        {
          id: entry,
          at: '2026-11-27T12:00:00.000Z',
          operator: 'alice',
          role: 'owner',
          request_id: 'req_1',
          action: 'admin_patch_tenant',
          tenant: 'acme',
          subject: 'tok_x',
          outcome: 'made',
          ended_at: '2026-11-27T12:00:01.500Z',
          code: null,
          before: { name: 'A' },
          after: { name: 'B' },
        },
      ],
      next: null,
    });
  });

  test('An entry without an end, and one that ended with a failure of the gateway, are unknown; a refusal is not', async () => {
    const log = fresh();
    await log.beginChange(asked());
    for (const code of ['state_unavailable', 'precondition_failed'] as const)
      await log.endChange(await log.beginChange(asked()), { code, before: null, after: null });
    const { rows } = await changes(log);
    expect(rows.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['refused', 'precondition_failed'],
      ['unknown', 'state_unavailable'],
      ['unknown', null],
    ]);
  });

  test.each(['changes', 'change_ends'])(
    'The audit log is append-only: no row of %s changes or goes',
    async (table) => {
      const log = fresh();
      const entry = await log.beginChange(asked());
      await log.endChange(entry, MADE);
      const before = await changes(log);
      for (const statement of [
        `UPDATE ${table} SET at = 0`,
        `DELETE FROM ${table}`,
        `INSERT OR REPLACE INTO ${table} SELECT * FROM ${table}`,
      ]) {
        const why = await runInDurableObject(log, (_, { storage }) => {
          try {
            storage.sql.exec(statement);
            return null;
          } catch (error) {
            return String(error);
          }
        });
        expect(why, statement).toContain('append-only');
      }
      const again = await runInDurableObject(log, (object) => {
        try {
          object.endChange(entry, { ...MADE, code: 'record_unknown' });
          return null;
        } catch (error) {
          return String(error);
        }
      });
      expect(again).toContain('append-only');
      expect(await changes(log)).toEqual(before);
    },
  );
});

describe('Pages', () => {
  test('The pages of the log give every entry once, newest first, whatever is added between them', async () => {
    const log = fresh();
    const ids: number[] = [];
    for (let nth = 0; nth < 5; nth += 1) ids.push(await log.beginChange(asked()));
    const first = await changes(log, { limit: 2 });
    await log.beginChange(asked());
    const second = await changes(log, { limit: 2, before: first.next });
    const third = await changes(log, { limit: 2, before: second.next });
    const seen = [first, second, third].flatMap(({ rows }) => rows.map(({ id }) => id));
    expect(seen).toEqual(ids.toReversed());
    expect(third.next).toBeNull();
  });

  test('The log is searched by tenant, operator, outcome and time, and by all of them at once', async () => {
    const log = fresh();
    const one = await log.beginChange(asked());
    setTime(NOW + 1000);
    const two = await log.beginChange(asked({ tenant: TenantId.parse('birch') }));
    setTime(NOW + 2000);
    const three = await log.beginChange(asked({ operator: name('bob') }));
    const none = await log.beginChange(asked({ tenant: null }));
    await log.endChange(two, MADE);
    const found = async (page: Partial<AuditPage>) => (await changes(log, page)).rows.map(({ id }) => id);
    expect(await found({ tenant: TenantId.parse('acme') })).toEqual([three, one]);
    expect(await found({ operator: name('alice') })).toEqual([none, two, one]);
    expect(await found({ outcome: 'made' })).toEqual([two]);
    expect(await found({ outcome: 'unknown' })).toEqual([none, three, one]);
    expect(await found({ from: NOW + 1000, to: NOW + 2000 })).toEqual([two]);
    expect(await found({ tenant: TenantId.parse('acme'), operator: name('bob'), from: NOW })).toEqual([
      three,
    ]);
    expect(await found({ operator: name('carol') })).toEqual([]);
  });
});
