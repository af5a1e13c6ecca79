/** What a query cannot say, or what would make it say something else: a 400 that names the argument, and no document. */
import { describe, expect, test } from 'vitest';
import { FAILURES } from '../../../src/core/failure.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import {
  ACTION,
  INSIGHT_IDS,
  documentFor,
  LEAST,
  PAID,
  refusalOf,
  SIGNED_UP,
  VIEWED,
  type InsightId,
} from '../../support/upstream/query.ts';

type Row = [id: InsightId, args: JsonObject, code: string, attr: string, right: RegExp];

const TREND = { funnel_viz_type: 'trends', entrance_period_start: '2026-01-05', drop_off: false };
const PRO = { key: 'plan', type: 'person', operator: 'exact', value: 'pro' };
const INVALID = 'parameter_invalid';
const CONFLICT = 'input_conflict';

function expectRefused(id: InsightId, args: JsonObject, [code, attr, right]: [string, string, RegExp]): void {
  const failure = refusalOf(id, args);
  expect(failure).toMatchObject({ code, attr });
  expect(failure.detail).toMatch(right);
  expect(FAILURES[failure.code].status).toBe(400);
}

describe('Dates and intervals', () => {
  test.each<Row>([
    ['persons_trends', { date_from: '2026-02-30' }, INVALID, 'date_from', /like -7d, 2026-01-01/],
    ['persons_trends', { date_from: '2026-13-01' }, INVALID, 'date_from', /like -7d/],
    ['persons_trends', { date_to: '2026-01-01T25:00:00Z' }, INVALID, 'date_to', /like -7d/],
    ['persons_trends', { date_to: '2026-01-01T:::' }, INVALID, 'date_to', /like -7d/],
    ['persons_trends', { date_from: 'yesterday' }, INVALID, 'date_from', /like -7d/],
    ['persons_trends', { date_to: 'all' }, INVALID, 'date_to', /only date_from can be all/],
    [
      'persons_trends',
      { date_from: '2026-01-07', date_to: '2026-01-01' },
      CONFLICT,
      'date_to',
      /not be before date_from/,
    ],
    [
      'persons_trends',
      { date_from: '2026-01-07T10:00:00Z', date_to: '2026-01-07T11:30:00+02:00' },
      CONFLICT,
      'date_to',
      /not be before date_from/,
    ],
    ['persons_lifecycle', { interval: 'minute' }, INVALID, 'interval', /hour, day, week, month/],
    ['persons_stickiness', { interval: 'minute' }, INVALID, 'interval', /hour, day, week, month/],
    ['persons_funnel', { ...TREND, interval: 'minute' }, INVALID, 'interval', /hour, day, week, month/],
    ['persons_lifecycle', { target_date: '2026-02-30' }, INVALID, 'target_date', /like 2026-01-05/],
    ['persons_lifecycle', { target_date: 'today' }, INVALID, 'target_date', /like 2026-01-05/],
    ['persons_lifecycle', { interval: 'week', target_date: '2026-01-06' }, INVALID, 'target_date', /Sunday/],
    [
      'persons_lifecycle',
      { interval: 'hour', target_date: '2026-01-05T10:00:00Z' },
      INVALID,
      'target_date',
      /without Z/,
    ],
    [
      'persons_lifecycle',
      { date_from: '2026-01-06', date_to: '2026-01-09' },
      CONFLICT,
      'target_date',
      /not be before date_from/,
    ],
    [
      'persons_lifecycle',
      { date_from: '2026-01-01', date_to: '2026-01-03' },
      CONFLICT,
      'target_date',
      /after date_to/,
    ],
    ['persons_trends', { entity_math: 'weekly_active' }, INVALID, 'date_from', /one day/],
    [
      'persons_trends',
      { entity_math: 'monthly_active', date_from: '2026-01-05', date_to: '2026-01-06' },
      INVALID,
      'date_from',
      /date_to the same/,
    ],
    [
      'persons_trends',
      { entity_math: 'weekly_active', date_from: '2026-01-05', date_to: '2026-01-05', interval: 'week' },
      INVALID,
      'date_from',
      /by day/,
    ],
  ])('Insights refuse what contradicts itself or does not fit: %s with %j', (id, args, ...expected) => {
    expectRefused(id, args, expected);
  });
});

