/** Mistakes a client can make, as data: what is sent, and what it gets. */
import type { FailureCode } from '../../src/core/failure.ts';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';

/** Names that mean something to PostHog and must never get there (PostHog contract §3). */
export const DANGEROUS = [
  'personal_api_key',
  'token',
  'api_key',
  'project_id',
  'secret_api_key',
  'sharing_access_token',
  'refresh',
  'cache_invalidation_key',
  'admin_include_all',
  '$token',
  'constructor',
  '__proto__',
] as const;

const many = (count: number) =>
  Array.from({ length: count }, (_, i) => `0190c0de-0001-7000-8000-${String(i).padStart(12, '0')}`);

const ids = [ADA.uuid, BEN.uuid];

/** Bodies of a bulk delete. */
export const BULK_MISTAKES: [string, unknown, FailureCode, string | null][] = [
  ['both lists', { ids, distinct_ids: ['ada@acme.test'] }, 'input_conflict', 'distinct_ids'],
  ['no list', {}, 'field_invalid', 'ids'],
  ['only flags', { delete_events: true }, 'field_invalid', 'ids'],
  ['an empty list', { ids: [] }, 'field_invalid', 'ids'],
  ['an empty list of distinct ids', { distinct_ids: [] }, 'field_invalid', 'ids'],
  ['both lists, both empty', { ids: [], distinct_ids: [] }, 'field_invalid', 'ids'],
  ['1001 ids', { ids: many(1001) }, 'field_invalid', 'ids'],
  ['1001 distinct ids', { distinct_ids: many(1001) }, 'field_invalid', 'distinct_ids'],
  ['a number for an id', { ids: [100_001] }, 'field_invalid', 'ids[0]'],
  ['an id that is no UUID', { ids: [ADA.uuid, '100001'] }, 'field_invalid', 'ids[1]'],
  ['a UUID in braces', { ids: [`{${ADA.uuid}}`] }, 'field_invalid', 'ids[0]'],
  ['a UUID without dashes', { ids: [ADA.uuid.replaceAll('-', '')] }, 'field_invalid', 'ids[0]'],
  ['null among ids', { ids: [null] }, 'field_invalid', 'ids[0]'],
  ['a list in the list', { ids: [[ADA.uuid]] }, 'field_invalid', 'ids[0]'],
  ['one id without a list', { ids: ADA.uuid }, 'field_invalid', 'ids'],
  ['an object for a list', { ids: { 0: ADA.uuid } }, 'field_invalid', 'ids'],
  ['null for a list', { ids: null }, 'field_invalid', 'ids'],
  ['an empty distinct id', { distinct_ids: [''] }, 'field_invalid', 'distinct_ids[0]'],
  [
    'a distinct id of 401 characters',
    { distinct_ids: ['x'.repeat(401)] },
    'field_invalid',
    'distinct_ids[0]',
  ],
  ['NUL in a distinct id', { distinct_ids: ['a\u0000b'] }, 'field_invalid', 'distinct_ids[0]'],
  ['a number for a distinct id', { distinct_ids: [7] }, 'field_invalid', 'distinct_ids[0]'],
  ['"false" for a flag', { ids, delete_events: 'false' }, 'field_invalid', 'delete_events'],
  ['"true" for a flag', { ids, delete_recordings: 'true' }, 'field_invalid', 'delete_recordings'],
  ['1 for a flag', { ids, keep_person: 1 }, 'field_invalid', 'keep_person'],
  ['an empty list for a flag', { ids, delete_events: [] }, 'field_invalid', 'delete_events'],
  ['the field the documentation of PostHog invents', { ids, properties: {} }, 'field_unknown', 'properties'],
  ['another case of a name', { IDS: ids }, 'field_unknown', 'IDS'],
  ['a list for the body', [ADA.uuid], 'body_invalid', null],
  ['a text for the body', ADA.uuid, 'body_invalid', null],
  ['null for the body', null, 'body_invalid', null],
  ['true for the body', true, 'body_invalid', null],
];

const leaf = { key: 'plan', type: 'person', operator: 'exact', value: 'pro' };
const without = (name: string) =>
  Object.fromEntries(Object.entries(leaf).filter(([other]) => other !== name));

