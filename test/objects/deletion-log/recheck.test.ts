/** Persons of a sliced grant are looked up again right before they are sent. */
import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import type { DeletionTarget } from '../../../src/catalogue/deletion.ts';
import type { DeletionOrder } from '../../../src/objects/deletion-log/deletion-log.ts';
import {
  ACME,
  answer,
  brokenOff,
  bulk,
  freshLog,
  held,
  HOUR,
  lost,
  newest,
  NOW,
  OPERATOR,
  order,
  REGISTRATION,
  ring,
  rowsOf,
  sameLog,
  setTime,
  single,
  sliced,
  test,
  uuid,
  uuids,
} from '../../support/objects/deletion-log.ts';
import { world } from '../../support/objects/world.ts';

/** An order of a sliced grant that nothing was resolved of yet. */
const unresolved = (target: DeletionTarget, changes: Partial<DeletionOrder> = {}): DeletionOrder =>
  order({ ...bulk([]), target }, { slices: [ACME], ...changes });
const named = (count: number): DeletionTarget => ({ kind: 'uuids', ids: uuids(count) });
const budgetOf = (persons: number) =>
  ({ budgets: [{ holder: 'tenant', persons_per_day: persons }] }) as const;

describe('The deletes of the mirror, whose persons the request resolved', () => {
  test('The first attempt sends what the request resolved, without another look-up', async () => {
    const { asked } = world(2);
    const { log } = freshLog();
    await log.carryOut(sliced(named(3), uuids(2)));
    expect(asked).toEqual([{ kind: 'delete', ids: uuids(2) }]);
    expect(await newest(log)).toMatchObject({ state: 'settling', in_slice: 2, sent: 2, left_slice: 0 });
  });

  test('A person who has left the slice is not sent again after an attempt whose end is unknown', async () => {
    const { deletes, fail, leave } = world(3);
    const { stub, log } = freshLog();
    fail('delete', lost);
    await log.carryOut(sliced(named(3), uuids(3)));
    leave(1);
    await ring(stub, NOW + 10_000);
    expect(deletes()).toEqual([uuids(3), [uuid(0), uuid(2)]]);
    const entry = await newest(log);
    expect(entry).toMatchObject({ state: 'settling', attempts: 2, in_slice: 3, sent: 3, left_slice: 1 });
    expect(await log.get(entry.id, OPERATOR)).toMatchObject({ left_slice_ids: [uuid(1)] });
  });

  test('A person who comes back into the slice before a later attempt is sent again', async () => {
    const { deletes, fail, leave, join } = world(2);
    const { stub, log } = freshLog();
    fail('delete', lost, lost);
    await log.carryOut(sliced(named(2), uuids(2)));
    leave(1);
    await ring(stub, NOW + 10_000);
    join(1);
    await ring(stub, NOW + HOUR);
    expect(deletes()).toEqual([uuids(2), [uuid(0)], uuids(2)]);
  });

  test('A delete that was held is looked up again before its first attempt, and the persons who left cost nothing', async () => {
    const { deletes, leave, asked } = world(3);
    const { stub, log } = freshLog();
    const holds = { holdSeconds: 60, approvalOver: null };
    await log.carryOut(sliced(named(3), uuids(3), {}, { holds, ...budgetOf(3) }));
    expect(asked).toEqual([]);
    leave(0);
    await ring(stub, NOW + 60_000);
    expect(deletes()).toEqual([[uuid(1), uuid(2)]]);
    expect(await newest(log)).toMatchObject({ state: 'settling', in_slice: 3, sent: 2, left_slice: 1 });
    expect((await log.create(unresolved(named(1), budgetOf(3)))).ok).toBe(true);
    expect((await log.create(unresolved(named(1), budgetOf(3)))).ok).toBe(false);
  });

  test('A later attempt gives nothing back for persons who are gone: the first may have deleted them', async () => {
    const { persons, fail } = world(2);
    const { stub, log } = freshLog();
    fail('delete', brokenOff);
    await log.carryOut(sliced(named(2), uuids(2), {}, budgetOf(2)));
    persons.clear();
    await ring(stub, NOW + 10_000);
    expect(await newest(log)).toMatchObject({
      state: 'settling',
      left_slice: 0,
      outcome: { persons_found: null },
    });
    expect(await rowsOf(stub, 'releases')).toEqual([]);
    expect((await log.create(unresolved(named(1), budgetOf(2)))).ok).toBe(false);
  });

  test('An entry of which no person is left in the slice ends, and PostHog is not sent a delete again', async () => {
    const { deletes, fail, leave } = world(1);
    const { stub, log } = freshLog();
    fail('delete', lost);
    await log.carryOut(sliced(named(1), uuids(1)));
    leave(0);
    await ring(stub, NOW + 10_000);
    expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 1, left_slice: 1 });
    await ring(stub, NOW + HOUR);
    expect(deletes()).toHaveLength(1);
    expect(await newest(log)).toMatchObject({
      state: 'done',
      attempts: 1,
      left_slice: 1,
      verification: { left_slice: 1, gone: 0, still_there: 0 },
      next_attempt_at: null,
    });
  });

  test('A single person who has left the slice is not sent again', async () => {
    const { persons, asked, fail } = world(0);
    const { stub, log } = freshLog();
    const deletion = single('persons_destroy');
    fail(
      'look-up',
      lost,
      answer(200, { uuid: uuid(7), distinct_ids: ['ada'], properties: { tenant_id: 'other' } }),
    );
    const resolved = { asked: deletion.target, distinctIds: ['ada'], slices: [ACME] };
    await log.carryOut(order(deletion, { resolved }));
    expect(persons.size).toBe(0);
    await ring(stub, NOW + 10_000);
    expect(asked).toHaveLength(2);
    const entry = await newest(log);
    expect(entry).toMatchObject({ state: 'settling', attempts: 1, left_slice: 1 });
    expect(await log.get(entry.id, OPERATOR)).toMatchObject({ left_slice_ids: [uuid(7)] });
  });

  test('A reader with a slice is not told who was found outside of it', async () => {
    const { fail, leave } = world(2);
    const { stub, log } = freshLog();
    fail('delete', lost);
    await log.carryOut(sliced(named(2), uuids(2)));
    leave(1);
    await ring(stub, NOW + 10_000);
    const view = {
      kind: 'tenant',
      registration: REGISTRATION,
      slices: [ACME],
      distinctIdsHidden: false,
    } as const;
    const { id } = await newest(log);
    expect(await log.get(id, view)).toMatchObject({ left_slice: null, left_slice_ids: null });
    expect((await log.list({ limit: 1, before: null }, view)).rows).toMatchObject([{ left_slice: null }]);
    expect(await log.get(id, { ...view, slices: [] })).toMatchObject({
      left_slice: 1,
      left_slice_ids: [uuid(1)],
    });
  });
});

