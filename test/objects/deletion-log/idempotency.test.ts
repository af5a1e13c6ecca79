/** Deletions that are asked for twice: with an idempotency key, and without. */
import { evictDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import { IdempotencyKey } from '../../../src/core/ids.ts';
import type { DeletionOrder } from '../../../src/objects/deletion-log/deletion-log.ts';
import {
  ACME,
  answer,
  bulk,
  DAY,
  freshLog,
  held,
  HOUR,
  lost,
  newest,
  NOW,
  OPERATOR,
  order,
  posthog,
  registrationId,
  register,
  ring,
  rowsOf,
  setTime,
  single,
  sliced,
  SUMMARY,
  test,
  tokenId,
  uuids,
  type Answer,
} from '../../support/objects/deletion-log.ts';
import { world } from '../../support/objects/world.ts';

const KEY = IdempotencyKey.parse('8e03978e-40d5-43e8-bc93-6894a57f9324');
const OTHER_KEY = IdempotencyKey.parse('another');
const keyed = (changes: Partial<DeletionOrder> = {}) =>
  order(bulk(uuids(2)), { idempotencyKey: KEY, ...changes });

test('A deletion that is asked for again with its key is the same entry, is sent once and is charged once', async () => {
  const sent = posthog(answer(202, SUMMARY));
  const { stub, log } = freshLog();
  const budgets = [{ holder: 'tenant', persons_per_day: 3 } as const];
  const first = await log.carryOut(keyed({ budgets }));
  await evictDurableObject(stub);
  setTime(NOW + 6 * DAY);
  const second = await log.carryOut(keyed({ budgets }));
  expect(first).toMatchObject({ ok: true, value: { replayed: false, pending: null } });
  if (!first.ok) throw new Error('written');
  expect(second).toEqual({
    ok: true,
    value: {
      entry: first.value.entry,
      job: expect.objectContaining({ id: first.value.entry }) as unknown,
      interpretation: first.value.interpretation,
      pending: null,
      replayed: true,
      likelyRepeatOf: null,
      budgets: [{ holder: 'tenant', persons_per_day: 3, remaining: 3, more_in_seconds: null }],
    },
  });
  expect(sent).toHaveLength(1);
  expect(await rowsOf(stub, 'intents')).toHaveLength(1);
});

test('A key that was used for other persons, flags, operations or slices is refused, and nothing is sent', async () => {
  const sent = posthog(answer(202, SUMMARY));
  const { stub, log } = freshLog();
  await log.carryOut(keyed());
  for (const other of [
    keyed({ deletion: bulk(uuids(3)) }),
    keyed({ deletion: bulk(uuids(2), { delete_events: true }) }),
    keyed({ deletion: single('persons_destroy') }),
    sliced({ kind: 'uuids', ids: uuids(2) }, uuids(2), {}, { idempotencyKey: KEY }),
  ]) {
    const failure = { code: 'idempotency_key_reused', attr: 'Idempotency-Key' };
    expect(await log.carryOut(other)).toMatchObject({ ok: false, failure });
    expect(await log.create(other)).toMatchObject({ ok: false, failure });
  }
  expect(sent).toHaveLength(1);
  expect(await rowsOf(stub, 'intents')).toHaveLength(1);
});

test('A key is that of the minted token and of those derived from it, in one registration', async () => {
  const sent = posthog(answer(202, SUMMARY));
  const { stub, log } = freshLog();
  await log.carryOut(keyed({ token: tokenId('b'), ancestors: [tokenId('a')] }));
  expect(await log.carryOut(keyed({ token: tokenId('c'), ancestors: [tokenId('a')] }))).toMatchObject({
    value: { replayed: true },
  });
  expect(await log.carryOut(keyed({ token: tokenId('d') }))).toMatchObject({ value: { replayed: false } });
  const registration = registrationId('s');
  await register(stub, registration);
  expect(await log.carryOut(keyed({ registration, token: tokenId('a') }))).toMatchObject({
    value: { replayed: false },
  });
  expect(sent).toHaveLength(3);
});

test('Sixty-four callers with one key make one deletion, and all are told of it', async () => {
  const { hold, arrived, release } = held(answer(202, SUMMARY));
  const sent = posthog(hold);
  const { stub, log } = freshLog();
  const calls = Array.from({ length: 64 }, (_, n) =>
    n % 2 === 0 ? log.carryOut(keyed()) : log.create(keyed()),
  );
  await arrived();
  release();
  const told = await Promise.all(calls);
  const { id } = await newest(log);
  for (const one of told) {
    if (!one.ok) throw new Error(one.failure.code);
    expect(typeof one.value.entry === 'string' ? one.value.entry : one.value.entry.id).toBe(id);
  }
  expect(told.filter((one) => one.ok && !one.value.replayed)).toHaveLength(1);
  expect(sent).toHaveLength(1);
  expect(await rowsOf(stub, 'intents')).toHaveLength(1);
});

test('One that asks again while PostHog is being asked waits, and is told what PostHog answers', async () => {
  const { hold, arrived, release } = held(answer(202, SUMMARY));
  const sent = posthog(hold);
  const { log } = freshLog();
  const first = log.carryOut(keyed());
  await arrived();
  const again = log.carryOut(keyed());
  const { budgets } = keyed();
  const key = { ...keyed(), key: KEY, ...keyed().deletion, asked: keyed().deletion.target, slices: null };
  const ask = { registration: key.registration, budgets, persons: 0 };
  const found = log.replay(key, ask);
  // Both have come to the log before PostHog answers: calls of one stub arrive in their order.
  for (let trips = 0; trips < 10; trips += 1) await log.budget(ask);
  release();
  await first;
  const told = { interpretation: { json: SUMMARY }, pending: null, replayed: true };
  expect([await again, await found]).toMatchObject([{ value: told }, { value: told }]);
  expect(sent).toHaveLength(1);
});

test('A deletion that is still being sent is told with its state to the one that asks again', async () => {
  posthog(lost, answer(202, SUMMARY));
  const { stub, log } = freshLog();
  await log.carryOut(keyed());
  expect(await log.carryOut(keyed())).toMatchObject({
    value: {
      interpretation: { kind: 'success', status: 202 },
      pending: { state: 'sending', persons: 2, last_problem: 'upstream_unreachable' },
    },
  });
  await ring(stub, NOW + 10_000);
  expect(await log.carryOut(keyed())).toMatchObject({
    value: { interpretation: { json: { ...SUMMARY } }, pending: null },
  });
});

test.each([
  [401, { kind: 'failure', failure: { code: 'upstream_key_refused' } }],
  [403, { kind: 'failure', failure: { code: 'upstream_key_refused' } }],
  [404, { kind: 'refusal', status: 404, body: { code: 'not_found' } }],
])('A deletion that PostHog refused with %i is refused again, without asking', async (status, told) => {
  const sent = posthog(answer(status, { code: 'not_found', detail: 'Not found.' }));
  const { log } = freshLog();
  await log.carryOut(keyed());
  expect(await log.carryOut(keyed())).toMatchObject({ value: { interpretation: told, replayed: true } });
  expect(sent).toHaveLength(1);
});

test('A deletion with a key that meets the rate limit waits for its turn, and its key finds the same deletion', async () => {
  const sent = posthog(answer(429, null, { 'retry-after': '30' }), answer(202, SUMMARY));
  const { stub, log } = freshLog();
  const pending = { state: 'sending', last_problem: 'upstream_rate_limited' };
  expect(await log.carryOut(keyed())).toMatchObject({ value: { replayed: false, pending } });
  expect(await log.carryOut(keyed())).toMatchObject({ value: { replayed: true, pending } });
  expect(sent).toHaveLength(1);
  await ring(stub, NOW + 30_000);
  const told = { interpretation: { json: SUMMARY }, pending: null, replayed: true };
  expect(await log.carryOut(keyed())).toMatchObject({ value: told });
  expect(sent).toHaveLength(2);
});

test('A key of a deletion that PostHog accepted and never carried out is told so, and makes no other', async () => {
  const { deletes, fail } = world(2);
  const { stub, log } = freshLog();
  fail('delete', ...Array<Answer>(4).fill(answer(202, SUMMARY)));
  const entry = await log.carryOut(keyed());
  for (let hour = 1; (await newest(log)).state === 'settling'; hour += 1) await ring(stub, NOW + hour * HOUR);
  expect(await newest(log)).toMatchObject({ state: 'failed', reason: 'still_there' });
  expect(await log.carryOut(keyed())).toMatchObject({
    value: {
      entry: entry.ok && entry.value.entry,
      interpretation: { failure: { code: 'deletion_state_conflict' } },
      pending: null,
      replayed: true,
    },
  });
  expect(deletes()).toHaveLength(4);
});

test('A key of a deletion that was cancelled makes no other', async () => {
  posthog(answer(202, SUMMARY));
  const { log } = freshLog();
  const holds = { holdSeconds: 60, approvalOver: null };
  await log.create(keyed({ holds }));
  await log.decide((await newest(log)).id, 'cancelled', 'operator', null, OPERATOR);
  expect(await log.carryOut(keyed({ holds }))).toMatchObject({
    value: { interpretation: { failure: { code: 'deletion_state_conflict' } }, replayed: true },
  });
});

test('A key of a deletion that was refused for its budget can be used again', async () => {
  posthog(answer(202, SUMMARY));
  const { log } = freshLog();
  const none = [{ holder: 'tenant', persons_per_day: 1 } as const];
  expect((await log.carryOut(keyed({ budgets: none }))).ok).toBe(false);
  expect(await log.carryOut(keyed())).toMatchObject({ value: { replayed: false } });
});

test('A key is forgotten after seven days, and its row goes with the next key', async () => {
  posthog(answer(202, SUMMARY));
  const { stub, log } = freshLog();
  await log.carryOut(keyed());
  setTime(NOW + 7 * DAY);
  expect(await log.carryOut(keyed())).toMatchObject({ value: { replayed: true } });
  setTime(NOW + 7 * DAY + 1);
  expect(await log.carryOut(keyed())).toMatchObject({ value: { replayed: false } });
  setTime(NOW + 15 * DAY);
  await log.carryOut(keyed({ idempotencyKey: OTHER_KEY }));
  expect(await rowsOf(stub, 'idempotency_keys')).toHaveLength(1);
});

test('The storage holds neither keys nor what they stand for in the clear', async () => {
  posthog(answer(202, SUMMARY));
  const { stub, log } = freshLog();
  await log.carryOut(keyed());
  expect(JSON.stringify(await rowsOf(stub, 'idempotency_keys'))).not.toContain(KEY);
});

test('A sliced deletion is found by its key before anybody is looked up', async () => {
  posthog(answer(202, SUMMARY));
  const { log } = freshLog();
  const asked = { kind: 'uuids', ids: uuids(2) } as const;
  const first = await log.carryOut(sliced(asked, uuids(1), {}, { idempotencyKey: KEY }));
  const { registration, token, ancestors, budgets, deletion } = keyed();
  const { operation, projectId, flags } = deletion;
  const request = {
    key: KEY,
    registration,
    token,
    ancestors,
    operation,
    projectId,
    flags,
    asked,
    slices: [ACME],
  };
  const ask = { registration, budgets, persons: 0 };
  const replayed = await log.replay(request, ask);
  expect(replayed).toMatchObject({ ok: true, value: { entry: first.ok && first.value.entry } });
  expect(await log.replay({ ...request, key: OTHER_KEY }, ask)).toEqual({ ok: true, value: null });
  expect(await log.replay({ ...request, slices: null }, ask)).toMatchObject({
    failure: { code: 'idempotency_key_reused' },
  });
});

test('A deletion without a key that names the same persons within a minute is carried out, and named a likely repeat', async () => {
  const sent = posthog(answer(202, SUMMARY));
  const { log } = freshLog();
  const ask = (changes: Partial<DeletionOrder> = {}) => log.carryOut(order(bulk(uuids(2)), changes));
  const first = await ask();
  const entry = first.ok && first.value.entry;
  expect(first).toMatchObject({ value: { likelyRepeatOf: null } });
  setTime(NOW + 59_000);
  const second = await ask();
  expect(second).toMatchObject({ value: { likelyRepeatOf: entry, replayed: false } });
  expect(await log.create(order(bulk(uuids(2).toReversed())))).toMatchObject({
    value: { likelyRepeatOf: second.ok && second.value.entry },
  });
  for (const other of [
    { token: tokenId('z') },
    { deletion: bulk(uuids(3)) },
    { deletion: bulk(uuids(2), { delete_events: true }) },
    { idempotencyKey: OTHER_KEY },
  ]) {
    expect(await ask(other)).toMatchObject({ value: { likelyRepeatOf: null } });
  }
  setTime(NOW + HOUR);
  expect(await ask()).toMatchObject({ value: { likelyRepeatOf: null } });
  expect(sent).toHaveLength(7);
});

test('A likely repeat is of a deletion that is carried out: of no preview, and of none that was cancelled', async () => {
  posthog(answer(202, SUMMARY));
  const { log } = freshLog();
  const preview = { slices: [], hidden: [], visible: null, distinct_ids_hidden: false };
  await log.create(order(bulk(uuids(2)), { preview }));
  const waiting = await log.create(order(bulk(uuids(2)), { holds: { holdSeconds: 60, approvalOver: null } }));
  expect(waiting).toMatchObject({ value: { likelyRepeatOf: null } });
  if (!waiting.ok) throw new Error(waiting.failure.code);
  const { id } = waiting.value.entry;
  expect(await log.create(order(bulk(uuids(2)), { preview }))).toMatchObject({
    value: { likelyRepeatOf: null },
  });
  await log.decide(id, 'cancelled', 'operator', null, OPERATOR);
  expect(await log.carryOut(order(bulk(uuids(2))))).toMatchObject({ value: { likelyRepeatOf: null } });
});

test('A deletion by the same filter within a minute is named a likely repeat, and by another it is not', async () => {
  posthog(answer(202, SUMMARY));
  const { log } = freshLog();
  const by = (search: string) =>
    log.create(order(bulk([]), { filter: { arguments: { search }, all: false } }));
  const first = await by('ada');
  expect(first).toMatchObject({ value: { likelyRepeatOf: null } });
  expect(await by('ben')).toMatchObject({ value: { likelyRepeatOf: null } });
  expect(await by('ada')).toMatchObject({ value: { likelyRepeatOf: first.ok && first.value.entry.id } });
  setTime(NOW + HOUR);
  expect(await by('ada')).toMatchObject({ value: { likelyRepeatOf: null } });
});
