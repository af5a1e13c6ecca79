/** Valid arguments of every operation of the catalogue; an operation that is not here fails the test of them. */
import * as fc from 'fast-check';
import type { Pool } from './pool.ts';

type Args = Readonly<Record<string, unknown>>;
type ArgsOf = (pool: Pool) => fc.Arbitrary<Args>;

/** Each of them or none. */
const some = <T extends Record<string, unknown>>(
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
  required: (keyof T)[] = [],
): fc.Arbitrary<Args> => fc.record(model, { requiredKeys: required, noNullPrototype: true });

const none: fc.Arbitrary<Args> = fc.constant({});
const joined = (...parts: readonly Args[]): Args =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(part)));

const limits = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(10, 100, 1000));
const offsets = fc.integer({ min: 0, max: 16 });
const pages = { limit: limits, offset: offsets };
const words = fc.constantFrom('acme', 'ada', 'birch', 'other', 'a', 'Amberley', 'test', 'foreign', 'own-0');
const emails = fc.constantFrom('ada@acme.test', 'cyd@birch.test', 'other-0@birch.test', 'own-1@acme.test');
const keys = fc.constantFrom('plan', 'email', 'name', 'ssn', 'tenant_id', 'secret', 'seats');
const values = fc.constantFrom('pro', 'free', 'acme', 'birch', 'ada@acme.test', 'foreign-left-0', 'other', 7);
/** What is written can be read afterwards, so nothing of others is among it. */
const written = fc.constantFrom<unknown>('pro', 'acme', 'birch', 7, null, ['team']);
const flags = fc.boolean();

