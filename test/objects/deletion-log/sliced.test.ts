import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import type { DeletionTarget } from '../../../src/catalogue/deletion.ts';
import { GENERATIONS, type Generation } from '../../../src/catalogue/generation.ts';
import { digestOf } from '../../../src/objects/deletion-log/digest.ts';
import { DELETION_STEPS } from '../../../src/objects/deletion-log/schema/schema.ts';
import { migrate } from '../../../src/objects/migrations.ts';
import { bulkDelete } from '../../../src/sandbox/deleting/bulk-delete.ts';
import { createTables } from '../../../src/sandbox/store/schema.ts';
import { defaultSettings } from '../../../src/sandbox/store/settings.ts';
import { parseTarget } from '../../../src/sandbox/wire/target.ts';
import { writeReply } from '../../../src/sandbox/wire/render.ts';
import {
  abandoned,
  ACME,
  alarmOf,
  answer,
  bodyOf,
  bulk,
  countWrites,
  freshLog,
  KEY,
  lost,
  newest,
  NOW,
  order,
  posthog,
  ring,
  rowsOf,
  single,
  sliced,
  uuid,
  uuids,
  OPERATOR,
  SUMMARY,
  test,
} from '../../support/objects/deletion-log.ts';
import { world } from '../../support/objects/world.ts';

const ASKED: DeletionTarget = { kind: 'distinct_ids', ids: ['ada', 'ada@acme.test', 'foreign', 'unknown'] };
const BY_UUID: DeletionTarget = { kind: 'uuids', ids: uuids(4) };

test('An entry of a sliced grant shows what was asked for, which persons were in the slice, and what was sent', async () => {
  const sent = posthog(answer(202, { ...SUMMARY, persons_found: 1 }));
  const { log } = freshLog();
  await log.carryOut(sliced(ASKED, [uuid(7)], { distinctIds: ['ada', 'ada@acme.test'] }));
  expect(sent.map(bodyOf)).toEqual([{ ids: [uuid(7)] }]);
  const entry = await newest(log);
  expect(entry).toMatchObject({
    state: 'settling',
    target: 'distinct_ids',
    asked: 4,
    in_slice: 1,
    sent: 1,
    digest: await digestOf(ASKED.ids),
    outcome: { persons_found: 1 },
  });
  expect(await log.get(entry.id, OPERATOR)).toEqual({
    ...entry,
    progress: expect.objectContaining({ asked: 4, in_slice: 1, sent: 1, confirmed: 2 }) as unknown,
    ids: ASKED.ids,
    sent_ids: [uuid(7)],
    left_slice_ids: [],
  });
});

test('A single person of a sliced grant is sent as it was asked for', async () => {
  const sent = posthog(answer(202));
  const { log } = freshLog();
  const deletion = single('persons_destroy');
  await log.carryOut(
    order(deletion, { resolved: { asked: deletion.target, distinctIds: ['ada'], slices: [ACME] } }),
  );
  expect(sent[0]?.url).toContain(`/persons/${uuid(7)}/`);
  expect(await newest(log)).toMatchObject({ target: 'person', asked: 1, in_slice: 1, sent: 1 });
});

test('The alarm sends what was found in the slice, never what was asked for', async () => {
  const { deletes, fail } = world(4);
  const { stub, log } = freshLog();
  fail('delete', lost);
  await log.carryOut(sliced(BY_UUID, [uuid(2)]));
  await evictDurableObject(stub);
  await ring(stub, NOW + 10_000);
  expect(deletes()).toEqual([[uuid(2)], [uuid(2)]]);
  expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 2, asked: 4, sent: 1 });
});

test('Distinct ids are never sent for a sliced grant, whichever token gives the order', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  const wrong = { ...sliced(ASKED, []), deletion: { ...bulk([]), target: ASKED } };
  expect(await log.carryOut(wrong).catch(String)).toContain('CHECK constraint');
  expect(await rowsOf(stub, 'intents')).toHaveLength(0);
  expect(sent).toHaveLength(0);
});

test.each(GENERATIONS)(
  'A deletion with no person in the slice is answered as PostHog %s answers unknown ids, byte for byte, without asking it',
  async (generation) => {
    const sent = posthog(answer(500));
    const { stub, log } = freshLog(generation);
    const carried = await log.carryOut(sliced(ASKED, []));
    if (!carried.ok || carried.value.interpretation.kind !== 'success') throw new Error('no success');
    const { status, text } = carried.value.interpretation;
    const said = await answerToUnknownIds(generation);
    expect({ status, text }).toEqual({ status: said.status, text: said.body ?? '' });
    expect(sent).toHaveLength(0);

    const entry = await newest(log);
    expect(entry).toMatchObject({
      id: carried.value.entry,
      state: 'nobody',
      asked: 4,
      in_slice: 0,
      sent: 0,
      attempts: 0,
      last_attempt_at: null,
      next_attempt_at: null,
      outcome: NOTHING_DONE,
    });
    expect(await log.get(entry.id, OPERATOR)).toMatchObject({ ids: ASKED.ids, sent_ids: [] });
    expect(await alarmOf(stub)).toBeNull();
    expect(await rowsOf(stub, 'open')).toEqual([]);
  },
);

const NOTHING_DONE = {
  status: 202,
  persons_found: 0,
  persons_deleted: 0,
  persons_queued_for_deletion: 0,
  events_queued_for_deletion: false,
  recordings_queued_for_deletion: false,
  deletion_errors: 0,
};

