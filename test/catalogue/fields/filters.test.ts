/** Property filters: PostHog drops an element it cannot build and answers as if it had not been there. Here none is lost. */
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../src/core/json.ts';
import { forwarded, refusal } from '../../support/catalogue/operations.ts';

const leaf = { key: 'plan', type: 'person', operator: 'exact', value: 'pro' } as const;
const group = (type: string, ...values: unknown[]) => ({ type, values });

const sentBy = (id: string, properties: unknown): unknown => {
  const query = forwarded(id, { query: { properties: JSON.stringify(properties) } }).query;
  return parseJson(Object.fromEntries(query)['properties'] ?? '');
};
const refused = (id: string, properties: unknown) =>
  refusal(id, { query: { properties: JSON.stringify(properties) } });

describe('Filters', () => {
  test.each(['persons_list', 'persons_trends'])(
    'A filter of %s is sent whole, always with its operator, and without what PostHog does not read',
    (id) => {
      const { operator: _, ...short } = leaf;
      expect(sentBy(id, [leaf, short, { ...short, negation: false, label: 'Plan' }])).toEqual([
        leaf,
        leaf,
        leaf,
      ]);
      expect(sentBy(id, [{ ...short, operator: null, negation: null, label: null }])).toEqual([leaf]);
    },
  );

  test.each([
    ['no key', { ...leaf, key: undefined }, 'key'],
    ['an empty key', { ...leaf, key: '' }, 'key'],
    ['a key that is no text', { ...leaf, key: 5 }, 'key'],
    ['no type, which PostHog would take for an event', { ...leaf, type: undefined }, 'type'],
    ['free SQL', { ...leaf, type: 'hogql' }, 'type'],
    ['a cohort', { ...leaf, type: 'cohort' }, 'type'],
    ['a group of another kind', { ...leaf, type: 'group' }, 'type'],
    ['a session', { ...leaf, type: 'session' }, 'type'],
    ['a warehouse', { ...leaf, type: 'data_warehouse' }, 'type'],
    ['an operator nobody documented', { ...leaf, operator: 'semver_eq' }, 'operator'],
    ['an operator in capitals', { ...leaf, operator: 'EXACT' }, 'operator'],
    ['no value', { ...leaf, value: undefined }, 'value'],
    ['a null value', { ...leaf, value: null }, 'value'],
    ['an empty value', { ...leaf, value: '' }, 'value'],
    ['an empty list of values', { ...leaf, value: [] }, 'value'],
    ['an object for a value', { ...leaf, value: {} }, 'value'],
    ['a null among values', { ...leaf, value: ['a', null] }, 'value[1]'],
    ['a list within values', { ...leaf, value: [['a']] }, 'value[0]'],
    ['a negation', { ...leaf, negation: true }, 'negation'],
    ['a negation that is text', { ...leaf, negation: 'false' }, 'negation'],
    ['a member of another filter', { ...leaf, group_type_index: 0 }, 'group_type_index'],
  ])('A filter with %s is refused, and its place named', (_, filter, where) => {
    for (const id of ['persons_list', 'persons_trends']) {
      const { code, attr } = refused(id, [leaf, filter]);
      expect({ code, attr }).toEqual({ code: 'parameter_invalid', attr: `properties[1].${where}` });
    }
  });

  test('A filter of an event belongs to insights, never to a list of persons', () => {
    const event = { ...leaf, type: 'event' };
    expect(sentBy('persons_trends', [event])).toEqual([event]);
    expect(refused('persons_list', [event]).attr).toBe('properties[0].type');
  });

  test.each(['a', 5, 0, -1.5, true, false, 'x'.repeat(4000)])('A filter takes the value %j', (value) => {
    expect(sentBy('persons_list', [{ ...leaf, value }])).toEqual([{ ...leaf, value }]);
  });

  test('A filter takes no text longer than 4000 characters and no more than 1000 values', () => {
    expect(refused('persons_list', [{ ...leaf, value: 'x'.repeat(4001) }]).attr).toBe('properties[0].value');
    const values = Array.from({ length: 1001 }, (_, i) => i);
    expect(refused('persons_list', [{ ...leaf, value: values }]).attr).toBe('properties[0].value');
    expect(sentBy('persons_list', [{ ...leaf, value: values.slice(1) }])).toHaveLength(1);
  });
});

