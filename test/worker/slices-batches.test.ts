/** Many persons at once for a sliced grant: each is judged on its own, and foreign and unknown are the same. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, CYD, DOV, MIA, NIL, OTHER_ADA, seededUuid } from '../../src/sandbox/seed/names.ts';
import { parsed, type Answer } from '../support/client.ts';
import { PERSONS, SLICE, startWorlds, told } from '../support/generations.ts';
import { problem } from '../support/problem.ts';

const worlds = await startWorlds();
const BIRCH = { slice: { property: 'tenant_id', value: 'birch' } };
const NOBODY = '0190c0de-0001-7000-8000-999999999999';
const inOrder = (ids: readonly string[]): string[] => ids.toSorted();

describe.each(worlds)('in generation $generation', ({ generation, send, get, sandbox, tenants, reset }) => {
  let token = '';
  let tenant = '';
  beforeEach(async () => {
    ({ token, tenant } = await tenants.fresh(SLICE));
    await reset();
  });
  const post = (path: string, json: unknown, as = token): Promise<Answer> =>
    send('POST', `${PERSONS}/${path}/`, { token: as, json });
  const bulk = (json: unknown, as = token): Promise<Answer> => post('bulk_delete', json, as);
  /** Bodies of the bulk deletes that reached PostHog. */
  const deletes = async (): Promise<unknown[]> =>
    (await sandbox.received())
      .filter(({ target }) => target.includes('bulk_delete'))
      .map(({ body }) => parsed(body));
  const left = async (): Promise<string[]> => (await sandbox.state()).persons.map(({ uuid }) => uuid);
  const entry = async () => (await tenants.log(tenant))[0];

  test.skipIf(generation === 'A')('a look-up answers those in the slice; the rest is nobody', async () => {
    const uuids = [ADA, CYD, MIA, NIL, DOV].map(({ uuid }) => uuid);
    const byUuid = await post('batch_by_uuids', { uuids: [...uuids, NOBODY] });
    expect(Object.keys((byUuid.json as { results: object }).results)).toEqual([ADA.uuid, MIA.uuid]);
    const ids = ['ada@acme.test', 'cyd@birch.test', 'mia@birch.test', 'nil@elsewhere.test', 'nobody'];
    const byId = await post('batch_by_distinct_ids', { distinct_ids: ids });
    expect(Object.keys((byId.json as { results: object }).results)).toEqual([
      'ada@acme.test',
      'mia@birch.test',
    ]);
    expect(told(await post('batch_by_uuids', { uuids: [CYD.uuid] })).text).toBe(
      told(await post('batch_by_uuids', { uuids: [NOBODY] })).text,
    );
    expect(await sandbox.received()).toHaveLength(4);
  });

  test('trap 7: what is deleted is the persons in the slice, by UUID; the log says asked, in slice and sent', async () => {
    const ids = [ADA, CYD, BEN, NIL, DOV, OTHER_ADA].map(({ uuid }) => uuid);
    const before = await left();
    const answer = await bulk({ ids: [...ids, NOBODY] });
    expect(answer.status, answer.text).toBe(202);
    expect(await deletes()).toMatchObject([{ ids: [ADA.uuid, BEN.uuid] }]);
    expect(await left()).toEqual(before.filter((uuid) => uuid !== ADA.uuid && uuid !== BEN.uuid));
    expect(await entry()).toMatchObject({ state: 'accepted', asked: 7, in_slice: 2, sent: 2 });
    const detail = await get(token, answer.headers['location'] ?? '');
    expect(detail.json).toMatchObject({ ids: [...ids, NOBODY], sent_ids: [ADA.uuid, BEN.uuid] });
  });

  test('trap 7: by distinct ids: a merged person is its own tenant’s, whatever its ids look like', async () => {
    const birch = await tenants.fresh(BIRCH);
    const ids = ['mia@birch.test', 'cyd@birch.test'];
    expect((await bulk({ distinct_ids: ids }, birch.token)).status).toBe(202);
    expect(await deletes()).toMatchObject([{ ids: [CYD.uuid] }]);
    for (const body of await deletes()) expect(body).not.toHaveProperty('distinct_ids');
    expect(await left()).toContain(MIA.uuid);
    expect((await bulk({ distinct_ids: ['mia@birch.test', 'mia@acme.test', 'dov@cedar.test'] })).status).toBe(
      202,
    );
    expect((await deletes()).at(-1)).toMatchObject({ ids: [MIA.uuid] });
    expect(await entry()).toMatchObject({ asked: 3, in_slice: 1, sent: 1 });
  });

  const seen = async (json: unknown) => {
    await sandbox.forget();
    const answer = await bulk(json);
    const asked = (await sandbox.received()).map(({ method, target }) => `${method} ${target.split('?')[0]}`);
    const shape = asked.map((line) => line.replace(/[0-9a-f-]{36}/, 'UUID'));
    const { asked: count, in_slice: found, sent } = (await entry())!;
    return { ...told(answer), shape, log: { count, found, sent } };
  };

  test('foreign and unknown ids are the same to the caller, in what it is told and in what is asked', async () => {
    expect(await seen({ ids: [CYD.uuid] })).toEqual(await seen({ ids: [NOBODY] }));
    expect(await seen({ distinct_ids: ['cyd@birch.test'] })).toEqual(
      await seen({ distinct_ids: ['nobody'] }),
    );
    await reset();
    const withForeign = await seen({ ids: [ADA.uuid, CYD.uuid] });
    await reset();
    expect(withForeign).toEqual(await seen({ ids: [ADA.uuid, NOBODY] }));
    expect(await left()).toContain(CYD.uuid);
  });

  test('trap 5: deletes of events are asked for by real booleans, and only for persons in the slice', async () => {
    const answer = await bulk({ ids: [ADA.uuid, CYD.uuid], delete_events: true });
    expect(answer.status, answer.text).toBe(202);
    expect((await sandbox.state()).deletions.map(({ person_uuid: uuid }) => uuid)).not.toContain(CYD.uuid);
    expect(await deletes()).toMatchObject([{ ids: [ADA.uuid], delete_events: true }]);
    problem(await bulk({ ids: [ADA.uuid], delete_events: 'no' }), 'field_invalid', 'delete_events');
  });

  test('where one look-up fails nothing is deleted and nothing is logged', async () => {
    const lookUp = generation === 'A' ? '/persons/' : 'batch_by_';
    for (const fault of [
      { kind: 'status', status: 500 },
      { kind: 'status', status: 429 },
      { kind: 'status', status: 403 },
      { kind: 'html' },
      { kind: 'truncated_json' },
      { kind: 'huge' },
    ]) {
      await sandbox.fault({ ...fault, path_contains: lookUp, times: 3 });
      const answer = await bulk({ ids: [ADA.uuid, BEN.uuid] });
      expect([502, 503], JSON.stringify(fault)).toContain(answer.status);
      await sandbox.clearFaults();
    }
    expect(await deletes()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
    expect(await left()).toContain(ADA.uuid);
  });

  test('one of several questions unanswered is all of them', async () => {
    const ids = Array.from({ length: 900 }, (_, nth) => seededUuid(1, nth + 1));
    await sandbox.fault({
      kind: 'status',
      status: 500,
      path_contains: generation === 'A' ? 'offset' : 'batch_by_',
    });
    const answer = await bulk({ ids });
    expect(answer.status).toBe(502);
    expect(await deletes()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
  });

  test.skipIf(generation === 'A')('a thousand ids cost six questions at most', async () => {
    const ids = Array.from({ length: 1000 }, (_, nth) => seededUuid(1, nth + 1));
    const own = (await sandbox.state()).persons
      .filter(({ project_id: project, properties }) => project === 1 && properties['tenant_id'] === 'acme')
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
  });

  test('a distinct id is reset only where the log shows that this slice deleted it', async () => {
    const again = (id: string, as = token) => post('reset_person_distinct_id', { distinct_id: id }, as);
    const birch = await tenants.fresh(BIRCH);
    await bulk({ distinct_ids: ['ada@acme.test', 'cyd@birch.test', 'nobody'] });
    await bulk({ ids: [CYD.uuid] }, birch.token);
    await sandbox.forget();
    const refused = await Promise.all(
      ['cyd@birch.test', 'nobody', 'ben@acme.test', 'dov@cedar.test'].map((id) => again(id)),
    );
    for (const answer of refused) {
      expect(answer.status).toBe(404);
      expect(told(answer)).toEqual(told(refused[0]!));
    }
    expect(await again('ada@acme.test', birch.token)).toMatchObject({ status: 404 });
    expect(await sandbox.received()).toEqual([]);
    for (const id of ['ada@acme.test', ...ADA.distinctIds]) expect((await again(id)).status).toBe(202);
    expect((await again('cyd@birch.test', birch.token)).status).toBe(202);
    const narrower = await tenants.derive(token, { slice: { property: 'plan', value: 'pro' } });
    expect((await again('ada@acme.test', narrower.token)).status).toBe(404);
  });

  test('a profile that was kept gives no distinct id away', async () => {
    const path = `${PERSONS}/${ADA.uuid}/delete_events/`;
    expect((await send('POST', path, { token })).status).toBe(202);
    const answer = await post('reset_person_distinct_id', { distinct_id: 'ada@acme.test' });
    expect(answer.status).toBe(404);
  });
});

