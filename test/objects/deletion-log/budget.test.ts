import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import * as fc from 'fast-check';
import { expect, vi } from 'vitest';
import type { DeletionEntry, DeletionOrder } from '../../../src/objects/deletion-log/deletion-log.ts';
import {
  alarmOf,
  answer,
  bulk,
  deletionsIn,
  DAY,
  freshLog,
  HOUR,
  lost,
  newest,
  NOW,
  order,
  posthog,
  ring,
  rowsOf,
  sameLog,
  setTime,
  single,
  tokenId,
  uuid,
  uuids,
  type Answer,
  OPERATOR,
  SUMMARY,
  test,
} from '../../support/objects/deletion-log.ts';

const [PARENT, CHILD, OTHER] = [tokenId('a'), tokenId('b'), tokenId('c')];

const tenantBudget = (persons: number) => [{ holder: 'tenant', persons_per_day: persons } as const];

const spend = (persons: number, budget: number, changes: Partial<DeletionOrder> = {}) =>
  order(bulk(uuids(persons)), { budgets: tenantBudget(budget), ...changes });

test('A deletion over the budget is neither written down nor sent', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(spend(60, 100));
  setTime(NOW + HOUR);
  expect(await log.carryOut(spend(41, 100))).toEqual({
    ok: false,
    failure: {
      code: 'deletion_budget_exhausted',
      detail:
        'The deletion budget of the tenant is 100 persons in any 24 hours, and what is left of it is less than the 41 this deletion names. Try again in 82800 s.',
      attr: null,
      limit: 'tenant',
      retryAfterSeconds: 82_800,
    },
  });
  expect(sent).toHaveLength(1);
  expect(await rowsOf(stub, 'intents')).toHaveLength(1);
  expect((await log.carryOut(spend(40, 100))).ok).toBe(true);
});

test('The budget is whole again as soon as the wait that was named is over, and not a moment before', async () => {
  posthog(answer(202));
  const { log } = freshLog();
  await log.carryOut(spend(100, 100));
  setTime(NOW + DAY - 1);
  expect(await log.carryOut(spend(1, 100))).toMatchObject({ ok: false, failure: { retryAfterSeconds: 1 } });
  setTime(NOW + DAY);
  expect((await log.carryOut(spend(100, 100))).ok).toBe(true);
});

test('A deletion with an undo window counts until it is sent, and for a day from then', async () => {
  const sent = posthog(answer(202), answer(202));
  const { stub, log } = freshLog();
  const holds = { holdSeconds: (2 * DAY) / 1000, approvalOver: null };
  await log.carryOut(spend(100, 100, { holds }));
  const isFull = async () => !(await log.carryOut(spend(1, 100))).ok;
  setTime(NOW + DAY + HOUR);
  expect(await isFull()).toBe(true);
  await evictDurableObject(stub);
  expect(await isFull()).toBe(true);
  await ring(stub, NOW + 2 * DAY);
  expect(sent).toHaveLength(1);
  setTime(NOW + 3 * DAY - 1);
  expect(await isFull()).toBe(true);
  await evictDurableObject(stub);
  expect(await isFull()).toBe(true);
  setTime(NOW + 3 * DAY);
  expect(await isFull()).toBe(false);
});

test('A deletion that waits for an approval counts as long as it waits, and not once it is rejected', async () => {
  posthog(answer(202));
  const { log } = freshLog();
  const waiting = await log.carryOut(spend(100, 100, { holds: { holdSeconds: 0, approvalOver: 99 } }));
  if (!waiting.ok) throw new Error(waiting.failure.code);
  setTime(NOW + 5 * DAY);
  expect(await log.carryOut(spend(1, 100))).toMatchObject({
    ok: false,
    failure: { code: 'deletion_budget_exhausted', retryAfterSeconds: DAY / 1000 },
  });
  await log.decide(waiting.value.entry, 'rejected', 'operator', 'no', OPERATOR);
  expect((await log.carryOut(spend(1, 100))).ok).toBe(true);
});

test('The charges of a budget outlive the object', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(spend(100, 100));
  await evictDurableObject(stub);
  expect((await log.carryOut(spend(1, 100))).ok).toBe(false);
});

test('A deletion of more than a whole budget never fits, and no wait is promised', async () => {
  posthog(answer(202));
  const refused = await freshLog().log.carryOut(spend(101, 100));
  expect(refused).toMatchObject({ ok: false, failure: { code: 'deletion_exceeds_budget' } });
  expect(!refused.ok && refused.failure).not.toHaveProperty('retryAfterSeconds');
});

test('Deletions at the same time never spend more than there is', async () => {
  const sent = posthog(async () => {
    await scheduler.wait(1);
    return new Response(null, { status: 202 });
  });
  const { log } = freshLog();
  const calls = await Promise.all(Array.from({ length: 20 }, () => log.carryOut(spend(30, 100))));
  expect(calls.filter((call) => call.ok)).toHaveLength(3);
  expect(sent).toHaveLength(3);
});

