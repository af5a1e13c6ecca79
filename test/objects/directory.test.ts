import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { ProjectId, TenantId } from '../../src/core/ids.ts';
import type { Directory, DirectoryRow } from '../../src/objects/directory.ts';

const { DIRECTORY } = env as unknown as { DIRECTORY: DurableObjectNamespace<Directory> };

const fresh = () => DIRECTORY.getByName(crypto.randomUUID());

const row = (tenant: string, changes: Partial<DirectoryRow> = {}): DirectoryRow => ({
  tenant: TenantId.parse(tenant),
  name: tenant.toUpperCase(),
  project_id: ProjectId.parse(1),
  suspended: false,
  updated_at: '2026-11-23T10:00:00.000Z',
  ...changes,
});

test('a directory nobody wrote to is empty', async () => {
  expect(await fresh().list({ limit: 10, after: null })).toEqual({ rows: [], next: null });
});

test('pages give every tenant once, in order, whatever comes and goes between them', async () => {
  const directory = fresh();
  for (const name of ['d', 'a', 'c', 'b', 'e']) await directory.put(row(name));

  const first = await directory.list({ limit: 2, after: null });
  await directory.remove(TenantId.parse('b'));
  await directory.put(row('aa'));
  const second = await directory.list({ limit: 2, after: first.next });
  const third = await directory.list({ limit: 2, after: second.next });

  expect([first, second, third].map((page) => page.rows.map((each) => each.tenant))).toEqual([
    ['a', 'b'],
    ['c', 'd'],
    ['e'],
  ]);
  expect(third.next).toBeNull();
});

test('a full last page has no next', async () => {
  const directory = fresh();
  await directory.put(row('a'));
  await directory.put(row('b'));
  expect((await directory.list({ limit: 2, after: null })).next).toBeNull();
});

test('of two writes that overtook each other the newer stays', async () => {
  const directory = fresh();
  await directory.put(row('a', { suspended: true, updated_at: '2026-11-23T10:00:02.000Z' }));
  await directory.put(row('a', { suspended: false, updated_at: '2026-11-23T10:00:01.000Z' }));
  const { rows } = await directory.list({ limit: 10, after: null });
  expect(rows).toEqual([row('a', { suspended: true, updated_at: '2026-11-23T10:00:02.000Z' })]);
});

test('removing a tenant twice is no error', async () => {
  const directory = fresh();
  await directory.put(row('a'));
  await directory.remove(TenantId.parse('a'));
  await directory.remove(TenantId.parse('a'));
  expect((await directory.list({ limit: 10, after: null })).rows).toEqual([]);
});
