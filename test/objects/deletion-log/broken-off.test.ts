/** Deletions that end before PostHog had accepted all of their calls: what is not known of the accepted ones is said. */
import { expect } from 'vitest';
import {
  ACME,
  answer,
  bulk,
  DAY,
  freshLog,
  held,
  lost,
  newest,
  NOW,
  OPERATOR,
  order,
  posthog,
  REGISTRATION,
  ring,
  SUMMARY,
  test,
  uuids,
} from '../../support/objects/deletion-log.ts';
import { world } from '../../support/objects/world.ts';

const accepted = answer(202, { ...SUMMARY, persons_found: 1000, persons_deleted: 1000 });
const refused = answer(403, {});
const NOT_LOOKED_AT = {
  last_look_at: null,
  gone: 0,
  still_there: 0,
  reappeared: 0,
  left_slice: 0,
  not_checked: 0,
  events_completed: null,
  events_pending: null,
  events_not_queued: null,
  events_unknown: null,
};

test('A deletion that PostHog refuses at a later call says how many persons of the calls before were not looked at', async () => {
  const { hold, arrived, release } = held(refused);
  posthog(accepted, accepted, hold);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(4000))));
  const ringing = ring(stub, NOW);
  await arrived();
  expect(await newest(log)).toMatchObject({ state: 'sending', verification: null, note: null });
  release();
  await ringing;
  const { note, ...entry } = await newest(log);
  expect(entry).toMatchObject({
    state: 'failed',
    reason: 'refused',
    outcome: null,
    chunks: { total: 4, accepted: 2 },
  });
  expect(entry.verification).toEqual({ ...NOT_LOOKED_AT, unknown: 2000 });
  expect(note).toContain('not looked at');
});

test('A deletion that is abandoned or given up at a later call says the same', async () => {
  posthog(accepted, lost);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(2000))));
  await ring(stub, NOW);
  const { id } = await newest(log);
  await log.create(order(bulk(uuids(2000))));
  await log.decide(id, 'abandoned', 'operator', 'no', OPERATOR);
  const unknown = { ...NOT_LOOKED_AT, unknown: 1000 };
  expect(await log.get(id, OPERATOR)).toMatchObject({
    reason: 'abandoned',
    note: 'no',
    verification: unknown,
  });
  posthog(accepted, lost);
  await ring(stub, NOW + 1000);
  await ring(stub, NOW + 8 * DAY);
  expect(await newest(log)).toMatchObject({ reason: 'undecided', verification: unknown });
});

test('A deletion of events alone says that the events of the accepted calls were not looked at', async () => {
  posthog(accepted, refused);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(2000), { keep_person: true, delete_events: true })));
  await ring(stub, NOW);
  const events = { events_completed: 0, events_pending: 0, events_not_queued: 0, events_unknown: 1000 };
  expect((await newest(log)).verification).toEqual({ ...NOT_LOOKED_AT, unknown: 0, ...events });
});

test('A deletion whose only or first call was refused has nothing to verify', async () => {
  posthog(refused);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(2))));
  await ring(stub, NOW);
  expect(await newest(log)).toMatchObject({ reason: 'refused', verification: null, note: null });
  await log.create(order(bulk(uuids(2000))));
  await ring(stub, NOW + 1000);
  expect(await newest(log)).toMatchObject({ reason: 'refused', verification: null, note: null });
});

test('A deletion under a slice counts only persons who were sent, and a reader with a slice learns no more', async () => {
  const { fail, leave } = world(2000);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(2000)), { slices: [ACME] }));
  for (const n of [0, 1, 2]) leave(n);
  const { hold, arrived, release } = held(lost);
  fail('delete', hold);
  const ringing = ring(stub, NOW);
  await arrived();
  release();
  await ringing;
  fail('delete', accepted, refused);
  await ring(stub, NOW + 20_000);
  expect((await newest(log)).verification).toEqual({ ...NOT_LOOKED_AT, unknown: 997 });
  const view = {
    kind: 'tenant',
    registration: REGISTRATION,
    slices: [ACME],
    distinctIdsHidden: false,
  } as const;
  const [seen] = (await log.list({ limit: 1, before: null }, view)).rows;
  expect(seen?.verification).toEqual({ ...NOT_LOOKED_AT, left_slice: null, unknown: 997 });
});
