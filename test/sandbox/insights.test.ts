import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BEN } from '../../src/sandbox/seed/names.ts';
import { at, type Bench, column, launchBench, OLDEST, q, SOME_NUMBER } from '../support/sandbox/ask.ts';
import { happen, ids, step, WIDE } from '../support/sandbox/stories.ts';

/** PostHog contract §6.4 and §8: the other insights, computed from events. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset(OLDEST));

/** One kind of the lifecycle on 12 March. */
function lifecycle(kind: string, more = ''): string {
  return `/lifecycle/?target_date=2026-03-12&lifecycle_type=${kind}&events=${q([step('probe')])}${more}`;
}

/** Who was active in that many intervals. */
function stickiness(days: number): string {
  return `/stickiness/?entity_id=probe&entity_type=events&stickiness_days=${days}`;
}

const born = (distinctId: string, day: number, end: string) => ({
  project_id: 1,
  distinct_ids: [distinctId],
  created_at: `2026-03-0${day}T10:00:00Z`,
  uuid: `0190c0de-0001-7000-8000-0000000000${end}`,
});

describe('Lifecycle', () => {
  const story = [
    'fresh: probe@12T10, probe@13T10',
    'steady: probe@11T09, probe@12T09',
    'back: probe@02T09, probe@12T09',
    'gone: probe@02T09, probe@11T09',
  ];

  test.each([
    ['new', ['fresh']],
    ['returning', ['steady']],
    ['resurrecting', ['back']],
    ['dormant', ['gone']],
  ])('The lifecycle status %s finds %j', async (kind, expected) => {
    await happen(bench, ...story);
    expect(ids((await bench.get(lifecycle(kind))).json)).toEqual(expected);
  });

  test('The lifecycle goes by the interval that was asked for', async () => {
    await happen(bench, ...story);
    expect(ids((await bench.get(lifecycle('new', '&interval=week'))).json)).toEqual(['fresh', 'steady']);
    expect(ids((await bench.get(lifecycle('resurrecting', '&interval=week'))).json)).toEqual([]);
    expect(ids((await bench.get(lifecycle('returning', '&interval=week'))).json)).toEqual(['back', 'gone']);
  });

  test('A missing lifecycle parameter is a 400 in the old shape', async () => {
    const answer = await bench.get('/lifecycle/?target_date=2026-03-12');
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ message: 'Missing parameter' });
  });

  test("The lifecycle asks the owner's current project, whatever the path says", async () => {
    await happen(bench, ...story);
    await bench.control('PATCH', 'settings', { current_project: 2 });
    expect(ids((await bench.get(lifecycle('new'))).json)).toEqual([]);
    await bench.control('PATCH', 'settings', { current_project: null });
    expect((await bench.get(lifecycle('new'))).json).toMatchObject({ message: 'Could not retrieve team' });
  });

  test('The lifecycle fails on the nested path, and answers on the flat one', async () => {
    await bench.control('PATCH', 'settings', { nested_quirks: true });
    expect((await bench.get(lifecycle('new'))).status).toBe(500);
    expect((await bench.ask('GET', `/api/person${lifecycle('new')}`)).status).toBe(200);
  });
});

describe('Stickiness', () => {
  test('Stickiness answers who was active in exactly that many intervals', async () => {
    await happen(
      bench,
      'once: probe@12T10, probe@12T11',
      'twice: probe@12T10, probe@14T10',
      'before: probe@01T10, probe@12T10',
    );
    expect(ids((await bench.get(stickiness(1))).json)).toEqual(['before', 'once']);
    expect(ids((await bench.get(stickiness(2))).json)).toEqual(['twice']);
    expect(ids((await bench.get(`${stickiness(1)}&interval=week`)).json)).toEqual([
      'before',
      'once',
      'twice',
    ]);
    await bench.control('PATCH', 'settings', { current_project: 2 });
    expect(ids((await bench.get(stickiness(1))).json)).toEqual([]);
  });

  test('Stickiness can fail on the nested path, where the world has that defect', async () => {
    await bench.control('PATCH', 'settings', { nested_quirks: true });
    expect((await bench.get(stickiness(1))).status).toBe(500);
    expect((await bench.ask('GET', `/api/person${stickiness(1)}`)).status).toBe(200);
  });

  test('Stickiness without an entity is a 400', async () => {
    expect((await bench.get('/stickiness/?stickiness_days=1')).json).toMatchObject({ code: 'invalid_input' });
  });
});

