/** A call that refers to what its grant hides is refused: a count is an answer too. */
import { describe, expect, test } from 'vitest';
import { NO_REFERENCES, referencesOf, type References } from '../../src/catalogue/fields/references.ts';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { Narrowing, TenantRecord, type Grant } from '../../src/policy/grant.ts';
import { checkDisclosure, checkReferences, checkSliceWrite } from '../../src/policy/disclosure.ts';
import { grantOf, narrow } from '../../src/policy/narrow.ts';
import { operationOf } from '../support/catalogue/operations.ts';
import { textPlaces } from '../support/catalogue/text-places.ts';
import { callOf } from '../support/policy/grants.ts';

const WHOLE = grantOf(TenantRecord.parse({ name: 'Acme', project_id: 1, scopes: ['person:read'] }));
const under = (properties: object): Grant => narrow(WHOLE, Narrowing.parse({ properties }));
const NO_SSN = under({ hidden: ['ssn'] });
const NO_IDS = under({ distinct_ids: 'hidden' });

const properties = (...names: string[]): References => ({ ...NO_REFERENCES, properties: names });
const SEARCH: References = { ...NO_REFERENCES, search: true };
const IDS: References = { ...NO_REFERENCES, distinctIds: true };
const ANYTHING: References = { ...NO_REFERENCES, anything: true };

describe('References', () => {
  test('A reference to a hidden property is refused, and the refusal names the property', () => {
    expect(checkDisclosure(properties('plan', 'ssn'), NO_SSN)).toMatchObject({
      code: 'property_hidden',
      attr: 'ssn',
    });
    expect(checkDisclosure(properties('ssn'), under({ visible: ['plan'] }))?.code).toBe('property_hidden');
  });

  test('A reference to a property that is shown is allowed', () => {
    expect(checkDisclosure(properties('ssn'), under({ visible: ['ssn'] }))).toBeNull();
    expect(checkDisclosure(properties('ssn'), WHOLE)).toBeNull();
  });

  test.each(['ssn.last', 'person.ssn', 'properties["ssn"]', 'person.properties.`ssn`', 'properties__ssn'])(
    'A reference by the path %s is refused where the path leads through a hidden property',
    (path) => {
      expect(checkDisclosure(properties(path), NO_SSN)?.code).toBe('property_hidden');
      expect(checkDisclosure(properties(path), under({ hidden: ['other'] }))).toBeNull();
    },
  );

  test('A reference to distinct ids is refused where they are hidden, and only there', () => {
    expect(checkDisclosure(IDS, NO_IDS)).toMatchObject({ code: 'property_hidden', attr: 'distinct_id' });
    expect(checkDisclosure(IDS, NO_SSN)).toBeNull();
  });

  test('A reference to anything is refused where anything at all is hidden', () => {
    for (const grant of [NO_SSN, NO_IDS, under({ visible: ['ssn', 'plan'] })]) {
      expect(checkDisclosure(ANYTHING, grant)?.code).toBe('property_hidden');
    }
    expect(checkDisclosure(ANYTHING, WHOLE)).toBeNull();
  });

  test.each<[string, Grant, boolean]>([
    ['is allowed where nothing is hidden', WHOLE, true],
    ['is allowed where all it looks in is shown', under({ hidden: ['ssn'] }), true],
    ['is allowed where all it looks in is visible', under({ visible: ['email', 'name'] }), true],
    ['is refused where the e-mail is hidden', under({ hidden: ['email'] }), false],
    ['is refused where the name is hidden', under({ hidden: ['name'] }), false],
    ['is refused where the e-mail is not visible', under({ visible: ['name'] }), false],
    ['is refused where distinct ids are hidden', NO_IDS, false],
  ])('A reference by `search` %s', (_, grant, allowed) => {
    const refusal = checkDisclosure(SEARCH, grant);
    expect(refusal === null).toBe(allowed);
    if (!allowed) expect(refusal).toMatchObject({ code: 'property_hidden', attr: 'search' });
  });

  test('A reference by a column of a table counts as one by a filter', () => {
    const call = callOf('persons_list', { query: { format: 'csv', columns: '["plan","ssn"]' } });
    expect(checkReferences(call, NO_SSN)).toMatchObject({ code: 'property_hidden', attr: 'ssn' });
  });

  test('A reference by an answer that lists cohorts is to anything', () => {
    expect(checkReferences(callOf('persons_cohorts'), NO_SSN)?.code).toBe('property_hidden');
    expect(checkReferences(callOf('persons_cohorts'), WHOLE)).toBeNull();
  });
});

/** Names under which PostHog, in one of its generations or libraries, keeps or finds distinct ids. */
const ID_NAMES = [
  'distinct_id',
  '$distinct_id',
  'Distinct_Id',
  'person.distinct_id',
  'pdi.distinct_id',
  '`distinct_id`',
  '$anon_distinct_id',
  'distinctId',
  '$virt_distinct_id',
];