const LISTING = ['exact', 'is_not', 'in', 'not_in'] as const;
const SEARCHING = ['icontains', 'not_icontains', 'regex', 'not_regex'] as const;
const COMPARING = [...SEARCHING, 'gt', 'gte', 'lt', 'lte'] as const;
const EXISTING = ['is_set', 'is_not_set'] as const;
const condition = fc.oneof(
  fc.record({
    operator: fc.constantFrom(...LISTING),
    value: fc.oneof(values, fc.array(values, { minLength: 1, maxLength: 3 })),
  }),
  fc.record({ operator: fc.constantFrom(...COMPARING), value: values }),
  fc.record({
    operator: fc.constantFrom(...SEARCHING),
    value: fc.array(values, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ operator: fc.constantFrom(...EXISTING) }),
);
const leaf = (types: readonly string[]) =>
  fc
    .tuple(keys, fc.constantFrom(...types), condition, fc.nat({ max: 5 }))
    .map(([key, type, rest, n]) => joined({ key, type }, rest, n === 0 ? { negation: false } : {}));
const personFilters = fc.array(leaf(['person']), { minLength: 1, maxLength: 3 });
const insightLeaves = fc.array(leaf(['person', 'person', 'event']), { minLength: 1, maxLength: 2 });
const groups = fc.record({
  type: fc.constantFrom('OR', 'AND'),
  values: fc.oneof(
    insightLeaves,
    fc.array(fc.record({ type: fc.constantFrom('OR', 'AND'), values: insightLeaves }), {
      minLength: 1,
      maxLength: 2,
    }),
  ),
});

const eventNames = fc.constantFrom('signed up', 'watched video', 'paid', '$pageview', 'never seen');
const entity = some(
  { id: fc.oneof(eventNames, fc.constant(null)), type: fc.constant('events'), properties: insightLeaves },
  ['id', 'type'],
);
const series = (minLength: number, maxLength: number) =>
  fc.array(entity, { minLength, maxLength }).map((list) => list.map((one, order) => joined(one, { order })));
const insight = {
  properties: fc.oneof(insightLeaves, groups),
  date_from: fc.constantFrom('-14d', '-3d', 'all', '2026-01-05'),
  date_to: fc.constantFrom('2026-01-12', '-1d'),
  search: words,
  filter_test_accounts: flags,
  interval: fc.constantFrom('day', 'week', 'hour'),
};
const breakdowns = {
  breakdown: fc.constantFrom('plan', '$browser', 'secret'),
  breakdown_type: fc.constantFrom('person', 'event'),
};
const steps = fc.constantFrom(1, 2, -2);
const funnel = {
  ...insight,
  events: series(2, 3),
  funnel_step: steps,
  funnel_window_days: fc.constantFrom(1, 14),
};
/** Series of an insight, and the one of them that is asked about. */
const pointed = series(1, 3).map((events) => {
  const id = events[0]?.['id'] ?? null;
  return joined({ events, entity_type: 'events', entity_order: 0 }, id === null ? {} : { entity_id: id });
});

const bulk: ArgsOf = ({ uuids, distinctIds }) => {
  const erased = some({ delete_events: flags, delete_recordings: flags, keep_person: flags });
  const named = fc.oneof(
    fc.array(uuids, { minLength: 1, maxLength: 6 }).map((ids) => ({ ids })),
    fc.array(distinctIds, { minLength: 1, maxLength: 6 }).map((ids) => ({ distinct_ids: ids })),
  );
  return fc.tuple(named, fc.oneof(none, erased)).map(([who, what]) => joined(who, what));
};

const ARGUMENTS: Readonly<Record<string, ArgsOf>> = {
  persons_list: ({ distinctIds }) =>
    fc.oneof(
      some({ ...pages, properties: personFilters, include_total: flags }),
      some({ ...pages, search: words, email: emails, distinct_id: distinctIds, include_total: flags }),
    ),
  persons_retrieve: () => none,
  persons_cohorts: ({ refs }) => fc.record({ person_id: refs }),
  persons_values: () => some({ key: keys, value: words }, ['key']),
  persons_deletion_status: ({ uuids }) =>
    some({ ...pages, status: fc.constantFrom('all', 'pending'), person_uuid: uuids }),
  persons_batch_by_distinct_ids: ({ distinctIds }) =>
    fc.record({ distinct_ids: fc.array(distinctIds, { minLength: 1, maxLength: 6 }) }),
  persons_batch_by_uuids: ({ uuids }) =>
    fc.record({ uuids: fc.array(uuids, { minLength: 1, maxLength: 6 }) }),
  persons_properties_at_time: ({ distinctIds, uuids }) =>
    fc
      .tuple(
        fc.oneof(
          distinctIds.map((id) => ({ distinct_id: id })),
          uuids.map((id) => ({ person_id: id })),
        ),
        fc.constantFrom('2026-01-06T00:00:00Z', '2026-01-14T00:00:00Z', '2020-01-01T00:00:00Z'),
        some({ include_set_once: flags }),
      )
      .map(([who, timestamp, more]) => joined(who, { timestamp }, more)),
  persons_activity: () => some({ limit: limits, page: fc.integer({ min: 1, max: 3 }) }),
  persons_person_activity: () => some({ limit: limits, page: fc.integer({ min: 1, max: 3 }) }),
  persons_funnel: () => some({ ...funnel, ...breakdowns, ...pages }, ['events']),
  persons_funnel_correlation: () =>
    fc
      .tuple(
        some(
          { ...funnel, funnel_correlation_person_limit: limits, funnel_correlation_person_offset: offsets },
          ['events'],
        ),
        fc.oneof(
          fc.record({
            funnel_correlation_person_entity: fc.record({ id: eventNames, type: fc.constant('events') }),
          }),
          fc.record({
            funnel_correlation_type: fc.constant('properties'),
            funnel_correlation_property_values: insightLeaves,
          }),
        ),
        fc.record({ funnel_correlation_person_converted: fc.constantFrom('true', 'false') }),
      )
      .map(([args, what, side]) => joined(args, what, side)),
  persons_lifecycle: () =>
    some(
      {
        ...insight,
        ...pages,
        events: series(1, 1),
        interval: fc.constantFrom('day'),
        target_date: fc.constantFrom('2026-01-05', '2026-01-10', '2026-01-12'),
        lifecycle_type: fc.constantFrom('new', 'returning', 'resurrecting', 'dormant'),
      },
      ['events', 'target_date', 'lifecycle_type'],
    ),
  persons_stickiness: () =>
    fc
      .tuple(
        pointed,
        some({ ...insight, ...pages, stickiness_days: fc.integer({ min: 1, max: 4 }) }, ['stickiness_days']),
      )
      .map(([point, args]) => joined(point, args)),
  persons_trends: () =>
    fc
      .tuple(pointed, some({ ...insight, ...breakdowns, ...pages }))
      .map(([point, args]) => joined(point, args)),
  persons_properties_timeline: () => some({ ...insight, ...breakdowns, events: series(1, 3) }, ['events']),
  persons_update: () =>
    fc
      .dictionary(fc.constantFrom('plan', 'seats', 'email', 'tenant_id'), written, {
        minKeys: 1,
        maxKeys: 2,
        noNullPrototype: true,
      })
      .map((properties) => ({ properties })),
  persons_update_property: () => fc.record({ key: keys, value: written }),
  persons_delete_property: () => fc.record({ $unset: keys }),
  persons_split: ({ distinctIds }) =>
    fc.oneof(
      none,
      fc.record({ main_distinct_id: distinctIds }),
      fc.record({ distinct_ids_to_split: fc.array(distinctIds, { minLength: 1, maxLength: 2 }) }),
    ),
  persons_reset_distinct_id: ({ reused }) => fc.record({ distinct_id: reused }),
  persons_bulk_delete: bulk,
  persons_destroy: () =>
    fc.oneof(none, some({ delete_events: flags, delete_recordings: flags, keep_person: flags })),
  persons_delete_events: () => none,
  persons_delete_recordings: () => none,
};

/** What the operation can be asked with. */
export function argumentsOf(operation: string, pool: Pool): fc.Arbitrary<Args> {
  const found = ARGUMENTS[operation];
  if (found === undefined)
    throw new Error(`nobody says what ${operation} is asked with: add it to ARGUMENTS`);
  return found(pool);
}
