import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ACTIONS } from '../../src/sandbox/seed/names.ts';
import { type Bench, launchBench } from '../support/sandbox/ask.ts';
import {
  actorIds,
  actorsOf,
  cells,
  event,
  funnel,
  insight,
  person,
  run,
  SCOPED,
  whoIs,
  WIDE_RANGE,
} from '../support/sandbox/queries.ts';
import { happen, known } from '../support/sandbox/stories.ts';

/** PostHog query contract §3: the persons behind each insight, asked of the Query API. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset({ keys: [SCOPED] }));

const STEPS = ['signed up', 'watched video', 'paid'];

/** Which of the well-known the query finds. */
const found = async (source: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  known(actorIds(await run(bench, actorsOf(source, { limit: 1000, ...more }))));

/** Who of a told story the query finds. */
const told = async (source: Record<string, unknown>) => whoIs(await run(bench, actorsOf(source)));

const correlation = (members: Record<string, unknown>, funnelCorrelationType = 'events') => ({
  kind: 'FunnelCorrelationActorsQuery',
  ...members,
  source: {
    kind: 'FunnelCorrelationQuery',
    funnelCorrelationType,
    source: funnel(['signed up', 'paid'], 1),
  },
});
const watched = { funnelCorrelationPersonEntity: event('watched video') };
const lifecycle = (members: Record<string, unknown>, series = [event('probe')]) =>
  insight('LifecycleQuery', series, members, { interval: 'day' });
const stickiness = (members: Record<string, unknown>, names = ['probe']) => ({
  kind: 'StickinessActorsQuery',
  ...members,
  source: { kind: 'StickinessQuery', series: names.map((name) => event(name)), interval: 'day' },
});
const total = { trendsFilter: { display: 'BoldNumber' } };
const trends = (members: Record<string, unknown>, more: Record<string, unknown> = total) =>
  insight('TrendsQuery', [event('probe')], members, { interval: 'day', ...more });
const views = (more: Record<string, unknown>) =>
  insight('TrendsQuery', [event('$pageview')], {}, { ...total, dateRange: WIDE_RANGE, ...more });
const threeSteps = (more: Record<string, unknown>) => funnel(STEPS, 3, { funnelsFilter: more });
const action = (id: number) => ({ kind: 'ActionsNode', id });
const withAction = (id: number) => funnel([], 2, { series: [event('watched video'), action(id)] });
const named = (name: string) =>
  correlation({ funnelCorrelationPersonEntity: event(name), funnelCorrelationPersonConverted: true });

describe('Funnels', () => {
  test.each([
    [1, ['ADA', 'BEN', 'CYD', 'DOV', 'MIA']],
    [2, ['ADA', 'BEN', 'CYD', 'MIA']],
    [3, ['ADA', 'CYD']],
    [-2, ['DOV']],
    [-3, ['BEN', 'MIA']],
    [4, []],
  ])('Step %d of the funnel is reached by %j', async (step, expected) => {
    expect(await found(funnel(STEPS, step))).toEqual(expected);
  });

  test.each(['A', 'B', 'C'])('A scoped key asks for a funnel in generation %s', async (generation) => {
    await bench.reset({ generation, keys: [SCOPED] });
    expect(await found(funnel(STEPS, 3))).toEqual(['ADA', 'CYD']);
  });

  test('The order of a funnel can be strict or free, and its window short', async () => {
    expect(await found(threeSteps({ funnelOrderType: 'unordered' }))).toEqual(['ADA', 'CYD', 'MIA']);
    await happen(bench, 'gap: go@12T09, other@12T10, stop@12T11', 'close: go@12T09, stop@12T10');
    const strict = { funnelsFilter: { funnelOrderType: 'strict' } };
    expect(await told(funnel(['go', 'stop'], 2, strict))).toEqual(['close']);
    const window = { funnelsFilter: { funnelWindowInterval: 1, funnelWindowIntervalUnit: 'hour' } };
    expect(await told(funnel(['go', 'stop'], 2, window))).toEqual(['close']);
  });

  test('An exclusion strikes out who did it between the steps', async () => {
    const exclusions = [event('watched video', { funnelFromStep: 0, funnelToStep: 1 })];
    const asked = funnel(['signed up', 'paid'], 2, { funnelsFilter: { exclusions } });
    expect(await found(asked)).toEqual(['MIA']);
  });

  test('A point of a funnel trend needs its start and its end, and is who did or did not arrive', async () => {
    const trend = funnel(STEPS, null, { interval: 'day', funnelsFilter: { funnelVizType: 'trends' } });
    const point = { funnelTrendsEntrancePeriodStart: '2026-03-06 00:00:00' };
    expect(await found({ ...trend, ...point, funnelTrendsDropOff: false })).toEqual(['ADA', 'CYD']);
    expect(await found({ ...trend, ...point, funnelTrendsDropOff: true })).toEqual(['BEN', 'DOV', 'MIA']);
    for (const half of [point, { funnelTrendsDropOff: true }]) {
      expect((await run(bench, actorsOf({ ...trend, ...half }))).status).toBe(400);
    }
  });

  test('A breakdown of a funnel is narrowed to one of its values', async () => {
    const breakdownFilter = { breakdown: 'plan', breakdown_type: 'event' };
    const asked = { ...funnel(STEPS, 1, { breakdownFilter }), funnelStepBreakdown: ['free'] };
    expect(await found(asked)).toEqual(['BEN', 'DOV']);
  });

  test('A step can be an action, and an action that does not exist is no event at all', async () => {
    expect(await found(withAction(ACTIONS.paid.id))).toEqual(['ADA', 'CYD']);
    expect(await found(withAction(999))).toEqual([]);
  });
});

test('A test can define groups and actions, and ask for them', async () => {
  await bench.control('POST', 'groups', { project_id: 1, key: 'oak', properties: { tenant_id: 'birch' } });
  await bench.control('POST', 'actions', [{ project_id: 1, id: 77, event: 'felled' }]);
  const felling = { project_id: 1, distinct_id: 'ada@acme.test', event: 'felled', group: 'oak' };
  await bench.control('POST', 'events', felling);
  expect(await found(withAction(77))).toEqual(['ADA']);
  const ofGroups = { series: [event('felled'), event('felled')], aggregation_group_type_index: 0 };
  const answer = await run(bench, actorsOf(funnel([], 1, ofGroups)));
  expect(cells(answer, 'actor')).toMatchObject([{ group_key: 'oak', properties: { tenant_id: 'birch' } }]);
  const again = { project_id: 1, id: 77, event: 'planted' };
  await expect(bench.control('POST', 'actions', again)).rejects.toThrow('400');
});

describe('Correlation', () => {
  test('A correlation finds who converted or not, with an event on the way', async () => {
    const asked = (converted: boolean) =>
      correlation({ ...watched, funnelCorrelationPersonConverted: converted });
    expect(await found(asked(true))).toEqual(['ADA', 'CYD']);
    expect(await found(asked(false))).toEqual(['BEN']);
    expect(await found(correlation(watched))).toEqual(['ADA', 'BEN', 'CYD']);
  });

  test('A correlation by properties finds who has them, and needs to know who converted', async () => {
    const values = { funnelCorrelationPropertyValues: [person('tenant_id', 'acme')] };
    const asked = correlation({ ...values, funnelCorrelationPersonConverted: true }, 'properties');
    expect(await found(asked)).toEqual(['ADA', 'MIA']);
    expect((await run(bench, actorsOf(correlation(values, 'properties')))).status).toBe(400);
  });

  test('A correlated entity that is no named event is a 500', async () => {
    const entities = [undefined, null, { kind: 'ActionsNode', id: ACTIONS.paid.id }, event(null)];
    for (const funnelCorrelationPersonEntity of entities) {
      expect((await run(bench, actorsOf(correlation({ funnelCorrelationPersonEntity })))).status).toBe(500);
    }
  });

  test('A quote in the name of a correlated event gets into the SQL', async () => {
    expect((await run(bench, actorsOf(named("it's")))).status).toBe(400);
    expect(await found(named('never happened'))).toEqual([]);
    expect(await found(named("' OR '1' = '1"))).toEqual(['ADA', 'CYD', 'MIA']);
  });
});

describe('Lifecycle', () => {
  beforeEach(() =>
    happen(
      bench,
      'fresh: probe@12T10, probe@13T10',
      'steady: probe@11T09, probe@12T09',
      'back: probe@02T09, probe@12T09',
      'gone: probe@02T09, probe@11T09',
    ),
  );

  test.each([
    ['new', ['fresh']],
    ['returning', ['steady']],
    ['resurrecting', ['back']],
    ['dormant', ['gone']],
  ])('The lifecycle status %s finds %j', async (status, expected) => {
    expect(await told(lifecycle({ day: '2026-03-12', status }))).toEqual(expected);
  });

  test('A lifecycle without a day or without a status is not restricted by it', async () => {
    expect(await told(lifecycle({ day: '2026-03-12' }))).toEqual(['back', 'fresh', 'gone', 'steady']);
    expect(await told(lifecycle({ status: 'new' }))).toEqual(['fresh', 'steady']);
  });

  test('A day outside the range, or in the middle of an interval, has no actors', async () => {
    expect(await told(lifecycle({ day: '2026-03-02', status: 'new' }))).toEqual([]);
    expect(await told(lifecycle({ day: '2026-03-12 10:00:00', status: 'new' }))).toEqual([]);
  });

  test('Several series of a lifecycle are joined by AND', async () => {
    const both = [event('probe'), event('other')];
    expect(await told(lifecycle({ day: '2026-03-12', status: 'new' }, both))).toEqual([]);
  });
});

describe('Stickiness', () => {
  beforeEach(() =>
    happen(bench, 'once: probe@12T10, probe@12T11', 'twice: probe@12T10, probe@14T10', 'other: else@12T10'),
  );

  test('Stickiness finds who was active in exactly that many intervals', async () => {
    expect(await told(stickiness({ day: 1 }))).toEqual(['once']);
    expect(await told(stickiness({ day: 2 }))).toEqual(['twice']);
    expect(await told({ ...stickiness({ day: 2 }), kind: 'InsightActorsQuery' })).toEqual(['twice']);
    expect(await told(stickiness({ day: 1, operator: 'gte' }))).toEqual(['once', 'twice']);
  });

  test('Stickiness without a day finds everybody, and several series are joined by OR', async () => {
    expect(await told(stickiness({}))).toEqual(['once', 'twice']);
    expect(await told(stickiness({ day: 1, series: 0 }, ['probe', 'else']))).toEqual(['once', 'other']);
  });
});

describe('Trends', () => {
  const counted = { select: ['actor', 'event_count'], orderBy: ['event_count DESC', 'actor_id DESC'] };
  beforeEach(() =>
    happen(bench, 'few: probe@12T10', 'many: probe@12T10, probe@12T11, probe@13T10', 'old: probe@01T10'),
  );

  test('Trends of a whole range count the events of each actor, most first', async () => {
    const answer = await run(bench, actorsOf(trends({}), counted));
    expect(answer.json).toMatchObject({ columns: ['actor', 'event_count', 'event_distinct_ids'] });
    expect(cells(answer, 'event_count')).toEqual([3, 1]);
    expect(cells(answer, 'event_distinct_ids')).toEqual([['many'], ['few']]);
  });

  test('Trends of a line are asked about one bucket', async () => {
    const answer = await run(bench, actorsOf(trends({ day: '2026-03-12' }, {}), counted));
    expect(cells(answer, 'event_count')).toEqual([2, 1]);
  });

  test('A missing day of a line is a 500, and so is a day of a total', async () => {
    expect((await run(bench, actorsOf(trends({}, {})))).status).toBe(500);
    expect((await run(bench, actorsOf(trends({ day: '2026-03-12' })))).status).toBe(500);
    expect((await run(bench, actorsOf(trends({ day: 12 }, {})))).status).toBe(500);
  });

  test.each([
    ['many', ['many']],
    ['$$_posthog_breakdown_null_$$', []],
    ['$$_posthog_breakdown_other_$$', ['few', 'many']],
  ])('The slice %s of a breakdown has the actors %j', async (breakdown, expected) => {
    const breakdownFilter = { breakdown: 'way', breakdown_type: 'event' };
    expect(await told(trends({ breakdown }, { ...total, breakdownFilter }))).toEqual(expected);
  });

  test('The range of a query, and its filter of test accounts, narrow trends', async () => {
    expect(await found(views({}))).toContain('STAFF');
    expect(await found(views({ filterTestAccounts: true }))).not.toContain('STAFF');
    expect(await found(views({ dateRange: { date_from: '2026-03-11', date_to: '2026-03-11' } }))).toEqual(
      expect.arrayContaining(['STAFF']),
    );
  });
});
