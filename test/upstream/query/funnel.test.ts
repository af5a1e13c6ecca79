/** Funnels and correlations, row by row: the arguments as a client sends them, and the members of the query. */
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { at, documentFrom, PAID, SIGNED_UP, sourceFor, VIEWED } from '../../support/upstream/query.ts';

const THREE = { events: [SIGNED_UP, PAID, VIEWED] };
const TREND = { funnel_viz_type: 'trends', entrance_period_start: '2026-01-05', drop_off: false };
const TEAM = { key: 'plan', type: 'person', operator: 'exact', value: 'team' };
const PRO = { key: 'plan', type: 'person', operator: 'exact', value: 'pro' };

const BY_PROPERTIES = {
  events: [SIGNED_UP, PAID],
  funnel_correlation_type: 'properties',
  funnel_correlation_property_values: [PRO],
  funnel_correlation_person_converted: 'true',
};

type Row = [title: string, args: JsonObject, path: string, expected: Json | undefined];

describe('Funnels', () => {
  test.each<Row>([
    ['who reached the first step, where nothing is said', {}, 'funnelStep', 1],
    ['who reached step 3', { funnel_step: 3 }, 'funnelStep', 3],
    ['who did step 1 and not 2', { funnel_step: -2 }, 'funnelStep', -2],
    ['who did the last but one and not the last', { funnel_step: -3 }, 'funnelStep', -3],
    ['all steps from the second on', { funnel_custom_steps: [3, 2] }, 'funnelStep', 2],
    ['the last step of a list', { funnel_custom_steps: [3] }, 'funnelStep', 3],
    ['no breakdown without a value', { breakdown: '$os' }, 'source.breakdownFilter', undefined],
    ['no value without a breakdown', {}, 'funnelStepBreakdown', undefined],
    [
      'a value of a breakdown, as a list',
      { breakdown: '$os', funnel_step_breakdown: 'Linux' },
      'funnelStepBreakdown',
      ['Linux'],
    ],
    [
      'a breakdown, of an event property unless said otherwise',
      { breakdown: ['$os'], funnel_step_breakdown: ['Linux'] },
      'source.breakdownFilter',
      { breakdown: '$os', breakdown_type: 'event' },
    ],
    [
      'a breakdown by a person property',
      { breakdown: 'plan', breakdown_type: 'person', breakdown_limit: 5, funnel_step_breakdown: 'pro' },
      'source.breakdownFilter',
      { breakdown: 'plan', breakdown_type: 'person', breakdown_limit: 5 },
    ],
    [
      'the first event that has the value, where nothing is said',
      { breakdown: '$os', funnel_step_breakdown: 'Linux' },
      'source.funnelsFilter.breakdownAttributionType',
      'first_touch',
    ],
    [
      'the step whose event has the value',
      {
        breakdown: '$os',
        funnel_step_breakdown: 'Linux',
        breakdown_attribution_type: 'step',
        breakdown_attribution_value: 2,
      },
      'source.funnelsFilter.breakdownAttributionValue',
      2,
    ],
    ['14 days, where nothing is said', {}, 'source.funnelsFilter.funnelWindowInterval', 14],
    ['a window of days', { funnel_window_days: 7 }, 'source.funnelsFilter.funnelWindowInterval', 7],
    [
      'a window of 7 days in both spellings',
      { funnel_window_days: 7, funnel_window_interval: 7, funnel_window_interval_unit: 'day' },
      'source.funnelsFilter.funnelWindowInterval',
      7,
    ],
    [
      'a window in hours',
      { funnel_window_interval: 3, funnel_window_interval_unit: 'hour' },
      'source.funnelsFilter.funnelWindowIntervalUnit',
      'hour',
    ],
    [
      'steps in any order',
      { funnel_order_type: 'unordered' },
      'source.funnelsFilter.funnelOrderType',
      'unordered',
    ],
    [
      'steps that follow at once',
      { funnel_order_type: 'strict' },
      'source.funnelsFilter.funnelOrderType',
      'strict',
    ],
    [
      'an exclusion between steps',
      {
        exclusions: [
          { id: 'left', type: 'events', funnel_from_step: 1, funnel_to_step: 2, properties: [PRO] },
        ],
      },
      'source.funnelsFilter.exclusions',
      [{ kind: 'EventsNode', event: 'left', properties: [PRO], funnelFromStep: 1, funnelToStep: 2 }],
    ],
    [
      'an exclusion of the whole funnel, where nothing is said',
      { exclusions: [{ id: 4, type: 'actions' }] },
      'source.funnelsFilter.exclusions',
      [{ kind: 'ActionsNode', id: 4, funnelFromStep: 0, funnelToStep: 2 }],
    ],
    [
      'nothing of the display',
      { funnel_viz_type: 'time_to_convert' },
      'source.funnelsFilter.funnelVizType',
      undefined,
    ],
    [
      'nothing of the pair of steps of a trend',
      { funnel_from_step: 1 },
      'source.funnelsFilter.funnelFromStep',
      undefined,
    ],
  ])('The query asks for %s', (_, args, path, expected) => {
    expect(at(sourceFor('persons_funnel', { ...THREE, ...args }), path)).toEqual(expected);
  });
});

