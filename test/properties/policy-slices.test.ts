/** Slices and redaction over random grants, persons and arguments. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/core/json.ts';
import { Narrowing, TenantRecord } from '../../src/policy/grant.ts';
import { NO_REFERENCES, referencesOf } from '../../src/catalogue/fields/references.ts';
import { checkDisclosure } from '../../src/policy/disclosure.ts';
import { grantOf, narrow, checkNarrower } from '../../src/policy/narrow.ts';
import { redactActivity, redactPastPerson, redactPerson, redactTimeline } from '../../src/policy/redact.ts';
import { inSlice, parseSlice, sliceFilters } from '../../src/policy/slice.ts';
import { visibilityOf } from '../../src/policy/visibility.ts';

const SEED = { seed: 20_261_123, numRuns: 1000 };

const NAMES = ['email', 'name', 'username', 'ssn', 'plan', 'tenant_id', 'region', '__proto__'];
const VALUES = ['acme', 'bolt', 'corp', 'dune'];
const name = fc.constantFrom(...NAMES);
const names = fc.uniqueArray(name, { maxLength: 4 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const slice = fc.record({
  property: fc.constantFrom('tenant_id', 'region'),
  value: fc.oneof(fc.constantFrom(...VALUES), fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1 })),
});
const rule = fc.record({
  hidden: maybe(names),
  visible: maybe(names),
  distinct_ids: maybe(fc.constant('hidden' as const)),
});
const narrowing = fc
  .record({ slice: maybe(slice), properties: maybe(rule), split_out_of_slice: maybe(fc.boolean()) })
  .map((by) => Narrowing.parse(by));
const tenant = fc
  .record({ slice: maybe(slice), properties: maybe(rule), split_out_of_slice: fc.boolean() })
  .map((members) =>
    grantOf(TenantRecord.parse({ name: 'T', project_id: 1, scopes: ['person:read'], ...members })),
  );
const chain = fc.tuple(tenant, fc.array(narrowing, { maxLength: 4 }));
const grant = chain.map(([first, links]) => links.reduce(narrow, first));

const jsonValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(...VALUES, '', 'Acme', 7, true, null),
  fc.constantFrom<Json[]>(['acme'], { acme: 'acme' }),
);
const properties = fc.dictionary(name, jsonValue, { noNullPrototype: true });

describe('Chains of tokens', () => {
  test('A derived token never covers a person that its parent does not, nor leaves out one that both cover', () => {
    fc.assert(
      fc.property(tenant, narrowing, narrowing, properties, (first, one, two, person) => {
        const parent = narrow(first, one);
        const child = narrow(parent, two);
        const asked = two.slice === undefined ? [] : [parseSlice(two.slice)];
        const covered = inSlice(parent.slices, person) && inSlice(asked, person);
        expect(inSlice(child.slices, person)).toBe(covered);
      }),
      SEED,
    );
  });

  test('A derived token never shows what its parent hides, and never allows a split that its parent does not', () => {
    fc.assert(
      fc.property(tenant, narrowing, (parent, by) => {
        const child = narrow(parent, by);
        const above = visibilityOf(parent);
        const below = visibilityOf(child);
        for (const each of [...NAMES, 'new_tomorrow']) {
          if (below.showsProperty(each)) expect(above.showsProperty(each)).toBe(true);
        }
        if (below.showsDistinctIds) expect(above.showsDistinctIds).toBe(true);
        if (below.showsEverything) expect(above.showsEverything).toBe(true);
        if (child.split_out_of_slice) expect(parent.split_out_of_slice).toBe(true);
      }),
      SEED,
    );
  });

  test('A derived token is sliced by each property once, and where it was let through, by just the values it asked for', () => {
    fc.assert(
      fc.property(chain, narrowing, ([first, links], by) => {
        const parent = links.reduce(narrow, first);
        const { slices } = narrow(parent, by);
        const sliced = slices.map(({ property }) => property);
        expect(new Set(sliced).size).toBe(sliced.length);
        if (!checkNarrower(parent, by).ok || by.slice === undefined) return;
        const { property, value } = by.slice;
        const asked = new Set([value].flat());
        const made = slices.find((each) => each.property === property)?.values ?? [];
        expect(new Set(made)).toEqual(asked);
      }),
      SEED,
    );
  });

  test('A derived token is refused every call that its parent is refused', () => {
    fc.assert(
      fc.property(tenant, narrowing, name, (parent, by, asked) => {
        const references = { ...NO_REFERENCES, properties: [asked] };
        if (checkDisclosure(references, parent) !== null)
          expect(checkDisclosure(references, narrow(parent, by))).not.toBeNull();
      }),
      SEED,
    );
  });
});

describe('Filters of a slice', () => {
  test('The filter of a slice is complete in every leaf, and matches exactly the persons in the slice', () => {
    fc.assert(
      fc.property(grant, properties, ({ slices }, person) => {
        const filters = sliceFilters(slices);
        if (filters.covers !== 'some') {
          expect(inSlice(slices, person)).toBe(filters.covers === 'all');
          return;
        }
        const passes = filters.leaves.every(({ key, value, operator, type }) => {
          expect([operator, type]).toEqual(['exact', 'person']);
          expect([value].flat()).not.toHaveLength(0);
          const has = Object.entries(person).find(([own]) => own === key)?.[1];
          return [value].flat().some((one) => one === has);
        });
        expect(passes).toBe(inSlice(slices, person));
      }),
      SEED,
    );
  });
});

/** Made so that what is hidden can be told from what is shown wherever it turns up. */
const SECRET = 'sEcReT';
const secretly = (value: Json): Json =>
  typeof value === 'object' ? [SECRET, value] : `${SECRET}${String(value)}`;

