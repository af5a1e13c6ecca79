/** Requests for insights that both ways of asking PostHog can answer, over the events of a fresh world of the sandbox. */
import * as fc from 'fast-check';
import type { Json } from '../../../src/core/json.ts';

export type Args = Readonly<Record<string, Json>>;

const joined = (...parts: readonly Args[]): Args =>
  Object.fromEntries(parts.flatMap((part) => Object.entries(part)));
const some = (model: Record<string, fc.Arbitrary<Json>>, required: string[] = []): fc.Arbitrary<Args> =>
  fc.record(model, { requiredKeys: required, noNullPrototype: true });

const EVENTS = ['signed up', 'watched video', 'paid', '$pageview'] as const;
const eventNames = fc.constantFrom(...EVENTS);

const leaf = fc.oneof(
  fc.record({
    key: fc.constantFrom('plan', 'tenant_id', 'email', 'name'),
    type: fc.constant('person'),
    operator: fc.constantFrom('exact', 'is_not'),
    value: fc.oneof(
      fc.constantFrom('pro', 'free', 'acme', 'birch', 'ada@acme.test'),
      fc.subarray(['pro', 'free', 'team', 'acme', 'birch'], { minLength: 2 }),
    ),
  }),
  fc.record({
    key: fc.constantFrom('plan', 'tenant_id', 'name'),
    type: fc.constant('person'),
    operator: fc.constantFrom('icontains', 'not_icontains', 'regex', 'not_regex'),
    value: fc.constantFrom('a', 'pro', 'acme', 'e'),
  }),
  fc.record({
    key: fc.constantFrom('ssn', 'tenant_id'),
    type: fc.constant('person'),
    operator: fc.constantFrom('is_set', 'is_not_set'),
  }),
  fc.record({
    key: fc.constantFrom('$browser', 'plan'),
    type: fc.constant('event'),
    operator: fc.constantFrom('exact', 'is_not'),
    value: fc.constantFrom('Firefox', 'Chrome', 'free', 'pro'),
  }),
);
const leaves = fc.array(leaf, { minLength: 1, maxLength: 2 });
const kinds = fc.constantFrom('AND', 'OR');
const filters = fc.oneof(
  leaves,
  fc.record({ type: kinds, values: leaves }),
  fc.record({
    type: kinds,
    values: fc.array(fc.record({ type: kinds, values: leaves }), { minLength: 1, maxLength: 2 }),
  }),
);

/** One request in so many has it: filters leave few persons over, and most requests have to find some. */
const seldom = (members: fc.Arbitrary<Args>, oneIn: number): fc.Arbitrary<Args> =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant<Args>({}) }, { weight: 1, arbitrary: members });

const entity = fc
  .tuple(
    fc.record({ id: fc.oneof(eventNames, fc.constant(null)), type: fc.constant('events') }),
    seldom(fc.record({ properties: leaves }), 6),
  )
  .map((parts) => joined(...parts));
const numbered = (list: readonly Args[]): Args[] => list.map((one, order) => joined(one, { order }));
/** Some of which do not say their order. */
const series = (minLength: number, maxLength: number) =>
  fc
    .tuple(
      fc.array(entity, { minLength, maxLength }),
      fc.constantFrom<readonly number[]>([], [], [0], [1], [1, 2]),
    )
    .map(([list, unsaid]) =>
      list.map((one, order) => (unsaid.includes(order) ? one : joined(one, { order }))),
    );

const ranges = fc.oneof(
  fc.constantFrom<Args>({}, { date_from: '-14d' }, { date_from: 'all' }),
  fc.constantFrom<Args>(
    { date_from: '2026-01-05', date_to: '2026-01-12' },
    { date_from: '-10d', date_to: '-2d' },
    { date_from: '2026-01-06', date_to: '2026-01-06' },
    { date_from: '2026-01-06T12:00:00', date_to: '2026-01-07T12:00:00' },
  ),
);
const shared = fc
  .tuple(
    ranges,
    seldom(fc.record({ properties: filters }), 3),
    seldom(fc.record({ search: fc.constantFrom('acme', 'ada', 'birch') }), 8),
    some({
      filter_test_accounts: fc.boolean(),
      interval: fc.constantFrom('day', 'week', 'hour', 'month'),
    }),
  )
  .map((parts) => joined(...parts));
/** A breakdown, and the value that is asked for by this name. */
const brokenDownBy = (name: string): fc.Arbitrary<Args> =>
  fc
    .tuple(
      fc.constantFrom<Args>(
        { breakdown: '$browser', breakdown_type: 'event' },
        { breakdown: 'plan', breakdown_type: 'person' },
      ),
      fc.constantFrom('Firefox', 'pro', 'free'),
    )
    .map(([breakdown, value]) => joined(breakdown, { [name]: value }));

const window = fc.oneof(
  fc.record({ funnel_window_days: fc.constantFrom(1, 3, 14) }),
  fc.record({
    funnel_window_interval: fc.constantFrom(1, 2, 36),
    funnel_window_interval_unit: fc.constantFrom('hour', 'day', 'week'),
  }),
  fc.constant<Args>({}),
);
const steps = series(2, 3).chain((events) =>
  fc.record({
    events: fc.constant(events),
    funnel_step: fc.constantFrom(...events.map((_, n) => n + 1), ...events.slice(1).map((_, n) => -(n + 2))),
  }),
);
const exclusion = fc.record({ id: eventNames, type: fc.constant('events') }).map((one) => [one]);
const funnel = fc
  .tuple(
    shared,
    steps,
    window,
    some({ funnel_order_type: fc.constantFrom('ordered', 'strict', 'unordered') }),
    seldom(fc.record({ exclusions: exclusion }), 4),
  )
  .map((parts) => joined(...parts));
const pointed = fc
  .array(entity, { minLength: 1, maxLength: 3 })
  .map(numbered)
  .map((events): Args => {
    const id = events[0]?.['id'] ?? null;
    return joined({ events, entity_type: 'events', entity_order: 0 }, id === null ? {} : { entity_id: id });
  });

/** For each insight what it is asked with. */
export const INSIGHT_REQUESTS: Readonly<Record<string, fc.Arbitrary<Args>>> = {
  persons_funnel: fc
    .tuple(funnel, seldom(brokenDownBy('funnel_step_breakdown'), 4))
    .map((parts) => joined(...parts)),
  persons_funnel_correlation: fc
    .tuple(
      funnel,
      fc.record({
        funnel_correlation_person_entity: fc.record({ id: eventNames, type: fc.constant('events') }),
      }),
      some({ funnel_correlation_person_converted: fc.constantFrom('true', 'false') }),
    )
    .map((parts) => joined(...parts)),
  persons_lifecycle: fc
    .tuple(
      seldom(fc.record({ properties: filters }), 3),
      some({ filter_test_accounts: fc.boolean() }),
      fc.record({
        events: series(1, 1),
        date_from: fc.constantFrom('-14d', '2026-01-02', 'all'),
        target_date: fc.constantFrom('2026-01-06', '2026-01-10', '2026-01-14'),
        lifecycle_type: fc.constantFrom('new', 'returning', 'resurrecting', 'dormant'),
      }),
    )
    .map((parts) => joined(...parts)),
  persons_stickiness: fc
    .tuple(shared, pointed, fc.record({ stickiness_days: fc.integer({ min: 1, max: 4 }) }))
    .map((parts) => joined(...parts)),
  persons_trends: fc
    .tuple(shared, pointed, seldom(brokenDownBy('breakdown_value'), 4))
    .map((parts) => joined(...parts)),
};
