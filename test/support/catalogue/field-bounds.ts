/** Every field of the catalogue: values at its bounds, and values just beyond. */
import type { Json } from '../../../src/core/json.ts';
import { UUID } from './operations.ts';

const json = (value: unknown) => JSON.stringify(value);
const chars = (count: number, char = 'x') => char.repeat(count);
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
const ids = (count: number) => Array.from({ length: count }, (_, i) => `id-${i}`);

const words = (taken: readonly string[]) => [taken, ['', 'nonsense', taken[0]?.toUpperCase() ?? '']] as const;
const whole = (min: number, max: number) =>
  [
    [`${min}`, `${max}`],
    [
      'ten',
      '',
      'NaN',
      'Infinity',
      '0x10',
      'null',
      'true',
      '[1]',
      '1e1',
      '1.0',
      '+1',
      '01',
      ' 1',
      '1 ',
    ].concat(`${min - 1}`, `${max + 1}`, `${min}.5`),
  ] as const;
/** Refused, but for what the field takes as left out (`client-shapes.test.ts`). */
const but = (
  [taken, refused]: readonly [readonly string[], readonly string[]],
  ...leftOut: readonly string[]
) => [taken, refused.filter((value) => !leftOut.includes(value))] as const;
const text = (max: number) =>
  [
    ['x', chars(max), 'ü🦔', ' ', '0', 'null', '{"a":1}'],
    ['', chars(max + 1), 'a\u0000b', '\ud800'],
  ] as const;
const MATH = ['total', 'dau', 'avg', 'p99', 'first_time_for_user_with_filters'];
const MOMENTS = [
  ['-7d', '-24h', '7d', '-1mStart', 'dStart', 'mEnd', 'all', '2026-01-01', '2026-01-01T10:00:00Z'],
  ['', 'yesterday', '-7x', '-12345d', '2026-1-1', "2026-01-01'", '2026-01-01T', chars(41)],
] as const;
const ENTITY = { id: 'a', type: 'events' };
const names = [
  [json(['a']), json(ids(30))],
  ['[]', json(ids(31)), 'a', '["a",1]', json([chars(401)])],
] as const;

type Field = readonly [operation: string, name: string, taken: readonly string[], refused: readonly string[]];

