import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { expect, vi } from 'vitest';
import type { Deletion } from '../../../src/catalogue/deletion.ts';
import { ok, type Result } from '../../../src/core/result.ts';
import type { Upstream } from '../../../src/objects/deletion-log/send.ts';
import {
  abandoned,
  alarmOf,
  answer,
  bodyOf,
  bulk,
  deletionsIn,
  freshLog,
  held,
  HOUR,
  lost,
  MINUTE,
  newest,
  notFound,
  NOW,
  order,
  posthog,
  ring,
  rowsOf,
  sameLog,
  setTime,
  single,
  uuids,
  type Answer,
  OPERATOR,
  SUMMARY,
  test,
} from '../../support/objects/deletion-log.ts';

test('An intent without an attempt is sent by the alarm, as it was written down', async () => {
  const sent = posthog(answer(202, SUMMARY));
  const { stub, log } = freshLog();
  const id = await abandoned(stub, order(bulk(uuids(2), { delete_recordings: true })));
  expect(await log.get(id, OPERATOR)).toMatchObject({ state: 'sending', attempts: 0, last_attempt_at: null });
  await evictDurableObject(stub);
  await ring(stub, NOW);
  expect(sent).toHaveLength(1);
  expect(bodyOf(sent[0])).toEqual({ ids: uuids(2), delete_recordings: true });
  expect(await log.get(id, OPERATOR)).toMatchObject({
    state: 'settling',
    attempts: 1,
    outcome: { persons_found: 2 },
  });
});

test('The first attempt may be refused even where the alarm makes it', async () => {
  posthog(answer(403, {}));
  const { stub, log } = freshLog();
  await abandoned(stub, order(bulk(uuids(2))));
  await ring(stub, NOW);
  expect(await newest(log)).toMatchObject({ state: 'failed', attempts: 1, outcome: { status: 403 } });
});

test('A deletion whose object died while PostHog worked is sent again once it is overdue, and not before', async () => {
  const { hold, arrived, release } = held(answer(202));
  const sent = posthog(hold, answer(202, { ...SUMMARY, persons_found: 0 }));
  const dead = freshLog();
  const call = dead.log.carryOut(order(bulk(uuids(2)))).catch(() => 'died');
  await arrived();
  await abortAllDurableObjects();
  await call;
  release();
  const { stub, log } = sameLog(dead.stub);
  await ring(stub, NOW + 15_000);
  expect(sent).toHaveLength(1);
  await ring(stub, NOW + 16_000);
  expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 2, outcome: { persons_found: 0 } });
});

test('A lost answer is followed by another attempt, and what came before is kept', async () => {
  const sent = posthog(lost, answer(500), answer(202, { ...SUMMARY, persons_found: 1 }));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  await ring(stub, NOW + 10_000);
  expect(await newest(log)).toMatchObject({
    state: 'sending',
    attempts: 2,
    last_problem: 'upstream_error',
    last_attempt_at: '2031-05-01T12:00:10.000Z',
    next_attempt_at: '2031-05-01T12:00:30.000Z',
  });
  expect(await alarmOf(stub)).toBe(NOW + 30_000);
  await ring(stub, NOW + 30_000);
  expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 3 });
  expect(sent.map(({ init }) => init.body)).toEqual(Array.from({ length: 3 }, () => sent[0]?.init.body));
  expect((await rowsOf(stub, 'attempts')).map((row) => row['at'])).toEqual([NOW, NOW + 10_000, NOW + 30_000]);
  expect((await rowsOf(stub, 'lapses')).map((row) => [row['status'], row['problem']])).toEqual([
    [null, 'upstream_unreachable'],
    [500, 'upstream_error'],
  ]);
});

test('Attempts go on for ever, at most an hour apart', async () => {
  posthog(answer(500));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(1))));
  const waits: number[] = [];
  let now = NOW;
  while (waits.length < 14) {
    const next = Date.parse((await newest(log)).next_attempt_at ?? '');
    // The alarm rings an hour after the first attempt too: the operator is told then.
    const rings = await alarmOf(stub);
    if (rings === null) throw new Error('no alarm');
    if (rings === next) {
      waits.push((next - now) / 1000);
      now = next;
    }
    await ring(stub, rings);
  }
  expect(waits).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600, 3600, 3600]);
  expect(await newest(log)).toMatchObject({ state: 'sending', attempts: 15 });
});

