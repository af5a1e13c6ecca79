/** Grants, narrowings and calls of every kind. */
import * as fc from 'fast-check';
import { CATALOGUE } from '../../../src/catalogue/index.ts';
import type { Call } from '../../../src/catalogue/operation.ts';
import { ProjectId } from '../../../src/core/ids.ts';
import { ScopeName } from '../../../src/core/scopes.ts';
import { GENERATIONS } from '../../../src/catalogue/generation.ts';
import type { Caller, UpstreamFacts } from '../../../src/policy/decide.ts';
import type { Grant, Narrowing } from '../../../src/policy/grant.ts';
import { parseSlice } from '../../../src/policy/slice.ts';
import { callOf } from '../policy/grants.ts';
import { exampleOf, OTHER_UUID, PROJECT, UUID } from '../catalogue/operations.ts';

const ORIGINS = ['https://app.acme.example', 'http://localhost:5173', 'https://evil.example'];
const PROPERTIES = ['email', 'plan', 'ssn', 'phone'];
const OTHER_PROJECT = ProjectId.parse(8);

const some = <T>(items: readonly T[]) => fc.subarray([...items]);
const slice = fc.record({
  property: fc.constantFrom('tenant_id', 'region'),
  value: fc.oneof(fc.constantFrom('a', 'b'), fc.subarray(['a', 'b', 'c'], { minLength: 1 })),
});
const rate = fc.record({
  requests_per_minute: fc.integer({ min: 1, max: 1000 }),
  burst: fc.integer({ min: 1, max: 100 }),
});
const persons = fc.integer({ min: 0, max: 1000 });

/** Left out, not undefined: as validated input is. */
const maybe = <T extends object>(members: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(members, { requiredKeys: [] });

export const narrowings: fc.Arbitrary<Narrowing> = maybe<Required<Narrowing>>({
  scopes: some(ScopeName.options),
  slice,
  properties: maybe({
    hidden: some(PROPERTIES),
    visible: some(PROPERTIES),
    distinct_ids: fc.constant('hidden'),
  }),
  split_out_of_slice: fc.boolean(),
  rate,
  deletes: maybe({ persons_per_day: persons, events: fc.boolean(), recordings: fc.boolean() }),
  origins: some(ORIGINS),
});

/** Narrowings that leave most of a grant standing, so that something of it is still allowed. */
const light: fc.Arbitrary<Narrowing> = maybe<Omit<Required<Narrowing>, 'slice' | 'properties'>>({
  scopes: fc.subarray(ScopeName.options, { minLength: ScopeName.options.length - 1 }),
  split_out_of_slice: fc.boolean(),
  rate,
  deletes: maybe({ persons_per_day: persons, events: fc.boolean(), recordings: fc.boolean() }),
  origins: some(ORIGINS),
});

export const chains: fc.Arbitrary<Narrowing[]> = fc.oneof(
  fc.array(narrowings, { maxLength: 4 }),
  fc.array(light, { maxLength: 4 }),
);

type Conditions = {
  readonly [K in 'slices' | 'hidden' | 'visible' | 'distinct_ids_hidden']: fc.Arbitrary<Grant[K]>;
};
const unconditional: Conditions = {
  slices: fc.constant([]),
  hidden: fc.constant([]),
  visible: fc.constant(null),
  distinct_ids_hidden: fc.constant(false),
};
const conditional: Conditions = {
  slices: fc.uniqueArray(slice.map(parseSlice), { maxLength: 2, selector: ({ property }) => property }),
  hidden: some(PROPERTIES),
  visible: fc.option(some(PROPERTIES)),
  distinct_ids_hidden: fc.boolean(),
};
const grantWith = (conditions: Conditions): fc.Arbitrary<Grant> =>
  fc.record({
    project_id: fc.oneof({ weight: 9, arbitrary: fc.constant(PROJECT) }, fc.constant(OTHER_PROJECT)),
    scopes: fc.oneof(some(ScopeName.options), fc.constant(ScopeName.options)),
    ...conditions,
    split_out_of_slice: fc.boolean(),
    rate,
    deletes: fc.record(
      {
        persons_per_day: persons,
        events: fc.boolean(),
        recordings: fc.boolean(),
        hold_seconds: fc.constantFrom(0, 60, 3600),
        approval_over: persons,
        preview_over: persons,
      },
      { requiredKeys: ['persons_per_day', 'events', 'recordings', 'hold_seconds'] },
    ),
    origins: some([...ORIGINS, 'https://*.acme.example']),
  });

/** Half of them without conditions, or next to nothing would be allowed. */
export const grants: fc.Arbitrary<Grant> = fc.oneof(grantWith(unconditional), grantWith(conditional));

const CALLS: readonly Call[] = [
  ...CATALOGUE.flatMap((operation) =>
    operation.methods.map((method) => callOf(operation.id, exampleOf(operation, method))),
  ),
  ...[{ delete_events: true }, { delete_recordings: true }, { delete_events: true, keep_person: true }].map(
    (flags) => callOf('persons_bulk_delete', { body: { ids: [UUID, OTHER_UUID], ...flags } }),
  ),
  callOf('persons_destroy', { query: { delete_events: 'true', delete_recordings: 'true' } }),
];

/** Calls of every operation by every method, with and without what is deleted along. */
export const calls: fc.Arbitrary<Call> = fc.constantFrom(...CALLS);

export const askers: fc.Arbitrary<Caller> = fc.record({
  projectId: fc.oneof({ weight: 9, arbitrary: fc.constant(PROJECT) }, fc.constant(OTHER_PROJECT)),
  origin: fc.oneof(fc.constant(null), fc.constantFrom(...ORIGINS, 'null')),
});

/** Whatever PostHog is behind the gateway. */
export const upstreams: fc.Arbitrary<UpstreamFacts> = fc.record({
  generation: fc.constantFrom(...GENERATIONS),
  ownersProject: fc.constantFrom(null, PROJECT, OTHER_PROJECT),
});
