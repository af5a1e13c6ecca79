import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DELETING, type Deletion } from '../../src/catalogue/deletion.ts';
import { GENERATIONS } from '../../src/catalogue/generation.ts';
import { FAILURES, failure, type FailureCode } from '../../src/core/failure.ts';
import { PersonUuid, ProjectId, TokenId } from '../../src/core/ids.ts';
import { parseJson } from '../../src/core/json.ts';
import { refusalOf, waitFor, weighs, WINDOW_MS, type Charge } from '../../src/objects/deletion-log/budget.ts';
import { obstacleTo } from '../../src/objects/deletion-log/hold.ts';
import { waitAfter } from '../../src/objects/deletion-log/backoff.ts';
import { settle, type Reply } from '../../src/objects/deletion-log/settle.ts';
import { canonicalSlices, coversDeleted, SlicesColumn } from '../../src/objects/deletion-log/slices.ts';
import { NO_SUMMARY, summaryOf } from '../../src/objects/deletion-log/summary.ts';
import type { Slice } from '../../src/policy/slice.ts';
import { inSlice } from '../../src/policy/slice.ts';

const SEED = { seed: 20_261_123 };
const NOW = Date.parse('2026-11-23T12:00:00.000Z');
const TOKENS = ['a', 'b', 'c'].map((letter) => TokenId.parse(`tok_${letter.repeat(22)}`));

const charges = fc
  .array(
    fc.record({
      at: fc.integer({ min: NOW - 2 * WINDOW_MS, max: NOW }),
      persons: fc.integer({ min: 1, max: 50 }),
      tokens: fc.subarray(TOKENS),
    }),
  )
  .map((all): Charge[] => all.toSorted((left, right) => left.at - right.at));
const budget = fc.record({
  holder: fc.constantFrom('tenant' as const, ...TOKENS),
  persons_per_day: fc.integer({ min: 0, max: 200 }),
});

const spentBy = (holder: string, all: readonly Charge[], now: number) =>
  all
    .filter(
      (charge) => weighs(charge, now) && (holder === 'tenant' || charge.tokens.some((id) => id === holder)),
    )
    .reduce((sum, charge) => sum + charge.persons, 0);

test('what fits is within the budget, and what does not fit would break it', () => {
  fc.assert(
    fc.property(budget, charges, fc.integer({ min: 1, max: 100 }), (limit, all, persons) => {
      const fits = spentBy(limit.holder, all, NOW) + persons <= limit.persons_per_day;
      expect(waitFor(limit, all, persons, NOW) === 0).toBe(fits);
    }),
    SEED,
  );
});

test('a wait is exactly long enough', () => {
  fc.assert(
    fc.property(budget, charges, fc.integer({ min: 1, max: 100 }), (limit, all, persons) => {
      const wait = waitFor(limit, all, persons, NOW);
      fc.pre(wait > 0 && wait < Infinity);
      expect(waitFor(limit, all, persons, NOW + wait)).toBe(0);
      expect(waitFor(limit, all, persons, NOW + wait - 1)).toBe(1);
    }),
    SEED,
  );
});

test('of several budgets the one with the longest wait is named', () => {
  const all: Charge[] = [
    { at: NOW - WINDOW_MS + 5000, persons: 10, tokens: [] },
    { at: NOW - WINDOW_MS + 9500, persons: 10, tokens: TOKENS.slice(0, 1) },
  ];
  const budgets = [
    { holder: 'tenant' as const, persons_per_day: 20 },
    ...TOKENS.slice(0, 1).map((holder) => ({ holder, persons_per_day: 12 })),
  ];
  expect(refusalOf(budgets, all, 5, NOW)).toMatchObject({ retryAfterSeconds: 10 });
  expect(refusalOf(budgets.slice(0, 1), all, 5, NOW)).toMatchObject({ retryAfterSeconds: 5 });
  expect(refusalOf([], all, 5, NOW)).toBeNull();
});

test('waits between attempts never shrink, never pass an hour by themselves, and never undercut PostHog', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.option(fc.nat(200_000)), (attempt, asked) => {
      const wait = waitAfter(attempt, null);
      expect(wait).toBeGreaterThanOrEqual(10_000);
      expect(wait).toBeLessThanOrEqual(3_600_000);
      expect(waitAfter(attempt + 1, null)).toBeGreaterThanOrEqual(wait);
      expect(waitAfter(attempt, asked)).toBe(Math.max(wait, Math.min((asked ?? 0) * 1000, 86_400_000)));
    }),
    SEED,
  );
});

const person: Deletion = {
  operation: 'persons_destroy',
  projectId: ProjectId.parse(1),
  target: { kind: 'person', ids: [PersonUuid.parse('00000000-0000-4000-8000-000000000001')] },
  flags: { delete_events: false, delete_recordings: false, keep_person: false },
};
const refusal = (status: number, code: string): Reply => ({
  status,
  retryAfterSeconds: null,
  interpretation: { kind: 'refusal', status, body: { code } },
});
const failed = (code: FailureCode): Reply => ({
  status: null,
  retryAfterSeconds: null,
  interpretation: { kind: 'failure', status: null, failure: failure(code, '') },
});