describe('Points of the trend of a funnel', () => {
  test('A point is a day and whether the last step was reached, without a step', () => {
    const source = sourceFor('persons_funnel', { ...THREE, ...TREND });
    expect(source).toMatchObject({
      funnelTrendsEntrancePeriodStart: '2026-01-05 00:00:00',
      funnelTrendsDropOff: false,
      source: { interval: 'day', funnelsFilter: { funnelVizType: 'trends' } },
    });
    expect(source).not.toHaveProperty('funnelStep');
  });

  test.each<Row>([
    [
      'a day',
      { entrance_period_start: '2026-01-05' },
      'funnelTrendsEntrancePeriodStart',
      '2026-01-05 00:00:00',
    ],
    [
      'a week',
      { interval: 'week', entrance_period_start: '2026-01-04 00:00:00' },
      'funnelTrendsEntrancePeriodStart',
      '2026-01-04 00:00:00',
    ],
    [
      'a month',
      { interval: 'month', entrance_period_start: '2026-01-01T00:00:00' },
      'funnelTrendsEntrancePeriodStart',
      '2026-01-01 00:00:00',
    ],
    [
      'an hour',
      { interval: 'hour', entrance_period_start: '2026-01-05 13:00' },
      'funnelTrendsEntrancePeriodStart',
      '2026-01-05 13:00:00',
    ],
    ['who dropped off', { drop_off: true }, 'funnelTrendsDropOff', true],
    ['the step it counts from', { funnel_from_step: 1 }, 'source.funnelsFilter.funnelFromStep', 1],
    ['the step it counts to', { funnel_to_step: 1 }, 'source.funnelsFilter.funnelToStep', 1],
  ])('A point may be of %s', (_, args, path, expected) => {
    expect(at(sourceFor('persons_funnel', { ...THREE, ...TREND, ...args }), path)).toEqual(expected);
  });
});

describe('Correlations', () => {
  test.each<Row>([
    [
      'who converted',
      { funnel_correlation_person_converted: 'true' },
      'funnelCorrelationPersonConverted',
      true,
    ],
    [
      'who did not',
      { funnel_correlation_person_converted: 'false' },
      'funnelCorrelationPersonConverted',
      false,
    ],
    ['both, where nothing is said', {}, 'funnelCorrelationPersonConverted', undefined],
    [
      'an event and its properties',
      {
        funnel_correlation_type: 'event_with_properties',
        funnel_correlation_person_entity: { id: 'watched video', type: 'events', properties: [PRO] },
      },
      'funnelCorrelationPersonEntity',
      { kind: 'EventsNode', event: 'watched video', properties: [PRO] },
    ],
    [
      'the type of the correlation',
      { funnel_correlation_type: 'event_with_properties' },
      'source.funnelCorrelationType',
      'event_with_properties',
    ],
    ['the first step of the funnel, where nothing is said', {}, 'source.source.funnelStep', 1],
    ['the step that is named', { funnel_step: 2 }, 'source.source.funnelStep', 2],
    [
      'the window of the funnel',
      { funnel_window_days: 3 },
      'source.source.source.funnelsFilter.funnelWindowInterval',
      3,
    ],
    [
      'nothing of the lists of names, which change no person',
      {
        funnel_correlation_names: ['a'],
        funnel_correlation_exclude_names: ['b'],
        funnel_correlation_event_names: ['c'],
        funnel_correlation_exclude_event_names: ['d'],
        funnel_correlation_event_exclude_property_names: ['e'],
      },
      'source.funnelCorrelationNames',
      undefined,
    ],
  ])('The query asks for %s', (_, args, path, expected) => {
    expect(at(sourceFor('persons_funnel_correlation', args), path)).toEqual(expected);
  });

  test.each<[title: string, properties: Json, written: Json]>([
    ['a list stays one', [PRO], [PRO]],
    ['a group becomes a list', { type: 'AND', values: [PRO, TEAM] }, [PRO, TEAM]],
    [
      'groups of one and groups of all become a list',
      {
        type: 'AND',
        values: [
          { type: 'OR', values: [PRO] },
          { type: 'AND', values: [TEAM] },
        ],
      },
      [PRO, TEAM],
    ],
  ])('Filters of the funnel of a correlation by properties are one list: %s', (_, properties, written) => {
    const args = { ...BY_PROPERTIES, properties };
    const { source } = documentFrom('persons_funnel_correlation', { args });
    expect(source).toMatchObject({
      funnelCorrelationPersonConverted: true,
      funnelCorrelationPropertyValues: [PRO],
      source: { funnelCorrelationType: 'properties' },
    });
    expect(source).not.toHaveProperty('funnelCorrelationPersonEntity');
    expect(at(source, 'source.source.source.properties')).toEqual(written);
  });
});
