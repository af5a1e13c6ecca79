/** Bulk deletes of a slice of more than a page: the person database says of every person whether the slice has it. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CYD, seededUuid } from '../../src/sandbox/seed/names.ts';
import { parsed, type Answer } from '../support/client.ts';
import { PERSONS, SLICE, startWorlds, told } from '../support/generations.ts';
import { problem } from '../support/problem.ts';
import type { Stack } from '../support/stack.ts';

const [oldest, ...newer] = await startWorlds({});
const { sandbox, tenants } = oldest;

const uuids = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, nth) => seededUuid(7, from + nth));
const crowd = (from: number, count: number, tenant = 'acme', createdAt = '2026-01-01T00:00:00Z') =>
  sandbox.addPersons(
    uuids(from, count).map((uuid) => ({
      project_id: 1,
      uuid,
      created_at: createdAt,
      distinct_ids: [`crowd-${uuid}`],
      properties: { tenant_id: tenant },
    })),
  );

/** Persons of Acme that fill the first page of the slice, and as many who are older. */
const NEWER = uuids(1, 1000);
const OLDER = uuids(1001, 1000);
const FOREIGN = uuids(3001, 1000);
const UNKNOWN = uuids(9001, 1000);
const settle = async (): Promise<void> => {
  await crowd(1, 1000, 'acme', '2026-02-01T00:00:00Z');
  await crowd(1001, 1000);
  await crowd(3001, 1000, 'birch');
};

const shapeOf = (target: string): string => {
  const [path = '', query = ''] = target.split('?');
  if (path.endsWith('/query/')) return 'query';
  if (path.includes('bulk_delete')) return 'delete';
  if (path.includes('batch_by_')) return 'batch';
  return query.includes('properties=') ? 'page' : 'single';
};

/** How often PostHog was asked in which way. */
const calls = async (): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { target } of await sandbox.received()) {
    const shape = shapeOf(target);
    counts[shape] = (counts[shape] ?? 0) + 1;
  }
  return counts;
};

const sent = async (): Promise<string[]> =>
  (await sandbox.received())
    .filter(({ target }) => target.includes('bulk_delete'))
    .flatMap(({ body }) => (parsed(body) as { ids: string[] }).ids);