test('The intent and the outcome of an order without persons are written in one step', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await runInDurableObject(stub, (_, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql);
    vi.spyOn(storage.sql, 'exec').mockImplementation((...given) => {
      if (given[0].startsWith('INSERT INTO outcomes')) throw new Error('the disk is full');
      return exec(...given);
    });
  });
  expect(await log.carryOut(sliced(ASKED, [])).catch(String)).toContain('the disk is full');
  vi.restoreAllMocks();
  expect(await rowsOf(stub, 'intents')).toEqual([]);
  expect(await rowsOf(stub, 'resolutions')).toEqual([]);
});

test.each(GENERATIONS)(
  'An intent without persons that was never settled is settled by the alarm without asking PostHog %s',
  async (generation) => {
    const sent = posthog(answer(500));
    const { stub, log } = freshLog(generation);
    const id = await abandoned(stub, sliced(ASKED, []));
    expect(await log.get(id, OPERATOR)).toMatchObject({ state: 'sending', sent: 0 });
    await evictDurableObject(stub);
    await ring(stub, NOW);
    expect(sent).toHaveLength(0);
    expect(await log.get(id, OPERATOR)).toMatchObject({ state: 'nobody', sent: 0, outcome: NOTHING_DONE });
    expect(await alarmOf(stub)).toBeNull();
  },
);

test('A sliced grant is charged for the persons in its slice; foreign and unknown ids cost nothing', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  const budgets = [{ holder: 'tenant', persons_per_day: 3 }] as const;
  const spend = (persons: number, asked = BY_UUID) =>
    log.carryOut(sliced(asked, uuids(persons), {}, { budgets }));
  expect((await spend(2)).ok).toBe(true);
  expect((await spend(0)).ok).toBe(true);
  expect((await spend(2)).ok).toBe(false);
  await evictDurableObject(stub);
  expect((await spend(2)).ok).toBe(false);
  expect((await spend(1)).ok).toBe(true);
  expect((await spend(1)).ok).toBe(false);
  expect((await spend(0)).ok).toBe(true);
  expect(await rowsOf(stub, 'intents')).toHaveLength(4);
});

test('An order without persons fits into every budget, even one that was made smaller than what was spent', async () => {
  posthog(answer(202));
  const { log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  const budgets = [{ holder: 'tenant', persons_per_day: 0 }] as const;
  expect((await log.carryOut(sliced(BY_UUID, [], {}, { budgets }))).ok).toBe(true);
});

test('A sliced delete writes ten rows until it is accepted and one for each distinct id, and one without persons six', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(1))));
  const written = await countWrites(stub);
  const distinctIds = Array.from({ length: 2000 }, (_, n) => `person-${n}@acme.test`);
  const asked: DeletionTarget = { kind: 'uuids', ids: uuids(1000) };
  await log.carryOut(sliced(asked, uuids(1000), { distinctIds: [...distinctIds, ...distinctIds] }));
  expect(written).toEqual({ rows: 10 + 2000, alarms: 0 });
  await log.carryOut(sliced(asked, []));
  expect(written).toEqual({ rows: 10 + 2000 + 6, alarms: 0 });
});

test('An entry written before the log knew slices reads, counts and is sent as it was', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  const number = NOW * 1000;
  const id = await runInDurableObject(stub, async (_, { storage }) => {
    await storage.deleteAll();
    migrate(storage, DELETION_STEPS.slice(0, 1));
    const old = `del_${'A'.repeat(22)}`;
    storage.sql.exec(
      `INSERT INTO intents VALUES (?, ?, 'acme', ?, '[]', 'req_1', 'persons_bulk_delete', 1, 'distinct_ids', 2,
        0, 0, 0, 'sha256:00', '["ada","bob"]')`,
      number,
      old,
      `tok_${'a'.repeat(22)}`,
    );
    storage.sql.exec('INSERT INTO open VALUES (?, ?)', number, NOW);
    await storage.setAlarm(NOW);
    return old;
  });
  await evictDurableObject(stub);
  expect(await newest(log)).toMatchObject({ id, state: 'sending', asked: 2, in_slice: null, sent: 2 });
  const budgets = [{ holder: 'tenant', persons_per_day: 2 }] as const;
  expect((await log.carryOut(order(bulk(uuids(1)), { budgets }))).ok).toBe(false);
  await ring(stub, NOW);
  expect(sent.map(bodyOf)).toEqual([{ distinct_ids: ['ada', 'bob'] }]);
  expect(await newest(log)).toMatchObject({ id, state: 'settling' });
});

/** What the sandbox answers to ids it does not know, in the storage of an object of its own. */
const answerToUnknownIds = (generation: Generation) =>
  runInDurableObject(freshLog().stub, async (_, { storage }) => {
    await storage.deleteAll();
    createTables(storage.sql);
    const url = 'https://posthog.example/api/projects/1/persons/bulk_delete/';
    const settings = { ...defaultSettings({ generation, apiKey: KEY }) };
    const body = JSON.stringify({ ids: uuids(2), delete_events: true });
    const message = { method: 'POST', url, headers: { 'content-type': 'application/json' }, body };
    const call = { sql: storage.sql, settings, generation, now: NOW, projectId: 1, nested: true, id: '' };
    return writeReply(bulkDelete({ ...call, target: parseTarget(url), csv: false, message }), false);
  });