describe('Steps of funnels', () => {
  test.each<Row>([
    [
      'persons_funnel',
      { funnel_step: 0 },
      INVALID,
      'funnel_step',
      /1 or more \(who reached that step\) or -2 or less/,
    ],
    [
      'persons_funnel',
      { funnel_step: -1 },
      INVALID,
      'funnel_step',
      /1 or more \(who reached that step\) or -2 or less/,
    ],
    ['persons_funnel', { funnel_step: 3 }, INVALID, 'funnel_step', /which are 2/],
    ['persons_funnel', { funnel_step: -3 }, INVALID, 'funnel_step', /which are 2/],
    ['persons_funnel_correlation', { funnel_step: 3 }, INVALID, 'funnel_step', /which are 2/],
    ['persons_funnel', { funnel_custom_steps: [2, 3] }, INVALID, 'funnel_custom_steps', /which are 2/],
    [
      'persons_funnel',
      { funnel_custom_steps: [1] },
      INVALID,
      'funnel_custom_steps',
      /send funnel_step -\(n \+ 1\)/,
    ],
    [
      'persons_funnel',
      { funnel_custom_steps: [2], funnel_step: 2 },
      CONFLICT,
      'funnel_custom_steps',
      /one of them/,
    ],
    ['persons_funnel', { events: [SIGNED_UP] }, INVALID, 'events', /two steps or more/],
    ['persons_funnel_correlation', { events: [SIGNED_UP] }, INVALID, 'events', /two steps or more/],
    [
      'persons_funnel',
      { funnel_window_days: 7, funnel_window_interval: 8 },
      CONFLICT,
      'funnel_window_days',
      /one of them/,
    ],
    [
      'persons_funnel',
      { funnel_window_days: 7, funnel_window_interval_unit: 'hour' },
      CONFLICT,
      'funnel_window_days',
      /one of them/,
    ],
    [
      'persons_funnel',
      { exclusions: [{ id: 'x', type: 'events', funnel_from_step: 1, funnel_to_step: 1 }] },
      CONFLICT,
      'exclusions[0].funnel_from_step',
      /before funnel_to_step/,
    ],
    [
      'persons_funnel',
      { exclusions: [{ id: 'x', type: 'events', funnel_from_step: 0, funnel_to_step: 2 }] },
      INVALID,
      'exclusions[0].funnel_to_step',
      /1 or less/,
    ],
    [
      'persons_funnel',
      {
        events: [SIGNED_UP, PAID, VIEWED],
        funnel_order_type: 'unordered',
        exclusions: [{ id: 'x', type: 'events', funnel_from_step: 1, funnel_to_step: 2 }],
      },
      CONFLICT,
      'exclusions[0].funnel_from_step',
      /order does not count/,
    ],
    ['persons_funnel', { exclusions: [{ id: 'x', type: 'actions' }] }, INVALID, 'exclusions[0].id', /number/],
  ])('Insights refuse what contradicts itself or does not fit: %s with %j', (id, args, ...expected) => {
    expectRefused(id, args, expected);
  });
});

describe('Trends of funnels', () => {
  test.each<Row>([
    [
      'persons_funnel',
      { funnel_viz_type: 'trends', drop_off: true },
      INVALID,
      'entrance_period_start',
      /a day begins/,
    ],
    [
      'persons_funnel',
      { ...TREND, entrance_period_start: '-7d' },
      INVALID,
      'entrance_period_start',
      /00:00:00/,
    ],
    [
      'persons_funnel',
      { ...TREND, entrance_period_start: '2026-01-05T00:00:00Z' },
      INVALID,
      'entrance_period_start',
      /for the project/,
    ],
    [
      'persons_funnel',
      { ...TREND, entrance_period_start: '2026-01-05 10:00:00' },
      INVALID,
      'entrance_period_start',
      /a day begins/,
    ],
    [
      'persons_funnel',
      { ...TREND, interval: 'month', entrance_period_start: '2026-01-05' },
      INVALID,
      'entrance_period_start',
      /a month begins/,
    ],
    [
      'persons_funnel',
      { funnel_viz_type: 'trends', entrance_period_start: '2026-01-05' },
      INVALID,
      'drop_off',
      /true or false/,
    ],
    ['persons_funnel', { ...TREND, funnel_step: 1 }, CONFLICT, 'funnel_step', /funnel_viz_type trends/],
    ['persons_funnel', { ...TREND, funnel_custom_steps: [2] }, CONFLICT, 'funnel_custom_steps', /trends/],
    ['persons_funnel', { ...TREND, funnel_to_step: 2 }, INVALID, 'funnel_to_step', /1 or less/],
    [
      'persons_funnel',
      { ...TREND, funnel_from_step: 1 },
      CONFLICT,
      'funnel_from_step',
      /before funnel_to_step/,
    ],
    [
      'persons_funnel',
      { entrance_period_start: '2026-01-05' },
      CONFLICT,
      'entrance_period_start',
      /trends only/,
    ],
    ['persons_funnel', { drop_off: false }, CONFLICT, 'drop_off', /trends only/],
  ])('Insights refuse what contradicts itself or does not fit: %s with %j', (id, args, ...expected) => {
    expectRefused(id, args, expected);
  });
});