/** As query texts. */
export const QUERY_FIELDS: readonly Field[] = [
  ['persons_list', 'limit', ...but(whole(1, 1000), '', '0')],
  ['persons_list', 'offset', ...but(whole(0, 10_000_000), '')],
  ['persons_list', 'search', ...but(text(200), '')],
  ['persons_list', 'email', ...text(254)],
  ['persons_list', 'distinct_id', ...text(400)],
  ['persons_list', 'include_total', ['true', 'false', ''], ['1', '"true"', 'null']],
  ['persons_activity', 'limit', ...but(whole(1, 1000), '', '0')],
  ['persons_activity', 'page', ...whole(1, 10_000_000)],
  ['persons_person_activity', 'page', ...whole(1, 10_000_000)],
  [
    'persons_cohorts',
    'person_id',
    ['1', '999999999999999', UUID, UUID.toUpperCase()],
    ['0', '01', '-1', '1000000000000000', 'ada', '', `${UUID}0`, UUID.replaceAll('-', '')],
  ],
  ['persons_values', 'key', ...text(400)],
  ['persons_values', 'value', ...but(text(200), '')],
  ['persons_deletion_status', 'status', ...words(['pending', 'completed', 'all'])],
  ['persons_deletion_status', 'person_uuid', [UUID], ['5', '', `{${UUID}}`]],
  [
    'persons_properties_at_time',
    'timestamp',
    ['2026-01-06T00:00:00Z', '2026-01-06T00:00:00.123+05:30'],
    ['2026-01-06', '2026-01-06T00:00:00', '2026-13-06T00:00:00Z', '1767657600', ''],
  ],
  ['persons_properties_at_time', 'include_set_once', ['true', 'false'], ['', '0']],
  ['persons_funnel', 'funnel_step', ['1', '100', '-2', '-100'], ['0', '-1', '101', '-101', '1.5', 'one', '']],
  ['persons_funnel', 'funnel_custom_steps', ['[1]', '[1,100]'], ['[]', '[0]', '[101]', '1', '["1"]']],
  ['persons_funnel', 'funnel_window_days', ...whole(1, 3650)],
  ['persons_funnel', 'funnel_window_interval', ...whole(1, 3650)],
  ['persons_funnel', 'funnel_window_interval_unit', ...words(['second', 'month'])],
  ['persons_funnel', 'funnel_order_type', ...words(['ordered', 'strict', 'unordered'])],
  ['persons_funnel', 'funnel_viz_type', ...words(['steps', 'time_to_convert', 'trends'])],
  ['persons_funnel', 'funnel_from_step', ...whole(0, 100)],
  ['persons_funnel', 'funnel_to_step', ...whole(0, 100)],
  ['persons_funnel', 'entrance_period_start', ...MOMENTS],
  ['persons_funnel', 'drop_off', ['true', 'false'], ['yes']],
  [
    'persons_funnel',
    'exclusions',
    [json([ENTITY]), json([{ ...ENTITY, funnel_from_step: 0 }])],
    ['{}', json(times(31, ENTITY))],
  ],
  ['persons_funnel', 'breakdown', ['plan', '5', '["a","b"]'], ['', '[]', json(ids(11)), '[[1]]']],
  ['persons_funnel', 'breakdown_type', ...words(['event', 'person'])],
  ['persons_funnel', 'breakdown_limit', ...whole(1, 1000)],
  ['persons_funnel', 'breakdown_attribution_type', ...words(['first_touch', 'step'])],
  ['persons_funnel', 'breakdown_attribution_value', ...whole(0, 100)],
  ['persons_funnel_correlation', 'funnel_correlation_type', ...words(['events', 'properties'])],
  ['persons_funnel_correlation', 'funnel_correlation_names', ...names],
  ['persons_funnel_correlation', 'funnel_correlation_exclude_names', ...names],
  ['persons_funnel_correlation', 'funnel_correlation_event_names', ...names],
  ['persons_funnel_correlation', 'funnel_correlation_exclude_event_names', ...names],
  ['persons_funnel_correlation', 'funnel_correlation_event_exclude_property_names', ...names],
  ['persons_funnel_correlation', 'funnel_correlation_person_entity', [json(ENTITY)], ['a', '[]', '{}']],
  ['persons_funnel_correlation', 'funnel_correlation_person_limit', ...but(whole(1, 1000), '', '0')],
  ['persons_funnel_correlation', 'funnel_correlation_person_offset', ...but(whole(0, 10_000_000), '')],
  ['persons_lifecycle', 'lifecycle_type', ...words(['new', 'returning', 'resurrecting', 'dormant'])],
  ['persons_lifecycle', 'target_date', ['2026-01-05', '2026-01-05T10:00:00Z'], ['-7d', '5.1.2026', '']],
  ['persons_stickiness', 'stickiness_days', ...whole(1, 1000)],
  ['persons_trends', 'events', [json([ENTITY]), json(times(30, ENTITY))], ['[]', json(times(31, ENTITY))]],
  ['persons_trends', 'actions', [json([{ id: 5, type: 'actions', math: 'dau' }])], ['[5]', '5']],
  ['persons_trends', 'date_from', ...MOMENTS],
  ['persons_trends', 'date_to', ...MOMENTS],
  ['persons_trends', 'interval', ...words(['minute', 'hour', 'day', 'week', 'month'])],
  ['persons_trends', 'sampling_factor', ['0.1', '1', '1.0'], ['0', '-0.1', '1.01', 'half']],
  ['persons_trends', 'insight', ['FUNNELS', 'TRENDS', 'LIFECYCLE', 'STICKINESS'], ['', 'SQL', 'trends']],
  ['persons_trends', 'entity_math', ...words(MATH)],
  ['persons_trends', 'entity_type', ...words(['events', 'actions'])],
  ['persons_trends', 'entity_order', ...whole(0, 100)],
  ['persons_trends', 'shown_as', ['Stickiness'], ['', chars(41)]],
  ['persons_properties_timeline', 'explicit_date', ['true'], ['1']],
];

/** As JSON values. */
export const BODY_FIELDS: readonly (readonly [string, string, readonly Json[], readonly Json[]])[] = [
  [
    'persons_batch_by_distinct_ids',
    'distinct_ids',
    [['a'], ids(200), []],
    [ids(201), 'a', [''], [chars(401)], [1], null],
  ],
  ['persons_batch_by_uuids', 'uuids', [[UUID], times(200, UUID), []], [times(201, UUID), ['x'], UUID, [5]]],
  [
    'persons_update',
    'properties',
    [{ a: null }, { [chars(400)]: { b: [1, 'x', false] } }],
    [{}, [], 'a', null, { '': 1 }, { [chars(401)]: 1 }],
  ],
  ['persons_update_property', 'key', ['plan', chars(400)], ['', chars(401), 5, null, ['a']]],
  ['persons_update_property', 'value', [null, false, 0, '', 'x', [1], { a: {} }], []],
  ['persons_delete_property', '$unset', ['plan', chars(400)], ['', chars(401), ['plan'], null]],
  ['persons_split', 'main_distinct_id', ['a', chars(400)], ['', chars(401), 5]],
  ['persons_reset_distinct_id', 'distinct_id', ['a', chars(400)], ['', chars(401), 5, null, ['a']]],
  [
    'persons_bulk_delete',
    'ids',
    [[UUID], times(1000, UUID)],
    [[], times(1001, UUID), ['123'], [123], UUID, '["a"]'],
  ],
];
