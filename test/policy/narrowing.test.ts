/** Tokens narrow the slice and hide more, never the opposite. */
import { describe, expect, test } from 'vitest';
import { Narrowing, TenantRecord, type Grant } from '../../src/policy/grant.ts';
import { grantOf, narrow, checkNarrower } from '../../src/policy/narrow.ts';
import { inSlice } from '../../src/policy/slice.ts';

const tenant = (members: object = {}): Grant =>
  grantOf(TenantRecord.parse({ name: 'Acme', project_id: 1, scopes: ['person:read'], ...members }));
const narrowed = (members: object, ...chain: object[]): Grant =>
  chain.reduce<Grant>((grant, by) => narrow(grant, Narrowing.parse(by)), tenant(members));
const slice = (value: string | string[], property = 'tenant_id') => ({ slice: { property, value } });

describe('Narrowed slices', () => {
  test.each<[string, Grant, Grant['slices']]>([
    [
      "is the parent's where nothing is said",
      narrowed(slice('acme'), {}),
      [{ property: 'tenant_id', values: ['acme'] }],
    ],
    [
      'begins where the parent has none',
      narrowed({}, slice('acme')),
      [{ property: 'tenant_id', values: ['acme'] }],
    ],
    [
      'keeps the values both have',
      narrowed(slice(['a', 'b', 'c']), slice(['d', 'c', 'b'])),
      [{ property: 'tenant_id', values: ['b', 'c'] }],
    ],
    [
      'of one value left is that value',
      narrowed(slice(['a', 'b']), slice('b')),
      [{ property: 'tenant_id', values: ['b'] }],
    ],
    [
      'of no value left is an empty list, never no condition',
      narrowed(slice('a'), slice('b')),
      [{ property: 'tenant_id', values: [] }],
    ],
    [
      'stays empty whatever comes after',
      narrowed(slice('a'), slice('b'), slice(['a', 'b'])),
      [{ property: 'tenant_id', values: [] }],
    ],
    [
      'adds conditions on other properties',
      narrowed(slice('a'), slice('eu', 'region'), slice(['eu', 'us'], 'region')),
      [
        { property: 'tenant_id', values: ['a'] },
        { property: 'region', values: ['eu'] },
      ],
    ],
  ])('A narrowed slice %s', (_, grant, slices) => {
    expect(grant.slices).toEqual(slices);
  });

  test('A narrowed slice covers no person when the tenant moved to another value, rather than every person', () => {
    expect(inSlice(narrowed(slice('bolt'), slice('acme')).slices, { tenant_id: 'acme' })).toBe(false);
    expect(inSlice(narrowed(slice('bolt'), slice('acme')).slices, { tenant_id: 'bolt' })).toBe(false);
  });
});

describe('Hidden properties', () => {
  test('Hidden properties add up, and visible ones are those that every ancestor shows', () => {
    const grant = narrowed(
      { properties: { hidden: ['ssn'], visible: ['a', 'b', 'c'] } },
      { properties: { hidden: ['a', 'ssn'], visible: ['a', 'b'] } },
      { properties: { visible: ['b', 'd'] } },
    );
    expect(grant).toMatchObject({ hidden: ['ssn', 'a'], visible: ['b'] });
  });

  test('A hidden property stays hidden where a descendant says nothing of it', () => {
    expect(narrowed({ properties: { distinct_ids: 'hidden' } }, { properties: {} }).distinct_ids_hidden).toBe(
      true,
    );
    expect(narrowed({}, { properties: { distinct_ids: 'hidden' } }, {}).distinct_ids_hidden).toBe(true);
    expect(narrowed({}, {}).distinct_ids_hidden).toBe(false);
  });
});

describe('Splitting out of the slice', () => {
  test.each([
    [true, undefined, true],
    [true, true, true],
    [true, false, false],
    [false, undefined, false],
    [false, true, false],
    [false, false, false],
  ])('A split for a parent with %s and a token that says %s is %s', (parent, by, expected) => {
    const grant = narrow(tenant({ split_out_of_slice: parent }), { split_out_of_slice: by });
    expect(grant.split_out_of_slice).toBe(expected);
  });
});

describe('Refused requests for a token', () => {
  test.each<[string, object, object, string]>([
    ['another value of the slice', slice('acme'), slice('bolt'), 'slice.value'],
    ['a value more', slice(['acme', 'bolt']), slice(['acme', 'corp']), 'slice.value'],
    [
      'a property that is not visible',
      { properties: { visible: ['a'] } },
      { properties: { visible: ['a', 'b'] } },
      'properties.visible',
    ],
    [
      'any property where none is visible',
      { properties: { visible: [] } },
      { properties: { visible: ['a'] } },
      'properties.visible',
    ],
    [
      'a property that is hidden',
      { properties: { hidden: ['ssn'] } },
      { properties: { visible: ['ssn'] } },
      'properties.visible',
    ],
    ['splits that the parent may not do', {}, { split_out_of_slice: true }, 'split_out_of_slice'],
  ])('A token is refused when it asks for %s', (_, members, by, attr) => {
    const result = checkNarrower(tenant(members), Narrowing.parse(by));
    expect(result).toMatchObject({ ok: false, failure: { code: 'grant_exceeds_parent', attr } });
  });

  test('A token is refused when it asks for any value where the parent covers no person any more', () => {
    const nobody = narrowed(slice('acme'), slice('bolt'));
    expect(checkNarrower(nobody, Narrowing.parse(slice('acme')))).toMatchObject({
      ok: false,
      failure: { attr: 'slice.value' },
    });
  });
});

describe('Allowed requests for a token', () => {
  test.each<[string, object, object]>([
    ['the same slice', slice('acme'), slice('acme')],
    ['a slice of the slice', slice(['acme', 'bolt']), slice('bolt')],
    ['one more condition', slice('acme'), slice('eu', 'region')],
    ['a slice where the parent has none', {}, slice('acme')],
    [
      'more to be hidden',
      { properties: { hidden: ['ssn'] } },
      { properties: { hidden: ['plan'], distinct_ids: 'hidden' } },
    ],
    ['fewer to be visible', { properties: { visible: ['a', 'b'] } }, { properties: { visible: ['b'] } }],
    ['no splits', { split_out_of_slice: true }, { split_out_of_slice: false }],
  ])('A token may ask for %s', (_, members, by) => {
    expect(checkNarrower(tenant(members), Narrowing.parse(by)).ok).toBe(true);
  });
});
