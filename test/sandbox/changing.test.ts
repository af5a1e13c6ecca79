import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, MIA } from '../../src/sandbox/seed/names.ts';
import { type Answered, at, type Bench, launchBench, listed } from '../support/sandbox/ask.ts';

/** PostHog contract §8: changes of properties and of distinct ids. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

/** Sends Ada a change. */
function patch(body: unknown, method = 'PATCH'): Promise<Answered> {
  return bench.ask(method, `/api/projects/1/persons/${ADA.id}/`, { body });
}

/** Ada's properties as they are now. */
async function properties(): Promise<unknown> {
  return at((await bench.get(`/${ADA.id}/`)).json, 'properties');
}

describe('Properties', () => {
  test.each(['PATCH', 'PUT'])('The method %s merges properties and ignores other fields', async (method) => {
    const answer = await patch({ properties: { plan: 'team', extra: 1 }, uuid: BEN.uuid }, method);
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(await properties()).toEqual({ ...ADA.properties, plan: 'team', extra: 1 });
  });

  test('PATCH without properties is a 400 with code and detail swapped', async () => {
    const answer = await patch({});
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({
      attr: 'properties',
      code: 'This field is required.',
      detail: 'required',
      type: 'validation_error',
    });
  });

  test.each(['B', 'C'])(
    'A change in %s of a property that the owner may not write is a 400',
    async (generation) => {
      await bench.reset({ generation, unwritable_properties: ['plan'] });
      const answers = [
        await patch({ properties: { plan: 'team', extra: 1 } }),
        await bench.post(`/${ADA.id}/update_property/`, { key: 'plan', value: 'team' }),
        await bench.post(`/${ADA.id}/delete_property/`, { $unset: 'plan' }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
      expect(await properties()).toEqual(ADA.properties);
      expect((await patch({ properties: { extra: 1 } })).status).toBe(202);
    },
  );

  test('An update that ingestion cannot take is a 202 all the same', async () => {
    expect((await patch({ properties: 'nonsense' })).status).toBe(202);
    expect(await properties()).toEqual(ADA.properties);
  });

  test('The action update_property sets one property; null is a 400 in A and a value in B', async () => {
    const body = { key: 'plan', value: null };
    expect((await bench.post(`/${ADA.id}/update_property/`, body)).status).toBe(202);
    expect(at(await properties(), 'plan')).toBeNull();
    expect((await bench.post(`/${ADA.id}/update_property/`, { key: 'plan' })).json).toMatchObject({
      attr: 'value',
      detail: 'required',
    });
    expect((await bench.post(`/${ADA.id}/update_property/`, { value: 1 })).json).toMatchObject({
      attr: 'key',
    });
    await bench.reset({ generation: 'A' });
    expect((await bench.post(`/${ADA.id}/update_property/`, body)).json).toMatchObject({ attr: 'value' });
  });

  test('The action delete_property unsets one property, and crashes without $unset or for an unknown person', async () => {
    const answer = await bench.post(`/${ADA.id}/delete_property/`, { $unset: 'ssn' });
    expect([answer.status, answer.json]).toEqual([201, { success: true }]);
    expect(await properties()).not.toHaveProperty('ssn');
    expect((await bench.post(`/${ADA.id}/delete_property/`, {})).status).toBe(500);
    expect((await bench.post('/424242/delete_property/', { $unset: 'x' })).status).toBe(500);
  });
});

/** The row of the person that owns a distinct id. */
async function owner(id: string): Promise<unknown> {
  return at((await bench.get(`/?distinct_id=${id}`)).json, 'results', 0);
}

describe('Split', () => {
  test.each(['A', 'B'])(
    'A split in %s leaves the main id and makes the others persons without properties',
    async (generation) => {
      await bench.reset({ generation });
      const answer = await bench.post(`/${MIA.id}/split/`, { main_distinct_id: 'mia@birch.test' });
      expect([answer.status, answer.json]).toEqual([201, { success: true }]);
      expect(await owner('mia@birch.test')).toMatchObject({
        uuid: MIA.uuid,
        properties: MIA.properties,
        distinct_ids: ['mia@birch.test'],
      });
      expect(await owner('mia@acme.test')).toMatchObject({ properties: {}, distinct_ids: ['mia@acme.test'] });
      const entry = at((await bench.get(`/${MIA.id}/activity/`)).json, 'results', 0);
      expect(entry).toMatchObject({
        activity: 'split_person',
        detail: { changes: [{ after: { distinct_ids: MIA.distinctIds } }] },
      });
    },
  );

  test('A split that waits leaves the old owner until the next step, and the UUID comes from the id', async () => {
    const path = `/${MIA.id}/split/`;
    await bench.post(path, { main_distinct_id: 'mia@acme.test' });
    const derived = at(await owner('mia@birch.test'), 'uuid');
    await bench.reset({ async_splits: true });
    await bench.post(path, { main_distinct_id: 'mia@acme.test' });
    expect(at(await owner('mia@birch.test'), 'uuid')).toBe(MIA.uuid);
    await bench.control('POST', 'step', {});
    expect(at(await owner('mia@birch.test'), 'uuid')).toBe(derived);
    expect(derived).not.toBe(MIA.uuid);
  });

  test('A split without a main id keeps the first', async () => {
    await bench.post(`/${MIA.id}/split/`, {});
    expect(await owner('mia@acme.test')).toMatchObject({ uuid: MIA.uuid });
  });

  test('A split in B can name the ids to split off, and refuses a list it cannot use', async () => {
    const path = `/${MIA.id}/split/`;
    expect((await bench.post(path, { distinct_ids_to_split: ['mia@birch.test'] })).status).toBe(201);
    expect(at(await owner('mia@acme.test'), 'distinct_ids')).toEqual([
      MIA.distinctIds[0],
      MIA.distinctIds[2],
    ]);
    for (const wrong of [[], 'x', [1], ['ada@acme.test']]) {
      const answer = await bench.post(path, { distinct_ids_to_split: wrong });
      expect([answer.status, at(answer.json, 'attr')]).toEqual([400, 'distinct_ids_to_split']);
    }
    const both = { distinct_ids_to_split: ['mia@acme.test'], main_distinct_id: 'mia@acme.test' };
    expect((await bench.post(path, both)).status).toBe(400);
  });

  test.each(['B', 'C'])(
    'A split in %s takes null for a list of ids that is not there',
    async (generation) => {
      await bench.reset({ generation });
      const body = { distinct_ids_to_split: null, main_distinct_id: 'mia@birch.test' };
      expect((await bench.post(`/${MIA.id}/split/`, body)).status).toBe(201);
      expect(await owner('mia@birch.test')).toMatchObject({ distinct_ids: ['mia@birch.test'] });
    },
  );

  test('A split in A ignores the list of ids to split off', async () => {
    await bench.reset({ generation: 'A' });
    await bench.post(`/${MIA.id}/split/`, { distinct_ids_to_split: ['mia@birch.test'] });
    expect(at(await owner('mia@acme.test'), 'distinct_ids')).toEqual(['mia@acme.test']);
  });
});

/** Asks for a distinct id to be made usable again. */
function reset(body: unknown): Promise<Answered> {
  return bench.post('/reset_person_distinct_id/', body);
}

/** How many persons the list has under Ada's distinct id. */
async function found(): Promise<number> {
  return listed(await bench.get('/?distinct_id=ada@acme.test')).length;
}

describe('reset_person_distinct_id', () => {
  test('A reset makes a re-created person visible, and only once there is one', async () => {
    await bench.post('/bulk_delete/', { ids: [ADA.uuid] });
    expect((await reset({ distinct_id: 'ada@acme.test' })).status).toBe(202);
    await bench.control('POST', 'events', { project_id: 1, distinct_id: 'ada@acme.test', event: 'paid' });
    expect(await found()).toBe(0);
    const answer = await reset({ distinct_id: 'ada@acme.test' });
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(await found()).toBe(1);
  });

  test('A reset is a 202 for an unknown id, and a 400 without one', async () => {
    expect((await reset({ distinct_id: 'nobody' })).status).toBe(202);
    for (const wrong of [{}, { distinct_id: '' }, { distinct_id: 7 }]) {
      expect((await reset(wrong)).json).toMatchObject({
        code: 'invalid_input',
        detail: 'distinct_id is required',
      });
    }
  });
});
