/** What a slice can be made of, who is in it, and what PostHog is sent for it. */
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/core/json.ts';
import { Narrowing, PropertyRule, TenantRecord } from '../../src/policy/grant.ts';
import {
  coversSlices,
  inSlice,
  parseSlice,
  sameSlices,
  sliceFilters,
  writeSlice,
  type Slice,
} from '../../src/policy/slice.ts';
import { WireSlice } from '../../src/policy/wire-slice.ts';

const ACME: Slice = { property: 'tenant_id', values: ['acme'] };

const messageOf = (slice: unknown): string => WireSlice.safeParse(slice).error?.message ?? 'accepted';

describe('Slice values', () => {
  test.each([
    ['a text', 'acme'],
    ['a text with digits', 't_42'],
    ['a UUID', '0190c0de-0001-7000-8000-000000000001'],
    ['a text of another script', 'мёд'],
    ['a text with a space inside', 'Acme Ltd'],
    ['a text that starts as a date does', '2026-01-01-acme'],
    ['a list of texts', ['acme', 'bolt']],
    ['a list of fifty', Array.from({ length: 50 }, (_, i) => `t_${i}`)],
  ])('A slice may have %s for its value', (_, value) => {
    expect(WireSlice.parse({ property: 'tenant_id', value }).value).toEqual(value);
  });

  test.each<[string, unknown, RegExp]>([
    ['a number', 7, /must be text.*PostHog/],
    ['a boolean', true, /must be text.*PostHog/],
    ['null', null, /must be text/],
    ['digits, which may equal a number', '007', /letter.*t_42/],
    ['a number with an exponent', '1e5', /read as a number/],
    ['a hexadecimal number', '0x1F', /read as a number/],
    ['NaN', 'NaN', /read as a number/],
    ['infinity', '-Infinity', /read as a number/],
    ['a boolean in words', 'True', /boolean/],
    ['a boolean in words, negative', 'FALSE', /boolean/],
    ['null in words', 'Null', /boolean/],
    ['a time', '2026-01-01T00:00:00Z', /a time/],
    ['JSON, which older filters read: a text', '"acme"', /JSON/],
    ['JSON, which older filters read: a list', '["acme","bolt"]', /JSON/],
    ['JSON, which older filters read: an object', '{"a":1}', /JSON/],
    ['nothing', '', /./],
    ['more than 200 characters', 'a'.repeat(201), /./],
    ['white space before', ' acme', /white space/],
    ['white space after', 'acme\u00a0', /white space/],
    ['NUL', 'ac\u0000me', /control/],
    ['half a character', 'acme\ud800', /well-formed/],
    ['an empty list', [], /./],
    ['a list of fifty-one', Array.from({ length: 51 }, (_, i) => `t_${i}`), /./],
    ['a list that says one thing twice', ['acme', 'acme'], /twice/],
    ['a list with a number in it', ['acme', 7], /must be text/],
    ['a list with digits in it', ['acme', '7'], /letter/],
    ['an object', { value: 'acme' }, /must be text/],
  ])('A slice may not have %s for its value, and the refusal says why', (_, value, why) => {
    expect(messageOf({ property: 'tenant_id', value })).toMatch(why);
  });

  test.each<[string, string, RegExp]>([
    ['without a name', '', /./],
    ['of more than 200 characters', 'a'.repeat(201), /./],
    ['that PostHog writes itself', '$geoip_country_code', /PostHog writes/],
    ['that is none', 'distinct_id', /distinct_id is none/],
    ['with white space around it', 'tenant_id ', /white space/],
    ['with NUL in it', 'tenant\u0000', /./],
  ])('A slice is not made of a property %s', (_, property, why) => {
    expect(messageOf({ property, value: 'acme' })).toMatch(why);
  });

  test('A slice takes no other members', () => {
    expect(WireSlice.safeParse({ property: 'tenant_id', value: 'acme', operator: 'is_not' }).success).toBe(
      false,
    );
  });
});

describe('Property rules', () => {
  test('A property rule names each property once, and hides distinct ids by one word', () => {
    expect(PropertyRule.safeParse({ hidden: ['a', 'b'], visible: [], distinct_ids: 'hidden' }).success).toBe(
      true,
    );
    expect(PropertyRule.safeParse({ hidden: ['a', 'a'] }).success).toBe(false);
    expect(PropertyRule.safeParse({ visible: ['a', 'a'] }).success).toBe(false);
    expect(PropertyRule.safeParse({ hidden: [''] }).success).toBe(false);
    expect(PropertyRule.safeParse({ distinct_ids: 'shown' }).success).toBe(false);
    expect(PropertyRule.safeParse({ distinct_ids: true }).success).toBe(false);
    expect(PropertyRule.safeParse({ shown: ['a'] }).success).toBe(false);
  });
});

describe('Splitting out of the slice', () => {
  test('Splitting is off for a tenant that says nothing, and as the parent has it for a token that says nothing', () => {
    const record = { name: 'Acme', project_id: 1, scopes: ['person:read'] };
    expect(TenantRecord.parse(record).split_out_of_slice).toBe(false);
    expect(TenantRecord.parse({ ...record, split_out_of_slice: true }).split_out_of_slice).toBe(true);
    expect(Narrowing.parse({}).split_out_of_slice).toBeUndefined();
  });
});