/** A person under a grant, whose hidden values are all marked; the same mark is in its name and in unknown members. */
const marked = fc
  .tuple(grant, properties, fc.array(fc.constantFrom(...VALUES)), fc.boolean())
  .map(([under, plain, ids, numbered]) => {
    const { showsProperty, showsDistinctIds } = visibilityOf(under);
    const mark = (values: JsonObject): JsonObject =>
      Object.fromEntries(
        Object.entries(values).map(([each, value]) => [each, showsProperty(each) ? value : secretly(value)]),
      );
    const distinctIds = showsDistinctIds ? ids : ids.map((id) => SECRET + id);
    const person: JsonObject = {
      type: 'person',
      id: numbered ? 7 : 'u-1',
      uuid: 'u-1',
      name: `${SECRET}@acme.test`,
      distinct_ids: distinctIds,
      properties: mark(plain),
      created_at: '2026-01-05T10:00:00Z',
      is_identified: true,
      matched_recordings: [],
      [`${SECRET}_member`]: SECRET,
      raw: { [SECRET]: SECRET },
    };
    const past = { ...person, point_in_time_metadata: { query_mode: 'x', distinct_ids_queried: [SECRET] } };
    const timeline: JsonObject = {
      points: [{ timestamp: 't', properties: mark(plain), relevant_event_count: 1, raw: SECRET }],
      crucial_property_keys: NAMES,
      effective_date_from: 'f',
      effective_date_to: { at: SECRET },
    };
    const activity: JsonObject = {
      id: 'a-1',
      user: { first_name: 'Sam', email: 'sam@corp.test', raw: SECRET },
      activity: 'updated',
      scope: 'Person',
      item_id: '7',
      detail: { changes: [{ before: SECRET, after: plain }], name: SECRET, type: SECRET, context: SECRET },
      created_at: 't',
      [SECRET]: 1,
    };
    return { under, plain, person, past, timeline, activity };
  });

/** All redactions of what one grant may see, as pairs of before and after. */
const redactions = (made: typeof marked extends fc.Arbitrary<infer T> ? T : never) => {
  const visibility = visibilityOf(made.under);
  const { slices } = made.under;
  const kinds: [JsonObject, (value: JsonObject) => JsonObject][] = [
    [made.person, (value) => redactPerson(value, visibility)],
    [made.past, (value) => redactPastPerson(value, visibility)],
    [made.activity, (value) => redactActivity(value, visibility, slices)],
    [made.timeline, (value) => redactTimeline(value, visibility, [])],
  ];
  return kinds;
};

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const listOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : []);
const entriesOf = (value: Json | undefined) => (isJsonObject(value) ? Object.entries(value) : null);