let token = '';
let tenant = '';
beforeEach(async () => {
  ({ token, tenant } = await tenants.fresh(SLICE));
});
const bulk = async (ids: readonly string[]): Promise<Answer> => {
  await sandbox.forget();
  return oldest.send('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids } });
};
/** The same through another gateway, by a tenant of its own. */
const bulkThrough = async ({ tenants: others, send }: Stack, ids: readonly string[]): Promise<Answer> => {
  const other = await others.fresh(SLICE);
  await sandbox.forget();
  return send('POST', `${PERSONS}/bulk_delete/`, { token: other.token, json: { ids } });
};

/** What a caller, the log and PostHog see of a bulk delete of ten persons of the slice and others. */
const seen = async (others: readonly string[]) => {
  const answer = await bulk([...OLDER.slice(0, 10), ...others]);
  const { asked, in_slice: found, sent: named } = (await tenants.log(tenant))[0] ?? {};
  return { told: told(answer), calls: await calls(), asked, found, named };
};

describe('A bulk delete of a slice of more than a page, in generation A', () => {
  beforeEach(async () => {
    await oldest.reset({ throttle: false });
    await settle();
  });

  test('A bulk delete of a thousand persons reads pages of the slice until each was shown, and no other', async () => {
    const { status, text } = await bulk(OLDER);
    expect(status, text).toBe(202);
    expect(await calls()).toEqual({ page: 3, delete: 1 });
    expect((await sent()).toSorted()).toEqual(OLDER);
    expect((await tenants.log(tenant))[0]).toMatchObject({ asked: 1000, in_slice: 1000, sent: 1000 });
    expect((await bulk(NEWER)).status).toBe(202);
    expect(await calls()).toEqual({ page: 1, delete: 1 });
    expect((await sent()).toSorted()).toEqual(NEWER);
  });

  test('Foreign and unknown ids make the same calls, answers and log entries', async () => {
    const foreign = await seen(FOREIGN.slice(0, 50));
    await oldest.reset({ throttle: false });
    await settle();
    // A tenant that has spent nothing yet, as the first had not.
    ({ token, tenant } = await tenants.fresh(SLICE));
    const unknown = await seen(UNKNOWN.slice(0, 50));
    expect(unknown).toEqual(foreign);
    expect(unknown).toMatchObject({
      calls: { page: 3, single: 50, delete: 1 },
      asked: 60,
      found: 10,
    });
  });

  test.each([
    ['foreign', FOREIGN],
    ['unknown', UNKNOWN],
  ])('More than fifty %s ids are refused, and nothing is deleted or logged', async (_, others) => {
    problem(await bulk([...OLDER.slice(0, 500), ...others.slice(0, 500)]), 'slice_lookup_too_large', 'ids');
    expect(await calls()).toEqual({ page: 3 });
    expect(await tenants.log(tenant)).toEqual([]);
  });

  test('A person whom lists do not show yet is read alone, and deleted', async () => {
    const [fresh = ''] = OLDER;
    await sandbox.change({ stale_persons: { [fresh]: null } });
    expect((await bulk(OLDER.slice(0, 10))).status).toBe(202);
    expect(await calls()).toEqual({ page: 3, single: 1, delete: 1 });
    expect((await sent()).toSorted()).toEqual(OLDER.slice(0, 10));
  });

  test('A person who came into the slice while lists lag is deleted', async () => {
    const [moved = ''] = OLDER;
    await sandbox.change({ stale_persons: { [moved]: { tenant_id: 'birch' } } });
    await bulk(OLDER.slice(0, 10));
    expect((await sent()).toSorted()).toEqual(OLDER.slice(0, 10));
  });

  test('A person who left the slice while lists lag is not deleted', async () => {
    const [left = ''] = FOREIGN;
    await sandbox.change({ stale_persons: { [left]: { tenant_id: 'acme' } } });
    expect((await bulk([left, ...OLDER.slice(0, 9)])).status).toBe(202);
    expect((await sent()).toSorted()).toEqual(OLDER.slice(0, 9));
  });

  test('A person who is gone while lists lag is not named to PostHog', async () => {
    const [gone = ''] = OLDER;
    await sandbox.change({ clickhouse_lag: true });
    await bulk([gone]);
    expect((await bulk(OLDER.slice(0, 10))).status).toBe(202);
    expect((await sent()).toSorted()).toEqual(OLDER.slice(1, 10));
  });

  test('Distinct ids are found on the pages of the slice', async () => {
    await sandbox.forget();
    await oldest.send('POST', `${PERSONS}/bulk_delete/`, {
      token,
      json: { distinct_ids: [...OLDER.slice(0, 10).map((uuid) => `crowd-${uuid}`), 'nobody'] },
    });
    expect(await calls()).toEqual({ page: 3, single: 1, delete: 1 });
    expect((await sent()).toSorted()).toEqual(OLDER.slice(0, 10));
  });

  test('A bulk delete whose look-up breaks off after the pages is neither sent nor logged', async () => {
    await sandbox.fault({ kind: 'status', status: 500, path_contains: CYD.uuid, times: 2 });
    expect((await bulk([...OLDER, CYD.uuid].slice(1))).status).toBe(502);
    expect(await sent()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
    await sandbox.clearFaults();
  });
});

describe.each(newer)('A bulk delete of a large slice in generation $generation', (world) => {
  beforeAll(async () => {
    await world.reset({ throttle: false });
    await settle();
  });
  test.each([
    ['unknown', UNKNOWN, 0],
    ['foreign', FOREIGN, 0],
    ['half of the slice, half foreign', [...NEWER.slice(0, 500), ...FOREIGN.slice(0, 500)], 1],
    ['of the slice', OLDER, 1],
  ])('A thousand ids that are %s take five batch look-ups', async (_, ids, deletes) => {
    expect((await bulkThrough(world, ids)).status).toBe(202);
    expect(await calls()).toEqual({ batch: 5, ...(deletes === 0 ? {} : { delete: deletes }) });
  });
});
