/** Filters that generation A of PostHog would drop or misread are refused there, wherever they stand. */
import { describe, expect, test } from 'vitest';
import { checkNewerFilters } from '../../src/catalogue/generation-lacks.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { ask, type Asked } from '../support/catalogue/operations.ts';

const leaf = { key: 'seats', type: 'person' };
const step = (properties: Json) => ({ id: 'paid', type: 'events', properties });
const group = (...values: Json[]) => ({ type: 'AND', values });

const several = (operator: string): JsonObject => ({
  key: 'seats',
  type: 'person',
  operator,
  value: ['a', 'b'],
});

const NEWER: JsonObject[] = [
  several('icontains'),
  several('not_icontains'),
  several('regex'),
  several('not_regex'),
  several('icontains_multi'),
  several('not_icontains_multi'),
  { ...leaf, operator: 'between', value: [1, 2] },
  { ...leaf, operator: 'not_between', value: ['1', '2'] },
];
const OLDER: JsonObject[] = [
  { ...leaf, operator: 'exact', value: ['a', 'b'] },
  { ...leaf, operator: 'in', value: ['a', 'b'] },
  { ...leaf, operator: 'not_in', value: ['a'] },
  { ...leaf, operator: 'icontains', value: ['a'] },
  { ...leaf, operator: 'icontains_multi', value: ['a'] },
  { ...leaf, operator: 'is_set' },
];

const inQuery = (args: JsonObject): Asked => ({
  query: Object.fromEntries(Object.entries(args).map(([name, value]) => [name, JSON.stringify(value)])),
});

/** Every place in which a filter can stand. */
const places = (filter: Json): [id: string, asked: Asked, attr: string][] => {
  const plain = { ...leaf, operator: 'exact', value: 'a' };
  return [
    ['persons_list', inQuery({ properties: [plain, filter] }), 'properties'],
    ['persons_trends', inQuery({ properties: [filter] }), 'properties'],
    ['persons_funnel', inQuery({ properties: group(group(plain), group(filter)) }), 'properties'],
    ['persons_funnel', { method: 'POST', body: { events: [step([plain]), step([filter])] } }, 'events'],
    ['persons_funnel', inQuery({ exclusions: [step([filter])] }), 'exclusions'],
    [
      'persons_funnel_correlation',
      inQuery({ funnel_correlation_person_entity: step([filter]) }),
      'funnel_correlation_person_entity',
    ],
    [
      'persons_funnel_correlation',
      inQuery({ funnel_correlation_property_values: [filter] }),
      'funnel_correlation_property_values',
    ],
  ];
};

function checked(id: string, asked: Asked, generation: 'A' | 'B' | 'C'): unknown {
  const call = ask(id, asked);
  if (!call.ok) throw new Error(JSON.stringify(call.failure));
  const failure = checkNewerFilters(call.value, generation);
  return failure === null ? null : [failure.code, failure.attr];
}

describe('Filters that are newer than generation A', () => {
  test.each(NEWER)('The filter %j is refused by generation A in every place, and by no other', (filter) => {
    for (const [id, asked, attr] of places(filter)) {
      expect(checked(id, asked, 'A'), `${id} ${attr}`).toEqual(['generation_lacks', attr]);
      expect(checked(id, asked, 'B')).toBeNull();
      expect(checked(id, asked, 'C')).toBeNull();
    }
  });

  test.each(OLDER)('The filter %j, which generation A knows, is refused by none', (filter) => {
    for (const [id, asked] of places(filter)) expect(checked(id, asked, 'A')).toBeNull();
  });

  test('A property of a person that looks like a filter is no filter', () => {
    const [filter = {}] = NEWER;
    for (const properties of [filter, { list: [filter] }]) {
      expect(checked('persons_update', { body: { properties } }, 'A')).toBeNull();
    }
    expect(isJsonObject(filter)).toBe(true);
  });
});
