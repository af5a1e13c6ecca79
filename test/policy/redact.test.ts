/** What leaves of a person under a grant that hides something. */
import { describe, expect, test } from 'vitest';
import { isJsonObject, parseJson, type JsonObject } from '../../src/core/json.ts';
import type { Grant } from '../../src/policy/grant.ts';
import { redactActivity, redactPastPerson, redactPerson, redactTimeline } from '../../src/policy/redact.ts';
import type { Slice } from '../../src/policy/slice.ts';
import { visibilityOf, type Visibility } from '../../src/policy/visibility.ts';

const seeing = (rule: Partial<Pick<Grant, 'hidden' | 'visible' | 'distinct_ids_hidden'>> = {}): Visibility =>
  visibilityOf({ hidden: [], visible: null, distinct_ids_hidden: false, ...rule });
const EVERYTHING = seeing();
const NO_SSN = seeing({ hidden: ['ssn'] });
const NO_EMAIL = seeing({ hidden: ['email'] });
const NO_IDS = seeing({ distinct_ids_hidden: true });
const PLAN_ONLY = seeing({ visible: ['plan'] });
const SLICES: Slice[] = [{ property: 'tenant_id', values: ['acme'] }];

const UUID = '0190c0de-0001-7000-8000-000000000001';
const ADA: JsonObject = {
  type: 'person',
  id: UUID,
  uuid: UUID,
  name: 'ada@acme.test',
  distinct_ids: ['ada@acme.test', 'anon-1'],
  properties: { email: 'ada@acme.test', name: 'Ada', ssn: '123-45', plan: 'pro', tenant_id: 'acme' },
  created_at: '2026-01-05T10:00:00Z',
  last_seen_at: null,
  is_identified: true,
  matched_recordings: [],
  value_at_data_point: 3,
};

describe('Visibility', () => {
  test('Everything is shown where nothing is hidden', () => {
    expect(EVERYTHING).toMatchObject({ showsEverything: true, showsDistinctIds: true });
    expect(EVERYTHING.showsProperty('anything')).toBe(true);
  });

  test('A grant that hides anything at all does not show everything, even with an empty list of visible properties', () => {
    const some = [NO_SSN, NO_IDS, PLAN_ONLY, seeing({ visible: [] })];
    expect(some.map(({ showsEverything }) => showsEverything)).toEqual([false, false, false, false]);
    expect(seeing({ visible: [] }).showsProperty('plan')).toBe(false);
  });

  test('A hidden property is never shown, even where it is listed as visible', () => {
    expect(seeing({ hidden: ['ssn'], visible: ['ssn', 'plan'] }).showsProperty('ssn')).toBe(false);
  });

  test('A list of visible properties hides one that appears tomorrow', () => {
    expect(PLAN_ONLY.showsProperty('new_tomorrow')).toBe(false);
    expect(PLAN_ONLY.showsProperty('constructor')).toBe(false);
  });
});

