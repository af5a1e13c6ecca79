/** Bulk deletes of a sliced grant: ids are resolved to persons, and those in the slice are deleted. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, CYD, DOV, MIA, NIL, OTHER_ADA, seededUuid } from '../../src/sandbox/seed/names.ts';
import { parsed, type Answer } from '../support/client.ts';
import { PERSONS, SLICE, startWorlds, told } from '../support/generations.ts';
import { problem } from '../support/problem.ts';

const worlds = await startWorlds();
const BIRCH = { slice: { property: 'tenant_id', value: 'birch' } };
const NOBODY = '0190c0de-0001-7000-8000-999999999999';
const inOrder = (ids: readonly string[]): string[] => ids.toSorted();

describe.each(worlds)(
  'A bulk delete of a slice in generation $generation',
  ({ generation, send, get, sandbox, tenants, reset }) => {
    let token = '';
    let tenant = '';
    beforeEach(async () => {
      ({ token, tenant } = await tenants.fresh(SLICE));
      await reset();
    });
    const bulk = (json: unknown, as = token): Promise<Answer> =>
      send('POST', `${PERSONS}/bulk_delete/`, { token: as, json });
    /** Bodies of the bulk deletes that reached PostHog. */
    const deletes = async (): Promise<unknown[]> =>
      (await sandbox.received())
        .filter(({ target }) => target.includes('bulk_delete'))
        .map(({ body }) => parsed(body));
    const left = async (): Promise<string[]> => (await sandbox.state()).persons.map(({ uuid }) => uuid);
    const entry = async () => (await tenants.log(tenant))[0];

    test('A bulk delete by UUID deletes the persons in the slice, and the log says what was asked and what was sent', async () => {
      const ids = [ADA, CYD, BEN, NIL, DOV, OTHER_ADA].map(({ uuid }) => uuid);
      const before = await left();
      const answer = await bulk({ ids: [...ids, NOBODY] });
      expect(answer.status, answer.text).toBe(202);
      expect(await deletes()).toMatchObject([{ ids: [ADA.uuid, BEN.uuid] }]);
      expect(await left()).toEqual(before.filter((uuid) => uuid !== ADA.uuid && uuid !== BEN.uuid));
      expect(await entry()).toMatchObject({ state: 'settling', asked: 7, in_slice: 2, sent: 2 });
      const detail = await get(token, answer.headers['location'] ?? '');
      expect(detail.json).toMatchObject({ ids: [...ids, NOBODY], sent_ids: [ADA.uuid, BEN.uuid] });
    });

    test('A bulk delete by distinct id goes by the person, whatever the id looks like, and is sent by UUID', async () => {
      const birch = await tenants.fresh(BIRCH);
      const ids = ['mia@birch.test', 'cyd@birch.test'];
      expect((await bulk({ distinct_ids: ids }, birch.token)).status).toBe(202);
      expect(await deletes()).toMatchObject([{ ids: [CYD.uuid] }]);
      for (const body of await deletes()) expect(body).not.toHaveProperty('distinct_ids');
      expect(await left()).toContain(MIA.uuid);
      expect(
        (await bulk({ distinct_ids: ['mia@birch.test', 'mia@acme.test', 'dov@cedar.test'] })).status,
      ).toBe(202);
      expect((await deletes()).at(-1)).toMatchObject({ ids: [MIA.uuid] });
      expect(await entry()).toMatchObject({ asked: 3, in_slice: 1, sent: 1 });
    });

    const seen = async (json: unknown) => {
      await sandbox.forget();
      const answer = await bulk(json);
      const asked = (await sandbox.received()).map(
        ({ method, target }) => `${method} ${target.split('?')[0]}`,
      );
      const shape = asked.map((line) => line.replace(/[0-9a-f-]{36}/, 'UUID'));
      const { asked: count, in_slice: found, sent } = (await entry())!;
      return { ...told(answer), shape, log: { count, found, sent } };
    };

    test('A bulk delete answers, logs and asks PostHog the same for foreign and unknown ids', async () => {
      expect(await seen({ ids: [CYD.uuid] })).toEqual(await seen({ ids: [NOBODY] }));
      expect(await seen({ distinct_ids: ['cyd@birch.test'] })).toEqual(
        await seen({ distinct_ids: ['nobody'] }),
      );
      await reset();
      ({ token, tenant } = await tenants.fresh(SLICE));
      const withForeign = await seen({ ids: [ADA.uuid, CYD.uuid] });
      await reset();
      // A tenant that has spent nothing yet, as the first had not.
      ({ token, tenant } = await tenants.fresh(SLICE));
      expect(withForeign).toEqual(await seen({ ids: [ADA.uuid, NOBODY] }));
      expect(await left()).toContain(CYD.uuid);
    });

    test('A bulk delete is neither sent nor logged where one of its look-ups fails', async () => {
      const ids = Array.from({ length: 900 }, (_, nth) => seededUuid(1, nth + 1));
      const second = generation === 'A' ? 'offset' : 'batch_by_';
      for (const fault of [
        { kind: 'status', status: 500 },
        { kind: 'status', status: 429 },
        { kind: 'html' },
      ]) {
        await sandbox.fault({ ...fault, path_contains: second, times: 1 });
        expect([502, 503], JSON.stringify(fault)).toContain((await bulk({ ids })).status);
        await sandbox.clearFaults();
      }
      expect(await deletes()).toEqual([]);
      expect(await tenants.log(tenant)).toEqual([]);
      expect(await left()).toContain(ADA.uuid);
    });

    test.skipIf(generation === 'A')(
      'A bulk delete of a thousand ids makes six calls to PostHog at most',
      async () => {
        const ids = Array.from({ length: 1000 }, (_, nth) => seededUuid(1, nth + 1));
        const own = (await sandbox.state()).persons
          .filter(
            ({ project_id: project, properties }) => project === 1 && properties['tenant_id'] === 'acme',
          )
          .map(({ uuid }) => uuid);
        await sandbox.forget();
        expect((await bulk({ ids })).status).toBe(202);
        expect((await sandbox.received()).length).toBeLessThanOrEqual(6);
        const [sent] = (await deletes()) as { ids: string[] }[];
        expect(inOrder(sent?.ids ?? [])).toEqual(inOrder(own));
        expect(await entry()).toMatchObject({ asked: 1000, in_slice: own.length, sent: own.length });
        await reset();
        const names = Array.from({ length: 1000 }, (_, nth) => `nobody-${nth}`);
        expect((await bulk({ distinct_ids: [...names.slice(1), 'ada@acme.test'] })).status).toBe(202);
        expect((await sandbox.received()).length).toBeLessThanOrEqual(6);
        expect(await deletes()).toMatchObject([{ ids: [ADA.uuid] }]);
      },
    );
  },
);

