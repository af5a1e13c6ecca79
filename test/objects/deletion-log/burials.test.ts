/** Persons of a deletion are hidden from before they are sent until they are gone, whatever goes wrong on the way. */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, expect } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import type { Tombstone } from '../../../src/core/shield/tombstones.ts';
import type { Remote } from '../../../src/objects/remote.ts';
import type { Shield } from '../../../src/objects/shield/shield.ts';
import {
  alarmOf,
  answer,
  bulk,
  deletionsIn,
  freshLog,
  held,
  lost,
  MINUTE,
  newest,
  notFound,
  NOW,
  OPERATOR,
  order,
  posthog,
  ring,
  rowsOf,
  SUMMARY,
  test,
  uuids,
} from '../../support/objects/deletion-log.ts';

const { SHIELD } = env as unknown as { SHIELD: DurableObjectNamespace<Shield> };
const shield = SHIELD.getByName('1') as unknown as Remote<Shield>;

/** The persons that are hidden in project 1. */
const hidden = async (): Promise<string[]> =>
  (await shield.news([], 'tombstones')).added.flatMap(({ ids }) => ids).toSorted();

/** A quarter of all tombstones that there may be. */
const crowd = (nth: number): Tombstone => ({
  key: `others/${nth}`,
  by: 'uuids',
  ids: Array.from({ length: LIMITS.tombstonePersonsMax / 4 }, (_, i) => `${nth}-${i}`),
});

/** PostHog's summary of a bulk delete of two persons that it put into its queue. */
const QUEUED = { ...SUMMARY, persons_deleted: 0, persons_queued_for_deletion: 2 };

beforeEach(async () => {
  await shield.endTombstones('');
});

/** PostHog's answer to a look for two persons who are gone. */
const NONE_LEFT = {
  A: [notFound, notFound],
  B: [answer(200, { results: {} })],
  C: [answer(200, { results: {} })],
};
/** When a deletion is first looked at. */
const LOOK_MS = { A: 30_000, B: 30_000, C: 10_000 };

test.each(['A', 'B', 'C'] as const)(
  'Persons are hidden from before PostHog %s is sent their deletion until it is seen that they are gone',
  async (generation) => {
    const { hold, arrived, release } = held(answer(202, QUEUED));
    posthog(hold, ...NONE_LEFT[generation]);
    const { stub, log } = freshLog(generation);
    const carried = log.carryOut(order(bulk(uuids(2))));
    await arrived();
    expect(await hidden()).toEqual(uuids(2));
    release();
    await carried;
    expect(await hidden()).toEqual(uuids(2));
    await ring(stub, NOW + LOOK_MS[generation]);
    expect(await hidden()).toEqual([]);
    expect(await rowsOf(stub, 'buried')).toEqual([]);
  },
);

test.each(['A', 'B', 'C'] as const)(
  'Persons whom PostHog %s says that it has deleted stay hidden until it is seen: its lists and insights lag',
  async (generation) => {
    posthog(
      answer(202, { ...QUEUED, persons_deleted: 2, persons_queued_for_deletion: 0 }),
      ...NONE_LEFT[generation],
    );
    const { stub, log } = freshLog(generation);
    await log.carryOut(order(bulk(uuids(2))));
    expect(await hidden()).toEqual(uuids(2));
    await ring(stub, NOW + LOOK_MS[generation]);
    expect(await hidden()).toEqual([]);
  },
);

test('Persons whose deletion is refused are shown at once', async () => {
  posthog(answer(403, { type: 'authentication_error', code: 'permission_denied', detail: 'no' }));
  const { log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  expect(await newest(log)).toMatchObject({ state: 'failed' });
  expect(await hidden()).toEqual([]);
});

test('Persons of whose deletion the end is unknown stay hidden, and are shown when the operator gives it up', async () => {
  posthog(lost);
  const { stub, log } = freshLog();
  const carried = await log.carryOut(order(bulk(uuids(2))));
  if (!carried.ok) throw new Error(carried.failure.code);
  expect(await hidden()).toEqual(uuids(2));
  await log.decide(carried.value.entry, 'abandoned', 'operator', 'lost', OPERATOR);
  await ring(stub, (await alarmOf(stub)) ?? NOW);
  expect(await hidden()).toEqual([]);
});

test('A log that dies while its persons are hidden shows them once its alarm finds them gone', async () => {
  posthog(answer(202, QUEUED), answer(200, { results: {} }));
  const { stub, log } = freshLog('C');
  await log.carryOut(order(bulk(uuids(2))));
  await evictDurableObject(stub);
  expect(await hidden()).toEqual(uuids(2));
  await ring(stub, NOW + 10_000);
  expect(await hidden()).toEqual([]);
});

test('Nobody is hidden where the profiles stay', async () => {
  posthog(answer(202, SUMMARY));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2), { keep_person: true, delete_events: true })));
  expect(await hidden()).toEqual([]);
  expect(await rowsOf(stub, 'buried')).toEqual([]);
});

test('The persons of the chunks behind are hidden with those of the first, and all are shown when PostHog refuses', async () => {
  const { hold, arrived, release } = held(answer(403, {}));
  posthog(hold);
  const { log } = freshLog();
  const carried = log.carryOut(order(bulk(uuids(2500))));
  await arrived();
  expect(await hidden()).toEqual(uuids(2500).toSorted());
  release();
  await carried;
  expect(await hidden()).toEqual([]);
});

test('A deletion for only part of which there is room hides and sends that part, and the rest when there is room', async () => {
  const sent = posthog(answer(202, SUMMARY));
  for (let nth = 0; nth < 3; nth += 1) await shield.bury([crowd(nth)]);
  const most: Tombstone = { ...crowd(3), ids: crowd(3).ids.slice(1500) };
  await shield.bury([most]);
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2500))));
  expect(deletionsIn(sent)).toHaveLength(1);
  expect(await newest(log)).toMatchObject({ state: 'sending', last_problem: 'tombstones_full' });
  await shield.endTombstones('others/');
  await ring(stub, NOW + MINUTE);
  expect(deletionsIn(sent)).toHaveLength(3);
});

test('A chunk for whose persons there is no room waits, and is sent when there is room', async () => {
  const sent = posthog(answer(202, SUMMARY));
  for (let nth = 0; nth < 4; nth += 1) await shield.bury([crowd(nth)]);
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  expect(sent).toEqual([]);
  expect(await newest(log)).toMatchObject({ state: 'sending', attempts: 0, last_problem: 'tombstones_full' });
  await shield.endTombstones('others/');
  await ring(stub, NOW + MINUTE);
  expect(deletionsIn(sent)).toHaveLength(1);
});
