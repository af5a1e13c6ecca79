import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, anonymousId, BEN, COHORTS, GHOST, MIA, PIA, TENANTS } from '../../src/sandbox/seed/names.ts';
import {
  at,
  type Bench,
  column,
  launchBench,
  SOME_NUMBER,
  SOME_TEXT,
  sorted,
} from '../support/sandbox/ask.ts';

/** PostHog contract §7 and §8: the other reads and the shapes of their answers. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

describe('Shapes', () => {
  test('A row of the list has the UUID for its id, a retrieved person the number', async () => {
    const row = at((await bench.get(`/?distinct_id=${ADA.distinctIds[0]}`)).json, 'results', 0);
    expect(row).toMatchObject({
      type: 'person',
      id: ADA.uuid,
      uuid: ADA.uuid,
      name: 'ada@acme.test',
      is_identified: true,
    });
    expect(row).toMatchObject({
      matched_recordings: [],
      value_at_data_point: null,
      properties: ADA.properties,
    });
    const retrieved = await bench.get(`/${ADA.uuid}/`);
    expect(retrieved.json).toMatchObject({ id: ADA.id, uuid: ADA.uuid, properties: ADA.properties });
    expect((await bench.get(`/${ADA.id}/`)).json).toEqual(retrieved.json);
  });

  test('The member last_seen_at is there from generation B on', async () => {
    expect(at((await bench.get(`/${ADA.id}/`)).json, 'last_seen_at')).toBeTypeOf('string');
    await bench.reset({ generation: 'A' });
    expect((await bench.get(`/${ADA.id}/`)).json).not.toHaveProperty('last_seen_at');
  });

  test('A person is identified by an event that says so, and not by the spelling of an id', async () => {
    const isIdentified = async (id: string): Promise<unknown> =>
      at((await bench.get(`/?distinct_id=${id}`)).json, 'results', 0, 'is_identified');
    const event = { project_id: 1, distinct_id: 'captured', event: 'paid' };
    await bench.control('POST', 'events', event);
    expect(await isIdentified('captured')).toBe(false);
    await bench.control('POST', 'events', { ...event, event: '$identify' });
    expect(await isIdentified('captured')).toBe(true);
    await bench.post(`/${MIA.id}/split/`, { main_distinct_id: anonymousId(1, 5) });
    expect(await isIdentified(anonymousId(1, 5))).toBe(true);
    expect(await isIdentified('mia@birch.test')).toBe(false);
  });

  test.each(['B', 'C'])('Properties that the owner may not read are left out in %s', async (generation) => {
    const hidden = { unreadable_properties: ['ssn'] };
    await bench.reset({ generation, ...hidden });
    const { ssn, ...rest } = ADA.properties;
    expect(ssn).toBeDefined();
    const row = at((await bench.get('/?distinct_id=ada@acme.test')).json, 'results', 0, 'properties');
    expect(row).toEqual(rest);
    expect(at((await bench.get(`/${ADA.id}/`)).json, 'properties')).toEqual(rest);
    await bench.reset({ generation: 'A', ...hidden });
    expect(at((await bench.get(`/${ADA.id}/`)).json, 'properties')).toEqual(ADA.properties);
  });

  test('A person without a display property is named by a chosen distinct id, else by the first one', async () => {
    expect(at((await bench.get(`/${GHOST.id}/`)).json, 'name')).toBe(GHOST.distinctIds[0]);
    await bench.control('POST', 'persons', {
      project_id: 1,
      distinct_ids: [anonymousId(9, 9), 'jo'],
      properties: { Email: 'jo@x.test' },
    });
    const jo = async () => at((await bench.get('/?distinct_id=jo')).json, 'results', 0, 'name');
    expect(await jo()).toBe('jo');
    await bench.control('PATCH', 'settings', { generation: 'A' });
    expect(await jo()).toBe('jo@x.test');
  });

  test('Chosen distinct ids come first on retrieve', async () => {
    const added = await bench.control('POST', 'persons', {
      project_id: 1,
      distinct_ids: [anonymousId(9, 1), 'zed'],
    });
    const retrieved = await bench.get(`/${String(at(added, 'persons', 0, 'id'))}/`);
    expect(at(retrieved.json, 'distinct_ids')).toEqual(['zed', anonymousId(9, 1)]);
  });

  test('A distinct id in the path is a 400 that echoes it, and an unknown person is a 404', async () => {
    const answer = await bench.get('/not-a-person/');
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ type: 'validation_error', code: 'invalid_input' });
    expect(at(answer.json, 'detail')).toContain('distinct_id=not-a-person');
    expect((await bench.get('/424242/')).json).toMatchObject({ code: 'not_found', detail: 'Not found.' });
  });
});

describe('Activity', () => {
  test('Activity has pages by number, with the owner named and the numeric id as text', async () => {
    await bench.post('/bulk_delete/', { ids: [ADA.uuid, BEN.uuid] });
    const answer = await bench.get('/activity/?limit=1&page=2');
    expect(answer.json).toMatchObject({
      total_count: 4,
      next: `${bench.url}/api/projects/1/persons/activity/?limit=1&page=3`,
      previous: `${bench.url}/api/projects/1/persons/activity/?limit=1&page=1`,
    });
    expect(at(answer.json, 'results', 0)).toMatchObject({
      activity: 'deleted',
      scope: 'Person',
      item_id: String(ADA.id),
      detail: { name: ADA.uuid, changes: null },
      user: { first_name: 'Sam', email: 'sam@corp.test' },
    });
    const system = at((await bench.get('/activity/')).json, 'results', 3, 'user');
    expect(system).toMatchObject({ email: null, is_system: true });
  });

  test('A change in the activity shows a value before and after even where there is none', async () => {
    await bench.ask('PATCH', `/api/projects/1/persons/${ADA.id}/`, { body: { properties: { plan: 'x' } } });
    await bench.post(`/${MIA.id}/split/`, {});
    const change = async (id: number): Promise<unknown> =>
      at((await bench.get(`/${id}/activity/`)).json, 'results', 0, 'detail', 'changes', 0);
    expect(await change(ADA.id)).toMatchObject({ action: 'changed', before: null, after: null });
    expect(await change(MIA.id)).toMatchObject({ action: 'split', before: null });
  });

  test('The activity of one person is a 404 once the person is deleted', async () => {
    await bench.ask('PATCH', `/api/projects/1/persons/${ADA.id}/`, {
      body: { properties: { plan: 'team' } },
    });
    const path = `/${ADA.id}/activity/`;
    expect((await bench.get(path)).json).toMatchObject({
      total_count: 1,
      results: [{ activity: 'updated' }],
    });
    await bench.post('/bulk_delete/', { ids: [ADA.uuid] });
    expect((await bench.get(path)).status).toBe(404);
  });
});

describe('Batches', () => {
  test('A batch by distinct id is keyed by what was asked: one person may be in it twice, missing ones are absent', async () => {
    const answer = await bench.post('/batch_by_distinct_ids/', {
      distinct_ids: ['mia@acme.test', 'mia@birch.test', 'nobody'],
    });
    expect(answer.json).toMatchObject({
      results: { 'mia@acme.test': { id: MIA.id }, 'mia@birch.test': { id: MIA.id } },
    });
    expect(at(answer.json, 'results')).not.toHaveProperty('nobody');
  });

  test('A batch uses the first 200 ids only', async () => {
    const fill = Array.from({ length: 199 }, (_, index) => `nobody-${index}`);
    const answer = await bench.post('/batch_by_distinct_ids/', {
      distinct_ids: [...fill, 'ada@acme.test', 'ben@acme.test'],
    });
    expect(at(answer.json, 'results')).toHaveProperty(['ada@acme.test']);
    expect(at(answer.json, 'results')).not.toHaveProperty(['ben@acme.test']);
  });

  test('A batch with a list of the wrong type is an empty answer, with a malformed UUID a 400', async () => {
    expect((await bench.post('/batch_by_distinct_ids/', { distinct_ids: 'ada@acme.test' })).json).toEqual({
      results: {},
    });
    expect((await bench.post('/batch_by_uuids/', {})).json).toEqual({ results: {} });
    expect((await bench.post('/batch_by_uuids/', { uuids: [ADA.uuid, 'x'] })).status).toBe(400);
    expect((await bench.post('/batch_by_uuids/', { uuids: [ADA.uuid] })).json).toMatchObject({
      results: { [ADA.uuid]: { id: ADA.id } },
    });
  });

  test('A batch shows at most ten distinct ids of a person', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `many-${index}`);
    await bench.control('POST', 'persons', { project_id: 1, distinct_ids: ids });
    const answer = await bench.post('/batch_by_distinct_ids/', { distinct_ids: ['many-0'] });
    expect(at(answer.json, 'results', 'many-0', 'distinct_ids')).toHaveLength(10);
  });

  test('A batch takes the ten oldest distinct ids first, and only then puts the chosen ones in front', async () => {
    const made = Array.from({ length: 9 }, (_, index) => anonymousId(9, index));
    const distinct_ids = [...made, 'chosen', 'late'];
    await bench.control('POST', 'persons', { project_id: 1, distinct_ids });
    const answer = await bench.post('/batch_by_distinct_ids/', { distinct_ids: ['late'] });
    expect(at(answer.json, 'results', 'late', 'distinct_ids')).toEqual(['chosen', ...made]);
  });
});

describe('Values', () => {
  test('Values are an array in A and an object that may be cached in B', async () => {
    const answer = await bench.get('/values/?key=tenant_id&value=CM');
    expect(at(answer.json, 'results', 0, 'name')).toBe('acme');
    expect(answer.json).toMatchObject({ refreshing: false });
    expect(answer.headers.get('cache-control')).toBe('max-age=10');
    await bench.reset({ generation: 'A' });
    const old = await bench.get('/values/?key=tenant_id');
    expect(sorted(column(old.json, 'name'))).toEqual([...TENANTS]);
  });

  test.each(['A', 'B', 'C'])('Values in %s are the 20 most frequent ones', async (generation) => {
    await bench.reset({ generation });
    const rare = Array.from({ length: 25 }, (_, index) => ({
      project_id: 1,
      distinct_ids: [`fan-${index}`],
      properties: { colour: index < 2 ? 'teal' : `colour ${index}` },
    }));
    await bench.control('POST', 'persons', rare);
    const { json } = await bench.get('/values/?key=colour');
    const names = column(generation === 'A' ? json : at(json, 'results'), 'name');
    expect(names).toHaveLength(20);
    expect(names[0]).toBe('teal');
  });

  test('Values are empty without a key or for a virtual one', async () => {
    expect(at((await bench.get('/values/')).json, 'results')).toEqual([]);
    expect(at((await bench.get('/values/?key=$virt_x')).json, 'results')).toEqual([]);
    expect(at((await bench.get('/values/?key=__proto__')).json, 'results')).toEqual([]);
  });
});

describe('Cohorts', () => {
  test('Cohorts are brief in B and whole in A', async () => {
    const path = `/cohorts/?person_id=${ADA.id}`;
    expect(at((await bench.get(path)).json, 'results', 0)).toEqual({
      id: COHORTS.pro.id,
      name: COHORTS.pro.name,
      count: SOME_NUMBER,
    });
    await bench.reset({ generation: 'A' });
    expect(at((await bench.get(path)).json, 'results', 0)).toMatchObject({
      id: COHORTS.pro.id,
      is_static: true,
    });
  });

  test("Cohort membership is that of the owner's current project, whatever the path says", async () => {
    await bench.reset({ current_project: 2 });
    expect((await bench.get(`/cohorts/?person_id=${ADA.uuid}`)).json).toEqual({ results: [] });
    const there = await bench.ask('GET', `/api/projects/2/persons/cohorts/?person_id=${PIA.uuid}`);
    expect(at(there.json, 'results', 0, 'id')).toBe(COHORTS.otherPro.id);
    await bench.reset({ current_project: null });
    expect((await bench.get(`/cohorts/?person_id=${ADA.uuid}`)).json).toMatchObject({
      message: 'Could not retrieve team',
    });
  });

  test('Cohorts can fail on the nested path in A, where the world has that defect', async () => {
    const path = `cohorts/?person_id=${ADA.id}`;
    await bench.reset({ generation: 'A', nested_quirks: true });
    expect((await bench.get(`/${path}`)).status).toBe(500);
    expect((await bench.ask('GET', `/api/person/${path}`)).status).toBe(200);
    await bench.control('PATCH', 'settings', { generation: 'B' });
    expect((await bench.get(`/${path}`)).status).toBe(200);
  });

  test('Cohorts without a person are a server error; an unknown person is a 404 in B and a 500 in A', async () => {
    expect((await bench.get('/cohorts/')).status).toBe(500);
    expect((await bench.get('/cohorts/?person_id=424242')).status).toBe(404);
    await bench.reset({ generation: 'A' });
    expect((await bench.get('/cohorts/?person_id=424242')).status).toBe(500);
  });
});

describe('Properties at a time', () => {
  test('Properties at a time are what they were, with the person as it is', async () => {
    const path = '/properties_at_time/?distinct_id=ada@acme.test';
    const then = await bench.get(`${path}&timestamp=2026-03-05T13:00:00Z`);
    expect(then.json).toMatchObject({ id: ADA.id, properties: { plan: 'free' } });
    expect(at(then.json, 'point_in_time_metadata', 'distinct_ids_queried')).toEqual(ADA.distinctIds);
    const now = await bench.get(`${path}&timestamp=2026-03-15T12:00:00Z`);
    expect(now.json).toMatchObject({ properties: { plan: 'pro' } });
  });

  test('Errors of properties_at_time have a shape of their own and echo the identifier', async () => {
    expect((await bench.get('/properties_at_time/?timestamp=2026-03-05')).json).toEqual({ error: SOME_TEXT });
    expect(
      (await bench.get('/properties_at_time/?distinct_id=a&person_id=1&timestamp=2026-03-05')).status,
    ).toBe(400);
    expect((await bench.get('/properties_at_time/?distinct_id=a&timestamp=soon')).status).toBe(400);
    const unknown = await bench.get('/properties_at_time/?distinct_id=nobody&timestamp=2026-03-05');
    expect(unknown.status).toBe(404);
    expect(at(unknown.json, 'error')).toContain('nobody');
  });

  test('Properties at a time can fail on the nested path, where the world has that defect', async () => {
    await bench.reset({ nested_quirks: true });
    const path = 'properties_at_time/?distinct_id=ada@acme.test&timestamp=2026-03-05';
    expect((await bench.get(`/${path}`)).status).toBe(500);
    expect((await bench.ask('GET', `/api/person/${path}`)).status).toBe(200);
  });
});
