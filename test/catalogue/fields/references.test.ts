/** What each field of the catalogue refers to: person properties, distinct ids, a search, nothing or anything. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { CATALOGUE } from '../../../src/catalogue/index.ts';
import { none, personProperty } from '../../../src/catalogue/fields/reference-rules.ts';
import { referencesOf, refersTo, type References } from '../../../src/catalogue/fields/references.ts';
import type { Json, JsonObject } from '../../../src/core/json.ts';
import { operationOf } from '../../support/catalogue/operations.ts';

const references = (some: Partial<References>): References => ({
  properties: [],
  search: false,
  distinctIds: false,
  anything: false,
  ...some,
});
const NOTHING = references({});
const SSN = references({ properties: ['ssn'] });
const IDS = references({ distinctIds: true });

const person = (key: string) => ({ key, type: 'person', operator: 'exact', value: 'x' });
const event = (key: string) => ({ key, type: 'event', operator: 'exact', value: 'x' });
const step = (...properties: Json[]) => ({ id: 'paid', type: 'events', properties });
const group = (...values: Json[]) => ({ type: 'AND', values });

/** The operation with every field of an insight. */
const INSIGHT = 'persons_funnel_correlation';
const refer = (input: JsonObject, id: string = INSIGHT): References =>
  referencesOf(operationOf(id).input, input);

describe('References to a person property', () => {
  test.each<[string, JsonObject, string?]>([
    ['a filter', { properties: [person('ssn')] }],
    ['a filter of a list', { properties: [person('ssn')] }, 'persons_list'],
    [
      'a filter that asks whether the property is there',
      { properties: [{ key: 'ssn', type: 'person', operator: 'is_set', value: 'is_set' }] },
    ],
    ['a filter in a group', { properties: group(person('ssn')) }],
    [
      'a filter in groups within groups',
      { properties: group(group(event('plan')), group(event('plan'), person('ssn'))) },
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
      'the names left out of a correlation of properties',
      { funnel_correlation_type: 'properties', funnel_correlation_exclude_names: ['ssn'] },
    ],
    ['the names of a correlation without a type', { funnel_correlation_names: ['ssn'] }],
    ['a breakdown', { breakdown: 'ssn', breakdown_type: 'person' }],
    ['one of several breakdowns', { breakdown: ['ssn'], breakdown_type: 'person' }],
    ['a request for its values', { key: 'ssn', value: '1' }, 'persons_values'],
    ['a call that removes it', { $unset: 'ssn' }, 'persons_delete_property'],
    ['a call that sets it', { key: 'ssn', value: '1' }, 'persons_update_property'],
    ['a call that sets it among others', { properties: { ssn: '1' } }, 'persons_update'],
  ])('A person property is referred to by %s', (_, input, id) => {
    expect(refer(input, id)).toEqual(SSN);
  });

  test('A person property is referred to by each of several filters', () => {
    expect(refer({ properties: [person('plan'), person('ssn')] }).properties).toEqual(['plan', 'ssn']);
  });

  test('A person property is referred to by a change of properties that has the shape of a group of filters', () => {
    const input = { properties: { type: 'AND', values: [], ssn: '1' } };
    expect(refer(input, 'persons_update').properties).toEqual(['type', 'values', 'ssn']);
  });

  test('A person property is referred to by `email=`', () => {
    expect(refer({ email: 'ada@acme.test' }, 'persons_list')).toEqual(references({ properties: ['email'] }));
  });
});

describe('No references', () => {
  test.each<[string, JsonObject, string?]>([
    ['no arguments', {}],
    ['a page', { limit: 10, offset: 20 }, 'persons_list'],
    ['a filter on a property of an event', { properties: [event('ssn')] }],
    ['the event property of a sum', { events: [{ ...step(), math: 'sum', math_property: 'ssn' }] }],
    ['a breakdown by an event property', { breakdown: 'ssn', breakdown_type: 'event' }],
    ['a breakdown without a type, which PostHog takes for an event property', { breakdown: 'ssn' }],
    [
      'the names of correlated events',
      { funnel_correlation_type: 'events', funnel_correlation_names: ['ssn'] },
    ],
    ['the value of a written property', { key: 'plan', value: 'ssn' }, 'persons_delete_property'],
    ['persons by UUID', { uuids: ['0190c0de-0001-7000-8000-000000000001'] }, 'persons_batch_by_uuids'],
    ['test accounts that are left in', { filter_test_accounts: false }],
  ])('Nothing is referred to by %s', (_, input, id) => {
    const { properties, ...others } = refer(input, id);
    expect(properties).not.toContain('ssn');
    if (id !== 'persons_delete_property') expect({ properties, ...others }).toEqual(NOTHING);
  });
});

