/** A call that asks about what its grant hides is refused: a count is an answer too. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { Narrowing, TenantRecord, type Grant } from '../../src/policy/grant.ts';
import {
  isDeclared,
  mentionsOf,
  checkDisclosure,
  checkSliceWrite,
  writesOf,
  type Mentions,
} from '../../src/policy/disclosure.ts';
import { grantOf, narrow } from '../../src/policy/narrow.ts';

const WHOLE = grantOf(TenantRecord.parse({ name: 'Acme', project_id: 1, scopes: ['person:read'] }));
const under = (properties: object): Grant => narrow(WHOLE, Narrowing.parse({ properties }));
const NO_SSN = under({ hidden: ['ssn'] });
const NO_IDS = under({ distinct_ids: 'hidden' });

const mentions = (some: Partial<Mentions>): Mentions => ({
  properties: [],
  search: false,
  distinctIds: false,
  anything: false,
  ...some,
});
const NOTHING = mentions({});
const SSN = mentions({ properties: ['ssn'] });
const IDS = mentions({ distinctIds: true });

const person = (key: string) => ({ key, type: 'person', operator: 'exact', value: 'x' });
const event = (key: string) => ({ key, type: 'event', operator: 'exact', value: 'x' });
const step = (...properties: Json[]) => ({ id: 'paid', type: 'events', properties });
const group = (...values: Json[]) => ({ type: 'AND', values });

describe('a person property is mentioned by', () => {
  it.each<[string, JsonObject]>([
    ['a filter', { properties: [person('ssn')] }],
    [
      'a filter that asks whether it is there',
      { properties: [{ key: 'ssn', type: 'person', operator: 'is_set', value: 'is_set' }] },
    ],
    ['a filter in a group', { properties: group(person('ssn')) }],
    [
      'a filter in groups within groups',
      { properties: group(group(event('plan')), group(group(event('plan'), person('ssn')))) },
    ],
    ['a filter of an event', { events: [step(event('plan')), step(event('plan'), person('ssn'))] }],
    ['a filter of an exclusion', { exclusions: [{ ...step(person('ssn')), funnel_from_step: 0 }] }],
    ['a filter of the entity of a correlation', { funnel_correlation_person_entity: step(person('ssn')) }],
    ['the values of a correlation', { funnel_correlation_property_values: [person('ssn')] }],
    [
      'the names of a correlation of properties',
      { funnel_correlation_type: 'properties', funnel_correlation_names: ['ssn'] },
    ],
    [
      'the names left out of one',
      { funnel_correlation_type: 'properties', funnel_correlation_exclude_names: ['ssn'] },
    ],
    ['the names of a correlation that does not say of what', { funnel_correlation_names: ['ssn'] }],
    ['a breakdown', { breakdown: 'ssn', breakdown_type: 'person' }],
    ['one of several breakdowns', { breakdown: ['ssn'], breakdown_type: 'person' }],
    ['asking for its values', { key: 'ssn', value: '1' }],
    ['removing it', { $unset: 'ssn' }],
    ['setting it', { properties: { ssn: '1' } }],
  ])('%s', (_, input) => {
    expect(mentionsOf(input)).toEqual(SSN);
    expect(checkDisclosure(mentionsOf(input), NO_SSN)).toMatchObject({
      code: 'property_hidden',
      attr: 'ssn',
    });
    expect(checkDisclosure(mentionsOf(input), under({ visible: ['plan'] }))?.code).toBe('property_hidden');
    expect(checkDisclosure(mentionsOf(input), under({ visible: ['ssn'] }))).toBeNull();
    expect(checkDisclosure(mentionsOf(input), WHOLE)).toBeNull();
  });

  it('being one of several, whichever comes first', () => {
    const input = { properties: [person('plan'), person('ssn')] };
    expect(mentionsOf(input).properties).toEqual(['plan', 'ssn']);
    expect(checkDisclosure(mentionsOf(input), NO_SSN)).toMatchObject({ attr: 'ssn' });
  });

  it('setting it beside one that is called as a member of a group is', () => {
    const input = { properties: { type: 'AND', ssn: '1' } };
    expect(mentionsOf(input)).toEqual(mentions({ properties: ['type', 'ssn'] }));
  });

  it('`email=`', () => {
    expect(mentionsOf({ email: 'ada@acme.test' })).toEqual(mentions({ properties: ['email'] }));
  });
});

describe('nothing is mentioned by', () => {
  it.each<[string, JsonObject]>([
    ['no arguments', {}],
    ['a page', { limit: 10, offset: 20 }],
    ['a filter on a property of an event', { properties: [event('ssn')] }],
    [
      "the property a sum is made of, which is an event's",
      { events: [{ ...step(), math: 'sum', math_property: 'ssn' }] },
    ],
    ['a breakdown of events', { breakdown: 'ssn', breakdown_type: 'event' }],
    ["a breakdown that does not say of what: PostHog takes it for the events'", { breakdown: 'ssn' }],
    [
      'the names of correlated events',
      { funnel_correlation_type: 'events', funnel_correlation_names: ['ssn'] },
    ],
    ['persons by UUID', { uuids: ['x'], ids: ['x'], person_id: 'x', person_uuid: 'x' }],
    ['test accounts left in', { filter_test_accounts: false }],
  ])('%s', (_, input) => {
    expect(mentionsOf(input)).toEqual(NOTHING);
  });
});

describe('distinct ids are mentioned by', () => {
  it.each<[string, JsonObject]>([
    ['one', { distinct_id: 'ada' }],
    ['several', { distinct_ids: ['ada'] }],
    ['those to split off', { distinct_ids_to_split: ['ada'] }],
    ['the one to keep', { main_distinct_id: 'ada' }],
    ['a filter on the id an event was sent with', { properties: [event('distinct_id')] }],
    ['a breakdown by the user id of events', { breakdown: '$user_id', breakdown_type: 'event' }],
  ])('%s', (_, input) => {
    expect(mentionsOf(input)).toEqual(IDS);
    expect(checkDisclosure(mentionsOf(input), NO_IDS)).toMatchObject({
      code: 'property_hidden',
      attr: 'distinct_id',
    });
    expect(checkDisclosure(mentionsOf(input), NO_SSN)).toBeNull();
  });
});

describe('`search`', () => {
  const search = mentionsOf({ search: 'ada' });
  it.each<[string, Grant, boolean]>([
    ['is allowed where nothing is hidden', WHOLE, true],
    ['is allowed where all it looks in is shown', under({ hidden: ['ssn'] }), true],
    ['is allowed where all it looks in is visible', under({ visible: ['email', 'name'] }), true],
    ['is refused where the e-mail is hidden', under({ hidden: ['email'] }), false],
    ['is refused where the name is hidden', under({ hidden: ['name'] }), false],
    ['is refused where the e-mail is not visible', under({ visible: ['name'] }), false],
    ['is refused where distinct ids are hidden', NO_IDS, false],
  ])('%s', (_, grant, allowed) => {
    const refusal = checkDisclosure(search, grant);
    expect(refusal === null).toBe(allowed);
    if (!allowed) expect(refusal).toMatchObject({ code: 'property_hidden', attr: 'search' });
  });
});

describe('anything may be meant by', () => {
  it.each<[string, unknown]>([
    ['a field that is not declared', { surprise: 1 }],
    ['what is no object', ['ssn']],
    ['a filter of another type', { properties: [{ key: 'x', type: 'hogql' }] }],
    ['a filter without a name', { properties: [{ type: 'person', key: null }] }],
    ['a filter with a member more', { properties: [{ ...person('plan'), group_type_index: 0 }] }],
    ['filters that are no list', { properties: 'ssn' }],
    ['a list of no filters', { properties: ['ssn'] }],
    ['a group of another kind', { properties: group({ type: 'XOR', values: [person('plan')] }) }],
    ['a group with a member more', { properties: group({ ...group(person('plan')), key: 'x' }) }],
    ['whatever stands among the actions', { actions: [step()] }],
    ['an action', { actions: [{ id: 1, type: 'actions' }] }],
    ['an action among the events', { events: [{ id: 1, type: 'actions' }] }],
    ['a series that is an action', { entity_id: '1', entity_type: 'actions' }],
    ['the same by its other name', { entityId: '1', type: 'actions' }],
    ['an entity with a member more', { events: [{ ...step(), hogql: 'x' }] }],
    ['test accounts', { filter_test_accounts: true }],
    [
      'every property there is',
      { funnel_correlation_type: 'properties', funnel_correlation_names: ['$all'] },
    ],
    ['a property that PostHog computes', { properties: [person('$virt_initial_channel_type')] }],
    ['what an event set on its person', { properties: [event('$set')] }],
    ['the sum of what an event set', { events: [{ ...step(), math: 'sum', math_property: '$set_once' }] }],
    ['a breakdown of neither', { breakdown: 'x', breakdown_type: 'cohort' }],
    ['a breakdown of another shape', { breakdown: { property: 'ssn' }, breakdown_type: 'person' }],
  ])('%s', (_, input) => {
    expect(mentionsOf(input).anything).toBe(true);
    expect(checkDisclosure(mentionsOf(input), NO_SSN)?.code).toBe('property_hidden');
    expect(checkDisclosure(mentionsOf(input), NO_IDS)?.code).toBe('property_hidden');
    expect(checkDisclosure(mentionsOf(input), under({ visible: ['ssn', 'plan'] }))?.code).toBe(
      'property_hidden',
    );
    expect(checkDisclosure(mentionsOf(input), WHOLE)).toBeNull();
  });
});

describe('a write', () => {
  const SLICED = narrow(NO_SSN, { slice: { property: 'tenant_id', value: 'acme' } });

  it.each<[string, JsonObject]>([
    ['sets', { properties: { plan: 'pro', tenant_id: 'bolt' } }],
    [
      'sets, in the shape of a group of filters,',
      { properties: { type: 'AND', values: [], tenant_id: 'acme' } },
    ],
    ['updates', { key: 'tenant_id', value: 'acme' }],
    ['removes', { $unset: 'tenant_id' }],
  ])('that %s what the slice is made of is refused, whatever the value', (_, input) => {
    expect(checkSliceWrite(writesOf(input), SLICED)).toMatchObject({
      code: 'not_sliceable',
      attr: 'tenant_id',
    });
    expect(checkSliceWrite(writesOf(input), WHOLE)).toBeNull();
  });

  it('of a hidden property is refused, in the shape of a group of filters too', () => {
    expect(checkSliceWrite(writesOf({ properties: { ssn: '1' } }), NO_SSN)?.code).toBe('property_hidden');
    const disguised = { properties: { type: 'AND', values: [] } };
    expect(checkSliceWrite(writesOf(disguised), under({ hidden: ['values'] }))?.code).toBe('property_hidden');
  });

  it('of any other property is not', () => {
    expect(checkSliceWrite(writesOf({ properties: { plan: 'pro' } }), SLICED)).toBeNull();
    expect(checkSliceWrite(writesOf({ key: 'plan', value: 'tenant_id' }), SLICED)).toBeNull();
    expect(checkSliceWrite(writesOf({ main_distinct_id: 'ada' }), SLICED)).toBeNull();
  });
});

describe('the catalogue', () => {
  const schemas = CATALOGUE.map(({ id, input }) => ({
    id,
    schema: z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }),
  }));

  it.each(schemas)('has no field that is not declared: $id', ({ schema }) => {
    for (const field of Object.keys(schema.properties ?? {})) expect(isDeclared(field), field).toBe(true);
  });

  /** Every member an object nested in a schema may have, by where the object stands. */
  const NESTED: readonly [string, string, (object: JsonObject) => JsonObject, JsonObject][] = [
    ['a step', 'Entity', (object) => ({ events: [object] }), { id: 'paid', type: 'events' }],
    ['a filter on persons', 'PersonFilter', (object) => ({ properties: [object] }), person('plan')],
    ['a filter of an insight', 'InsightFilter', (object) => ({ properties: [object] }), event('plan')],
    ['a group', 'FilterGroup', (object) => ({ properties: object }), group(event('plan'))],
  ];
  const sampleOf: Readonly<Record<string, Json>> = { properties: [event('plan')] };

  it.each(NESTED)('has no member that is not declared, in %s', (_, name, around, whole) => {
    const defined = schemas.map(({ schema }) => schema.$defs?.[name]).find((found) => found !== undefined);
    const members = Object.keys(defined?.properties ?? {});
    expect(members.length).toBeGreaterThan(1);
    for (const member of members) {
      const object = { [member]: sampleOf[member] ?? 1, ...whole };
      expect(mentionsOf(around(object)).anything, member).toBe(false);
    }
  });

  it('has no nested object that is not one of these, or an exclusion', () => {
    const shapes = new Set<string>();
    const walk = (node: unknown): void => {
      if (Array.isArray(node)) node.forEach(walk);
      if (!isJsonObject(node)) return;
      if (node['type'] === 'object' && isJsonObject(node['properties'])) {
        shapes.add(Object.keys(node['properties']).toSorted().join(' '));
      }
      Object.values(node).forEach(walk);
    };
    for (const { schema } of schemas) Object.values({ ...schema.properties, ...schema.$defs }).forEach(walk);
    expect([...shapes].toSorted()).toEqual([
      'custom_name funnel_from_step funnel_to_step id math math_property name order properties type',
      'custom_name id math math_property name order properties type',
      'key negation operator type value',
      'type values',
    ]);
  });
});