export const FILTER_MISTAKES: [string, unknown][] = [
  ['a filter without a type', [without('type')]],
  ['a filter without a value', [without('value')]],
  ['a filter without a key', [without('key')]],
  ['an empty value list', [{ ...leaf, value: [] }]],
  ['a null value', [{ ...leaf, value: null }]],
  ['a value with structure', [{ ...leaf, value: { $gt: 1 } }]],
  ['a list of values for a comparison', [{ ...leaf, operator: 'gt', value: ['a', 'b'] }]],
  ['a negation', [{ ...leaf, negation: true }]],
  ['a range that is upside down', [{ ...leaf, operator: 'between', value: [5, 1] }]],
  ['an operator nobody knows', [{ ...leaf, operator: 'sounds_like' }]],
  ['an operator of the query engine', [{ ...leaf, operator: 'flag_evaluates_to' }]],
  ['SQL', [{ key: "properties.email like '%' or 1=1", type: 'hogql', value: 1 }]],
  ['a cohort', [{ key: 'id', type: 'cohort', value: 11 }]],
  ['a group', [{ ...leaf, type: 'group', group_type_index: 0 }]],
  ['an event', [{ ...leaf, type: 'event' }]],
  ['a session', [{ ...leaf, type: 'session' }]],
  ['a type that is a list', [{ ...leaf, type: ['person'] }]],
  ['a member nobody knows', [{ ...leaf, group_type_index: 0 }]],
  ['one good and one broken filter', [leaf, { key: 'plan' }]],
  ['groups', { type: 'OR', values: [leaf] }],
  ['the old form', { email: 'ada@acme.test' }],
  ['a filter that is a text', ['plan=pro']],
  ['null', null],
  ['101 filters', Array.from({ length: 101 }, () => leaf)],
  ['an empty key', [{ ...leaf, key: '' }]],
];

export const INSIGHT_MISTAKES: [string, Record<string, unknown>][] = [
  // A list takes no groups and no events; a null in a body is no filter at all.
  ...FILTER_MISTAKES.filter(([name]) => !['groups', 'an event', 'null'].includes(name)).map(
    ([name, properties]): [string, Record<string, unknown>] => [name, { properties }],
  ),
  [
    'a group with groups and leaves',
    { properties: { type: 'AND', values: [leaf, { type: 'OR', values: [leaf] }] } },
  ],
  ['a group without values', { properties: { type: 'AND', values: [] } }],
  ['a group of another kind', { properties: { type: 'XOR', values: [leaf] } }],
  [
    'groups twelve deep',
    {
      properties: Array.from({ length: 12 }).reduce<unknown>((inner) => ({ type: 'AND', values: [inner] }), {
        type: 'AND',
        values: [leaf],
      }),
    },
  ],
  [
    'SQL in a step',
    { events: [{ id: 'paid', type: 'events', properties: [{ key: '1=1', type: 'hogql', value: 1 }] }] },
  ],
  [
    'a cohort in a step',
    { events: [{ id: 'paid', type: 'events', properties: [{ key: 'id', type: 'cohort', value: 11 }] }] },
  ],
  ['a broken filter in a step', { events: [{ id: 'paid', type: 'events', properties: [without('value')] }] }],
  [
    'a step that counts groups',
    { events: [{ id: 'paid', type: 'events', math: 'unique_group', math_group_type_index: 0 }] },
  ],
  [
    'a step that counts by SQL',
    { events: [{ id: 'paid', type: 'events', math: 'hogql', math_hogql: 'count()' }] },
  ],
  ['no steps', { events: [] }],
  ['a step without an id', { events: [{ type: 'events' }] }],
  ['groups for people', { aggregation_group_type_index: 0 }],
  ['recordings', { include_recordings: true }],
  ['a breakdown by SQL', { breakdown: 'properties.email', breakdown_type: 'hogql' }],
  ['a breakdown by cohorts', { breakdown: [11], breakdown_type: 'cohort' }],
  ['step zero', { funnel_step: 0 }],
  ['a limit beyond 1000', { limit: 1001 }],
];

/** Bodies of other operations, by path below a project's persons. */
export const BODY_MISTAKES: [string, string, unknown, FailureCode, string | null][] = [
  [
    '201 distinct ids to look up',
    'batch_by_distinct_ids',
    { distinct_ids: Array(201).fill('a') },
    'field_invalid',
    'distinct_ids',
  ],
  ['201 UUIDs to look up', 'batch_by_uuids', { uuids: Array(201).fill(ADA.uuid) }, 'field_invalid', 'uuids'],
  ['one bad UUID to look up', 'batch_by_uuids', { uuids: [ADA.uuid, 'x'] }, 'field_invalid', 'uuids[1]'],
  ['no look-up', 'batch_by_distinct_ids', { distinct_ids: null }, 'field_invalid', 'distinct_ids'],
  ['no distinct id to reset', 'reset_person_distinct_id', {}, 'field_invalid', 'distinct_id'],
  [
    'two ways to split',
    `${ADA.uuid}/split`,
    { main_distinct_id: 'a', distinct_ids_to_split: ['b'] },
    'field_invalid',
    'distinct_ids_to_split',
  ],
  [
    'nobody to split off',
    `${ADA.uuid}/split`,
    { distinct_ids_to_split: [] },
    'field_invalid',
    'distinct_ids_to_split',
  ],
  ['a property without a value', `${ADA.uuid}/update_property`, { key: 'plan' }, 'field_invalid', 'value'],
  ['a value without a property', `${ADA.uuid}/update_property`, { value: 'pro' }, 'field_invalid', 'key'],
  [
    'several properties to remove',
    `${ADA.uuid}/delete_property`,
    { $unset: ['plan', 'ssn'] },
    'field_invalid',
    '$unset',
  ],
  [
    'a body where none is read',
    `${ADA.uuid}/delete_events`,
    { delete_events: true },
    'field_unknown',
    'delete_events',
  ],
];
