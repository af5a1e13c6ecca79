/** What all insights have in common, row by row: the argument as a client sends it, and the member of the query. */
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { ACTION, at, PAID, SIGNED_UP, sourceFor, VIEWED } from '../../support/upstream/query.ts';

/** Trends take every common argument; `at` is a path below their query. */
const inTrends = (args: JsonObject, path: string): unknown =>
  at(sourceFor('persons_trends', args), `source.${path}`);

const inFunnel = (args: JsonObject, path: string): unknown =>
  at(sourceFor('persons_funnel', args), `source.${path}`);

type Row = [title: string, args: JsonObject, path: string, expected: Json | undefined];

describe('Dates and knobs', () => {
  test.each<Row>([
    ['no dates are the last seven days', {}, 'dateRange', { date_from: '-7d' }],
    ['a relative start', { date_from: '-30d' }, 'dateRange', { date_from: '-30d' }],
    ['everything', { date_from: 'all' }, 'dateRange', { date_from: 'all' }],
    ['the start of the month', { date_from: 'mStart' }, 'dateRange', { date_from: 'mStart' }],
    [
      'whole days, which PostHog widens to their ends',
      { date_from: '2026-01-01', date_to: '2026-01-07' },
      'dateRange',
      { date_from: '2026-01-01', date_to: '2026-01-07' },
    ],
    ['the end alone', { date_to: '-1d' }, 'dateRange', { date_from: '-7d', date_to: '-1d' }],
    [
      'times of day, which make a range explicit',
      { date_from: '2026-01-01T10:00:00Z', date_to: '2026-01-01 12:30:00' },
      'dateRange',
      { date_from: '2026-01-01T10:00:00Z', date_to: '2026-01-01 12:30:00', explicitDate: true },
    ],
    [
      'a day up to a time: the day is widened by the gateway',
      { date_from: '2026-01-01', date_to: '2026-01-07T12:00:00Z' },
      'dateRange',
      { date_from: '2026-01-01T00:00:00', date_to: '2026-01-07T12:00:00Z', explicitDate: true },
    ],
    [
      'a time up to a day: the day is widened by the gateway',
      { date_from: '2026-01-01T12:00:00Z', date_to: '2026-01-07' },
      'dateRange',
      { date_from: '2026-01-01T12:00:00Z', date_to: '2026-01-07T23:59:59.999999', explicitDate: true },
    ],
    [
      'days ago up to a time',
      { date_from: '-3d', date_to: '2026-01-07T12:00:00Z' },
      'dateRange',
      { date_from: '-3dStart', date_to: '2026-01-07T12:00:00Z', explicitDate: true },
    ],
    [
      'a time up to days ago',
      { date_from: '2026-01-01T12:00:00Z', date_to: '-2d' },
      'dateRange',
      { date_from: '2026-01-01T12:00:00Z', date_to: '-2dEnd', explicitDate: true },
    ],
    [
      'an explicit range is not widened',
      { date_from: '2026-01-01', date_to: '2026-01-07', explicit_date: true },
      'dateRange',
      { date_from: '2026-01-01', date_to: '2026-01-07', explicitDate: true },
    ],
    ['explicit_date=false says nothing', { explicit_date: false }, 'dateRange', { date_from: '-7d' }],
    ['no interval is a day', {}, 'interval', 'day'],
    ['an interval', { interval: 'week' }, 'interval', 'week'],
    ['minutes, where the interval changes nothing', { interval: 'minute' }, 'interval', 'hour'],
    ['test accounts left out', { filter_test_accounts: true }, 'filterTestAccounts', true],
    ['test accounts kept', { filter_test_accounts: false }, 'filterTestAccounts', undefined],
    ['a sample', { sampling_factor: 0.1 }, 'samplingFactor', 0.1],
  ])('The query holds %s', (_, args, path, expected) => {
    expect(inTrends(args, path)).toEqual(expected);
  });

  test.each(['shown_as', 'insight', 'layout', 'bin_count'])('The query holds nothing of %s', (name) => {
    const value = { shown_as: 'Stickiness', insight: 'FUNNELS', layout: 'vertical', bin_count: 5 }[name]!;
    expect(sourceFor('persons_funnel', { [name]: value })).toEqual(sourceFor('persons_funnel'));
  });
});

const leaf = (members: JsonObject): JsonObject => ({ key: 'plan', type: 'person', ...members });

