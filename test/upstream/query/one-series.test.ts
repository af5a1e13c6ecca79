/** Lifecycles, stickiness and trends, row by row: the arguments as a client sends them, and the members of the query. */
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { MATH } from '../../../src/catalogue/fields/entities.ts';
import { ACTION, at, documentFrom, LEAST, PAID, SIGNED_UP, sourceFor } from '../../support/upstream/query.ts';

type Row = [title: string, args: JsonObject, path: string, expected: Json | undefined];

const PRO = { key: 'plan', type: 'person', operator: 'exact', value: 'pro' };

describe('Lifecycles', () => {
  test.each(['new', 'returning', 'resurrecting', 'dormant'])(
    'The state %s is the status of the query',
    (type) => {
      expect(sourceFor('persons_lifecycle', { lifecycle_type: type })).toMatchObject({ status: type });
    },
  );

  test.each<Row>([
    ['the day', { target_date: '2026-01-05T13:30:00' }, 'day', '2026-01-05'],
    ['the day, in whatever zone', { target_date: '2026-01-05T00:00:00Z' }, 'day', '2026-01-05'],
    ['the hour', { interval: 'hour', target_date: '2026-01-05 13:30:00' }, 'day', '2026-01-05 13:00:00'],
    ['the first hour', { interval: 'hour', target_date: '2026-01-05' }, 'day', '2026-01-05 00:00:00'],
    ['a week that starts on Sunday', { interval: 'week', target_date: '2026-01-04' }, 'day', '2026-01-04'],
    ['a week that starts on Monday', { interval: 'week', target_date: '2026-01-05' }, 'day', '2026-01-05'],
    ['the month', { interval: 'month', target_date: '2026-01-05' }, 'day', '2026-01-01'],
    ['the day as its range', {}, 'source.dateRange', { date_from: '2026-01-05', date_to: '2026-01-05' }],
    [
      'the range that is sent',
      { date_from: '2026-01-01', date_to: '2026-01-10' },
      'source.dateRange',
      { date_from: '2026-01-01', date_to: '2026-01-10' },
    ],
    ['the start that is sent', { date_from: '2026-01-01' }, 'source.dateRange', { date_from: '2026-01-01' }],
    [
      'a day before the last seven up to an end',
      { date_to: '2026-01-07' },
      'source.dateRange',
      { date_from: '-7d', date_to: '2026-01-07' },
    ],
    [
      'one series, without a count',
      { events: [{ ...SIGNED_UP, math: 'dau', properties: [PRO] }] },
      'source.series',
      [{ kind: 'EventsNode', event: 'signed up', properties: [PRO] }],
    ],
    ['test accounts left out', { filter_test_accounts: true }, 'source.filterTestAccounts', true],
  ])('The query asks for %s', (_, args, path, expected) => {
    expect(at(sourceFor('persons_lifecycle', args), path)).toEqual(expected);
  });

  test('A lifecycle may be of an action', () => {
    const { events: _, ...others } = LEAST.persons_lifecycle;
    const { source } = documentFrom('persons_lifecycle', { args: { ...others, actions: [ACTION] } });
    expect(at(source, 'source.series')).toEqual([{ kind: 'ActionsNode', id: 12 }]);
  });
});

describe('Stickiness', () => {
  test.each(MATH)('The count %s is one of persons', (math) => {
    const counted = math === 'weekly_active' || math === 'monthly_active' ? math : 'dau';
    const series = [{ kind: 'EventsNode', event: 'signed up', math: counted }];
    expect(at(sourceFor('persons_stickiness', { entity_math: math }), 'source.series')).toEqual(series);
    const events = [{ ...SIGNED_UP, math }];
    expect(at(sourceFor('persons_stickiness', { events }), 'source.series')).toEqual(series);
  });

  test.each<Row>([
    ['the number of days, as a number', { stickiness_days: 2 }, 'day', 2],
    ['the interval', { interval: 'week' }, 'source.interval', 'week'],
    ['the range', { date_from: '-30d' }, 'source.dateRange', { date_from: '-30d' }],
    ['nothing of the display', { shown_as: 'Stickiness' }, 'source.stickinessFilter', undefined],
  ])('The query asks for %s', (_, args, path, expected) => {
    expect(at(sourceFor('persons_stickiness', args), path)).toEqual(expected);
  });
});

