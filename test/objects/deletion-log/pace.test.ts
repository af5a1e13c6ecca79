/** How often PostHog is sent calls that delete, and what becomes of them while it wants to be left alone. */
import { evictDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import type { Pace } from '../../../src/objects/deletion-log/deletion-log.ts';
import {
  alarmOf,
  answer,
  bulk,
  deletionsIn,
  freshLog,
  MINUTE,
  newest,
  NOW,
  order,
  posthog,
  ring,
  rowsOf,
  setTime,
  SUMMARY,
  test,
  tokenId,
  uuids,
} from '../../support/objects/deletion-log.ts';

const accepted = answer(202, { ...SUMMARY, persons_found: 1000, persons_deleted: 1000 });
const busy = answer(429, {}, { 'retry-after': '90' });
const tenMinutely: Pace = { holder: 'tenant', calls_per_minute: 10 };

test('Chunks are sent no sooner one after another than the pace allows, over a restart too', async () => {
  const sent = posthog(accepted);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(3000)), { paces: [tenMinutely] }));
  await ring(stub, NOW);
  expect(sent).toHaveLength(1);
  expect(await newest(log)).toMatchObject({
    state: 'sending',
    last_problem: 'paced',
    next_attempt_at: new Date(NOW + 6000).toISOString(),
    chunks: { accepted: 1, unknown: 0 },
  });
  await evictDurableObject(stub);
  await ring(stub, NOW + 5999);
  expect(sent).toHaveLength(1);
  await ring(stub, NOW + 6000);
  expect(sent).toHaveLength(2);
  await ring(stub, NOW + 12_000);
  expect(sent).toHaveLength(3);
  expect(await newest(log)).toMatchObject({ state: 'settling', last_problem: null, chunks: { accepted: 3 } });
});

test('A single delete that comes sooner is written down, told as pending, and sent when it may be', async () => {
  const sent = posthog(accepted);
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(1)), { paces: [tenMinutely] }));
  const second = await log.carryOut(order(bulk(uuids(2)), { paces: [tenMinutely] }));
  expect(second).toMatchObject({ value: { pending: { state: 'sending', last_problem: 'paced' } } });
  expect(sent).toHaveLength(1);
  await ring(stub, NOW + 6000);
  expect(sent).toHaveLength(2);
});

test('Sixty-four deletions at once keep to the pace, and each is sent once', async () => {
  const sent = posthog(accepted);
  const { stub, log } = freshLog();
  const asked = Array.from({ length: 64 }, (_, n) => [uuids(64)[n]!]);
  await Promise.all(asked.map((ids) => log.carryOut(order(bulk(ids), { paces: [tenMinutely] }))));
  expect(sent).toHaveLength(1);
  const times = [NOW];
  for (let at = NOW; times.length < 64;) {
    at = Math.max(at, (await alarmOf(stub)) ?? at);
    await ring(stub, at);
    while (times.length < deletionsIn(sent).length) times.push(at);
  }
  for (const [n, at] of times.entries())
    expect(at - (times[n - 1] ?? at - 6000)).toBeGreaterThanOrEqual(6000);
  expect(new Set(deletionsIn(sent).map(({ init }) => init.body)).size).toBe(64);
});

test('A token has a pace of its own beside that of the tenant, and others do not wait for it', async () => {
  const sent = posthog(accepted);
  const { log } = freshLog();
  const slow: Pace = { holder: tokenId('a'), calls_per_minute: 1 };
  const quick: Pace = { holder: 'tenant', calls_per_minute: 6000 };
  const ask = (paces: readonly Pace[]) => log.carryOut(order(bulk(uuids(1)), { paces }));
  await ask([slow]);
  expect(await ask([slow])).toMatchObject({ value: { pending: { last_problem: 'paced' } } });
  expect(await ask([quick])).toMatchObject({ value: { pending: null } });
  expect(await ask([])).toMatchObject({ value: { pending: null } });
  expect(sent).toHaveLength(3);
});

test('A call that PostHog is sent again counts as one of the pace', async () => {
  const has = { uuid: uuids(1)[0], created_at: '2026-01-05T10:00:00Z', properties: {} };
  const sent = posthog(({ url }) =>
    url.includes('batch_by_uuids')
      ? Response.json({ results: { [has.uuid!]: has } })
      : new Response(JSON.stringify(SUMMARY), { status: 202 }),
  );
  const { stub, log } = freshLog();
  const once: Pace = { holder: 'tenant', calls_per_minute: 1 };
  await log.carryOut(order(bulk(uuids(1)), { paces: [once] }));
  for (let at = NOW; deletionsIn(sent).length < 2;) {
    at = Math.max(at, (await alarmOf(stub)) ?? at);
    await ring(stub, at);
  }
  expect(await log.carryOut(order(bulk(uuids(2)), { paces: [once] }))).toMatchObject({
    value: { pending: { last_problem: 'paced' } },
  });
});

test('A pace that a wrong clock left far ahead holds nothing up', async () => {
  const sent = posthog(accepted);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(1)), { paces: [tenMinutely] }));
  await ring(stub, NOW + 10 * MINUTE);
  setTime(NOW);
  await log.create(order(bulk(uuids(1)), { paces: [tenMinutely] }));
  await ring(stub, NOW);
  expect(deletionsIn(sent)).toHaveLength(2);
});

test("PostHog's Retry-After stops all that the log sends by itself, and a call that a client waits for is still made", async () => {
  const sent = posthog(busy, accepted);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(1))));
  await ring(stub, NOW);
  await log.create(order(bulk(uuids(2))));
  await ring(stub, NOW + 1000);
  expect(sent).toHaveLength(1);
  expect(await alarmOf(stub)).toBe(NOW + 90_000);
  expect(await log.carryOut(order(bulk(uuids(3))))).toMatchObject({ value: { pending: null } });
  expect(sent).toHaveLength(2);
  await ring(stub, NOW + 90_000);
  expect(deletionsIn(sent)).toHaveLength(4);
});

test('A deletion of many chunks stops in front of the next one where PostHog asks another to wait', async () => {
  const sent = posthog(accepted, busy, accepted);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(3000))));
  await ring(stub, NOW);
  expect(sent).toHaveLength(2);
  await ring(stub, NOW + 89_000);
  expect(sent).toHaveLength(2);
  await ring(stub, NOW + 90_000);
  expect(sent).toHaveLength(4);
  expect(await newest(log)).toMatchObject({ state: 'settling', chunks: { accepted: 3 } });
  expect(await rowsOf(stub, 'paces')).toEqual([]);
});