/** Everything in `part` is in `whole`, at the same place; `name` is made anew, and list items may be left out. */
function isWithin(part: Json | undefined, whole: Json | undefined, at: string): boolean {
  if (part === null) return true;
  if (isList(part)) {
    return isList(whole) && part.every((item) => whole.some((other) => isWithin(item, other, at)));
  }
  if (isJsonObject(part)) {
    return (
      isJsonObject(whole) &&
      Object.entries(part).every(
        ([key, value]) => Object.hasOwn(whole, key) && isWithin(value, whole[key], key),
      )
    );
  }
  return at === 'name' || part === whole;
}

describe('Redaction', () => {
  test('Redaction lets nothing out that is hidden, wherever it stands', () => {
    fc.assert(
      fc.property(marked, (made) => {
        fc.pre(!visibilityOf(made.under).showsEverything);
        for (const [value, redact] of redactions(made))
          expect(JSON.stringify(redact(value))).not.toContain(SECRET);
      }),
      SEED,
    );
  });

  test('Redaction of a timeline leaves the points at which the person was in the slice, and no others', () => {
    fc.assert(
      fc.property(grant, fc.array(properties), (under, states) => {
        const points = states.map((state) => ({ timestamp: 't', properties: state }));
        const { points: shown } = redactTimeline({ points }, visibilityOf(under), under.slices);
        const times = states.filter((state) => inSlice(under.slices, state));
        expect(listOf(shown)).toHaveLength(times.length);
      }),
      SEED,
    );
  });

  test('Redaction of a timeline names only properties that are shown', () => {
    fc.assert(
      fc.property(marked, ({ under, timeline }) => {
        const visibility = visibilityOf(under);
        const { crucial_property_keys: keys } = redactTimeline(timeline, visibility, []);
        expect(keys).toEqual(NAMES.filter((each) => visibility.showsProperty(each)));
      }),
      SEED,
    );
  });

  test('Redaction lets out all that is shown', () => {
    fc.assert(
      fc.property(marked, ({ under, plain, person, timeline }) => {
        const visibility = visibilityOf(under);
        const shown = Object.entries(plain).filter(([each]) => visibility.showsProperty(each));
        expect(entriesOf(redactPerson(person, visibility)['properties'])).toEqual(shown);
        const { points } = redactTimeline(timeline, visibility, []);
        const [point] = listOf(points);
        expect(entriesOf(isJsonObject(point) ? point['properties'] : undefined)).toEqual(shown);
      }),
      SEED,
    );
  });

  test('Redaction adds nothing', () => {
    fc.assert(
      fc.property(marked, (made) => {
        for (const [value, redact] of redactions(made)) expect(isWithin(redact(value), value, '')).toBe(true);
      }),
      SEED,
    );
  });

  test('Redaction done twice is redaction done once', () => {
    fc.assert(
      fc.property(marked, (made) => {
        for (const [value, redact] of redactions(made)) expect(redact(redact(value))).toEqual(redact(value));
      }),
      SEED,
    );
  });

  test('Redaction does not change its input', () => {
    fc.assert(
      fc.property(marked, (made) => {
        const before = JSON.stringify(made);
        for (const [value, redact] of redactions(made)) redact(value);
        expect(JSON.stringify(made)).toBe(before);
      }),
      SEED,
    );
  });
});

/** Put wherever a schema takes free text. */
const PLANTED = 'planted_key';
const freeText = fc.constantFrom(PLANTED, 'plan', 'signed up');

