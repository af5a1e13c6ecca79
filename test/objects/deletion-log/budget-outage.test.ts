/** The budget while PostHog does not answer: what goes out together on its return was counted together. */
import { evictDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import type { DeletionOrder } from '../../../src/objects/deletion-log/deletion-log.ts';
import {
  answer,
  bodyOf,
  bulk,
  DAY,
  deletionsIn,
  freshLog,
  HOUR,
  lost,
  newest,
  NOW,
  OPERATOR,
  order,
  posthog,
  ring,
  setTime,
  SUMMARY,
  test,
  uuid,
  uuids,
  type Answer,
} from '../../support/objects/deletion-log.ts';

const BUDGET = 100;
const spend = (persons: number, changes: Partial<DeletionOrder> = {}) =>
  order(bulk(uuids(persons)), {
    budgets: [{ holder: 'tenant', persons_per_day: BUDGET }],
    ...changes,
  });

/** A PostHog that is down until the test says otherwise; `deleted` are the persons that it accepted. */
function outage() {
  let isDown = true;
  const deleted: { at: number; persons: number }[] = [];
  const accepted: Answer = (request) => {
    const { ids = [] } = bodyOf(request) as { ids?: string[] };
    if (deletionsIn([request]).length > 0) deleted.push({ at: Date.now(), persons: ids.length });
    return answer(202, { ...SUMMARY, persons_found: ids.length, persons_deleted: ids.length })(request);
  };
  posthog((request) => (isDown ? lost : accepted)(request));
  return {
    deleted,
    end: () => {
      isDown = false;
    },
  };
}

test.each(['carryOut', 'create'] as const)(
  'A %s that PostHog does not answer counts until it was sent, and for a day from then',
  async (way) => {
    const { deleted, end } = outage();
    const { stub, log } = freshLog();
    const ask = (persons: number) => log[way](spend(persons));
    expect((await ask(BUDGET)).ok).toBe(true);
    for (const days of [1, 2, 3]) {
      await ring(stub, NOW + days * DAY);
      expect(await newest(log)).toMatchObject({ state: 'sending' });
      expect(await ask(1)).toMatchObject({
        ok: false,
        failure: { code: 'deletion_budget_exhausted', retryAfterSeconds: DAY / 1000 },
      });
      await evictDurableObject(stub);
      expect((await ask(1)).ok).toBe(false);
    }
    end();
    const back = NOW + 3 * DAY + HOUR;
    await ring(stub, back);
    expect(await newest(log)).toMatchObject({ state: 'settling' });
    for (const restarts of [false, true]) {
      if (restarts) await evictDurableObject(stub);
      setTime(back + DAY - 1);
      expect((await ask(1)).ok).toBe(false);
    }
    setTime(back + DAY);
    expect((await ask(BUDGET)).ok).toBe(true);
    expect(deleted.filter(({ at }) => at < back + DAY)).toEqual([{ at: back, persons: BUDGET }]);
  },
);

test('A deletion by a filter counts until it was sent, as one by ids does', async () => {
  let isDown = true;
  posthog((request) => {
    if (deletionsIn([request]).length === 0)
      return answer(200, { results: [{ uuid: uuid(0) }, { uuid: uuid(1) }], next: null, previous: null })(
        request,
      );
    return (isDown ? lost : answer(202, SUMMARY))(request);
  });
  const { stub, log } = freshLog();
  const budgets = [{ holder: 'tenant', persons_per_day: 2 } as const];
  await log.create(order(bulk([]), { filter: { arguments: {}, all: true }, budgets }));
  await ring(stub, NOW);
  await ring(stub, NOW + 2 * DAY);
  const one = () => log.create(order(bulk([uuid(9)]), { budgets }));
  expect((await one()).ok).toBe(false);
  isDown = false;
  await ring(stub, NOW + 2 * DAY + HOUR);
  await evictDurableObject(stub);
  expect((await one()).ok).toBe(false);
  setTime(NOW + 3 * DAY + HOUR);
  expect((await one()).ok).toBe(true);
});

test('A deletion that is abandoned or given up counts for a day from then, where it may have been carried out', async () => {
  outage();
  const { stub, log } = freshLog();
  await log.create(spend(60));
  await log.create(spend(40));
  await ring(stub, NOW);
  const { id } = await newest(log);
  setTime(NOW + 5 * DAY);
  await log.decide(id, 'abandoned', 'operator', 'no', OPERATOR);
  const ask = (persons: number) =>
    log.create(spend(persons, { holds: { holdSeconds: 1, approvalOver: null } }));
  for (const restarts of [false, true]) {
    if (restarts) await evictDurableObject(stub);
    setTime(NOW + 6 * DAY - 1);
    expect((await ask(1)).ok).toBe(false);
  }
  setTime(NOW + 6 * DAY);
  expect((await ask(41)).ok).toBe(false);
  await ring(stub, NOW + 7 * DAY);
  expect((await log.list({ limit: 1, before: null, order: 'oldest' }, OPERATOR)).rows).toMatchObject([
    { state: 'failed', reason: 'undecided' },
  ]);
  await evictDurableObject(stub);
  expect((await ask(41)).ok).toBe(false);
  setTime(NOW + 8 * DAY);
  expect((await ask(BUDGET)).ok).toBe(true);
});

test('A deletion that is sent in many calls counts as a whole until the last of them was sent', async () => {
  const accepted = answer(202, { ...SUMMARY, persons_found: 1000, persons_deleted: 1000 });
  posthog(accepted, lost, accepted);
  const { stub, log } = freshLog();
  const budgets = [{ holder: 'tenant', persons_per_day: 2000 } as const];
  await log.create(order(bulk(uuids(2000)), { budgets }));
  await ring(stub, NOW);
  const one = () => log.create(order(bulk([uuid(9)]), { budgets }));
  await ring(stub, NOW + 2 * DAY);
  expect(await newest(log)).toMatchObject({ state: 'settling' });
  setTime(NOW + 3 * DAY - 1);
  expect((await one()).ok).toBe(false);
  setTime(NOW + 3 * DAY);
  expect((await one()).ok).toBe(true);
});