test('A derived token spends from its own budget and from that of every token above it', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  const by = (token: typeof PARENT, ancestors: (typeof PARENT)[], persons: number) =>
    log.carryOut(
      spend(persons, 1000, {
        token,
        ancestors,
        budgets: [
          ...tenantBudget(1000),
          ...(token === OTHER ? [] : [{ holder: PARENT, persons_per_day: 100 }]),
          ...(token === CHILD ? [{ holder: CHILD, persons_per_day: 50 }] : []),
        ],
      }),
    );
  expect((await by(CHILD, [PARENT], 51)).ok).toBe(false);
  expect((await by(CHILD, [PARENT], 50)).ok).toBe(true);
  expect((await by(CHILD, [PARENT], 1)).ok).toBe(false);
  await evictDurableObject(stub);
  expect((await by(CHILD, [PARENT], 1)).ok).toBe(false);
  expect((await by(PARENT, [], 51)).ok).toBe(false);
  expect((await by(PARENT, [], 50)).ok).toBe(true);
  expect((await by(OTHER, [], 100)).ok).toBe(true);
});

test('A budget is charged every id once, even where only events are deleted', async () => {
  posthog(answer(202));
  const { log } = freshLog();
  const ids = [uuid(1), uuid(2), uuid(1)];
  expect((await log.carryOut(order(bulk(ids), { budgets: tenantBudget(3) }))).ok).toBe(true);
  const events = single('persons_delete_events', { delete_events: true, keep_person: true });
  expect((await log.carryOut(order(events, { budgets: tenantBudget(3) }))).ok).toBe(true);
  expect((await log.carryOut(order(bulk([uuid(9)]), { budgets: tenantBudget(3) }))).ok).toBe(false);
});

const found = (persons: number) => answer(202, { ...SUMMARY, persons_found: persons });

const given: [string, Answer][] = [
  ['PostHog refuses', answer(403, {})],
  ['PostHog has none of the persons', answer(202, { ...SUMMARY, persons_found: 0, persons_deleted: 0 })],
];
test.each(given)('A budget is whole again where %s', async (_, said) => {
  posthog(said, answer(202));
  const { stub, log } = freshLog();
  expect((await log.carryOut(spend(3, 3))).ok).toBe(true);
  await evictDurableObject(stub);
  expect((await log.carryOut(spend(3, 3))).ok).toBe(true);
  expect((await log.carryOut(spend(1, 3))).ok).toBe(false);
});

test('A budget is charged what PostHog found, and by a later attempt nothing is given back', async () => {
  posthog(found(2), lost, found(0), found(1));
  const { stub, log } = freshLog();
  await log.carryOut(spend(5, 10));
  await log.carryOut(spend(6, 10));
  await ring(stub, NOW + 10_000);
  expect((await newest(log)).state).toBe('settling');
  expect((await log.carryOut(spend(3, 10))).ok).toBe(false);
  expect((await log.carryOut(spend(2, 10))).ok).toBe(true);
});

test('A deletion of many chunks gives back what was never sent, where PostHog refuses one of them', async () => {
  posthog(answer(202, { ...SUMMARY, persons_found: 1000 }), answer(403, {}), answer(202));
  const { log } = freshLog();
  await log.carryOut(spend(3000, 3000));
  expect((await log.carryOut(spend(2001, 3000))).ok).toBe(false);
  expect((await log.carryOut(spend(2000, 3000))).ok).toBe(true);
});

test('A budget of zero allows nothing', async () => {
  const sent = posthog(answer(202));
  expect(await freshLog().log.carryOut(spend(1, 0))).toMatchObject({
    failure: { code: 'deletion_exceeds_budget' },
  });
  expect(sent).toHaveLength(0);
});

