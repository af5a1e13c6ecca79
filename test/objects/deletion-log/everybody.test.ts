/** Filters that restrict something, and in fact name everybody: never without `all`. */
import { describe, expect } from 'vitest';
import type { DeletionOrder, PersonSelector } from '../../../src/objects/deletion-log/deletion-log.ts';
import type { Confirmation } from '../../../src/objects/deletion-log/resolving/selection.ts';
import {
  ACME,
  bulk,
  freshLog,
  HOUR,
  lost,
  newest,
  NOW,
  OPERATOR,
  order,
  ring,
  rowsOf,
  test,
  tokenId,
  uuid,
  uuids,
} from '../../support/objects/deletion-log.ts';
import { world } from '../../support/objects/world.ts';

const properties = [{ key: 'nosuch', type: 'person', operator: 'is_not_set', value: 'x' }];
const HARMLESS: PersonSelector = { arguments: { properties }, all: false };
const budgets = [{ holder: 'tenant', persons_per_day: 3000 } as const];
const filtered = (changes: Partial<DeletionOrder> = {}): DeletionOrder =>
  order(bulk([]), { filter: HARMLESS, slices: [ACME], budgets, ...changes });
const SHOWN = { slices: [ACME], hidden: [], visible: null, distinct_ids_hidden: false };
const confirmation = (digest: string): Confirmation => ({
  digest,
  by: tokenId('a'),
  budgets,
  holds: { holdSeconds: 0, approvalOver: null },
});

/** A world without anybody whom the filter leaves out. */
function worldOfTheFilter(count: number) {
  const made = world(count);
  made.bystanders.first.length = 0;
  return { ...made, lists: () => made.asked.filter(({ kind }) => kind === 'list').length };
}

describe('A filter that in fact names everybody', () => {
  test.each([1, 2300])(
    'A filter that names each of %i persons fails without all and says why, and nothing is sent or charged',
    async (count) => {
      const { deletes, persons } = worldOfTheFilter(count);
      const { stub, log } = freshLog();
      await log.create(filtered());
      await ring(stub, NOW);
      const { note, ...ended } = await newest(log);
      expect(ended).toMatchObject({ state: 'failed', reason: 'matched_all', next_attempt_at: null, sent: 0 });
      expect(note).toContain('"all": true');
      expect(deletes()).toEqual([]);
      expect(persons.size).toBe(count);
      expect(await rowsOf(stub, 'charges')).toEqual([]);
      expect((await log.create(order(bulk(uuids(3000)), { budgets }))).ok).toBe(true);
    },
  );

  test('A filter with all deletes everybody, and PostHog is asked for no more than its pages', async () => {
    const { deletes, lists } = worldOfTheFilter(3);
    const { stub, log } = freshLog();
    await log.create(filtered({ filter: { ...HARMLESS, all: true } }));
    await ring(stub, NOW);
    expect(deletes()).toEqual([uuids(3)]);
    expect(lists()).toBe(1);
  });

  test('A filter that leaves out one person, behind a thousand whom it names, deletes these', async () => {
    const { deletes, bystanders, lists } = worldOfTheFilter(1000);
    bystanders.last.push(uuid(900_001));
    const { stub, log } = freshLog();
    await log.create(filtered());
    await ring(stub, NOW);
    expect(deletes()).toEqual([uuids(1000)]);
    expect(lists()).toBe(3);
  });

  test('A person of another slice is not one that the filter leaves out', async () => {
    const { deletes, bystanders, listed } = worldOfTheFilter(2);
    bystanders.first.push(uuid(900_001));
    listed.push(uuid(900_001));
    const { stub, log } = freshLog();
    await log.create(filtered());
    await ring(stub, NOW);
    expect(await newest(log)).toMatchObject({ state: 'failed', reason: 'matched_all' });
    expect(deletes()).toEqual([]);
  });

  test('A person who was created since the filter was read is not one that the filter leaves out', async () => {
    const { deletes, bystanders } = worldOfTheFilter(2);
    bystanders.first.push(uuid(900_001));
    bystanders.createdAt = new Date(NOW + 1).toISOString();
    const { stub, log } = freshLog();
    await log.create(filtered());
    await ring(stub, NOW);
    expect(await newest(log)).toMatchObject({ state: 'failed', reason: 'matched_all' });
    expect(deletes()).toEqual([]);
  });

  test('A list of everybody that cannot be read lets nothing be sent, and all pages are read again later', async () => {
    const { deletes, fail, bystanders } = worldOfTheFilter(2);
    bystanders.first.push(uuid(900_001));
    const { stub, log } = freshLog();
    fail('list', lost, lost);
    await log.create(filtered());
    await ring(stub, NOW);
    expect(await newest(log)).toMatchObject({ state: 'resolving', last_problem: 'upstream_unreachable' });
    expect(deletes()).toEqual([]);
    await ring(stub, NOW + HOUR);
    expect(deletes()).toEqual([uuids(2)]);
  });

  test('A preview of it fails as well and says why, shows nobody, and cannot be confirmed', async () => {
    const { deletes } = worldOfTheFilter(3);
    const { stub, log } = freshLog();
    const created = await log.create(filtered({ preview: SHOWN }));
    await ring(stub, NOW);
    const { id, digest, ...ended } = await newest(log);
    expect(created).toMatchObject({ ok: true, value: { entry: { id } } });
    expect(ended).toMatchObject({ state: 'failed', reason: 'matched_all' });
    expect(ended.note).toContain('"all": true');
    expect(await log.preview(id, OPERATOR, null)).toBeNull();
    expect(await rowsOf(stub, 'samples')).toEqual([]);
    expect(await log.confirm(id, confirmation(digest), OPERATOR)).toMatchObject({
      ok: false,
      failure: { code: 'deletion_state_conflict' },
    });
    expect(deletes()).toEqual([]);
  });

  test('A preview that has come to name everybody by the time it is confirmed is refused, and nothing is sent', async () => {
    const { deletes, bystanders } = worldOfTheFilter(3);
    bystanders.first.push(uuid(900_001));
    const { stub, log } = freshLog();
    await log.create(filtered({ preview: SHOWN }));
    await ring(stub, NOW);
    const { id, digest } = await newest(log);
    bystanders.first.length = 0;
    expect(await log.confirm(id, confirmation(digest), OPERATOR)).toMatchObject({
      ok: false,
      failure: { code: 'deletion_preview_changed', attr: 'digest' },
    });
    expect(await newest(log)).toMatchObject({ state: 'previewed' });
    bystanders.first.push(uuid(900_001));
    expect((await log.confirm(id, confirmation(digest), OPERATOR)).ok).toBe(true);
    await ring(stub, NOW);
    expect(deletes()).toEqual([uuids(3)]);
  });
});