describe('Operators', () => {
  const searching = ['icontains', 'not_icontains', 'regex', 'not_regex'];
  const single = ['gt', 'gte', 'lt', 'lte'];
  const dates = ['is_date_exact', 'is_date_after', 'is_date_before'];

  test.each(['exact', 'is_not'])('The operator %s takes one value or several', (operator) => {
    for (const value of ['a', ['a'], ['a', 5, true]]) {
      expect(sentBy('persons_list', [{ ...leaf, operator, value }])).toEqual([{ ...leaf, operator, value }]);
    }
  });

  test.each(['persons_list', 'persons_trends'])(
    'The operators in and not_in of %s are sent as exact and is_not where they list one value, on which PostHog fails',
    (id) => {
      for (const [operator, plain] of [
        ['in', 'exact'],
        ['not_in', 'is_not'],
      ]) {
        for (const value of ['a', ['a']]) {
          expect(sentBy(id, [{ ...leaf, operator, value }])).toEqual([
            { ...leaf, operator: plain, value: 'a' },
          ]);
        }
        const several = [{ ...leaf, operator, value: ['a', 5, true] }];
        expect(sentBy(id, several)).toEqual(several);
      }
    },
  );

  test.each(searching)('The operator %s takes one value or several, and sends one as itself', (operator) => {
    for (const value of ['a', ['a']]) {
      expect(sentBy('persons_list', [{ ...leaf, operator, value }])).toEqual([
        { ...leaf, operator, value: 'a' },
      ]);
    }
    const several = [{ ...leaf, operator, value: ['a', 'b'] }];
    expect(sentBy('persons_list', several)).toEqual(several);
  });

  test.each([
    ['icontains_multi', 'icontains'],
    ['not_icontains_multi', 'not_icontains'],
  ])(
    'The operator %s is sent as %s, which means the same in every generation that has both',
    (operator, plain) => {
      for (const [value, sent] of [
        [
          ['a', 'b'],
          ['a', 'b'],
        ],
        [['a'], 'a'],
        ['a', 'a'],
      ]) {
        expect(sentBy('persons_list', [{ ...leaf, operator, value }])).toEqual([
          { ...leaf, operator: plain, value: sent },
        ]);
      }
    },
  );

  test.each(['between', 'not_between'])(
    'The operator %s takes two numbers, the smaller first',
    (operator) => {
      for (const value of [
        [1, 5],
        [-1.5, -1.5],
        ['7', '10'],
      ]) {
        const filters = [{ ...leaf, operator, value }];
        expect(sentBy('persons_list', filters)).toEqual(filters);
      }
      for (const value of [5, '5', [5], [5, 1], ['10', '7'], [1, 2, 3], ['a', 'b'], [true, false], ['', 1]]) {
        expect(refused('persons_list', [{ ...leaf, operator, value }]), JSON.stringify(value)).toMatchObject({
          code: 'parameter_invalid',
          attr: expect.stringMatching(/^properties\[0\]\.value/) as unknown,
        });
      }
    },
  );

  test.each([
    ['exact', 'is_not'],
    ['not_in', 'in'],
    ['icontains', 'not_icontains'],
    ['gt', 'lte'],
    ['is_set', 'is_not_set'],
  ])('The operator %s with a negation is refused, and %s is named in its place', (operator, opposite) => {
    expect(refused('persons_list', [{ ...leaf, operator, negation: true }]).detail).toBe(
      `properties[0].negation must be false or left out: PostHog does not read it. Use the operator ${opposite}.`,
    );
  });

  test.each([...single, ...dates])('The operator %s takes one value and no list', (operator) => {
    for (const value of ['a', ['a']]) {
      expect(sentBy('persons_list', [{ ...leaf, operator, value }])).toEqual([
        { ...leaf, operator, value: 'a' },
      ]);
    }
    expect(refused('persons_list', [{ ...leaf, operator, value: ['a', 'b'] }])).toMatchObject({
      attr: 'properties[0].value',
      detail: `properties[0].value must be one value with the operator ${operator}.`,
    });
  });

  test.each(['is_set', 'is_not_set'])(
    'The operator %s needs no value, and PostHog is sent its name for one',
    (operator) => {
      const { value: _, ...bare } = { ...leaf, operator };
      for (const given of [bare, { ...bare, value: 'anything' }, { ...bare, value: [1] }]) {
        expect(sentBy('persons_list', [given])).toEqual([{ ...bare, value: operator }]);
      }
    },
  );
});