/** Names of event properties that hold ids or the properties of persons. */
const ID_NAMES_OF_EVENTS = [...ID_NAMES, '$user_id', '$device_id', '$identified_id', 'alias', '$set'];

/** Places whose text is compared, shown or dropped, and never names a property: with their last member's name. */
const NAMES_NO_PROPERTY = [
  'breakdown_value',
  'custom_name',
  'date_from',
  'date_to',
  'email',
  'entity_id',
  'entityId',
  'entrance_period_start',
  'funnel_correlation_event_exclude_property_names',
  'funnel_correlation_event_names',
  'funnel_correlation_exclude_event_names',
  'funnel_step_breakdown',
  'id',
  'ids',
  'label',
  'name',
  'person_id',
  'person_uuid',
  'shown_as',
  'target_date',
  'timestamp',
  'uuids',
  'value',
];

const lastMember = (path: string): string =>
  path
    .replaceAll(/\[\]|\{\}/g, '')
    .split('.')
    .at(-1) ?? '';

describe('Hidden distinct ids', () => {
  test.each(CATALOGUE)(
    'A client of $id can name no property that holds distinct ids where they are hidden',
    (operation) => {
      for (const type of ['person', 'event'] as const) {
        for (const { path, write } of textPlaces(operation, type)) {
          if (NAMES_NO_PROPERTY.includes(lastMember(path)) || path.endsWith('.*')) continue;
          // The names of correlated events are not names of properties.
          if (type === 'event' && /correlation_(?:exclude_)?names/.test(path)) continue;
          const names = type === 'event' && 'events' in operation.input.shape ? ID_NAMES_OF_EVENTS : ID_NAMES;
          for (const name of names) {
            const references = referencesOf(operation.input, write(name));
            expect(checkDisclosure(references, NO_IDS)?.code, `${path} ${name}`).toBe('property_hidden');
          }
        }
      }
    },
  );

  test('An argument that names no property refers to nothing by itself where distinct ids are hidden', () => {
    const found = new Set<string>();
    for (const operation of CATALOGUE) {
      for (const { path, write } of textPlaces(operation, 'event')) {
        const references = referencesOf(operation.input, write('distinct_id'));
        if (!references.distinctIds && !references.search && !references.anything)
          found.add(lastMember(path));
      }
    }
    const correlated = ['funnel_correlation_exclude_names', 'funnel_correlation_names'];
    expect([...found].filter((name) => name !== '*').toSorted()).toEqual(
      [...NAMES_NO_PROPERTY, ...correlated].toSorted(),
    );
  });
});

const refer = (id: string, input: JsonObject): References => referencesOf(operationOf(id).input, input);

describe('Writes', () => {
  const SLICED = narrow(NO_SSN, { slice: { property: 'tenant_id', value: 'acme' } });

  test.each<[string, string, JsonObject]>([
    ['sets it among others', 'persons_update', { properties: { plan: 'pro', tenant_id: 'bolt' } }],
    [
      'sets it in the shape of a group of filters',
      'persons_update',
      { properties: { type: 'AND', values: [], tenant_id: 'acme' } },
    ],
    ['sets it alone', 'persons_update_property', { key: 'tenant_id', value: 'acme' }],
    ['removes it', 'persons_delete_property', { $unset: 'tenant_id' }],
  ])('A write of the property of the slice is refused where it %s, whatever the value', (_, id, input) => {
    const references = refer(id, input);
    expect(checkSliceWrite(references, SLICED)).toMatchObject({ code: 'not_sliceable', attr: 'tenant_id' });
    expect(checkSliceWrite(references, WHOLE)).toBeNull();
  });

  test('A write of a hidden property is refused, in the shape of a group of filters too', () => {
    const call = callOf('persons_update', { method: 'PATCH', body: { properties: { ssn: '1' } } });
    expect(checkReferences(call, NO_SSN)?.code).toBe('property_hidden');
    const disguised = { properties: { type: 'AND', values: [] } };
    const group = callOf('persons_update', { method: 'PATCH', body: disguised });
    expect(checkReferences(group, under({ hidden: ['values'] }))?.code).toBe('property_hidden');
  });

  test('A write of another property is allowed', () => {
    expect(checkSliceWrite(refer('persons_update', { properties: { plan: 'pro' } }), SLICED)).toBeNull();
    const value = refer('persons_update_property', { key: 'plan', value: 'tenant_id' });
    expect(checkSliceWrite(value, SLICED)).toBeNull();
    expect(checkSliceWrite(refer('persons_split', { main_distinct_id: 'ada' }), SLICED)).toBeNull();
  });

  test('A write that may change anything is refused under a slice', () => {
    expect(checkSliceWrite(ANYTHING, SLICED)?.code).toBe('not_sliceable');
    expect(checkSliceWrite(ANYTHING, WHOLE)).toBeNull();
  });
});