describe('A bulk delete of a slice where PostHog has no batch look-up', () => {
  const { send, sandbox, tenants, reset } = worlds[0];
  const bulk = (token: string, json: unknown) => send('POST', `${PERSONS}/bulk_delete/`, { token, json });
  const paths = async (): Promise<string[]> =>
    (await sandbox.received()).map(({ target }) => target.split('?')[0] ?? '');
  const crowd = (count: number, from = 0) =>
    sandbox.addPersons(
      Array.from({ length: count }, (_, nth) => ({
        project_id: 1,
        distinct_ids: [`crowd-${from + nth}`],
        properties: { tenant_id: 'acme' },
      })),
    );

  test('A bulk delete reads up to five UUIDs one by one, and pages of the slice for more or for distinct ids', async () => {
    const { token } = await tenants.fresh(SLICE);
    await reset();
    const five = [1, 2, 3, 4, 5].map((nth) => seededUuid(1, nth));
    await bulk(token, { ids: five });
    const asked = await paths();
    expect(asked.pop()).toBe(`${PERSONS}/bulk_delete/`);
    // The five reads are under way at the same time, so they arrive in any order.
    expect(asked.toSorted()).toEqual(five.map((id) => `${PERSONS}/${id}/`).toSorted());
    await sandbox.forget();
    await bulk(token, { ids: [1, 2, 3, 4, 5, 6].map((nth) => seededUuid(1, nth)) });
    expect(await paths()).toEqual([`${PERSONS}/`]);
    await sandbox.forget();
    await bulk(token, { distinct_ids: ['nobody'] });
    expect(await paths()).toEqual([`${PERSONS}/`]);
  });

  test('A bulk delete that needs more look-ups than the limit is refused, and nothing is deleted or logged', async () => {
    const { token, tenant } = await tenants.fresh(SLICE);
    await reset();
    for (let from = 0; from < 10_000; from += 2500) await crowd(2500, from);
    const many = Array.from({ length: 51 }, (_, nth) => seededUuid(9, nth + 1));
    await sandbox.forget();
    problem(await bulk(token, { ids: many }), 'slice_lookup_too_large', 'ids');
    const names = many.map((_, nth) => `unknown-${nth}`);
    problem(await bulk(token, { distinct_ids: names }), 'slice_lookup_too_large', 'ids');
    expect((await paths()).filter((path) => path.includes('bulk'))).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
    expect((await bulk(token, { ids: many.slice(0, 50) })).status).toBe(202);
  });
});