const gone: [string, Deletion][] = [
  ['a person', single('persons_destroy')],
  ['a person with its events', single('persons_destroy', { delete_events: true })],
];
test.each(gone)('A later attempt that does not find %s counts as deleted', async (_, deletion) => {
  posthog(lost, notFound);
  const { stub, log } = freshLog();
  await log.carryOut(order(deletion));
  await ring(stub, NOW + 10_000);
  expect(await newest(log)).toMatchObject({
    state: 'settling',
    attempts: 2,
    outcome: { status: 404, persons_found: null, events_queued_for_deletion: null },
  });
});

const kept: [string, Deletion, Answer][] = [
  [
    'the events of a person',
    single('persons_delete_events', { delete_events: true, keep_person: true }),
    notFound,
  ],
  [
    'the recordings of a person',
    single('persons_delete_recordings', { delete_recordings: true, keep_person: true }),
    notFound,
  ],
  ['all but the profile', single('persons_destroy', { delete_events: true, keep_person: true }), notFound],
  ['a person of a server that is no PostHog', single('persons_destroy'), answer(404, '<html>')],
  ['many persons', bulk(uuids(2)), notFound],
];
test.each(kept)('A later 404 says nothing of %s', async (_, deletion, given) => {
  posthog(lost, given);
  const { stub, log } = freshLog();
  await log.carryOut(order(deletion));
  await ring(stub, NOW + 10_000);
  expect(await newest(log)).toMatchObject({
    state: 'sending',
    attempts: 2,
    last_problem: 'upstream_refused',
  });
});

test.each<[number, string]>([
  [400, 'upstream_refused'],
  [401, 'upstream_key_refused'],
  [403, 'upstream_key_refused'],
  [404, 'upstream_refused'],
  [302, 'upstream_redirected'],
])('A later attempt refused with %i does not unsay an earlier one', async (status, problem) => {
  posthog(lost, answer(status), answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  await ring(stub, NOW + 10_000);
  expect(await newest(log)).toMatchObject({ state: 'sending', attempts: 2, last_problem: problem });
  await ring(stub, NOW + 30_000);
  expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 3 });
});

test.each<[string, Record<string, string>, number]>([
  ['as long as PostHog asks', { 'retry-after': '300' }, 300],
  ['a minute where PostHog does not say', {}, 60],
  ['no shorter than without it', { 'retry-after': '1' }, 20],
  ['no longer than a day', { 'retry-after': '999999' }, 86_400],
])('A later attempt that meets the rate limit waits %s', async (_, headers, seconds) => {
  posthog(lost, answer(429, null, headers));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  await ring(stub, NOW + 10_000);
  expect(await newest(log)).toMatchObject({ state: 'sending', last_problem: 'upstream_rate_limited' });
  expect(await alarmOf(stub)).toBe(NOW + 10_000 + seconds * 1000);
});

test('An alarm that rings while a deletion is being sent does not send it twice', async () => {
  const { hold, arrived, release } = held(answer(202));
  const sent = posthog(hold);
  const { stub, log } = freshLog();
  const call = log.carryOut(order(bulk(uuids(2))));
  await arrived();
  await ring(stub, NOW + HOUR);
  expect(sent).toHaveLength(1);
  expect(await alarmOf(stub)).toBe(NOW + HOUR + 1000);
  release();
  expect((await call).ok).toBe(true);
  await ring(stub, NOW + HOUR + 1000);
  expect(deletionsIn(sent)).toHaveLength(1);
  expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 1 });
  expect(await rowsOf(stub, 'outcomes')).toHaveLength(1);
});

test('Entries that cannot be sent neither stop the alarm nor hold up the others', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  const poison = {
    ...single('persons_destroy'),
    target: { kind: 'person', ids: ['..'] },
  } as unknown as Deletion;
  for (let n = 0; n < 6; n += 1) await abandoned(stub, order(poison));
  const good = await abandoned(stub, order(bulk(uuids(3))));

  let now = NOW;
  for (let rings = 0; rings < 4 && (await log.get(good, OPERATOR))?.state === 'sending'; rings += 1) {
    await ring(stub, now);
    now = (await alarmOf(stub)) ?? Infinity;
  }
  expect(await log.get(good, OPERATOR)).toMatchObject({ state: 'settling', attempts: 1 });
  expect(sent).toHaveLength(1);
  const { rows } = await log.list({ limit: 10, before: null }, OPERATOR);
  expect(rows.slice(1).map((row) => [row.state, row.attempts, row.last_problem])).toEqual(
    Array.from({ length: 6 }, () => ['sending', 0, 'internal_error']),
  );
  expect(await alarmOf(stub)).toBeGreaterThan(NOW);
});