describe('Persons', () => {
  test('A person passes as the very same object where nothing is hidden', () => {
    const odd = { ...ADA, new_member: { properties: {} } };
    expect(redactPerson(odd, EVERYTHING)).toBe(odd);
    expect(redactPastPerson(odd, EVERYTHING)).toBe(odd);
    expect(redactTimeline(odd, EVERYTHING, [])).toBe(odd);
    expect(redactActivity(odd, EVERYTHING, [])).toBe(odd);
  });

  test('A person keeps what is shown, in its order', () => {
    const shown = redactPerson(ADA, NO_SSN);
    const { ssn: _, ...properties } = {
      email: 'ada@acme.test',
      name: 'Ada',
      ssn: '',
      plan: 'pro',
      tenant_id: 'acme',
    };
    expect(shown).toEqual({ ...ADA, properties });
    expect(Object.keys(shown)).toEqual(Object.keys(ADA));
  });

  test('A person shows only what is visible', () => {
    expect(redactPerson(ADA, PLAN_ONLY)['properties']).toEqual({ plan: 'pro' });
  });

  test('A person has no distinct ids where they are hidden', () => {
    expect(redactPerson(ADA, NO_IDS)['distinct_ids']).toEqual([]);
  });

  test.each<[string, JsonObject, Visibility, unknown]>([
    ['its e-mail where that is shown', ADA, NO_SSN, 'ada@acme.test'],
    ['its name where the e-mail is hidden', ADA, NO_EMAIL, 'Ada'],
    ['its name where the e-mail is empty', { ...ADA, properties: { email: '', name: 'Ada' } }, NO_SSN, 'Ada'],
    [
      'its name where the e-mail is no text',
      { ...ADA, properties: { email: 7, name: 'Ada' } },
      NO_SSN,
      'Ada',
    ],
    [
      'its user name where both are hidden',
      { ...ADA, properties: { email: 'x', name: 'y', username: 'ada' } },
      seeing({ hidden: ['email', 'name'] }),
      'ada',
    ],
    ['a distinct id where no property names it', ADA, PLAN_ONLY, 'ada@acme.test'],
    [
      'its UUID where distinct ids are hidden too',
      ADA,
      seeing({ visible: ['plan'], distinct_ids_hidden: true }),
      UUID,
    ],
    ['its number where there is no UUID', { id: 7, name: 'x', properties: {} }, NO_IDS, '7'],
    ['nothing where there is nothing', { name: 'x' }, NO_IDS, null],
  ])('A person is named by %s', (_, person, visibility, name) => {
    expect(redactPerson(person, visibility)['name']).toBe(name);
  });

  test('A person loses unknown members, and objects where a plain value is due', () => {
    const odd: JsonObject = {
      ...ADA,
      raw_properties: { ssn: '123-45' },
      created_at: { ssn: '123-45' },
      matched_recordings: [{ session_id: 's1' }],
      distinct_ids: ['ada', { ssn: '123-45' }, 7],
    };
    const shown = redactPerson(odd, NO_SSN);
    expect(shown).toEqual({ ...shown, created_at: null, matched_recordings: [], distinct_ids: ['ada'] });
    expect(JSON.stringify(shown)).not.toContain('123-45');
  });

  test.each([[null], ['ssn'], [['ssn']], [7]])('A person with properties of %j has none', (properties) => {
    expect(redactPerson({ ...ADA, properties }, NO_SSN)['properties']).toEqual({});
  });

  test('A person gets no member that it did not have', () => {
    expect(redactPerson({ uuid: UUID }, PLAN_ONLY)).toEqual({ uuid: UUID });
    expect(redactPerson({}, NO_IDS)).toEqual({});
  });

  test('A person keeps an own property of an odd name as data', () => {
    const person = parseJson('{"properties":{"__proto__":"x","ssn":"123"}}');
    const shown = isJsonObject(person) ? redactPerson(person, NO_SSN) : null;
    expect(JSON.stringify(shown)).toBe('{"properties":{"__proto__":"x"}}');
  });
});

describe('Persons as they were', () => {
  const PAST: JsonObject = {
    ...ADA,
    point_in_time_metadata: {
      queried_timestamp: '2026-01-06T00:00:00Z',
      include_set_once: false,
      query_mode: 'person_id',
      distinct_id_used: 'ada@acme.test',
      person_id_used: null,
      distinct_ids_queried: ['ada@acme.test', 'anon-1'],
      distinct_ids_count: 2,
    },
  };

  test('A past person says when, and not by which distinct ids', () => {
    const shown = redactPastPerson(PAST, seeing({ hidden: ['email', 'name'], distinct_ids_hidden: true }));
    expect(shown['point_in_time_metadata']).toEqual({
      queried_timestamp: '2026-01-06T00:00:00Z',
      include_set_once: false,
      query_mode: 'person_id',
    });
    expect(JSON.stringify(shown)).not.toMatch(/ada@|anon-1/i);
  });
});