/** Values of a JSON schema, as those of the catalogue are written. */
function valuesOf(schema: unknown, defs: JsonObject, depth = 0): fc.Arbitrary<Json> {
  if (!isJsonObject(schema)) return fc.constant(1);
  const { $ref: reference, anyOf, enum: words, pattern, items, minimum, maximum } = schema;
  const shape = schema['properties'];
  if (typeof reference === 'string') return valuesOf(defs[reference.split('/').at(-1) ?? ''], defs, depth);
  if (isList(anyOf)) {
    // Groups hold lists of filters or groups: down to filters in the end.
    const options = depth > 6 ? anyOf.slice(0, 1) : anyOf;
    return fc.oneof(...options.map((option) => valuesOf(option, defs, depth + 1)));
  }
  if (isList(words)) return fc.constantFrom(...words);
  switch (schema['type']) {
    case 'string':
      return typeof pattern === 'string' ? fc.stringMatching(new RegExp(pattern)) : freeText;
    case 'integer':
      return fc.integer({ min: Math.max(Number(minimum ?? 1), 1), max: Math.min(Number(maximum ?? 9), 9) });
    case 'number':
      return fc.constant(0.5);
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valuesOf(items, defs, depth + 1), { minLength: 1, maxLength: 3 });
    case 'object':
      return isJsonObject(shape)
        ? membersOf(shape, schema['required'], defs, depth)
        : fc.dictionary(freeText, fc.constantFrom('a', 'b'), { minKeys: 1, noNullPrototype: true });
    default:
      return fc.constantFrom<Json[]>('a', 1, null);
  }
}

function membersOf(shape: JsonObject, required: Json | undefined, defs: JsonObject, depth: number) {
  const always = listOf(required);
  const members = Object.entries(shape).map(([member, schema]) => {
    // A comparison with one value, which every operator but those that ask for existence takes.
    if (member === 'value' && Object.hasOwn(shape, 'operator')) return [member, fc.constant('x')] as const;
    const value = valuesOf(schema, defs, depth + 1);
    return [member, always.includes(member) ? value : fc.option(value, { nil: undefined, freq: 2 })] as const;
  });
  return fc
    .record<Record<string, Json | undefined>>(Object.fromEntries(members))
    .map((object): JsonObject =>
      Object.fromEntries(
        Object.entries(object).flatMap(([member, value]) => (value === undefined ? [] : [[member, value]])),
      ),
    );
}

/** Does a filter on persons anywhere in these arguments have the planted key? */
function hasPlantedFilter(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasPlantedFilter);
  if (!isJsonObject(value)) return false;
  return (
    (value['key'] === PLANTED && value['type'] === 'person') || Object.values(value).some(hasPlantedFilter)
  );
}

/** Other places where a person property is named, each by the field it is in. */
function isPlantedByField(input: JsonObject): boolean {
  const { breakdown, breakdown_type: of, key, $unset, properties: set } = input;
  if (of === 'person' && [breakdown].flat().includes(PLANTED)) return true;
  if (isJsonObject(set) && Object.hasOwn(set, PLANTED)) return true;
  return key === PLANTED || $unset === PLANTED;
}

describe('References', () => {
  const FILTERED = ['events', 'properties', 'exclusions', 'breakdown', 'key', '$unset'];
  const operations = CATALOGUE.map(({ id, input }) => ({ id, input }));

  test.each(operations)('A reference is found wherever the schema allows one: $id', ({ input }) => {
    const { $defs: defs, ...schema } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
    let found = 0;
    fc.assert(
      fc.property(valuesOf(schema, isJsonObject(defs) ? defs : {}), (sent) => {
        const parsed = input.safeParse(sent);
        fc.pre(parsed.success);
        const given = parsed.data;
        if (!isJsonObject(given)) throw new Error('arguments are an object');
        const { properties: mentioned, anything } = referencesOf(input, given);
        if (hasPlantedFilter(given) || isPlantedByField(given)) {
          found += 1;
          if (!anything) expect(mentioned).toContain(PLANTED);
        }
        if (!JSON.stringify(given).includes(PLANTED)) expect(mentioned).not.toContain(PLANTED);
      }),
      { ...SEED, numRuns: 300 },
    );
    const couldStand = FILTERED.some((field) => Object.hasOwn(input.shape, field));
    expect(found > 20).toBe(couldStand);
  });
});