const defective: Upstream['posthog']['ask'] = () => Promise.reject(new Error('a defect'));

test('A defect in the middle of sending counts as an attempt, and is tried again', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  const id = await abandoned(stub, order(bulk(uuids(1))));
  await runInDurableObject(stub, (instance) => {
    const object = instance as unknown as { upstream: () => Result<Upstream> };
    const real = object.upstream();
    if (!real.ok) throw new Error(real.failure.code);
    vi.spyOn(object, 'upstream').mockReturnValueOnce(
      ok({ ...real.value, posthog: { ...real.value.posthog, ask: defective } }),
    );
  });
  await ring(stub, NOW);
  expect(await log.get(id, OPERATOR)).toMatchObject({
    state: 'sending',
    attempts: 1,
    last_problem: 'internal_error',
  });
  await ring(stub, NOW + MINUTE);
  expect(await log.get(id, OPERATOR)).toMatchObject({ state: 'settling', attempts: 2 });
});

test('An alarm that cannot work at all sets the next one and throws nothing', async () => {
  posthog(lost, answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(1))));
  await runInDurableObject(stub, (instance) => {
    const upstream = vi.spyOn(instance as unknown as { upstream: () => never }, 'upstream');
    upstream.mockImplementationOnce(() => {
      throw new Error('not configured');
    });
  });
  await ring(stub, NOW + 10_000);
  expect(await newest(log)).toMatchObject({ state: 'sending', attempts: 1 });
  expect(await alarmOf(stub)).toBe(NOW + 10_000 + MINUTE);
  await ring(stub, NOW + 10_000 + MINUTE);
  expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 2 });
});

test('A backlog is worked off five at a time, the longest due first', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  for (let n = 0; n < 12; n += 1) await abandoned(stub, order(bulk(uuids(n + 1))));
  await ring(stub, NOW);
  expect(sent).toHaveLength(5);
  expect(await alarmOf(stub)).toBe(NOW + 1000);
  await ring(stub, NOW + 1000);
  await ring(stub, NOW + 2000);
  expect(deletionsIn(sent)).toHaveLength(12);
  expect(await alarmOf(stub)).toBe(NOW + 30_000);
  const { rows } = await log.list({ limit: 20, before: null }, OPERATOR);
  expect(rows.every((row) => row.state === 'settling')).toBe(true);
});

test('An object that dies in the middle of an alarm has the next one set, and its entry due after the attempt', async () => {
  const { hold, arrived, release } = held(answer(202));
  const sent = posthog(lost, hold, answer(202));
  const dead = freshLog();
  await dead.log.carryOut(order(bulk(uuids(1))));
  setTime(NOW + 10_000);
  const ringing = runDurableObjectAlarm(dead.stub).catch(() => 'died');
  await vi.waitUntil(() => sent.length === 2);
  await arrived();
  expect(await alarmOf(dead.stub)).toBe(NOW + 10_000 + MINUTE);
  await abortAllDurableObjects();
  await ringing;
  release();
  const { stub, log } = sameLog(dead.stub);
  expect(await newest(log)).toMatchObject({
    state: 'sending',
    attempts: 2,
    next_attempt_at: '2031-05-01T12:00:25.100Z',
  });
  await ring(stub, NOW + 10_000 + MINUTE);
  expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 3 });
});

test('A PostHog that is down and says for how long is left alone for that long', async () => {
  const sent = posthog(answer(503, null, { 'retry-after': '120' }));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(1))));
  expect((await newest(log)).next_attempt_at).toBe('2031-05-01T12:02:00.000Z');
  await ring(stub, NOW + 15_100);
  expect(sent).toHaveLength(1);
  expect(await alarmOf(stub)).toBe(NOW + 120_000);
});

test('A new deletion does not put off the alarm of an older one, not even after an eviction', async () => {
  posthog(lost, answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(1))));
  await evictDurableObject(stub);
  await log.carryOut(order(bulk(uuids(2), { keep_person: true, delete_events: true })));
  expect(await alarmOf(stub)).toBe(NOW + 10_000);
});

test('An alarm with nothing to do ends', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(1), { delete_recordings: true, keep_person: true })));
  await ring(stub, NOW + MINUTE);
  expect(sent).toHaveLength(1);
  expect(await alarmOf(stub)).toBeNull();
});