const at = (properties: unknown) => ({ timestamp: 't', properties, relevant_event_count: 1 });

describe('Timelines', () => {
  const TIMELINE: JsonObject = {
    points: [
      {
        timestamp: '2026-01-05T10:00:00Z',
        properties: { plan: 'free', ssn: '123-45' },
        relevant_event_count: 4,
        more: 'x',
      },
      {
        timestamp: '2026-01-06T10:00:00Z',
        properties: { plan: 'pro', ssn: '678-90' },
        relevant_event_count: 1,
      },
    ],
    crucial_property_keys: ['ssn', 'plan'],
    effective_date_from: '2026-01-01T00:00:00Z',
    effective_date_to: '2026-01-07T00:00:00Z',
    query: 'where ssn = 123-45',
  };

  test('A timeline shows the points with what is visible in them', () => {
    expect(redactTimeline(TIMELINE, NO_SSN, [])).toEqual({
      points: [
        { timestamp: '2026-01-05T10:00:00Z', properties: { plan: 'free' }, relevant_event_count: 4 },
        { timestamp: '2026-01-06T10:00:00Z', properties: { plan: 'pro' }, relevant_event_count: 1 },
      ],
      crucial_property_keys: ['plan'],
      effective_date_from: '2026-01-01T00:00:00Z',
      effective_date_to: '2026-01-07T00:00:00Z',
    });
  });

  test('A timeline under a slice shows only the points at which the person was in the slice', () => {
    const points = [
      at({ tenant_id: 'bolt', plan: 'free' }),
      at({ tenant_id: 'acme', plan: 'pro' }),
      at({ plan: 'pro' }),
      at({ tenant_id: ['acme'] }),
      at(null),
      'acme',
    ];
    const timeline = { points, query: 'bolt' } as JsonObject;
    const shown = { points: [at({ tenant_id: 'acme', plan: 'pro' })] };
    expect(redactTimeline(timeline, EVERYTHING, SLICES)).toEqual(shown);
    expect(redactTimeline(timeline, NO_SSN, SLICES)).toEqual(shown);
  });

  test('A timeline of another shape is empty', () => {
    expect(redactTimeline({ points: { ssn: '1' }, crucial_property_keys: 'ssn' }, NO_SSN, [])).toEqual({
      points: [],
      crucial_property_keys: [],
    });
  });
});

describe('Activity', () => {
  const SPLIT: JsonObject = {
    id: 'a1',
    user: { first_name: 'Sam', email: 'sam@corp.test', hedgehog_config: { ssn: '123-45' } },
    activity: 'split_person',
    scope: 'Person',
    item_id: '100001',
    detail: {
      changes: [
        { type: 'Person', action: 'changed', after: { distinct_ids: ['ada@acme.test', 'eve@bolt.test'] } },
      ],
      trigger: null,
      type: null,
      name: 'ada@acme.test',
      short_id: null,
      context: { email: 'ada@acme.test' },
    },
    created_at: '2026-01-05T10:00:00Z',
    unread: true,
  };
  const BARE = {
    id: 'a1',
    user: { first_name: 'Sam', email: 'sam@corp.test' },
    activity: 'split_person',
    scope: 'Person',
    item_id: '100001',
    detail: { changes: null, trigger: null, type: null, name: null, short_id: null },
    created_at: '2026-01-05T10:00:00Z',
  };

  test.each<[string, Visibility, readonly Slice[]]>([
    ['a property is hidden', NO_SSN, []],
    ['distinct ids are hidden', NO_IDS, []],
    ['the grant is sliced: a merged person may have been of another slice', EVERYTHING, SLICES],
  ])('An activity entry tells who did what and when, and no details, where %s', (_, visibility, slices) => {
    expect(redactActivity(SPLIT, visibility, slices)).toEqual(BARE);
  });
});