describe('The one entity that trends and stickiness are about', () => {
  const filtered = { ...SIGNED_UP, order: 1, properties: [PRO] };

  test.each<[title: string, args: JsonObject, series: JsonObject]>([
    ['the event that is named, of no series', {}, { kind: 'EventsNode', event: 'signed up' }],
    [
      'the event that is named, of several series',
      { events: [PAID, filtered] },
      { kind: 'EventsNode', event: 'signed up', properties: [PRO] },
    ],
    [
      'the one of that order',
      { events: [SIGNED_UP, filtered], entity_order: 1 },
      { kind: 'EventsNode', event: 'signed up', properties: [PRO] },
    ],
    [
      'the one of that count',
      { events: [SIGNED_UP, { ...filtered, math: 'dau' }], entity_math: 'dau' },
      { kind: 'EventsNode', event: 'signed up', properties: [PRO], math: 'dau' },
    ],
    [
      'the one without a count, for the total',
      { events: [SIGNED_UP, { ...filtered, math: 'dau' }], entity_math: 'total' },
      { kind: 'EventsNode', event: 'signed up' },
    ],
    [
      'either of two equal ones',
      { events: [SIGNED_UP, SIGNED_UP] },
      { kind: 'EventsNode', event: 'signed up' },
    ],
  ])('The query has one series: %s', (_, args, series) => {
    expect(at(sourceFor('persons_trends', args), 'source.series')).toEqual([{ math: 'total', ...series }]);
    const sticky = at(sourceFor('persons_stickiness', args), 'source.series');
    expect(sticky).toEqual([{ ...series, math: 'dau' }]);
  });

  test.each<[title: string, args: JsonObject, series: JsonObject]>([
    ['any event', { entity_type: 'events' }, { kind: 'EventsNode', event: null }],
    ['an action', { entity_type: 'actions', entity_id: '12' }, { kind: 'ActionsNode', id: 12 }],
    [
      'an action of the series',
      { entity_type: 'actions', entity_id: '12', actions: [ACTION], events: [SIGNED_UP] },
      { kind: 'ActionsNode', id: 12 },
    ],
    [
      'an event in the older spelling',
      { type: 'events', entityId: 'paid' },
      { kind: 'EventsNode', event: 'paid' },
    ],
    [
      'an event in both spellings',
      { type: 'events', entity_type: 'events', entityId: 'paid', entity_id: 'paid' },
      { kind: 'EventsNode', event: 'paid' },
    ],
  ])('The entity can be %s', (_, args, series) => {
    const { source } = documentFrom('persons_trends', { args });
    expect(at(source, 'source.series')).toEqual([{ ...series, math: 'total' }]);
  });
});

describe('Trends', () => {
  test('The whole range is asked for by a display of one value and without a day', () => {
    const source = sourceFor('persons_trends', { interval: 'week' });
    expect(source).toMatchObject({ series: 0, source: { trendsFilter: { display: 'ActionsBarValue' } } });
    expect(source).not.toHaveProperty('day');
  });

  test.each(['weekly_active', 'monthly_active'])(
    'Persons who were %s are asked for by the day and without a display',
    (math) => {
      const args = { entity_math: math, date_from: '2026-01-05', date_to: '2026-01-05T23:59:59Z' };
      const source = sourceFor('persons_trends', args);
      expect(source).toMatchObject({ day: '2026-01-05', source: { interval: 'day' } });
      expect(at(source, 'source.trendsFilter')).toBeUndefined();
    },
  );

  test.each(['avg', 'sum', 'min', 'max', 'median', 'p75', 'p90', 'p95', 'p99'])(
    'The count %s is of a property',
    (math) => {
      const events = [{ ...SIGNED_UP, math, math_property: 'price' }];
      expect(at(sourceFor('persons_trends', { events }), 'source.series.0')).toEqual({
        kind: 'EventsNode',
        event: 'signed up',
        math,
        math_property: 'price',
      });
    },
  );

  test.each<Row>([
    ['a value of a breakdown', { breakdown: '$os', breakdown_value: 'Linux' }, 'breakdown', 'Linux'],
    [
      'the events that lack the property',
      { breakdown: '$os', breakdown_value: '$$_posthog_breakdown_null_$$' },
      'breakdown',
      '$$_posthog_breakdown_null_$$',
    ],
    ['a number as a value', { breakdown: 'size', breakdown_value: 7 }, 'breakdown', '7'],
    [
      'the property of a breakdown',
      { breakdown: 'plan', breakdown_type: 'person', breakdown_limit: 3, breakdown_value: ['pro'] },
      'source.breakdownFilter',
      { breakdown: 'plan', breakdown_type: 'person', breakdown_limit: 3 },
    ],
    ['no breakdown without a value', { breakdown: '$os' }, 'source.breakdownFilter', undefined],
    [
      'nothing of an attribution',
      { breakdown_attribution_type: 'step' },
      'source.breakdownFilter',
      undefined,
    ],
    [
      'no property of a plain count',
      { events: [{ ...SIGNED_UP, math_property: 'x' }] },
      'source.series.0.math_property',
      undefined,
    ],
  ])('The query asks for %s', (_, args, path, expected) => {
    expect(at(sourceFor('persons_trends', args), path)).toEqual(expected);
  });
});
