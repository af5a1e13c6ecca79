/** Deletions whose persons the log finds itself: by a filter, page by page. */
import { abortAllDurableObjects } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import type { DeletionOrder, PersonSelector } from '../../../src/objects/deletion-log/deletion-log.ts';
import { digestOf } from '../../../src/objects/deletion-log/digest.ts';
import {
  ACME,
  alarmOf,
  answer,
  bulk,
  DAY,
  freshLog,
  held,
  HOUR,
  lost,
  MINUTE,
  newest,
  NOW,
  OPERATOR,
  order,
  REGISTRATION,
  ring,
  rowsOf,
  sameLog,
  test,
  tokenId,
  uuid,
  uuids,
} from '../../support/objects/deletion-log.ts';
import { world } from '../../support/objects/world.ts';

const SEARCH: PersonSelector = { arguments: { search: 'acme' }, all: false };
const filtered = (changes: Partial<DeletionOrder> = {}): DeletionOrder =>
  order(bulk([]), { filter: SEARCH, slices: [ACME], ...changes });
const budgetOf = (persons: number) =>
  ({ budgets: [{ holder: 'tenant', persons_per_day: persons }] }) as const;

describe('A deletion by a filter', () => {
  test('The persons of the filter are read page by page, and each is sent once', async () => {
    const { deletes, asked } = world(2300);
    const { stub, log } = freshLog();
    const created = await log.create(filtered());
    expect(created).toMatchObject({
      ok: true,
      value: { entry: { state: 'resolving', asked: 0, sent: 0, in_slice: null } },
    });
    expect(asked).toEqual([]);
    await ring(stub, NOW);
    // Three pages of the filter, and one of everybody, which shows that the filter leaves a person out.
    expect(asked.filter(({ kind }) => kind === 'list')).toHaveLength(4);
    expect(deletes().flat()).toEqual(uuids(2300));
    await ring(stub, NOW + MINUTE);
    await ring(stub, NOW + 2 * MINUTE);
    expect(deletes()).toHaveLength(3);
    expect(await newest(log)).toMatchObject({
      state: 'done',
      asked: 2300,
      in_slice: 2300,
      sent: 2300,
      digest: await digestOf(uuids(2300)),
      chunks: { total: 3, accepted: 3 },
      outcome: { persons_deleted: 2300 },
    });
    expect(await alarmOf(stub)).toBeNull();
  });

  test('PostHog is asked with the conditions of the slice before those of the client, and foreign rows are left out', async () => {
    const { urls, listed, deletes } = world(3);
    listed.push(uuid(1));
    const { stub, log } = freshLog();
    const properties = [{ key: 'plan', type: 'person', operator: 'exact', value: 'pro' }];
    await log.create(filtered({ filter: { arguments: { properties }, all: false } }));
    await ring(stub, NOW);
    expect(JSON.parse(urls[0]?.searchParams.get('properties') ?? '')).toEqual([
      { key: 'tenant_id', type: 'person', operator: 'exact', value: 'acme' },
      ...properties,
    ]);
    expect(deletes()).toEqual([[uuid(0), uuid(2)]]);
  });

  test('A filter that matches no person ends as such, and nothing is sent or charged', async () => {
    const { deletes } = world(0);
    const { stub, log } = freshLog();
    await log.create(filtered());
    await ring(stub, NOW);
    expect(deletes()).toEqual([]);
    expect(await newest(log)).toMatchObject({
      state: 'nobody',
      asked: 0,
      in_slice: 0,
      outcome: { persons_found: 0 },
    });
    expect(await rowsOf(stub, 'charges')).toEqual([]);
    expect(await alarmOf(stub)).toBeNull();
  });

  test.each([[{}], [{ search: '' }], [{ properties: [] }]])(
    'The filter %j restricts nothing and is refused unless all is said, with nothing written',
    async (own) => {
      const { asked } = world(2);
      const { stub, log } = freshLog();
      const refused = await log.create(filtered({ filter: { arguments: own, all: false } }));
      expect(refused).toMatchObject({ ok: false, failure: { code: 'field_invalid', attr: 'filter' } });
      expect(await rowsOf(stub, 'intents')).toEqual([]);
      expect(asked).toEqual([]);
      expect((await log.create(filtered({ filter: { arguments: own, all: true } }))).ok).toBe(true);
      await ring(stub, NOW);
      expect(await newest(log)).toMatchObject({ state: 'settling', sent: 2 });
    },
  );

  test('A filter over more persons than one deletion may name fails, and nothing is sent', async () => {
    const { deletes } = world(101_000);
    const { stub, log } = freshLog();
    await log.create(filtered());
    await ring(stub, NOW);
    expect(deletes()).toEqual([]);
    expect(await newest(log)).toMatchObject({ state: 'failed', reason: 'too_many', next_attempt_at: null });
  });

  test('A filter over more persons than the budget has left fails, and the budget stays as it was', async () => {
    const { deletes } = world(3);
    const { stub, log } = freshLog();
    await log.create(filtered(budgetOf(2)));
    await ring(stub, NOW);
    expect(deletes()).toEqual([]);
    expect(await newest(log)).toMatchObject({ state: 'failed', reason: 'over_budget' });
    expect((await log.create(order(bulk(uuids(2)), budgetOf(2)))).ok).toBe(true);
  });

  test('The persons are charged from when they were found, and for a day from then', async () => {
    const { fail } = world(3);
    const { stub, log } = freshLog();
    fail('list', lost, lost);
    await log.create(filtered(budgetOf(3)));
    await ring(stub, NOW);
    await ring(stub, NOW + 20 * HOUR);
    expect(await newest(log)).toMatchObject({ state: 'settling', sent: 3 });
    const one = () => log.create(order(bulk([uuid(9)]), budgetOf(3)));
    await ring(stub, NOW + 25 * HOUR).catch(() => 'no alarm is set');
    expect((await one()).ok).toBe(false);
    await ring(stub, NOW + 20 * HOUR + DAY).catch(() => 'no alarm is set');
    expect((await one()).ok).toBe(true);
  });

  test('A deletion by a filter is held once its persons are known', async () => {
    const { deletes } = world(3);
    const { stub, log } = freshLog();
    await log.create(filtered({ holds: { holdSeconds: 60, approvalOver: 2 } }));
    await ring(stub, NOW);
    const { id } = await newest(log);
    expect(await newest(log)).toMatchObject({ state: 'held', asked: 3, sent: 0 });
    await ring(stub, NOW + 60_000);
    expect(deletes()).toEqual([]);
    await log.decide(id, 'approved', 'operator', null, OPERATOR);
    await ring(stub, NOW + 61_000);
    expect(deletes()).toEqual([uuids(3)]);
  });

  test('A filter over more persons than may go without a preview fails, and nothing is sent', async () => {
    const { deletes } = world(3);
    const { stub, log } = freshLog();
    await log.create(filtered({ holds: { holdSeconds: 0, approvalOver: null, previewOver: 2 } }));
    await ring(stub, NOW);
    expect(deletes()).toEqual([]);
    expect(await newest(log)).toMatchObject({ state: 'failed', reason: 'preview_required' });
  });

  test('A page that fails leaves nothing half read, says why, and all pages are read again', async () => {
    const { deletes, fail } = world(1500);
    const { stub, log } = freshLog();
    fail('list', answer(500));
    await log.create(filtered());
    await ring(stub, NOW);
    expect(await newest(log)).toMatchObject({ state: 'resolving', last_problem: 'upstream_error' });
    await ring(stub, NOW + HOUR);
    expect(deletes().flat()).toEqual(uuids(1500));
  });

  test('A filter that cannot be read for seven days fails as unresolved', async () => {
    const { fail } = world(1);
    const { stub, log } = freshLog();
    fail('list', lost, lost, lost, lost, lost, lost, lost, lost, lost);
    await log.create(filtered());
    await ring(stub, NOW);
    await ring(stub, NOW + 7 * DAY);
    expect(await newest(log)).toMatchObject({ state: 'failed', reason: 'unresolved', next_attempt_at: null });
  });

  test('A deletion that is cancelled while its persons are not known sends nothing', async () => {
    const { deletes, fail } = world(1);
    const { stub, log } = freshLog();
    fail('list', lost, lost);
    await log.create(filtered());
    await ring(stub, NOW);
    const { id } = await newest(log);
    expect(await log.decide(id, 'cancelled', 'operator', null, OPERATOR)).toMatchObject({
      ok: true,
      value: { state: 'cancelled' },
    });
    expect(await rowsOf(stub, 'open')).toEqual([]);
    expect(deletes()).toEqual([]);
  });

  test('A deletion that is cancelled while its persons are being read sends nothing', async () => {
    const { deletes, fail, persons } = world(2);
    const { hold, arrived, release } = held(lost);
    fail('list', hold);
    const { stub, log } = freshLog();
    await log.create(filtered());
    const ringing = ring(stub, NOW);
    await arrived();
    const { id } = await newest(log);
    expect(await log.decide(id, 'cancelled', tokenId('a'), null, OPERATOR)).toMatchObject({
      ok: true,
      value: { state: 'cancelled' },
    });
    release();
    await ringing;
    expect(await newest(log)).toMatchObject({ state: 'cancelled' });
    expect(await alarmOf(stub)).toBeNull();
    expect(deletes()).toEqual([]);
    expect(persons.size).toBe(2);
  });

  test.each(['list', 'look-up', 'delete'] as const)(
    'An object that dies during a %s finds and deletes every person once it lives again',
    async (kind) => {
      const { deletes, fail, persons } = world(1500);
      const { hold, arrived, release } = held(lost);
      fail(kind, hold);
      const dead = freshLog();
      await dead.log.create(filtered());
      const ringing = ring(dead.stub, NOW).catch(() => 'died');
      await arrived();
      await abortAllDurableObjects();
      await ringing;
      release();
      const { stub, log } = sameLog(dead.stub);
      await ring(stub, NOW + HOUR);
      expect(persons.size).toBe(0);
      expect(new Set(deletes().flat())).toEqual(new Set(uuids(1500)));
      expect(await newest(log)).toMatchObject({ state: 'settling', asked: 1500, in_slice: 1500 });
    },
  );

  test('A reader sees it where the reader’s slices cover it, before and after its persons are known', async () => {
    world(1);
    const { stub, log } = freshLog();
    await log.create(filtered());
    const rows = async (value: string) => {
      const slices = [{ property: 'tenant_id', values: [value] }];
      const view = { kind: 'tenant', registration: REGISTRATION, slices, distinctIdsHidden: false } as const;
      return (await log.list({ limit: 10, before: null }, view)).rows.length;
    };
    expect([await rows('acme'), await rows('other')]).toEqual([1, 0]);
    await ring(stub, NOW);
    expect([await rows('acme'), await rows('other')]).toEqual([1, 0]);
  });
});
