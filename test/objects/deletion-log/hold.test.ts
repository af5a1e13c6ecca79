import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import type { Deletion } from '../../../src/catalogue/deletion.ts';
import { DELETION_STEPS } from '../../../src/objects/deletion-log/schema/schema.ts';
import { migrate } from '../../../src/objects/migrations.ts';
import {
  abandoned,
  alarmOf,
  answer,
  bodyOf,
  bulk,
  countWrites,
  freshLog,
  HOUR,
  lost,
  newest,
  NOW,
  order,
  ORIGIN,
  posthog,
  reconfigure,
  ring,
  rowsOf,
  single,
  uuids,
  OPERATOR,
  SUMMARY,
  test,
} from '../../support/objects/deletion-log.ts';

const ELSEWHERE = { POSTHOG_HOST: 'https://elsewhere.example' };
const OLDEST = { POSTHOG_GENERATION: 'A' } as const;
const after = (ms: number): string => new Date(NOW + ms).toISOString();

test('A deletion with an unknown end is not sent to another PostHog, and goes on when its own is back', async () => {
  const sent = posthog(lost, answer(202, SUMMARY));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));

  await reconfigure(stub, ELSEWHERE);
  await ring(stub, NOW + 10_000);
  expect(sent).toHaveLength(1);
  expect(await rowsOf(stub, 'attempts')).toHaveLength(1);
  expect(await newest(log)).toMatchObject({
    state: 'sending',
    attempts: 1,
    last_attempt_at: after(0),
    next_attempt_at: after(10_000 + HOUR),
    last_problem: 'upstream_changed',
    outcome: null,
  });
  // The operator is told ten seconds before the next attempt.
  expect(await alarmOf(stub)).toBe(NOW + HOUR);

  await reconfigure(stub, { POSTHOG_HOST: ORIGIN });
  await ring(stub, NOW + 10_000 + HOUR);
  expect(sent.map(({ url }) => new URL(url).origin)).toEqual([ORIGIN, ORIGIN]);
  expect(await newest(log)).toMatchObject({
    state: 'settling',
    attempts: 2,
    last_problem: 'upstream_unreachable',
    outcome: { persons_found: 2 },
  });
});

test.each([
  'https://elsewhere.example',
  'http://posthog.example',
  'https://posthog.example:8443',
  'https://eu.posthog.example',
])('A first attempt that the alarm makes is not sent to %s either', async (host) => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  await abandoned(stub, order(bulk(uuids(2))));
  await reconfigure(stub, { POSTHOG_HOST: host });
  await ring(stub, NOW);
  expect(sent).toHaveLength(0);
  expect(await newest(log)).toMatchObject({
    state: 'sending',
    attempts: 0,
    last_attempt_at: null,
    last_problem: 'upstream_changed',
  });
  expect(await rowsOf(stub, 'lapses')).toEqual([]);
});

test.each(['https://POSTHOG.example:443/', 'https://posthog.example'])(
  'The same PostHog written as %s is no other',
  async (host) => {
    posthog(lost, answer(202));
    const { stub, log } = freshLog();
    await log.carryOut(order(bulk(uuids(2))));
    await reconfigure(stub, { POSTHOG_HOST: host });
    await ring(stub, NOW + 10_000);
    expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 2 });
  },
);

const ignored: [string, Deletion][] = [
  ['persons whose profile stays', bulk(uuids(2), { delete_recordings: true, keep_person: true })],
  ['recordings of persons', bulk(uuids(2), { delete_recordings: true })],
  [
    'one person whose profile stays',
    single('persons_destroy', { delete_recordings: true, keep_person: true }),
  ],
];
test.each(ignored)(
  'A deletion of %s is not sent to a PostHog that would ignore the flag',
  async (_, deletion) => {
    const sent = posthog(lost, answer(202));
    const { stub, log } = freshLog();
    await log.carryOut(order(deletion));

    await reconfigure(stub, OLDEST);
    await ring(stub, NOW + 10_000);
    expect(sent).toHaveLength(1);
    expect(await newest(log)).toMatchObject({
      state: 'sending',
      attempts: 1,
      next_attempt_at: after(10_000 + HOUR),
      last_problem: 'generation_lacks',
    });

    await evictDurableObject(stub);
    await ring(stub, NOW + 10_000 + HOUR);
    expect(sent).toHaveLength(2);
    const state = deletion.flags.keep_person ? 'done' : 'settling';
    expect(await newest(log)).toMatchObject({ state, attempts: 2 });
  },
);

test('A deletion that the oldest PostHog understands is sent to it', async () => {
  const sent = posthog(lost, answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2), { delete_events: true })));
  await reconfigure(stub, OLDEST);
  await ring(stub, NOW + 10_000);
  expect(sent).toHaveLength(2);
  expect((await newest(log)).state).toBe('settling');
});