test('a success is accepted at every attempt', () => {
  const reply: Reply = {
    status: 202,
    retryAfterSeconds: null,
    interpretation: { kind: 'success', status: 202, text: '', json: undefined },
  };
  for (const attempt of [1, 2, 9]) {
    expect(settle(person, reply, attempt)).toEqual({ state: 'accepted', status: 202, summary: NO_SUMMARY });
  }
});

test('no answer after the first attempt is ever taken for proof that nothing was deleted', () => {
  const replies = [
    ...Array.from({ length: 100 }, (_, n) => refusal(400 + n, 'any')),
    refusal(404, 'not_found'),
    ...(Object.keys(FAILURES) as FailureCode[]).map(failed),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...replies), fc.integer({ min: 2, max: 1000 }), (reply, attempt) => {
      expect(settle(person, reply, attempt).state).not.toBe('refused');
    }),
    SEED,
  );
});

test('of all failures only three say that nothing was done', () => {
  const codes = Object.keys(FAILURES) as FailureCode[];
  expect(codes.filter((code) => settle(person, failed(code), 1).state === 'refused').toSorted()).toEqual([
    'upstream_key_refused',
    'upstream_rate_limited',
    'upstream_redirected',
  ]);
});

const origins = fc.constantFrom('https://a.example', 'http://a.example', 'https://a.example:8443');
const deletions = fc.record({
  operation: fc.constantFrom(...DELETING),
  flags: fc.record({
    delete_events: fc.boolean(),
    delete_recordings: fc.boolean(),
    keep_person: fc.boolean(),
  }),
});

test('an entry is sent where it was meant for and nowhere else, and never where a flag would be ignored', () => {
  fc.assert(
    fc.property(
      deletions,
      fc.option(origins),
      fc.record({ origin: origins, generation: fc.constantFrom(...GENERATIONS) }),
      ({ operation, flags }, meant, posthog) => {
        const elsewhere = meant !== null && meant !== posthog.origin;
        const bulk = operation === 'persons_bulk_delete';
        const unread =
          (flags.keep_person && (bulk || operation === 'persons_destroy')) ||
          (flags.delete_recordings && bulk);
        const lacks = posthog.generation === 'A' && unread;
        const obstacle = obstacleTo({ deletion: { ...person, operation, flags }, origin: meant }, posthog);
        expect(obstacle).toBe(elsewhere ? 'upstream_changed' : lacks ? 'generation_lacks' : null);
      },
    ),
    { ...SEED, numRuns: 1000 },
  );
});

test('whatever a success body is, its summary holds counts, flags or nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      expect(Object.keys(summaryOf(parseJson(JSON.stringify(json))))).toEqual(Object.keys(NO_SUMMARY));
    }),
    SEED,
  );
  expect(summaryOf({ persons_found: -1, persons_deleted: 1.5, events_queued_for_deletion: 1 })).toEqual(
    NO_SUMMARY,
  );
  expect(summaryOf([1])).toEqual(NO_SUMMARY);
  expect(summaryOf(null)).toEqual(NO_SUMMARY);
});

test('nobody always fits, whatever was spent', () => {
  fc.assert(
    fc.property(budget, charges, (limit, all) => {
      expect(waitFor(limit, all, 0, NOW)).toBe(0);
      expect(refusalOf([limit], all, 0, NOW)).toBeNull();
    }),
    SEED,
  );
});

const word = fc.constantFrom('a', 'b', 'c');
const PROPERTIES = ['tenant_id', 'region'];
const slices = fc.array(
  fc.record({
    property: fc.constantFrom(...PROPERTIES),
    values: fc.array(word, { maxLength: 3 }),
  }),
  { maxLength: 3 },
);
/** Every person there can be, as far as these slices can tell. */
const PEOPLE = ['a', 'b', 'c', 'd'].flatMap((tenant) =>
  ['a', 'b', 'c', null].map((region) => ({ tenant_id: tenant, region })),
);
const stored = (recorded: readonly Slice[]) => SlicesColumn.parse(canonicalSlices(recorded));

test('a grant builds on a deletion only where every person it can have taken is in the slice of the grant', () => {
  let covered = 0;
  fc.assert(
    fc.property(slices, slices, (recorded, asking) => {
      if (!coversDeleted(asking, stored(recorded))) return;
      covered += 1;
      for (const taken of PEOPLE.filter((one) => inSlice(recorded, one))) {
        expect(inSlice(asking, taken)).toBe(true);
      }
    }),
    { ...SEED, numRuns: 5000 },
  );
  expect(covered).toBeGreaterThan(500);
});

test('a grant builds on its own deletions and on those of a grant narrowed from it, unless it covers nobody', () => {
  fc.assert(
    fc.property(slices, slices, (asking, more) => {
      fc.pre(asking.every(({ values }) => values.length > 0));
      expect(coversDeleted(asking, stored([...more, ...asking]))).toBe(true);
    }),
    SEED,
  );
});

test('slices of one meaning have one text', () => {
  expect(canonicalSlices([{ property: 'p', values: ['a'] }])).toBe('[{"property":"p","value":["a"]}]');
  fc.assert(
    fc.property(slices, (some) => {
      const turned = some.toReversed().map(({ property, values }) => ({
        values: [...values.toReversed(), ...values],
        property,
      }));
      expect(canonicalSlices([...turned, ...some])).toBe(canonicalSlices(some));
    }),
    SEED,
  );
});
