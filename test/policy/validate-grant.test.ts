/** A grant that cannot be held to what it says is refused when it is made, with the reason. */
import { describe, expect, test } from 'vitest';
import { checkGrant } from '../../src/policy/validate-grant.ts';
import { Narrowing, TenantRecord, type Grant } from '../../src/policy/grant.ts';
import { grantOf, narrow } from '../../src/policy/narrow.ts';

const tenant = (members: object): Grant =>
  grantOf(TenantRecord.parse({ name: 'Acme', project_id: 1, scopes: ['person:read'], ...members }));
const ACME = { property: 'tenant_id', value: 'acme' };

describe('Grants that can be enforced', () => {
  test.each<[string, object]>([
    ['the whole project', {}],
    ['a slice', { slice: ACME }],
    ['a slice beside hidden properties', { slice: ACME, properties: { hidden: ['ssn'] } }],
    ['a slice of a visible property', { slice: ACME, properties: { visible: ['tenant_id'] } }],
    ['showing no property at all', { properties: { visible: [] } }],
    ['hiding distinct ids', { slice: ACME, properties: { distinct_ids: 'hidden' } }],
    [
      'hiding a property that is also listed as visible',
      { properties: { hidden: ['ssn'], visible: ['ssn'] } },
    ],
  ])('A grant can be enforced with %s', (_, members) => {
    expect(checkGrant(tenant(members))).toBeNull();
  });
});

describe('Grants that cannot be enforced', () => {
  test.each<[string, object, RegExp]>([
    [
      'a slice of a hidden property',
      { slice: ACME, properties: { hidden: ['tenant_id'] } },
      /tenant_id.*properties\.hidden/,
    ],
    [
      'a slice of a property that is not visible',
      { slice: ACME, properties: { visible: ['plan'] } },
      /tenant_id.*properties\.visible/,
    ],
    ['a slice where nothing is visible', { slice: ACME, properties: { visible: [] } }, /properties\.visible/],
    [
      'a slice of a property both visible and hidden',
      { slice: ACME, properties: { visible: ['tenant_id'], hidden: ['tenant_id'] } },
      /properties\.hidden/,
    ],
  ])('A grant cannot be enforced with %s', (_, members, why) => {
    const refusal = checkGrant(tenant(members));
    expect(refusal).toMatchObject({ code: 'field_invalid', attr: 'slice.property' });
    expect(refusal?.detail).toMatch(why);
  });

  test.each<[string, object, object]>([
    [
      'a token that hides what its tenant is sliced by',
      { slice: ACME },
      { properties: { hidden: ['tenant_id'] } },
    ],
    [
      'a token that does not show what its tenant is sliced by',
      { slice: ACME },
      { properties: { visible: ['plan'] } },
    ],
    [
      'a token sliced by what its tenant hides',
      { properties: { hidden: ['ssn'] } },
      { slice: { property: 'ssn', value: 'x1' } },
    ],
  ])('A grant cannot be enforced for %s', (_, members, by) => {
    const grant = narrow(tenant(members), Narrowing.parse(by));
    expect(checkGrant(grant)).toMatchObject({ attr: 'slice.property' });
  });

  test('A grant cannot be enforced with a slice that covers no person', () => {
    const grant = narrow(tenant({ slice: ACME }), { slice: { property: 'tenant_id', value: 'bolt' } });
    expect(checkGrant(grant)).toMatchObject({ code: 'field_invalid', attr: 'slice.value' });
  });

  test('A grant that cannot be enforced gets another code where a call is decided on', () => {
    const grant = tenant({ slice: ACME, properties: { visible: [] } });
    expect(checkGrant(grant, 'not_sliceable')?.code).toBe('not_sliceable');
  });
});