describe('References to distinct ids', () => {
  test.each<[string, JsonObject, string?]>([
    ['a distinct id', { distinct_id: 'ada' }, 'persons_list'],
    ['a distinct id of a deletion', { distinct_ids: ['ada'] }, 'persons_bulk_delete'],
    ['the ids to split off', { distinct_ids_to_split: ['ada'] }, 'persons_split'],
    ['the id that stays', { main_distinct_id: 'ada' }, 'persons_split'],
    ['the id to reset', { distinct_id: 'ada' }, 'persons_reset_distinct_id'],
    ['a filter on the id that an event was sent with', { properties: [event('distinct_id')] }],
    ['a breakdown by the user id of events', { breakdown: '$user_id', breakdown_type: 'event' }],
  ])('Distinct ids are referred to by %s', (_, input, id) => {
    expect(refer(input, id)).toEqual(IDS);
  });

  test('Distinct ids are referred to by a filter whose key is `distinct_id`, which PostHog answers from its distinct-id table', () => {
    expect(refer({ properties: [person('distinct_id')] }, 'persons_list')).toEqual(
      references({ properties: ['distinct_id'], distinctIds: true }),
    );
  });
});

describe('References to anything', () => {
  test.each<[string, JsonObject, string?]>([
    ['a field that the schema does not have', { surprise: 1 }],
    ['a filter of another type', { properties: [{ ...person('x'), type: 'hogql' }] }],
    ['a filter without a name', { properties: [{ ...person('x'), key: null }] }],
    ['a filter with one more member', { properties: [{ ...person('plan'), group_type_index: 0 }] }],
    ['filters that are no list', { properties: 'ssn' }],
    ['a group of another kind', { properties: group({ type: 'XOR', values: [person('plan')] }) }],
    ['an action in its own list', { actions: [{ id: 1, type: 'actions' }] }],
    ['an event in the list of actions', { actions: [step()] }],
    ['an action among the events', { events: [{ id: 1, type: 'actions' }] }],
    ['a series that is an action', { entity_id: '1', entity_type: 'actions' }, 'persons_trends'],
    ['a series that is an action, by its other name', { entityId: '1', type: 'actions' }, 'persons_trends'],
    ['an entity with one more member', { events: [{ ...step(), hogql: 'x' }] }],
    ['the filter of test accounts', { filter_test_accounts: true }],
    [
      'every property there is',
      { funnel_correlation_type: 'properties', funnel_correlation_names: ['$all'] },
    ],
    ['a property that PostHog computes', { properties: [person('$virt_initial_channel_type')] }],
    ['the properties that an event set on its person', { properties: [event('$set')] }],
    ['the sum of what an event set', { events: [{ ...step(), math: 'sum', math_property: '$set_once' }] }],
    ['a breakdown of another type', { breakdown: 'x', breakdown_type: 'cohort' }],
    ['a breakdown of another shape', { breakdown: { property: 'ssn' }, breakdown_type: 'person' }],
  ])('Anything may be referred to by %s', (_, input, id) => {
    expect(refer(input, id).anything).toBe(true);
  });

  test('Anything may be referred to by a field that declares nothing, whatever its kind', () => {
    const undeclared = [z.string(), z.int(), z.boolean(), z.enum(['a']), z.record(z.string(), z.string())];
    for (const schema of undeclared) expect(referencesOf(schema, 'a').anything).toBe(true);
    expect(referencesOf(z.strictObject({ a: z.string() }), { a: 'x' }).anything).toBe(true);
  });

  test('Anything may be referred to by an answer that lists cohorts', () => {
    const about = CATALOGUE.filter(({ reply }) => reply.refersTo.anything).map(({ id }) => id);
    expect(about).toEqual(['persons_cohorts']);
  });
});

const name = () => refersTo(personProperty, z.string());

describe('Declarations', () => {
  test('A declaration holds under checks, descriptions, defaults and optional, nullable and transformed schemas', () => {
    for (const schema of [
      name().check(z.minLength(1)),
      name().register(z.globalRegistry, { description: 'a name' }),
      z._default(name(), 'x'),
      z.optional(name()),
      z.nullable(name()),
      z.pipe(
        name(),
        z.transform((text) => text),
      ),
    ]) {
      expect(referencesOf(schema, 'ssn')).toEqual(SSN);
    }
  });

  test('A declaration of one field does not reach another of the same kind', () => {
    const declared = refersTo(none, z.string());
    expect(referencesOf(declared, 'a')).toEqual(NOTHING);
    expect(referencesOf(z.string(), 'a').anything).toBe(true);
  });
});
