/** Deletions that come to no end by themselves. */
import { evictDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import {
  alarmOf,
  answer,
  bulk,
  DAY,
  freshLog,
  HOUR,
  lost,
  newest,
  NOW,
  OPERATOR,
  order,
  ORIGIN,
  posthog,
  reconfigure,
  ring,
  rowsOf,
  setTime,
  sliced,
  SUMMARY,
  test,
  uuids,
  ACME,
  REGISTRATION,
  type Stub,
} from '../../support/objects/deletion-log.ts';
import { ProjectId } from '../../../src/core/ids.ts';

const WEEK = 7 * DAY;
const after = (ms: number): string => new Date(NOW + ms).toISOString();
const tenantBudget = (persons: number) => [{ holder: 'tenant', persons_per_day: persons } as const];

/** Lets the alarm ring whenever it is set, until nothing is due. The number of times it rang. */
async function ringToTheEnd(stub: Stub): Promise<number> {
  for (let rang = 0; ; rang += 1) {
    const at = await alarmOf(stub);
    if (at === null) return rang;
    expect(rang, 'an end comes').toBeLessThan(1000);
    await ring(stub, at);
  }
}

test('A deletion whose end stays unknown is sent for seven days with growing pauses, and then it is undecided', async () => {
  const sent = posthog(lost);
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  await ringToTheEnd(stub);
  const at = (await rowsOf(stub, 'attempts')).map((row) => Number(row['at']) - NOW);
  expect(at.at(-1)).toBe(WEEK);
  const pauses = at.slice(1, -1).map((time, n) => time - at[n]!);
  expect(pauses).toEqual(pauses.toSorted((left, right) => left - right));
  expect(sent).toHaveLength(at.length);
  expect(await newest(log)).toMatchObject({
    state: 'failed',
    reason: 'undecided',
    chunks: { total: 1, accepted: 0, unknown: 0 },
    outcome: null,
    next_attempt_at: null,
    last_problem: 'upstream_unreachable',
  });
  expect(await rowsOf(stub, 'open')).toEqual([]);
});

test('A deletion that PostHog accepts at the last attempt of its seven days has not failed', async () => {
  posthog(lost, lost, answer(202, SUMMARY));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  await ring(stub, NOW + WEEK - 1);
  expect(await newest(log)).toMatchObject({ state: 'sending', next_attempt_at: after(WEEK) });
  await ring(stub, NOW + WEEK);
  expect((await newest(log)).state).toBe('settling');
});

test('An object that slept through the seven days sends once more before it ends a deletion', async () => {
  const sent = posthog(lost);
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  await evictDurableObject(stub);
  await ring(stub, NOW + 3 * WEEK);
  expect(sent).toHaveLength(2);
  expect(await newest(log)).toMatchObject({ state: 'failed', reason: 'undecided' });
});

test('An undecided deletion gives nothing back of what may have been deleted, and all of what was never sent', async () => {
  posthog(answer(202, { ...SUMMARY, persons_found: 1000 }), lost);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(3000)), { budgets: tenantBudget(3000) }));
  await ring(stub, NOW);
  await ring(stub, NOW + WEEK - 1);
  expect((await newest(log)).state).toBe('sending');
  await ring(stub, NOW + WEEK);
  expect(await newest(log)).toMatchObject({
    reason: 'undecided',
    chunks: { total: 3, accepted: 1, unknown: 0 },
  });
  expect(await rowsOf(stub, 'releases')).toMatchObject([{ chunk: 3, persons: 1000 }]);
});

test('A deletion that is held back for seven days is given up, and its budget is whole again', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  await reconfigure(stub, { POSTHOG_GENERATION: 'A' });
  await log.carryOut(order(bulk(uuids(2), { keep_person: true }), { budgets: tenantBudget(2) }));
  await ring(stub, NOW + WEEK - 1);
  expect(await newest(log)).toMatchObject({ state: 'sending', next_attempt_at: after(WEEK) });
  await ring(stub, NOW + WEEK);
  expect(sent).toHaveLength(0);
  expect(await newest(log)).toMatchObject({
    state: 'failed',
    reason: 'given_up',
    attempts: 0,
    note: 'generation_lacks',
  });
  expect(await rowsOf(stub, 'releases')).toMatchObject([{ persons: 2 }]);
});

test('A deletion with an unknown attempt that is then held back for seven days is undecided, not given up', async () => {
  posthog(lost);
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  await reconfigure(stub, { POSTHOG_HOST: 'https://elsewhere.example' });
  await ring(stub, NOW + WEEK);
  expect(await newest(log)).toMatchObject({ state: 'failed', reason: 'undecided', attempts: 1 });
  expect(await rowsOf(stub, 'releases')).toEqual([]);
});

test('An entry names the generation it is meant for, whatever is configured later', async () => {
  posthog(lost);
  const { stub, log } = freshLog('C');
  await log.carryOut(order(bulk(uuids(2))));
  await reconfigure(stub, { POSTHOG_GENERATION: 'B' });
  expect(await newest(log)).toMatchObject({ generation: 'C' });
});

const SCOPE = { projectId: ProjectId.parse(1), slices: [ACME], registration: REGISTRATION };
const asked = { kind: 'uuids', ids: uuids(1) } as const;
const remembered = sliced(asked, uuids(1), { distinctIds: ['ada'] });

test('The memory of deleted distinct ids is that of one PostHog, in whatever generation', async () => {
  posthog(answer(202, SUMMARY));
  const { stub, log } = freshLog();
  await log.carryOut(remembered);
  await reconfigure(stub, { POSTHOG_GENERATION: 'C' });
  expect(await log.deletedDistinctIds(['ada'], SCOPE)).toEqual(['ada']);
  await reconfigure(stub, { POSTHOG_HOST: 'https://elsewhere.example' });
  expect(await log.deletedDistinctIds(['ada'], SCOPE)).toEqual([]);
  await reconfigure(stub, { POSTHOG_HOST: ORIGIN });
  expect(await log.deletedDistinctIds(['ada'], SCOPE)).toEqual(['ada']);
});

test('The memory of deleted distinct ids knows nothing of a deletion that was cancelled before it was sent', async () => {
  posthog(answer(202, SUMMARY));
  const { log } = freshLog();
  const held = { ...remembered, holds: { holdSeconds: 60, approvalOver: null } };
  const made = await log.create(held);
  if (!made.ok) throw new Error('written');
  expect(await log.deletedDistinctIds(['ada'], SCOPE)).toEqual([]);
  await log.decide(made.value.entry.id, 'cancelled', 'operator', null, OPERATOR);
  setTime(NOW + HOUR);
  expect(await log.deletedDistinctIds(['ada'], SCOPE)).toEqual([]);
});