describe('Breakdowns', () => {
  test.each<Row>([
    ['persons_trends', { breakdown_value: 'x' }, CONFLICT, 'breakdown_value', /breakdown is needed/],
    [
      'persons_funnel',
      { funnel_step_breakdown: 'x' },
      CONFLICT,
      'funnel_step_breakdown',
      /breakdown is needed/,
    ],
    ['persons_trends', { breakdown: ['a', 'b'], breakdown_value: 'x' }, INVALID, 'breakdown', /one property/],
    [
      'persons_trends',
      { breakdown: 'a', breakdown_value: ['x', 'y'] },
      INVALID,
      'breakdown_value',
      /one value/,
    ],
    [
      'persons_trends',
      { breakdown: 'a', breakdown_value: '$$_posthog_breakdown_other_$$' },
      INVALID,
      'breakdown_value',
      /a value of its own/,
    ],
    [
      'persons_funnel',
      { breakdown: 'a', funnel_step_breakdown: '$$_posthog_breakdown_other_$$' },
      INVALID,
      'funnel_step_breakdown',
      /a value of its own/,
    ],
    [
      'persons_funnel',
      { breakdown: 'a', breakdown_attribution_type: 'all_events' },
      INVALID,
      'funnel_step_breakdown',
      /a value of breakdown/,
    ],
    [
      'persons_funnel',
      { breakdown: 'a', funnel_step_breakdown: 'x', breakdown_attribution_type: 'step' },
      INVALID,
      'breakdown_attribution_value',
      /one of 0 to 1/,
    ],
    [
      'persons_funnel',
      {
        breakdown: 'a',
        funnel_step_breakdown: 'x',
        breakdown_attribution_type: 'step',
        breakdown_attribution_value: 2,
      },
      INVALID,
      'breakdown_attribution_value',
      /one of 0 to 1/,
    ],
  ])('Insights refuse what contradicts itself or does not fit: %s with %j', (id, args, ...expected) => {
    expectRefused(id, args, expected);
  });
});

