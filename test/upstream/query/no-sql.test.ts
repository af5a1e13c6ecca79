/**
 * No text of a client becomes SQL. Arguments are made from the fields of the catalogue, with marked texts wherever a
 * client chooses freely; each text of the document is then one of the words of the translation, a date, or a constant
 * that PostHog compares or looks up by name.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { operationOf } from '../../support/catalogue/operations.ts';
import { MARKER, valuesOf } from '../../support/properties/from-schema.ts';
import { documentFor, INSIGHT_IDS, LEAST, type InsightId } from '../../support/upstream/query.ts';

const SLICE = { type: 'person', key: 'tenant_id', operator: 'exact', value: 'acme' } as const;

/** Where a client's text may stand: `*` is any item of a list. PostHog makes a constant or a quoted name of each. */
const CONSTANTS = [
  /^search$/,
  /\.(?:properties|values|funnelCorrelationPropertyValues)\.\*\.(?:key|value|value\.\*)$/,
  /\.(?:series|exclusions)\.\*\.event$/,
  /^source\.source\.series\.\*\.math_property$/,
  /^source\.funnelCorrelationPersonEntity\.event$/,
  /\.breakdownFilter\.breakdown$/,
  /^source\.breakdown$/,
  /^source\.funnelStepBreakdown\.\*$/,
];

/** Every word that the translation writes itself. */
const WORDS = new Set(
  `ActorsQuery FunnelsActorsQuery FunnelCorrelationActorsQuery InsightActorsQuery StickinessActorsQuery FunnelsQuery
  FunnelCorrelationQuery LifecycleQuery StickinessQuery TrendsQuery EventsNode ActionsNode actor event_count AND OR event
  person exact is_not icontains not_icontains regex not_regex gt gte lt lte in not_in between not_between is_set
  is_not_set is_date_exact is_date_after is_date_before hour day week month minute second ordered strict unordered
  first_touch last_touch all_events step trends events properties event_with_properties new returning resurrecting
  dormant ActionsBarValue total dau weekly_active monthly_active unique_session avg sum min max median p75 p90 p95 p99
  first_time_for_user first_time_for_user_with_filters tenant_id acme`.split(/\s+/),
);
const SQL_OF_OURS = new Set(['actor_id ASC', 'event_count DESC', 'actor_id DESC']);
const DATE =
  /^(?:all|-?[0-9]+[hdwmqy](?:Start|End)?|[dwmy](?:Start|End)|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+Z?)?)$/;

/** Every text of a document with its place, and the names of its members. */
function textsIn(value: unknown, path: string): { readonly path: string; readonly text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item) => textsIn(item, `${path}.*`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    [{ path: `${path}<name>`, text: name }].concat(textsIn(member, path === '' ? name : `${path}.${name}`)),
  );
}

const isConstant = (path: string): boolean => CONSTANTS.some((place) => place.test(path));

/** The texts that are neither in a place for constants nor words of the translation. */
function strayTexts(document: object): { readonly path: string; readonly text: string }[] {
  return textsIn(document, '').filter(({ path, text }) => {
    if (path.endsWith('<name>')) return !/^[a-z][A-Za-z_]*$/.test(text);
    if (path.startsWith('orderBy')) return !SQL_OF_OURS.has(text);
    return !isConstant(path) && !WORDS.has(text) && !DATE.test(text);
  });
}

/** A correlation by properties takes no event. */
function withoutEntity(args: JsonObject): JsonObject {
  const { funnel_correlation_person_entity: _, ...others } = args;
  return others;
}

/** Methods, and with them both ways of writing arguments. */
const methodsOf = (id: InsightId): readonly ('GET' | 'POST')[] =>
  operationOf(id).methods.filter((method) => method === 'GET' || method === 'POST');