describe('Property filters', () => {
  test.each<[title: string, sent: JsonObject, written: JsonObject]>([
    ['no operator is exact', leaf({ value: 'pro' }), leaf({ operator: 'exact', value: 'pro' })],
    [
      'an event property',
      { key: '$browser', type: 'event', value: 'Firefox' },
      { key: '$browser', type: 'event', operator: 'exact', value: 'Firefox' },
    ],
    [
      'any of several values',
      leaf({ operator: 'exact', value: ['pro', 'team'] }),
      leaf({ operator: 'exact', value: ['pro', 'team'] }),
    ],
    [
      'in with one value',
      leaf({ operator: 'in', value: ['pro'] }),
      leaf({ operator: 'exact', value: 'pro' }),
    ],
    ['in with a scalar', leaf({ operator: 'in', value: 'pro' }), leaf({ operator: 'exact', value: 'pro' })],
    [
      'in with several values',
      leaf({ operator: 'in', value: ['pro', 'team'] }),
      leaf({ operator: 'in', value: ['pro', 'team'] }),
    ],
    [
      'not_in with one value',
      leaf({ operator: 'not_in', value: ['pro'] }),
      leaf({ operator: 'is_not', value: 'pro' }),
    ],
    ['a number is text', leaf({ operator: 'gt', value: 7 }), leaf({ operator: 'gt', value: '7' })],
    ['a boolean is text', leaf({ value: true }), leaf({ operator: 'exact', value: 'true' })],
    [
      'numbers in a list are text',
      leaf({ operator: 'is_not', value: [1, 2.5, 'x', false] }),
      leaf({ operator: 'is_not', value: ['1', '2.5', 'x', 'false'] }),
    ],
    ['is_set needs no value', leaf({ operator: 'is_set' }), leaf({ operator: 'is_set', value: 'is_set' })],
    [
      'is_not_set says its own name',
      leaf({ operator: 'is_not_set', value: 'x' }),
      leaf({ operator: 'is_not_set', value: 'is_not_set' }),
    ],
    [
      'a regular expression',
      leaf({ operator: 'regex', value: '^p' }),
      leaf({ operator: 'regex', value: '^p' }),
    ],
    [
      'a date',
      leaf({ operator: 'is_date_after', value: '2026-01-01' }),
      leaf({ operator: 'is_date_after', value: '2026-01-01' }),
    ],
  ])('A filter is written out in full: %s', (_, sent, written) => {
    expect(inTrends({ properties: [sent] }, 'properties')).toEqual([written]);
    const series = [{ ...SIGNED_UP, properties: [sent] }, PAID];
    expect(inFunnel({ events: series }, 'series.0.properties')).toEqual([written]);
  });

  const pro = leaf({ operator: 'exact', value: 'pro' });
  const team = leaf({ operator: 'exact', value: 'team' });

  test.each<[title: string, sent: Json, written: Json]>([
    ['a flat list stays one', [pro, team], [pro, team]],
    [
      'a group of filters gets a group around it',
      { type: 'OR', values: [pro, team] },
      { type: 'AND', values: [{ type: 'OR', values: [pro, team] }] },
    ],
    [
      'a group of groups stays one',
      {
        type: 'OR',
        values: [
          { type: 'AND', values: [pro] },
          { type: 'OR', values: [pro, team] },
        ],
      },
      {
        type: 'OR',
        values: [
          { type: 'AND', values: [pro] },
          { type: 'OR', values: [pro, team] },
        ],
      },
    ],
    [
      'deeper groups stay as deep',
      { type: 'AND', values: [{ type: 'OR', values: [{ type: 'AND', values: [pro, team] }] }] },
      { type: 'AND', values: [{ type: 'OR', values: [{ type: 'AND', values: [pro, team] }] }] },
    ],
  ])('Filters of an insight keep their meaning: %s', (_, sent, written) => {
    expect(inTrends({ properties: sent }, 'properties')).toEqual(written);
  });
});

describe('Series', () => {
  test.each<[title: string, args: JsonObject, series: Json]>([
    [
      'an event and an action, by their order',
      { events: [{ ...SIGNED_UP, order: 2 }], actions: [ACTION] },
      [
        { kind: 'ActionsNode', id: 12 },
        { kind: 'EventsNode', event: 'signed up' },
      ],
    ],
    [
      'those without an order first',
      {
        events: [
          { ...SIGNED_UP, order: 1 },
          { id: 'paid', type: 'events' },
        ],
      },
      [
        { kind: 'EventsNode', event: 'paid' },
        { kind: 'EventsNode', event: 'signed up' },
      ],
    ],
    [
      'one of order 0 and one without an order as they were sent',
      { events: [SIGNED_UP, { id: 'paid', type: 'events' }] },
      [
        { kind: 'EventsNode', event: 'signed up' },
        { kind: 'EventsNode', event: 'paid' },
      ],
    ],
    [
      'an action before an event where no order tells which is first',
      { events: [{ id: 'paid', type: 'events' }], actions: [{ id: 12, type: 'actions' }] },
      [
        { kind: 'ActionsNode', id: 12 },
        { kind: 'EventsNode', event: 'paid' },
      ],
    ],
    [
      'those of one order as they were sent',
      { events: [{ ...PAID, order: 0 }, SIGNED_UP] },
      [
        { kind: 'EventsNode', event: 'paid' },
        { kind: 'EventsNode', event: 'signed up' },
      ],
    ],
    [
      'any event',
      { events: [{ id: null, type: 'events', order: 0 }, PAID] },
      [
        { kind: 'EventsNode', event: null },
        { kind: 'EventsNode', event: 'paid' },
      ],
    ],
    [
      'a number as the name of an event, and digits as the number of an action',
      { events: [{ id: 7, type: 'events', order: 0 }], actions: [{ id: '12', type: 'actions', order: 1 }] },
      [
        { kind: 'EventsNode', event: '7' },
        { kind: 'ActionsNode', id: 12 },
      ],
    ],
    [
      'nothing of names for display',
      { events: [{ ...SIGNED_UP, name: 'a', custom_name: 'b' }, PAID] },
      [
        { kind: 'EventsNode', event: 'signed up' },
        { kind: 'EventsNode', event: 'paid' },
      ],
    ],
    [
      'of the counts of a funnel only the first time',
      {
        events: [
          { ...SIGNED_UP, math: 'first_time_for_user' },
          { ...PAID, math: 'sum', math_property: 'price' },
          { ...VIEWED, math: 'first_time_for_user_with_filters' },
        ],
      },
      [
        { kind: 'EventsNode', event: 'signed up', math: 'first_time_for_user' },
        { kind: 'EventsNode', event: 'paid' },
        { kind: 'EventsNode', event: '$pageview', math: 'first_time_for_user_with_filters' },
      ],
    ],
  ])('The steps of a funnel are %s', (_, args, series) => {
    expect(inFunnel(args, 'series')).toEqual(series);
  });
});
