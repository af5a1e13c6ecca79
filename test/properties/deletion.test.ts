import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DELETING, type Deletion } from '../../src/catalogue/deletion.ts';
import { GENERATIONS } from '../../src/catalogue/generation.ts';
import { failure } from '../../src/core/failure.ts';
import { PersonUuid, ProjectId, TokenId } from '../../src/core/ids.ts';
import { parseJson } from '../../src/core/json.ts';
import {
  checkBudgets,
  isCurrent,
  msUntilFree,
  WINDOW_MS,
  type Charge,
} from '../../src/objects/deletion-log/budget/budget.ts';
import { holdReason } from '../../src/objects/deletion-log/job/hold.ts';
import { waitAfter } from '../../src/objects/deletion-log/job/backoff.ts';
import { settle } from '../../src/objects/deletion-log/job/settle.ts';
import {
  canonicalSlices,
  coversDeleted,
  SlicesColumn,
} from '../../src/objects/deletion-log/storage/slices.ts';
import { combined, NO_SUMMARY, readSummary } from '../../src/objects/deletion-log/job/summary.ts';
import { mayHaveWorked } from '../../src/upstream/evidence.ts';
import { interpret, type Interpretation } from '../../src/upstream/interpret.ts';
import { scrubsOf } from '../../src/upstream/scrub.ts';
import { inSlice, type Slice } from '../../src/policy/slice.ts';

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
      (charge) =>
        isCurrent(charge, now) && (holder === 'tenant' || charge.tokens.some((id) => id === holder)),
    )
    .reduce((sum, charge) => sum + charge.persons, 0);

test('A deletion is allowed exactly where it keeps the spent persons within the budget', () => {
  fc.assert(
    fc.property(budget, charges, fc.integer({ min: 1, max: 100 }), (limit, all, persons) => {
      const fits = spentBy(limit.holder, all, NOW) + persons <= limit.persons_per_day;
      expect(msUntilFree(limit, all, persons, NOW) === 0).toBe(fits);
    }),
    SEED,
  );
});

test('A wait for budget is exactly long enough', () => {
  fc.assert(
    fc.property(budget, charges, fc.integer({ min: 1, max: 100 }), (limit, all, persons) => {
      const wait = msUntilFree(limit, all, persons, NOW);
      fc.pre(wait > 0 && wait < Infinity);
      expect(msUntilFree(limit, all, persons, NOW + wait)).toBe(0);
      expect(msUntilFree(limit, all, persons, NOW + wait - 1)).toBe(1);
    }),
    SEED,
  );
});

test('The budget with the longest wait is named where several are used up', () => {
  const all: Charge[] = [
    { at: NOW - WINDOW_MS + 5000, persons: 10, tokens: [] },
    { at: NOW - WINDOW_MS + 9500, persons: 10, tokens: TOKENS.slice(0, 1) },
  ];
  const budgets = [
    { holder: 'tenant' as const, persons_per_day: 20 },
    ...TOKENS.slice(0, 1).map((holder) => ({ holder, persons_per_day: 12 })),
  ];
  expect(checkBudgets(budgets, all, 5, NOW)).toMatchObject({ retryAfterSeconds: 10 });
  expect(checkBudgets(budgets.slice(0, 1), all, 5, NOW)).toMatchObject({ retryAfterSeconds: 5 });
  expect(checkBudgets([], all, 5, NOW)).toBeNull();
});

