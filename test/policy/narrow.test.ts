/** Narrowing member by member, and refusing what asks for more. The same for all grants: test/properties. */
import { describe, expect, test } from 'vitest';
import type { Grant, Narrowing, PropertyRule } from '../../src/policy/grant.ts';
import { grantOf, narrow, checkNarrower } from '../../src/policy/narrow.ts';
import { EVERYTHING, wholeGrant } from '../support/policy/grants.ts';

const parent: Grant = wholeGrant({
  scopes: ['person:read', 'person:delete'],
  visible: ['plan', 'email'],
  hidden: ['ssn'],
  slices: [{ property: 'tenant_id', values: ['acme'] }],
  deletes: { persons_per_day: 100, events: true, recordings: false, hold_seconds: 0 },
});

describe('Grants of tenants', () => {
  test('The grant of a tenant is its record, member for member', () => {
    const { rate, origins, scopes, project_id, deletes } = EVERYTHING;
    const bare = { rate, origins, scopes, project_id, deletes };
    expect(grantOf(EVERYTHING)).toEqual({
      ...bare,
      slices: [],
      hidden: [],
      visible: null,
      distinct_ids_hidden: false,
      split_out_of_slice: false,
    });
    const slice = { property: 'tenant_id', value: ['a', 'b'] };
    const properties: PropertyRule = { hidden: ['ssn'], visible: [], distinct_ids: 'hidden' };
    expect(grantOf({ ...EVERYTHING, slice, properties, split_out_of_slice: true })).toEqual({
      ...bare,
      slices: [{ property: 'tenant_id', values: ['a', 'b'] }],
      hidden: ['ssn'],
      visible: [],
      distinct_ids_hidden: true,
      split_out_of_slice: true,
    });
  });
});

describe('Narrowing', () => {
  test('Narrowing by nothing leaves everything as the parent has it', () => {
    expect(narrow(parent, {})).toEqual(parent);
    expect(narrow(parent, { properties: {}, deletes: {} })).toEqual(parent);
  });

  test.each<[string, Narrowing, Partial<Grant>]>([
    ['scopes to those in both', { scopes: ['person:read', 'cohort:read'] }, { scopes: ['person:read'] }],
    ['scopes to none', { scopes: ['cohort:read'] }, { scopes: [] }],
    [
      'origins to those in both',
      { origins: ['http://localhost:5173', 'https://evil.example'] },
      { origins: ['http://localhost:5173'] },
    ],
    ['origins to none', { origins: [] }, { origins: [] }],
    [
      'a slice to one more condition',
      { slice: { property: 'region', value: 'eu' } },
      { slices: [...parent.slices, { property: 'region', values: ['eu'] }] },
    ],
    ['hidden properties to more', { properties: { hidden: ['phone', 'ssn'] } }, { hidden: ['ssn', 'phone'] }],
    [
      'visible properties to those in both',
      { properties: { visible: ['plan', 'x'] } },
      { visible: ['plan'] },
    ],
    ['visible properties to none', { properties: { visible: [] } }, { visible: [] }],
    [
      'a rate to the slower in each number',
      { rate: { requests_per_minute: 10, burst: 1000 } },
      { rate: { requests_per_minute: 10, burst: 60 } },
    ],
    [
      'deletes to fewer',
      { deletes: { persons_per_day: 5, events: false, recordings: true } },
      { deletes: { persons_per_day: 5, events: false, recordings: false, hold_seconds: 0 } },
    ],
  ])('Narrowing cuts %s', (_, by, changed) => {
    expect(narrow(parent, by)).toEqual({ ...parent, ...changed });
  });

  test('Narrowing by visible properties shows no hidden one again', () => {
    const child = narrow(wholeGrant({ hidden: ['ssn'] }), { properties: { visible: ['ssn', 'plan'] } });
    expect(child).toMatchObject({ hidden: ['ssn'], visible: ['ssn', 'plan'] });
  });

  test('Narrowing never changes the project', () => {
    expect(narrow(parent, { project_id: 99 } as Narrowing).project_id).toBe(parent.project_id);
  });
});

describe('Asking for more than the parent has', () => {
  const rate = parent.rate;
  test.each<[string, Narrowing, string]>([
    ['scopes', { scopes: ['person:read', 'person:update'] }, 'person:read person:delete'],
    ['origins', { origins: ['https://other.example'] }, 'https://app.acme.example http://localhost:5173'],
    ['properties.visible', { properties: { visible: ['plan', 'phone'] } }, 'plan email'],
    ['slice.value', { slice: { property: 'tenant_id', value: 'other' } }, 'acme'],
    ['split_out_of_slice', { split_out_of_slice: true }, 'false'],
    ['rate.requests_per_minute', { rate: { ...rate, requests_per_minute: 601 } }, '600'],
    ['rate.burst', { rate: { ...rate, burst: 61 } }, '60'],
    ['deletes.persons_per_day', { deletes: { persons_per_day: 101 } }, '100'],
    ['deletes.recordings', { deletes: { recordings: true } }, 'false'],
  ])('A request for more in %s is refused, by name, with what the parent has', (attr, by, has) => {
    expect(checkNarrower(parent, by)).toEqual({
      ok: false,
      failure: {
        code: 'grant_exceeds_parent',
        attr,
        detail: `${attr} asks for more than the parent has, which is ${has}.`,
      },
    });
  });

  test('A request for deletes of events is refused where the parent has them not', () => {
    const modest = wholeGrant({
      deletes: { persons_per_day: 1, events: false, recordings: false, hold_seconds: 0 },
    });
    expect(checkNarrower(modest, { deletes: { events: true } })).toMatchObject({
      failure: { attr: 'deletes.events' },
    });
  });

  test('A request for origins of a parent without any is told so', () => {
    const none = wholeGrant({ origins: [] });
    expect(checkNarrower(none, { origins: ['https://x.test'] })).toMatchObject({
      failure: { detail: 'origins asks for more than the parent has, which is none.' },
    });
  });

  test.each<[string, Narrowing]>([
    ['nothing', {}],
    ['exactly what the parent has', { scopes: [...parent.scopes], origins: [...parent.origins], rate }],
    ['a longer hold and a lower bar', { deletes: { hold_seconds: 60, approval_over: 5 } }],
    ['its numbers', { deletes: { persons_per_day: 100, events: true, recordings: false, hold_seconds: 0 } }],
    ['its visible properties', { properties: { visible: ['email', 'plan'], hidden: [] } }],
    [
      'a slice by another property, which only adds a condition',
      { slice: { property: 'region', value: 'eu' } },
    ],
  ])('A request for %s asks for no more than the parent has', (_, by) => {
    expect(checkNarrower(parent, by)).toEqual({ ok: true, value: by });
  });

  test('A request for any visible list asks for no more where the parent shows all', () => {
    const by = { properties: { visible: ['anything'] } };
    expect(checkNarrower(wholeGrant(), by).ok).toBe(true);
  });
});
