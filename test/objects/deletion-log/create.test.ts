/** Deletions that are written down now and sent by the alarm. */
import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import {
  alarmOf,
  answer,
  bodyOf,
  bulk,
  freshLog,
  held,
  newest,
  NOW,
  OPERATOR,
  order,
  posthog,
  register,
  ring,
  rowsOf,
  sameLog,
  SUMMARY,
  test,
  uuids,
} from '../../support/objects/deletion-log.ts';

const found = (persons: number) => answer(202, { ...SUMMARY, persons_found: persons });

test('A deletion is written down before anything is sent, and the alarm sends it', async () => {
  const sent = posthog(found(1000), found(200));
  const { stub, log } = freshLog();
  const created = await log.create(order(bulk(uuids(1200))));
  expect(created).toMatchObject({
    ok: true,
    value: {
      entry: { state: 'sending', attempts: 0, asked: 1200, chunks: { total: 2, accepted: 0, unknown: 0 } },
    },
  });
  expect(sent).toHaveLength(0);
  expect(await alarmOf(stub)).toBe(NOW);
  await evictDurableObject(stub);
  await ring(stub, NOW);
  expect(sent.map((request) => (bodyOf(request) as { ids: string[] }).ids.length)).toEqual([1000, 200]);
  expect(await newest(log)).toMatchObject({ state: 'settling', outcome: { persons_found: 1200 } });
});

test('A deletion whose object dies between two chunks goes on with the one that was being sent', async () => {
  const { hold, arrived, release } = held(found(1000));
  const sent = posthog(found(1000), hold, found(0), found(1000));
  const dead = freshLog();
  await dead.log.create(order(bulk(uuids(3000))));
  const ringing = ring(dead.stub, NOW).catch(() => 'died');
  await arrived();
  await abortAllDurableObjects();
  await ringing;
  release();
  const { stub, log } = sameLog(dead.stub);
  expect(await newest(log)).toMatchObject({
    state: 'sending',
    chunks: { total: 3, accepted: 1, unknown: 1 },
  });
  await ring(stub, NOW + 60_000);
  const firsts = sent.map((request) => (bodyOf(request) as { ids: string[] }).ids[0]);
  expect(firsts).toEqual([0, 1000, 1000, 2000].map((n) => uuids(3000)[n]));
  expect(await newest(log)).toMatchObject({ state: 'settling', chunks: { accepted: 3, unknown: 0 } });
});

test('A deletion of a registration that has ended is neither written down nor sent', async () => {
  const sent = posthog(found(1));
  const { stub, log } = freshLog();
  await register(stub, null);
  expect(await log.create(order(bulk(uuids(1))))).toMatchObject({
    ok: false,
    failure: { code: 'tenant_unknown' },
  });
  expect(await rowsOf(stub, 'intents')).toEqual([]);
  expect(await log.list({ limit: 10, before: null }, OPERATOR)).toMatchObject({ rows: [] });
  expect(sent).toHaveLength(0);
});
