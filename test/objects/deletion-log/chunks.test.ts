/** Deletions of more persons than PostHog takes in one call. */
import { evictDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import {
  answer,
  bodyOf,
  bulk,
  countWrites,
  freshLog,
  lost,
  newest,
  NOW,
  order,
  posthog,
  ring,
  rowsOf,
  SUMMARY,
  test,
  uuids,
} from '../../support/objects/deletion-log.ts';

const found = (persons: number) =>
  answer(202, { ...SUMMARY, persons_found: persons, persons_deleted: persons });
const idsOf = (request: { init: RequestInit }): string[] => (bodyOf(request) as { ids: string[] }).ids;

test('A deletion of 2,500 persons is sent in three calls, each person once, and its numbers are those of all calls', async () => {
  const sent = posthog(found(1000), found(999), found(500));
  const { log } = freshLog();
  await log.carryOut(order(bulk(uuids(2500))));
  expect(sent.map((request) => idsOf(request).length)).toEqual([1000, 1000, 500]);
  expect(sent.flatMap(idsOf)).toEqual(uuids(2500));
  expect(await newest(log)).toMatchObject({
    state: 'settling',
    asked: 2500,
    sent: 2500,
    attempts: 3,
    chunks: { total: 3, accepted: 3, unknown: 0 },
    outcome: { status: 202, persons_found: 2499, persons_deleted: 2499 },
  });
});

test('A chunk whose end is unknown is sent again before the next, and no chunk that was accepted is', async () => {
  const sent = posthog(found(1000), lost, found(0), found(500));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2500))));
  expect(await newest(log)).toMatchObject({
    state: 'sending',
    chunks: { total: 3, accepted: 1, unknown: 1 },
    last_problem: 'upstream_unreachable',
    outcome: null,
  });
  await evictDurableObject(stub);
  await ring(stub, NOW + 10_000);
  expect(sent.map((request) => idsOf(request)[0])).toEqual([0, 1000, 1000, 2000].map((n) => uuids(2500)[n]));
  expect(await newest(log)).toMatchObject({ state: 'settling', outcome: { persons_found: 1500 } });
});

test('A chunk that PostHog refuses ends the deletion, and what was not sent yet is not sent', async () => {
  const sent = posthog(found(1000), answer(403, {}));
  const { log } = freshLog();
  await log.carryOut(order(bulk(uuids(3000))));
  expect(sent).toHaveLength(2);
  expect(await newest(log)).toMatchObject({
    state: 'failed',
    reason: 'refused',
    chunks: { total: 3, accepted: 1, unknown: 0 },
    next_attempt_at: null,
  });
});

test.each([0, 1, 2])(
  'A deletion that is sent by itself waits where call %i meets the rate limit, and each person is sent once',
  async (nth) => {
    const busy = answer(429, {}, { 'retry-after': '40' });
    const answers = [found(1000), found(1000), found(500)];
    const [first = busy, ...others] = answers.toSpliced(nth, 0, busy);
    const sent = posthog(first, ...others);
    const { stub, log } = freshLog();
    const budgets = [{ holder: 'tenant', persons_per_day: 2500 } as const];
    await log.create(order(bulk(uuids(2500)), { budgets }));
    await ring(stub, NOW);
    expect(await newest(log)).toMatchObject({
      state: 'sending',
      last_problem: 'upstream_rate_limited',
      next_attempt_at: new Date(NOW + 40_000).toISOString(),
      chunks: { accepted: nth },
      outcome: null,
    });
    expect((await log.create(order(bulk(uuids(1)), { budgets }))).ok).toBe(false);
    expect(await rowsOf(stub, 'releases')).toEqual([]);
    await ring(stub, NOW + 40_000);
    expect(await newest(log)).toMatchObject({ state: 'settling', outcome: { persons_found: 2500 } });
    expect(sent.toSpliced(nth, 1).flatMap(idsOf)).toEqual(uuids(2500));
  },
);

test('A deletion that was held is not given up where its first attempt meets the rate limit', async () => {
  posthog(answer(429, {}, { 'retry-after': '40' }), found(2));
  const { stub, log } = freshLog();
  const holds = { holdSeconds: 60, approvalOver: null };
  expect(await log.carryOut(order(bulk(uuids(2)), { holds }))).toMatchObject({
    value: { interpretation: { status: 202 }, pending: { state: 'held' } },
  });
  await ring(stub, NOW + 60_000);
  expect(await newest(log)).toMatchObject({ state: 'sending', last_problem: 'upstream_rate_limited' });
  await ring(stub, NOW + 100_000);
  expect(await newest(log)).toMatchObject({ state: 'settling', outcome: { persons_found: 2 } });
});

test('Persons that PostHog did not delete of one chunk are sent again, and its numbers count once', async () => {
  const left = [{ person_uuid: uuids(1001)[1000], step: 'delete_person' }];
  const sent = posthog(
    found(1000),
    answer(202, { ...SUMMARY, persons_found: 500, persons_deleted: 499, deletion_errors: left }),
    found(1),
  );
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(1500))));
  await ring(stub, NOW + 10_000);
  expect(sent.map((request) => idsOf(request).length)).toEqual([1000, 500, 1]);
  expect(await newest(log)).toMatchObject({
    state: 'settling',
    outcome: { persons_found: 1500, persons_deleted: 1500 },
  });
});

test('A deletion of 100,000 persons writes fewer than 1,000 rows', async () => {
  posthog(found(1000));
  const { stub, log } = freshLog();
  const written = await countWrites(stub);
  await log.carryOut(order(bulk(uuids(100_000))));
  expect(await newest(log)).toMatchObject({ state: 'settling', outcome: { persons_found: 100_000 } });
  expect(written.rows).toBeLessThan(1000);
});