describe('Entities', () => {
  test.each<Row>([
    [
      'persons_funnel',
      { events: [{ ...SIGNED_UP, type: 'actions' }, PAID] },
      INVALID,
      'events[0].type',
      /be events/,
    ],
    [
      'persons_funnel',
      { actions: [{ ...ACTION, type: 'events' }] },
      INVALID,
      'actions[0].type',
      /be actions/,
    ],
    [
      'persons_funnel',
      { actions: [{ ...ACTION, id: 'x' }] },
      INVALID,
      'actions[0].id',
      /number of an action/,
    ],
    [
      'persons_funnel',
      { actions: [{ ...ACTION, id: null }] },
      INVALID,
      'actions[0].id',
      /number of an action/,
    ],
    ['persons_funnel', { actions: [{ ...ACTION, id: 0 }] }, INVALID, 'actions[0].id', /number of an action/],
    ['persons_lifecycle', { actions: [ACTION] }, INVALID, 'events', /one event, or actions one action/],
    ['persons_lifecycle', { events: [SIGNED_UP, PAID] }, INVALID, 'events', /one event/],
    ['persons_trends', { events: [PAID] }, CONFLICT, 'entity_id', /one of the events/],
    ['persons_stickiness', { events: [PAID] }, CONFLICT, 'entity_id', /one of the events/],
    [
      'persons_trends',
      { events: [SIGNED_UP], entity_order: 3 },
      CONFLICT,
      'entity_order',
      /order of a series/,
    ],
    [
      'persons_trends',
      { events: [SIGNED_UP], entity_math: 'dau' },
      CONFLICT,
      'entity_math',
      /math of the series/,
    ],
    [
      'persons_trends',
      { events: [SIGNED_UP, { ...SIGNED_UP, order: 1, properties: [PRO] }] },
      INVALID,
      'entity_order',
      /several series/,
    ],
    ['persons_trends', { entityId: 'paid' }, CONFLICT, 'entityId', /one of them/],
    ['persons_trends', { type: 'actions' }, CONFLICT, 'type', /one of them/],
    ['persons_trends', { entity_type: 'actions' }, INVALID, 'entity.id', /number of an action/],
    ['persons_trends', { entity_math: 'sum' }, INVALID, 'entity.math_property', /event property/],
    [
      'persons_trends',
      { events: [{ ...SIGNED_UP, math: 'p99' }] },
      INVALID,
      'events[0].math_property',
      /event property/,
    ],
  ])('Insights refuse what contradicts itself or does not fit: %s with %j', (id, args, ...expected) => {
    expectRefused(id, args, expected);
  });

  test.each(['persons_trends', 'persons_stickiness'] as const)(
    'Insights of one entity refuse to guess it: %s',
    (id) => {
      const { entity_id: _, entity_type: __, ...others } = LEAST[id];
      const nothing = documentFor(id, { args: { ...others, events: [SIGNED_UP] } });
      expect(nothing).toMatchObject({ failure: { code: INVALID, attr: 'entity_type' } });
      const action = documentFor(id, { args: { ...others, entity_type: 'actions' } });
      expect(action).toMatchObject({ failure: { code: INVALID, attr: 'entity_id' } });
    },
  );

  test('A lifecycle of no series is refused', () => {
    const { events: _, ...others } = LEAST.persons_lifecycle;
    expect(documentFor('persons_lifecycle', { args: others })).toMatchObject({
      failure: { code: INVALID, attr: 'events' },
    });
  });
});

const correlated = (members: JsonObject): JsonObject => ({
  funnel_correlation_person_entity: { id: 'watched video', type: 'events', ...members },
});

describe('Correlations', () => {
  const values = { funnel_correlation_property_values: [PRO] };
  const properties = { funnel_correlation_type: 'properties' };
  const converted = { funnel_correlation_person_converted: 'true' };

  test.each<Row>([
    [
      'persons_funnel_correlation',
      { ...correlated({ type: 'actions', id: 12 }) },
      INVALID,
      'funnel_correlation_person_entity.type',
      /must be events/,
    ],
    [
      'persons_funnel_correlation',
      correlated({ id: null }),
      INVALID,
      'funnel_correlation_person_entity.id',
      /name of an/,
    ],
    ['persons_funnel_correlation', values, CONFLICT, 'funnel_correlation_property_values', /type events/],
    [
      'persons_funnel_correlation',
      properties,
      INVALID,
      'funnel_correlation_property_values',
      /a list of filters/,
    ],
    [
      'persons_funnel_correlation',
      { ...properties, ...values },
      INVALID,
      'funnel_correlation_person_converted',
      /one of true, false/,
    ],
    [
      'persons_funnel_correlation',
      { ...properties, ...values, ...converted },
      CONFLICT,
      'funnel_correlation_person_entity',
      /type properties/,
    ],
    ['persons_funnel_correlation', { breakdown: 'x' }, CONFLICT, 'breakdown', /no meaning/],
    ['persons_funnel_correlation', { drop_off: true }, CONFLICT, 'drop_off', /no meaning/],
    ['persons_funnel_correlation', TREND, CONFLICT, 'funnel_viz_type', /not be trends/],
  ])('Insights refuse what contradicts itself or does not fit: %s with %j', (id, args, ...expected) => {
    expectRefused(id, args, expected);
  });

  test.each(["'", '"', '\\', '`', '{', '}'])('No name of an event in a correlation may hold %s', (sign) => {
    const id = `a${sign}b`;
    const args: [attr: string, args: JsonObject][] = [
      ['funnel_correlation_person_entity.id', correlated({ id })],
      ['events[1].id', { events: [SIGNED_UP, { ...PAID, id }] }],
      ['exclusions[0].id', { exclusions: [{ id, type: 'events' }] }],
    ];
    for (const [attr, given] of args) {
      expectRefused('persons_funnel_correlation', given, [INVALID, attr, /must not hold quotation marks/]);
    }
    expect(documentFor('persons_funnel', { args: { events: [SIGNED_UP, { ...PAID, id }] } }).ok).toBe(true);
  });

  test('A correlation by an event is refused without the event', () => {
    const args = { events: [SIGNED_UP, PAID] };
    expect(documentFor('persons_funnel_correlation', { args })).toMatchObject({
      failure: { code: INVALID, attr: 'funnel_correlation_person_entity' },
    });
  });

  test('A correlation by properties is refused with an OR among the filters of its funnel', () => {
    const args = {
      events: [SIGNED_UP, PAID],
      ...properties,
      ...values,
      ...converted,
      properties: { type: 'OR', values: [PRO, { ...PRO, value: 'team' }] },
    };
    expect(documentFor('persons_funnel_correlation', { args })).toMatchObject({
      failure: { code: INVALID, attr: 'properties' },
    });
  });
});