describe('Trends', () => {
  test('Trends answer who did it in the range, and how often', async () => {
    await happen(
      bench,
      'often: probe@12T10, probe@12T11, probe@14T10',
      'once: probe@12T10',
      'early: probe@01T10',
    );
    const path = '/trends/?entity_id=probe&entity_type=events';
    const answer = await bench.get(path);
    expect(ids(answer.json)).toEqual(['often', 'once']);
    const values = [0, 1].map((row) => at(answer.json, 'results', 0, 'people', row, 'value_at_data_point'));
    expect(values).toEqual([3, 1]);
    const day = await bench.get(`${path}&date_from=2026-03-14&date_to=2026-03-14`);
    expect(ids(day.json)).toEqual(['often']);
    expect(ids((await bench.get(`${path}&date_from=all`)).json)).toEqual(['early', 'often', 'once']);
    expect(ids((await bench.get(`${path}&breakdown=way&breakdown_value=once`)).json)).toEqual(['once']);
  });

  test('Funnels cut pages by the UUID, and the rows of a page are newest first', async () => {
    await bench.control('POST', 'persons', [
      born('old', 1, 'aa'),
      born('new', 3, 'bb'),
      born('mid', 2, 'cc'),
    ]);
    await happen(bench, 'old: probe@12T10', 'new: probe@12T10', 'mid: probe@12T10');
    const path = `/funnel/?${WIDE}&events=${q([step('probe')])}&limit=2`;
    const rows = async (offset: number): Promise<unknown[]> =>
      column(at((await bench.get(`${path}&offset=${offset}`)).json, 'results', 0, 'people'), 'distinct_ids');
    expect(await rows(0)).toEqual([['new'], ['old']]);
    expect(await rows(2)).toEqual([['mid']]);
  });

  test('The series of a trends filter brings its own properties', async () => {
    await happen(bench, 'often: probe@12T10', 'once: probe@12T10');
    const series = [step('probe', 0, { properties: [{ key: 'way', value: 'once' }] })];
    const answer = await bench.get(`/trends/?entity_id=probe&entity_type=events&events=${q(series)}`);
    expect(ids(answer.json)).toEqual(['once']);
  });

  test('The value "events" alone means any event, and no entity at all is a 400', async () => {
    expect((await bench.get('/trends/?entity_type=events')).json).toMatchObject({
      results: [{ count: SOME_NUMBER }],
    });
    expect((await bench.get('/trends/?entity_id=probe')).status).toBe(400);
    expect((await bench.get('/trends/?entity_type=actions')).status).toBe(400);
  });

  test('CSV of trends has the people in the columns of one line', async () => {
    await happen(bench, 'once: probe@12T10');
    const answer = await bench.get('/trends.csv?entity_id=probe&entity_type=events');
    const lines = answer.text.trimEnd().split('\r\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('people.0.uuid');
  });
});

describe('Timeline', () => {
  test('The timeline answers how the filtered properties stood at each relevant event', async () => {
    const events = q([step('signed up'), step('watched video', 1), step('$pageview', 2)]);
    const filter = q([{ key: 'plan', value: 'pro', type: 'person' }]);
    await bench.ask('PATCH', `/api/projects/1/persons/${BEN.id}/`, { body: { properties: { plan: 'pro' } } });
    await bench.control('POST', 'events', {
      project_id: 1,
      distinct_id: 'ben@acme.test',
      event: '$pageview',
    });
    const answer = await bench.get(
      `/${BEN.id}/properties_timeline/?${WIDE}&events=${events}&properties=${filter}`,
    );
    expect(answer.json).toMatchObject({
      crucial_property_keys: ['plan'],
      points: [
        { timestamp: '2026-03-06T12:00:00Z', properties: { plan: 'free' }, relevant_event_count: 3 },
        { timestamp: '2026-03-15T12:00:00Z', properties: { plan: 'pro' }, relevant_event_count: 1 },
      ],
      effective_date_from: '2026-02-13T00:00:00Z',
      effective_date_to: '2026-03-15T23:59:59.999Z',
    });
  });
});