/** Looks at the document of a request, and says where marked texts stand in it; `null` where it was refused. */
function markedPlaces(id: InsightId, args: JsonObject, method: 'GET' | 'POST'): readonly string[] | null {
  const document = documentFor(id, { args, method, conditions: [SLICE] });
  if (!document.ok) return null;
  expect(strayTexts(document.value)).toEqual([]);
  expect(document.value.fixedProperties).toEqual([SLICE]);
  return textsIn(document.value, '')
    .filter(({ text }) => text.includes(MARKER))
    .map(({ path }) => path);
}

/** Places in which a marked text was found, of all requests of this file. */
const found = new Set<string>();

const SEED = 20_261_126;

const COUNTED = {
  id: `${MARKER}e`,
  type: 'events',
  order: 0,
  math: 'sum',
  math_property: `${MARKER}p`,
} as const;

/** Arguments that others need beside them. */
const BESIDE: readonly JsonObject[] = [
  {},
  {},
  { breakdown: `${MARKER}b` },
  { breakdown_value: `${MARKER}v` },
  { funnel_step_breakdown: `${MARKER}s` },
  { events: [COUNTED], entity_id: COUNTED.id },
  { funnel_viz_type: 'trends', entrance_period_start: '2026-01-05', drop_off: true },
  { funnel_correlation_type: 'properties', funnel_correlation_person_converted: 'true' },
];

describe.each(INSIGHT_IDS)('The query of %s', (id) => {
  const { shape } = operationOf(id).input;
  const names = Object.keys(shape);
  const known = ([name]: [string, unknown]): boolean => Object.hasOwn(shape, name);
  const beside = fc
    .constantFrom(...BESIDE)
    .map((args): JsonObject => Object.fromEntries(Object.entries(args).filter(known)));
  const least = fc.constantFrom<JsonObject>(LEAST[id], withoutEntity(LEAST[id]));

  /** Asks with the arguments, and counts the requests that were not refused. */
  const expectConstants = (args: fc.Arbitrary<JsonObject>, runs: number): number => {
    let accepted = 0;
    fc.assert(
      fc.property(least, beside, args, fc.constantFrom(...methodsOf(id)), (base, more, given, method) => {
        const places = markedPlaces(id, { ...base, ...more, ...given }, method);
        accepted += places === null ? 0 : 1;
        for (const place of places ?? []) found.add(place);
      }),
      { seed: SEED, numRuns: runs },
    );
    return accepted;
  };

  test.each(names)(
    `The argument %s of ${id} is a constant in the query, is refused, or is not in it`,
    (name) => {
      expectConstants(
        valuesOf(shape[name]!).map((value) => ({ [name]: value })),
        200,
      );
    },
  );

  test(`Several arguments of ${id} are constants in the query, or are not in it`, () => {
    const several = fc
      .subarray(names, { minLength: 2, maxLength: 3 })
      .chain((some) => fc.record(Object.fromEntries(some.map((name) => [name, valuesOf(shape[name]!)]))));
    expect(expectConstants(several, 1000)).toBeGreaterThan(20);
  });
});

test('Marked texts did arrive in every place that is one for constants', () => {
  const unseen = CONSTANTS.filter((place) => ![...found].some((path) => place.test(path)));
  expect(unseen).toEqual([]);
  expect([...found].filter((path) => !isConstant(path))).toEqual([]);
});

test('Texts of a client that are SQL would be found: in a list of columns, an order, a type, a name of a member', () => {
  const document = { kind: 'ActorsQuery', select: ['actor'], orderBy: ['actor_id ASC'] };
  expect(strayTexts(document)).toEqual([]);
  for (const changed of [
    { select: ['count()'] },
    { orderBy: ['(SELECT 1)'] },
    { source: { source: { properties: [{ type: 'hogql', key: `${MARKER}1 = 1` }] } } },
    { source: { source: { funnelsFilter: { funnelAggregateByHogQL: `${MARKER}1` } } } },
    { [`${MARKER} x`]: 1 },
  ]) {
    expect(strayTexts({ ...document, ...changed })).not.toEqual([]);
  }
});