test('An order for another generation than the object finds is written down and not sent, and its answer says so', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog('A');
  const carried = await log.carryOut(order(bulk(uuids(2), { keep_person: true })));
  expect(carried).toMatchObject({
    ok: true,
    value: { interpretation: { kind: 'failure', failure: { code: 'deletion_unconfirmed' } } },
  });
  expect(sent).toHaveLength(0);
  expect(await newest(log)).toMatchObject({
    id: carried.ok && carried.value.entry,
    state: 'sending',
    attempts: 0,
    next_attempt_at: after(HOUR),
    last_problem: 'generation_lacks',
  });
  await ring(stub, NOW + HOUR);
  expect(sent).toHaveLength(0);
});

test('An entry that was held back is sent as the first time, and a problem of the send takes the place', async () => {
  posthog(answer(500), answer(202));
  const { stub, log } = freshLog();
  const id = await abandoned(stub, order(bulk(uuids(2))));
  await reconfigure(stub, ELSEWHERE);
  await ring(stub, NOW);
  await ring(stub, NOW + HOUR);
  expect(await log.get(id, OPERATOR)).toMatchObject({ attempts: 0, last_problem: 'upstream_changed' });
  await reconfigure(stub, { POSTHOG_HOST: ORIGIN });
  await ring(stub, NOW + 2 * HOUR);
  expect(await log.get(id, OPERATOR)).toMatchObject({
    state: 'sending',
    attempts: 1,
    next_attempt_at: after(2 * HOUR + 10_000),
    last_problem: 'upstream_error',
  });
});

test('Entries that are held back neither go out nor hold up the others', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  for (let n = 0; n < 6; n += 1) await abandoned(stub, order(bulk(uuids(2))));
  await reconfigure(stub, ELSEWHERE);
  const own = await abandoned(stub, order(bulk(uuids(3))), ELSEWHERE.POSTHOG_HOST);
  await ring(stub, NOW);
  expect(await alarmOf(stub)).toBe(NOW + 1000);
  await ring(stub, NOW + 1000);
  expect(sent.map(bodyOf)).toEqual([{ ids: uuids(3) }]);
  expect(await log.get(own, OPERATOR)).toMatchObject({ state: 'settling' });
  expect(await alarmOf(stub)).toBe(NOW + 31_000);
});

test('A look at an entry that stays held back writes one row and moves the alarm, and nothing adds up', async () => {
  posthog(answer(202));
  const { stub } = freshLog();
  await abandoned(stub, order(bulk(uuids(1000))));
  await reconfigure(stub, ELSEWHERE);
  await ring(stub, NOW);
  const written = await countWrites(stub);
  await ring(stub, NOW + HOUR);
  expect(written).toEqual({ rows: 1, alarms: 2 });
});

test('An entry written before the log knew its destination is sent to the configured PostHog', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  const number = NOW * 1000;
  await runInDurableObject(stub, async (_, { storage }) => {
    await storage.deleteAll();
    migrate(storage, DELETION_STEPS.slice(0, 2));
    storage.sql.exec(
      `INSERT INTO intents VALUES (?, ?, 'acme', ?, '[]', 'req_1', 'persons_bulk_delete', 1, 'distinct_ids', 1,
        0, 0, 0, 'sha256:00', '["ada"]')`,
      number,
      `del_${'A'.repeat(22)}`,
      `tok_${'a'.repeat(22)}`,
    );
    storage.sql.exec('INSERT INTO open VALUES (?, ?)', number, NOW);
    await storage.setAlarm(NOW);
  });
  await evictDurableObject(stub);
  await reconfigure(stub, ELSEWHERE);
  await ring(stub, NOW);
  expect(sent.map(({ url }) => new URL(url).origin)).toEqual([ELSEWHERE.POSTHOG_HOST]);
  expect(await newest(log)).toMatchObject({ state: 'settling' });
});

test('The destination of a deletion is written with its intent, and never shown', async () => {
  posthog(lost);
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  expect((await rowsOf(stub, 'intents')).map(({ origin }) => origin)).toEqual([ORIGIN]);
  await reconfigure(stub, ELSEWHERE);
  await ring(stub, NOW + 10_000);
  const { id } = await newest(log);
  const shown = JSON.stringify([
    await log.list({ limit: 10, before: null }, OPERATOR),
    await log.get(id, OPERATOR),
  ]);
  for (const origin of [ORIGIN, ELSEWHERE.POSTHOG_HOST]) {
    expect(shown).not.toContain(new URL(origin).host);
  }
});