test('Waits between attempts never shrink, never pass an hour by themselves, and never undercut PostHog', () => {
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
const UUIDS = Array.from({ length: 5 }, (_, n) =>
  PersonUuid.parse(`00000000-0000-4000-8000-00000000000${n}`),
);
const bulk = (target: Deletion['target']): Deletion => ({
  ...person,
  operation: 'persons_bulk_delete',
  target,
});
const byUuid = bulk({ kind: 'uuids', ids: UUIDS.slice(0, 4) });
const byDistinctId = bulk({ kind: 'distinct_ids', ids: ['ada', 'bob'] });

const SUMMARY = {
  persons_found: 2,
  persons_deleted: 2,
  events_queued_for_deletion: false,
  recordings_queued_for_deletion: false,
  deletion_errors: [],
};
const said = (status: number, body: unknown): Interpretation =>
  interpret(
    { status, retryAfterSeconds: null, text: typeof body === 'string' ? body : JSON.stringify(body) },
    scrubsOf({ origin: 'https://posthog.example', key: 'phx_a-key-of-tests' }),
  );
const lost: Interpretation = {
  kind: 'failure',
  status: null,
  failure: failure('upstream_unreachable', ''),
};

/** Bodies that all three generations answer a bulk delete with. */
const BODIES: readonly unknown[] = [
  '',
  SUMMARY,
  { ...SUMMARY, persons_deleted: 0, persons_queued_for_deletion: 2 },
  { persons_found: 0, persons_deleted: 0, events_queued_for_deletion: false, deletion_errors: [] },
];

test('A 202 with a body of any generation is accepted at every attempt', () => {
  for (const body of BODIES) {
    for (const attempt of [1, 2, 9]) {
      const answer = said(202, body);
      expect(settle(byUuid, answer, attempt, 'refuse')).toMatchObject({
        state: 'accepted',
        status: 202,
        answer,
      });
    }
  }
});

test('No other success and no other body is taken for a delete that PostHog accepted', () => {
  const others = fc.jsonValue().filter((json) => readSummary(parseJson(JSON.stringify(json))) === null);
  const anyStatus = fc.integer({ min: 200, max: 299 });
  fc.assert(
    fc.property(anyStatus, fc.oneof(others, fc.constantFrom(...BODIES)), (status, body) => {
      fc.pre(status !== 202 || !BODIES.includes(body));
      const settlement = settle(byUuid, said(status, body), 1, 'refuse');
      expect(settlement).toMatchObject({
        state: 'unknown',
        problem: 'upstream_reply_invalid',
        remainder: null,
      });
      expect(settlement.answer).toMatchObject({ failure: { code: 'upstream_reply_invalid' } });
    }),
    SEED,
  );
  expect(settle(byUuid, said(202, { maintenance: true }), 1, 'refuse').state).toBe('unknown');
});

test('A status that may come after the work was done leaves a delete unknown, and its caller is not told of a refusal', () => {
  const bodies = ['', '<html>', { type: 'validation_error', code: 'invalid', detail: 'No.' }];
  for (let status = 300; status < 600; status += 1) {
    for (const body of bodies) {
      const { state, answer } = settle(byUuid, said(status, body), 1, 'refuse');
      expect([status, state]).toEqual([status, mayHaveWorked(status) ? 'unknown' : 'refused']);
      if (state === 'unknown') expect(answer.kind).toBe('failure');
    }
  }
  expect(settle(byUuid, said(429, ''), 1, 'wait')).toMatchObject({
    state: 'unknown',
    problem: 'upstream_rate_limited',
  });
  expect(settle(byUuid, lost, 1, 'refuse')).toMatchObject({
    state: 'unknown',
    problem: 'upstream_unreachable',
  });
});

test('A failure after the first attempt is never taken for proof that nothing was deleted', () => {
  const answers = fc.oneof(
    fc.constant(lost),
    fc
      .tuple(fc.integer({ min: 300, max: 599 }), fc.constantFrom('', '{"code":"not_found","detail":"No."}'))
      .map(([status, body]) => said(status, body)),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(person, byUuid),
      answers,
      fc.integer({ min: 2, max: 1000 }),
      (deletion, answer, attempt) => {
        expect(settle(deletion, answer, attempt, 'refuse').state).not.toBe('refused');
      },
    ),
    SEED,
  );
});

const errors = (uuids: readonly string[]) =>
  said(202, { ...SUMMARY, deletion_errors: uuids.map((id) => ({ person_uuid: id, step: 'person' })) });

test('The persons left to be sent are exactly those that PostHog names as not deleted', () => {
  fc.assert(
    fc.property(fc.subarray(UUIDS.slice(0, 4), { minLength: 1 }), fc.nat(9), (left, attempt) => {
      expect(settle(byUuid, errors(left), attempt + 1, 'refuse')).toMatchObject({
        state: 'unknown',
        problem: 'persons_not_deleted',
        remainder: { ids: left, summary: { deletion_errors: left.length } },
        answer: { kind: 'success', status: 202 },
      });
    }),
    SEED,
  );
  expect(settle(byDistinctId, errors(UUIDS.slice(0, 1)), 1, 'refuse')).toMatchObject({
    remainder: { ids: UUIDS.slice(0, 1) },
  });
});

test('The persons left to be sent are all of them where it is not clear which PostHog did not delete', () => {
  const unclear: [Deletion, readonly unknown[]][] = [
    [byUuid, [{ person_uuid: UUIDS[0] }, { step: 'person' }]],
    [byUuid, ['an error']],
    [byUuid, [{ person_uuid: UUIDS[4] }]],
    [byDistinctId, UUIDS.slice(0, 3).map((id) => ({ person_uuid: id }))],
    [person, [{ person_uuid: UUIDS[1] }]],
  ];
  for (const [deletion, deletion_errors] of unclear) {
    expect(settle(deletion, said(202, { ...SUMMARY, deletion_errors }), 1, 'refuse')).toMatchObject({
      state: 'unknown',
      problem: 'persons_not_deleted',
      remainder: null,
    });
  }
});

test('The numbers of attempts for what was left add up to those of one', () => {
  const first = readSummary({ ...SUMMARY, persons_found: 5, persons_deleted: 3, deletion_errors: [1, 2] });
  const second = readSummary({ ...SUMMARY, persons_found: 2, events_queued_for_deletion: true });
  expect(combined([first ?? NO_SUMMARY, second ?? NO_SUMMARY])).toEqual({
    persons_found: 5,
    persons_deleted: 5,
    persons_queued_for_deletion: null,
    events_queued_for_deletion: true,
    recordings_queued_for_deletion: false,
    deletion_errors: 0,
  });
  expect(combined([NO_SUMMARY])).toEqual(NO_SUMMARY);
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

test('An entry is sent to the PostHog it was meant for and no other, and never where a flag would be ignored', () => {
  fc.assert(
    fc.property(
      deletions,
      fc.option(origins),
      fc.record({ origin: origins, generation: fc.constantFrom(...GENERATIONS) }),
      ({ operation, flags }, meant, posthog) => {
        const elsewhere = meant !== null && meant !== posthog.origin;
        const isBulk = operation === 'persons_bulk_delete';
        const unread =
          (flags.keep_person && (isBulk || operation === 'persons_destroy')) ||
          (flags.delete_recordings && isBulk);
        const lacks = posthog.generation === 'A' && unread;
        const obstacle = holdReason({ deletion: { ...person, operation, flags }, origin: meant }, posthog);
        expect(obstacle).toBe(elsewhere ? 'upstream_changed' : lacks ? 'generation_lacks' : null);
      },
    ),
    { ...SEED, numRuns: 1000 },
  );
});

test('A deletion of no persons always fits, whatever was spent', () => {
  fc.assert(
    fc.property(budget, charges, (limit, all) => {
      expect(msUntilFree(limit, all, 0, NOW)).toBe(0);
      expect(checkBudgets([limit], all, 0, NOW)).toBeNull();
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

test('A grant builds on a deletion only where every person it can have taken is in the slice of the grant', () => {
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

test('A grant builds on its own deletions and on those of a grant narrowed from it, unless it covers no person', () => {
  fc.assert(
    fc.property(slices, slices, (asking, more) => {
      fc.pre(asking.every(({ values }) => values.length > 0));
      expect(coversDeleted(asking, stored([...more, ...asking]))).toBe(true);
    }),
    SEED,
  );
});

test('Slices with the same meaning have the same text', () => {
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