describe('What PostHog would answer otherwise than by persons, or not restrict by', () => {
  const entity = LEAST.persons_funnel.events;
  const series = (members: JsonObject): JsonObject => ({ events: [{ ...entity[0], ...members }, entity[1]] });
  const filter = (members: JsonObject): JsonObject => ({ properties: [{ ...PRO, ...members }] });

  test.each<[args: JsonObject]>([
    [{ aggregation_group_type_index: 0 }],
    [{ funnel_aggregate_by_hogql: 'properties.$session_id' }],
    [{ include_recordings: true }],
    [{ breakdown: '1', breakdown_type: 'hogql' }],
    [{ breakdown: '$group_0', breakdown_type: 'group' }],
    [{ breakdown_group_type_index: 0 }],
    [{ breakdown: 'x', breakdown_type: 'data_warehouse' }],
    [{ breakdown: '1', breakdown_type: 'cohort' }],
    [{ breakdowns: [{ property: '1', type: 'hogql' }] }],
    [series({ math: 'unique_group', math_group_type_index: 0 })],
    [series({ math_group_type_index: 0 })],
    [series({ math: 'hogql', math_hogql: 'count()' })],
    [series({ math_hogql: 'count()' })],
    [{ data_warehouse: [{ id: 'x', type: 'data_warehouse' }] }],
    [filter({ type: 'hogql', key: '1 = 1' })],
    [filter({ type: 'cohort', key: 'id', value: 1 })],
    [filter({ type: 'group', group_type_index: 0 })],
    [filter({ type: 'event_metadata' })],
    [filter({ type: 'element' })],
    [filter({ type: 'session' })],
    [filter({ type: 'flag' })],
    [filter({ type: 'empty' })],
    [filter({ value: [] })],
    [filter({ value: '' })],
    [filter({ operator: 'semver_eq' })],
    [{ properties: [{}] }],
    [{ properties: [{ key: 'plan', type: 'person' }] }],
    [{ properties: { type: 'AND', values: [] } }],
    [{ properties: { type: 'AND', values: [PRO, { type: 'AND', values: [PRO] }] } }],
    [{ properties: { plan: 'pro' } }],
    [series({ properties: [{}] })],
    [series({ properties: { type: 'OR', values: [PRO] } })],
    [{ formula: 'A+B' }],
  ])('No insight takes %j', (args) => {
    for (const id of INSIGHT_IDS) {
      for (const method of id.startsWith('persons_funnel')
        ? (['GET', 'POST'] as const)
        : (['GET'] as const)) {
        expect(FAILURES[refusalOf(id, args, method).code].status).toBe(400);
      }
    }
  });

  test('JSON that is broken is refused in a query', () => {
    for (const name of ['events', 'properties', 'actions']) {
      expect(refusalOf('persons_trends', { [name]: '[{"id":' })).toMatchObject({ code: INVALID, attr: name });
    }
  });

  test('What was wrong with a body is said of a field', () => {
    expect(refusalOf('persons_funnel', { funnel_step: 9 }, 'POST')).toMatchObject({
      code: 'field_invalid',
      attr: 'funnel_step',
    });
  });

  test('An unknown state of a lifecycle is refused with the states there are', () => {
    const failure = refusalOf('persons_lifecycle', { lifecycle_type: 'churned' });
    expect(failure).toMatchObject({ code: INVALID, attr: 'lifecycle_type' });
    expect(failure.detail).toContain('new, returning, resurrecting, dormant');
  });
});