test('What is left of each budget, and when more comes, is told with a deletion and without one', async () => {
  posthog(found(2), answer(202));
  const { stub, log } = freshLog();
  const budgets = [...tenantBudget(10), { holder: CHILD, persons_per_day: 5 } as const];
  const ask = { registration: spend(1, 1).registration, budgets, persons: 0 };
  const child = { token: CHILD, budgets };
  const fresh = { remaining: 10, more_in_seconds: null };
  expect(await log.budget(ask)).toMatchObject({
    budgets: [fresh, { ...fresh, remaining: 5 }],
    refusal: null,
  });
  expect(await log.carryOut(spend(3, 10, child))).toMatchObject({
    value: {
      budgets: [
        { remaining: 8, more_in_seconds: 86_400 },
        { remaining: 3, more_in_seconds: 86_400 },
      ],
    },
  });
  setTime(NOW + HOUR);
  await log.carryOut(spend(1, 10, { budgets }));
  await evictDurableObject(stub);
  expect(await log.budget({ ...ask, persons: 4 })).toMatchObject({
    budgets: [
      { holder: 'tenant', persons_per_day: 10, remaining: 7, more_in_seconds: 82_800 },
      { holder: CHILD, persons_per_day: 5, remaining: 3, more_in_seconds: 82_800 },
    ],
    refusal: { code: 'deletion_budget_exhausted', retryAfterSeconds: 82_800, limit: CHILD },
  });
  expect(await log.budget({ ...ask, persons: 6 })).toMatchObject({
    refusal: { code: 'deletion_exceeds_budget' },
  });
  setTime(NOW + DAY);
  expect(await log.budget({ ...ask, persons: 5 })).toMatchObject({
    budgets: [
      { remaining: 9, more_in_seconds: 3600 },
      { remaining: 5, more_in_seconds: null },
    ],
    refusal: null,
  });
});

/** What may happen to a log, in any order. */
const event = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), persons: fc.integer({ min: 1, max: 5 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('ring' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('evict' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('die' as const), persons: fc.integer({ min: 1, max: 5 }) }),
  },
);
const ANSWERS: Record<'ok' | 'lost' | 'failed' | 'throttled' | 'forbidden' | 'garbage', Answer> = {
  ok: answer(202, { ...SUMMARY, persons_found: 1 }),
  lost,
  failed: answer(503),
  throttled: answer(429, null, { 'retry-after': '7' }),
  forbidden: answer(403, {}),
  garbage: answer(200, '<html>'),
};
/** Persons that PostHog may have deleted, as far as its answers tell. */
function mayBeDeleted({ state, asked, attempts, outcome }: DeletionEntry): number {
  if (state === 'failed') return 0;
  return attempts === 1 ? (outcome?.persons_found ?? asked) : asked;
}

const weather = fc.constantFrom(...(Object.keys(ANSWERS) as (keyof typeof ANSWERS)[]));

test('Every intent ends in one outcome or stays visible with an alarm ahead, within the budget, whatever happens', async () => {
  const BUDGET = 12;
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 12 }),
      fc.array(weather, { minLength: 1, maxLength: 12 }),
      async (events, answers) => {
        let now = NOW;
        let dying = false;
        setTime(now);
        const sent = posthog((request) => {
          if (dying) return new Promise(() => {});
          const answerNow = answers[(sent.length - 1) % answers.length] ?? 'ok';
          return ANSWERS[answerNow](request);
        });
        let { stub, log } = freshLog();
        for (const step of events) {
          if (step.kind === 'delete') {
            await log.carryOut(spend(step.persons, BUDGET));
          } else if (step.kind === 'ring') {
            now = Math.max(now, (await alarmOf(stub)) ?? now);
            setTime(now);
            await runDurableObjectAlarm(stub);
          } else if (step.kind === 'evict') {
            await evictDurableObject(stub).catch(() => 'was not running');
          } else {
            const before = sent.length;
            dying = true;
            const call = log.carryOut(spend(step.persons, BUDGET)).catch(() => null);
            const arrived = await Promise.race([
              call,
              vi.waitUntil(() => sent.length > before, { interval: 1 }),
            ]);
            if (arrived === true) {
              await abortAllDurableObjects();
              ({ stub, log } = sameLog(stub));
            }
            dying = false;
          }
        }
        const { rows } = await log.list({ limit: 100, before: null }, OPERATOR);
        const unknown = rows.filter((row) => row.state === 'sending');
        const spent = rows.map((row) => mayBeDeleted(row)).reduce((sum, persons) => sum + persons, 0);
        expect(spent).toBeLessThanOrEqual(BUDGET);
        const alarm = await alarmOf(stub);
        for (const row of unknown) {
          // PostHog may have asked for seven seconds in which the log sends nothing.
          expect(alarm).toBeLessThanOrEqual(Math.max(Date.parse(row.next_attempt_at ?? ''), now + 7000));
        }
        for (const row of rows) {
          expect(row.state === 'sending').toBe(row.outcome === null);
          if (row.state === 'failed') expect(row.attempts).toBe(1);
        }
        expect(await rowsOf(stub, 'intents')).toHaveLength(rows.length);
        expect(await rowsOf(stub, 'outcomes')).toHaveLength(rows.length - unknown.length);
        const open = rows.filter((row) => row.state === 'sending' || row.state === 'settling');
        expect(await rowsOf(stub, 'open')).toHaveLength(open.length);
        expect(await rowsOf(stub, 'attempts')).toHaveLength(deletionsIn(sent).length);
        vi.restoreAllMocks();
      },
    ),
    { seed: 20_261_123, numRuns: 40 },
  );
});