describe('generation A, which has no batch look-up', () => {
  const { send, sandbox, tenants, reset } = worlds[0]!;
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

  test('reads up to five UUIDs one by one, and pages through the slice for more, or for distinct ids', async () => {
    const { token } = await tenants.fresh(SLICE);
    await reset();
    const five = [1, 2, 3, 4, 5].map((nth) => seededUuid(1, nth));
    await bulk(token, { ids: five });
    expect(await paths()).toEqual([...five.map((id) => `${PERSONS}/${id}/`), `${PERSONS}/bulk_delete/`]);
    await sandbox.forget();
    await bulk(token, { ids: [1, 2, 3, 4, 5, 6].map((nth) => seededUuid(1, nth)) });
    expect(await paths()).toEqual([`${PERSONS}/`]);
    await sandbox.forget();
    await bulk(token, { distinct_ids: ['nobody'] });
    expect(await paths()).toEqual([`${PERSONS}/`]);
  });

  test('refuses what would take more than is stated, says why, and deletes and logs nothing', async () => {
    const { token, tenant } = await tenants.fresh(SLICE);
    await reset();
    for (let from = 0; from < 10_000; from += 2500) await crowd(2500, from);
    const many = Array.from({ length: 51 }, (_, nth) => seededUuid(1, nth + 1));
    await sandbox.forget();
    problem(await bulk(token, { ids: many }), 'slice_lookup_too_large', 'ids');
    const names = many.map((_, nth) => `unknown-${nth}`);
    problem(await bulk(token, { distinct_ids: names }), 'slice_lookup_too_large', 'ids');
    expect((await paths()).filter((path) => path.includes('bulk'))).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
    expect((await bulk(token, { ids: many.slice(0, 50) })).status).toBe(202);
  });
});