describe('Persons in the slice', () => {
  const both: Slice[] = [ACME, { property: 'region', values: ['eu', 'us'] }];
  test.each<[string, readonly Slice[], Json | undefined]>([
    ['of the whole project, whatever it is', [], {}],
    ['of the whole project, even without properties', [], undefined],
    ['when its property has the value', [ACME], { tenant_id: 'acme' }],
    [
      'when its property has one of the values',
      [{ property: 'region', values: ['eu', 'us'] }],
      { region: 'us' },
    ],
    ['when all conditions hold', both, { tenant_id: 'acme', region: 'eu', plan: 'pro' }],
    [
      'of a property with an odd name',
      [{ property: '__proto__', values: ['acme'] }],
      JSON.parse('{"__proto__":"acme"}'),
    ],
  ])('A person is in the slice %s', (_, slices, properties) => {
    expect(inSlice(slices, properties)).toBe(true);
  });

  test.each<[string, readonly Slice[], Json | undefined]>([
    ['it lacks the property', [ACME], { plan: 'pro' }],
    ['it has no properties', [ACME], undefined],
    ['its properties are null', [ACME], null],
    ['its properties are a list', [ACME], ['tenant_id', 'acme']],
    ['its properties are a text', [ACME], 'tenant_id=acme'],
    ['its value is another', [ACME], { tenant_id: 'bolt' }],
    ['its value differs in case', [ACME], { tenant_id: 'Acme' }],
    ['its value only starts so', [ACME], { tenant_id: 'acme2' }],
    ['its value is a list that holds the text', [ACME], { tenant_id: ['acme'] }],
    ['its value is an object', [ACME], { tenant_id: { value: 'acme' } }],
    ['its value is null', [ACME], { tenant_id: null }],
    [
      'its value is a number and the slice is a text',
      [{ property: 'tenant_id', values: ['7'] }],
      { tenant_id: 7 },
    ],
    [
      'the value is found inside a longer list',
      [{ property: 'tenant_id', values: ['acme', 'bolt'] }],
      { tenant_id: 'acmebolt' },
    ],
    ['only one of the conditions holds', both, { tenant_id: 'acme', region: 'asia' }],
    ['nobody can be in it', [{ property: 'tenant_id', values: [] }], { tenant_id: 'acme' }],
    ['the property is inherited, not its own', [{ property: 'constructor', values: ['acme'] }], {}],
  ])('A person is not in the slice when %s', (_, slices, properties) => {
    expect(inSlice(slices, properties)).toBe(false);
  });
});

describe('Filters of a slice', () => {
  test('The filter of a slice has one complete leaf for each condition, of type person', () => {
    expect(sliceFilters([ACME, { property: 'region', values: ['eu', 'us'] }])).toEqual({
      covers: 'some',
      leaves: [
        { key: 'tenant_id', value: 'acme', operator: 'exact', type: 'person' },
        { key: 'region', value: ['eu', 'us'], operator: 'exact', type: 'person' },
      ],
    });
  });

  test('The filter of the whole project is empty', () => {
    expect(sliceFilters([])).toEqual({ covers: 'all' });
  });

  test('The filter of a slice never has a leaf without a value, which PostHog would drop and answer every person', () => {
    expect(sliceFilters([ACME, { property: 'region', values: [] }])).toEqual({ covers: 'none' });
    expect(sliceFilters([{ property: 'region', values: [''] }])).toEqual({ covers: 'none' });
  });
});

const condition = (property: string, ...values: string[]): Slice => ({ property, values });

describe('Slices that mean the same', () => {
  test.each<[string, unknown[], unknown[]]>([
    ['a text and a list of one', [{ property: 'p', value: 'a' }], [{ property: 'p', value: ['a'] }]],
    [
      'the values in another order',
      [{ property: 'p', value: ['a', 'b'] }],
      [{ property: 'p', value: ['b', 'a'] }],
    ],
    [
      'the conditions in another order',
      [
        { property: 'p', value: 'a' },
        { property: 'q', value: 'b' },
      ],
      [
        { property: 'q', value: 'b' },
        { property: 'p', value: 'a' },
      ],
    ],
  ])('Two slices with %s are the same', (_, a, b) => {
    const parsed = [a, b].map((slices) => slices.map((slice) => parseSlice(WireSlice.parse(slice))));
    expect(sameSlices(parsed[0] ?? [], parsed[1] ?? [])).toBe(true);
  });

  test.each<[string, Slice[], Slice[]]>([
    ['one value more', [condition('p', 'a')], [condition('p', 'a', 'b')]],
    ['another property', [condition('p', 'a')], [condition('q', 'a')]],
    ['one condition more', [condition('p', 'a')], [condition('p', 'a'), condition('q', 'a')]],
    ['no condition', [condition('p', 'a')], []],
    ['a text that joins two values', [condition('p', 'a","b')], [condition('p', 'a', 'b')]],
  ])('Two slices are not the same with %s', (_, a, b) => {
    expect(sameSlices(a, b)).toBe(false);
    expect(sameSlices(b, a)).toBe(false);
  });

  test('Two slices that are the same cover each other, unless no person can be in them', () => {
    const some = [condition('p', 'a', 'b'), condition('q', 'c')];
    expect(coversSlices(some, some.toReversed())).toBe(true);
    expect(coversSlices([condition('p')], [condition('p')])).toBe(false);
  });
});

describe('Slices on the wire', () => {
  test.each([['a'], [['a', 'b']]])('A slice on the wire is read and written as %j', (value) => {
    expect(writeSlice(parseSlice({ property: 'p', value }))).toEqual({ property: 'p', value });
  });

  test('A slice on the wire that covers no person is written as an empty list', () => {
    expect(writeSlice(condition('p'))).toEqual({ property: 'p', value: [] });
  });
});