describe('A deletion of a sliced grant that was only written down', () => {
  test('Its ids are resolved chunk by chunk, and only persons of the slice are sent', async () => {
    const { deletes, leave, asked } = world(1500);
    const { stub, log } = freshLog();
    leave(3);
    leave(1200);
    const created = await log.create(unresolved(named(1600)));
    expect(created).toMatchObject({
      ok: true,
      value: { entry: { asked: 1600, in_slice: null, sent: 0, left_slice: null } },
    });
    expect(asked).toEqual([]);
    await ring(stub, NOW);
    expect(deletes().map(({ length }) => length)).toEqual([999, 499]);
    expect(deletes().flat()).not.toContain(uuid(3));
    expect(await newest(log)).toMatchObject({
      state: 'settling',
      in_slice: 1498,
      sent: 1498,
      chunks: { accepted: 2 },
    });
  });

  test('Ids that were never known to be in the slice are not recorded as having left it', async () => {
    const { leave } = world(2);
    const { stub, log } = freshLog();
    leave(0);
    await log.create(unresolved(named(2)));
    await ring(stub, NOW);
    const entry = await newest(log);
    expect(entry).toMatchObject({ in_slice: 1, left_slice: 0 });
    expect(await log.get(entry.id, OPERATOR)).toMatchObject({ sent_ids: [uuid(1)], left_slice_ids: [] });
  });

  test('Persons are named to PostHog by UUID, and later attempts keep to the persons of the first', async () => {
    const { deletes, fail, persons } = world(2);
    const { stub, log } = freshLog();
    fail('delete', lost);
    await log.create(unresolved({ kind: 'distinct_ids', ids: ['person-0', 'person-9'] }));
    await ring(stub, NOW);
    persons.set(uuid(9), { tenant_id: 'acme', distinct_ids: ['person-9'] });
    await ring(stub, NOW + 10_000);
    expect(deletes()).toEqual([[uuid(0)], [uuid(0)]]);
  });

  test('The budget is given back for ids that are not in the slice, once, whatever becomes of the attempt', async () => {
    const { fail, leave } = world(4);
    const { stub, log } = freshLog();
    leave(0);
    leave(1);
    fail('delete', lost);
    await log.create(unresolved(named(5), budgetOf(5)));
    expect((await log.create(unresolved(named(1), budgetOf(5)))).ok).toBe(false);
    await ring(stub, NOW);
    await evictDurableObject(stub);
    expect((await log.create(unresolved(named(4), budgetOf(5)))).ok).toBe(false);
    expect((await log.create(unresolved(named(3), budgetOf(5)))).ok).toBe(true);
  });

  test('A look-up that fails leaves the deletion unsent, says why, and waits longer each time', async () => {
    const { deletes, fail } = world(1);
    const { stub, log } = freshLog();
    fail('look-up', lost, lost, lost, lost, lost, lost);
    await log.create(unresolved(named(1)));
    await ring(stub, NOW);
    const entry = await newest(log);
    expect(entry).toMatchObject({ state: 'sending', attempts: 0, last_problem: 'upstream_unreachable' });
    expect(Date.parse(entry.next_attempt_at ?? '')).toBe(NOW + 10_000);
    expect(deletes()).toEqual([]);
    await ring(stub, NOW + 10_000);
    await ring(stub, NOW + 20_000);
    expect(Date.parse((await newest(log)).next_attempt_at ?? '')).toBeGreaterThanOrEqual(NOW + 40_000);
    await ring(stub, NOW + 2 * HOUR);
    expect(deletes()).toEqual([uuids(1)]);
    expect(await newest(log)).toMatchObject({ state: 'settling' });
  });

  test('The distinct ids of the persons that were sent are remembered, each once, and those of others are not', async () => {
    const { fail, leave } = world(2);
    const { stub, log } = freshLog();
    leave(1);
    fail('delete', lost);
    await log.create(unresolved(named(2)));
    await ring(stub, NOW);
    await ring(stub, NOW + 10_000);
    expect(await rowsOf(stub, 'deleted_distinct_ids')).toHaveLength(1);
    const scope = { projectId: bulk([]).projectId, slices: [ACME], registration: REGISTRATION };
    expect(await log.deletedDistinctIds(['person-0', 'person-1'], scope)).toEqual(['person-0']);
  });

  test('An object that dies during a look-up, or during the delete behind it, resolves and sends what is left', async () => {
    for (const kind of ['look-up', 'delete'] as const) {
      setTime(NOW);
      const { deletes, fail } = world(2);
      const { hold, arrived, release } = held(lost);
      fail(kind, hold);
      const dead = freshLog();
      await dead.log.create(unresolved(named(3), budgetOf(3)));
      const ringing = ring(dead.stub, NOW).catch(() => 'died');
      await arrived();
      await abortAllDurableObjects();
      await ringing;
      release();
      const { stub, log } = sameLog(dead.stub);
      await ring(stub, NOW + HOUR);
      expect(deletes().at(-1)).toEqual(uuids(2));
      expect(await newest(log)).toMatchObject({
        state: 'settling',
        in_slice: 2,
        outcome: { persons_deleted: 2 },
      });
      await ring(stub, NOW + 2 * HOUR);
      expect(await newest(log)).toMatchObject({ state: 'done', verification: { gone: 2 } });
      expect(await rowsOf(stub, 'open')).toEqual([]);
    }
  });

  test('Nothing is sent where all its persons are outside, and every chunk ends as one that found nobody', async () => {
    const { deletes, persons } = world(1100);
    for (const person of persons.values()) person.tenant_id = 'other';
    const { stub, log } = freshLog();
    await log.create(unresolved(named(1100), budgetOf(1100)));
    await ring(stub, NOW);
    expect(deletes()).toEqual([]);
    expect(await newest(log)).toMatchObject({
      state: 'nobody',
      attempts: 0,
      in_slice: 0,
      sent: 0,
      left_slice: 0,
      outcome: { persons_found: 0 },
    });
    expect((await log.create(unresolved(named(1100), budgetOf(1100)))).ok).toBe(true);
  });
});