const stepWith = (properties: unknown) => ({
  query: { events: JSON.stringify([{ id: 'a', type: 'events', properties }]) },
});

describe('Lists of filters', () => {
  test.each([
    ['an object of the old form', { plan: 'pro' }],
    ['a single filter without its list', leaf],
    ['text', 'plan'],
    ['a number', 5],
    ['a list of lists', [[leaf]]],
    ['a null in the list', [leaf, null]],
    ['101 of them', Array.from({ length: 101 }, () => leaf)],
  ])('A list of filters is not %s', (_, properties) => {
    for (const id of ['persons_list', 'persons_trends']) {
      const { code, attr } = refused(id, properties);
      expect(code).toBe('parameter_invalid');
      expect(attr).toMatch(/^properties/);
    }
  });

  test('A list of filters of persons is flat, because generation B understands no groups there', () => {
    expect(refused('persons_list', group('AND', leaf)).attr).toBe('properties');
  });

  test('A list of filters at a step of an insight is checked as strictly', () => {
    expect(forwarded('persons_trends', stepWith([leaf])).query[0]?.[1]).toContain('"operator":"exact"');
    expect(refusal('persons_trends', stepWith([{ ...leaf, type: 'hogql' }])).attr).toBe(
      'events[0].properties[0].type',
    );
  });
});

describe('Groups of filters', () => {
  test.each([
    ['one group', group('AND', leaf, leaf)],
    [
      'groups in a group',
      group('OR', group('AND', leaf), group('OR', group('AND', leaf), group('OR', leaf))),
    ],
  ])('Groups of filters are sent as they are: %s', (_, properties) => {
    expect(sentBy('persons_funnel', properties)).toEqual(properties);
  });

  test.each([
    ['filters and groups mixed', group('AND', group('OR', leaf), leaf), /^properties\.values/],
    ['groups and filters mixed', group('AND', leaf, group('OR', leaf)), /^properties\.values/],
    ['no values', group('AND'), /^properties\.values$/],
    ['no values further in', group('AND', group('OR')), /^properties\.values\[0\]/],
    ['another word than AND and OR', group('NOT', leaf), /^properties\.type$/],
    ['a word in small letters', group('and', leaf), /^properties\.type$/],
    ['a member nobody knows', { ...group('AND', leaf), negation: true }, /^properties\.negation$/],
    ['a cohort deep inside', group('AND', group('OR', { ...leaf, type: 'cohort' })), /values\[0\]/],
  ])('Groups of filters are refused with %s', (_, properties, attr) => {
    const failure = refused('persons_funnel', properties);
    expect(failure.code).toBe('parameter_invalid');
    expect(failure.attr).toMatch(attr);
  });

  test('Groups of filters are bounded in depth before anything recursive sees them', () => {
    const nested = (depth: number): unknown => (depth === 0 ? leaf : group('AND', nested(depth - 1)));
    expect(sentBy('persons_funnel', nested(9))).toEqual(nested(9));
    expect(refused('persons_funnel', nested(400))).toMatchObject({
      code: 'parameter_invalid',
      attr: 'properties',
      detail: 'properties is nested deeper than 20 levels.',
    });
  });
});

describe('JSON in a parameter', () => {
  test.each([
    ['a member named twice', '[{"key":"a","key":"b","type":"person","value":1}]'],
    ['a member named twice, once by an escape', '[{"key":"a","k\\u0065y":"b","type":"person","value":1}]'],
    ['a number that would lose digits', '[{"key":"a","type":"person","value":9007199254740993}]'],
  ])('JSON in a parameter is read as strictly as a body: %s is refused', (_, properties) => {
    expect(refusal('persons_list', { query: { properties } })).toMatchObject({
      code: 'parameter_invalid',
      attr: 'properties',
    });
  });

  test('JSON in a parameter with a number beyond every number is refused', () => {
    const properties = '[{"key":"a","type":"person","value":1e999}]';
    expect(refusal('persons_list', { query: { properties } }).attr).toBe('properties');
  });
});
