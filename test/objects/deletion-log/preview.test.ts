/** Deletions that are shown before they are sent, and sent only as they were shown. */
import { abortAllDurableObjects, evictDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import type { Deletion } from '../../../src/catalogue/deletion.ts';
import type { DeletionOrder } from '../../../src/objects/deletion-log/deletion-log.ts';
import { DeletionId } from '../../../src/core/ids.ts';
import type { Confirmation } from '../../../src/objects/deletion-log/resolving/selection.ts';
import { digestOf } from '../../../src/objects/deletion-log/digest.ts';
import {
  ACME,
  answer,
  bodyOf,
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
  ring,
  rowsOf,
  sameLog,
  sliced,
  SUMMARY,
  test,
  tokenId,
  uuid,
  uuids,
  type Stub,
} from '../../support/objects/deletion-log.ts';
import { world } from '../../support/objects/world.ts';

const SHOWN = { slices: [ACME], hidden: ['email'], visible: null, distinct_ids_hidden: false };
const previewed = (count: number, changes: Partial<DeletionOrder> = {}): DeletionOrder =>
  order(bulk(uuids(count)), { slices: [ACME], preview: SHOWN, ...changes });
const budgetOf = (persons: number) =>
  ({ budgets: [{ holder: 'tenant', persons_per_day: persons }] }) as const;
/** A confirmation by a grant that allows everything. */
const by = (digest: string, changes: Partial<Confirmation> = {}): Confirmation => ({
  digest,
  by: tokenId('a'),
  budgets: [{ holder: 'tenant', persons_per_day: 1_000_000 }],
  holds: { holdSeconds: 0, approvalOver: null },
  ...changes,
});

const NO_ID = DeletionId.parse(`del_${'A'.repeat(22)}`);

/** A log with a preview of `uuids(count)`. */
async function shown(count: number, changes: Partial<DeletionOrder> = {}) {
  const { stub, log } = freshLog();
  const created = await log.create(previewed(count, changes));
  await ring(stub, NOW);
  if (!created.ok) throw new Error(created.failure.code);
  return { stub, log, id: created.value.entry.id };
}

const samplesOf = (stub: Stub) => rowsOf(stub, 'samples');

describe('A preview', () => {
  test('Its persons are found and shown, and nothing is sent or charged', async () => {
    const { deletes, leave } = world(14);
    leave(0);
    const { log, id } = await shown(20, budgetOf(2));
    expect(deletes()).toEqual([]);
    expect(await newest(log)).toMatchObject({ state: 'previewed', asked: 20, in_slice: 13, sent: 0 });
    const preview = await log.preview(id, OPERATOR, null);
    expect(preview).toMatchObject({
      digest: await digestOf(uuids(14).slice(1)),
      persons: 13,
      expires_at: new Date(NOW + DAY).toISOString(),
    });
    expect(preview?.sample).toHaveLength(10);
    expect((await log.create(order(bulk(uuids(2)), budgetOf(2)))).ok).toBe(true);
  });

  test('Its sample shows what the grant may see that made it, and that may see it now', async () => {
    world(1);
    const { log, id } = await shown(1);
    expect((await log.preview(id, OPERATOR, null))?.sample).toMatchObject([
      { person: { uuid: uuid(0), distinct_ids: ['person-0'], properties: { tenant_id: 'acme' } } },
    ]);
    expect(JSON.stringify(await log.preview(id, OPERATOR, null))).not.toContain('@acme.test');
    const narrow = { ...SHOWN, distinct_ids_hidden: true };
    expect((await log.preview(id, OPERATOR, narrow))?.sample).toMatchObject([
      { person: { distinct_ids: [] }, distinctIds: ['person-0'] },
    ]);
    const foreign = { ...SHOWN, slices: [{ property: 'tenant_id', values: ['other'] }] };
    expect((await log.preview(id, OPERATOR, foreign))?.sample).toEqual([]);
  });

  test('Its consequences are told by the flags', async () => {
    world(1);
    const deletion = bulk(uuids(1), { keep_person: true, delete_events: true });
    const { log, id } = await shown(1, { deletion });
    expect((await log.preview(id, OPERATOR, null))?.consequences).toEqual([
      'The profiles of 1 person stay.',
      'The events of 1 person are queued for deletion. PostHog deletes them in batches, which can take days.',
      'The recordings of 1 person stay.',
    ]);
  });

  test('A preview of a filter, and of a grant without a slice, finds its persons as well', async () => {
    world(3);
    const filter = { arguments: { search: 'acme' }, all: false };
    const { log, id } = await shown(0, { filter });
    expect(await log.preview(id, OPERATOR, null)).toMatchObject({
      persons: 3,
      digest: await digestOf(uuids(3)),
    });
    const everywhere = await shown(5, { slices: [], preview: { ...SHOWN, slices: [] } });
    expect(await everywhere.log.preview(everywhere.id, OPERATOR, null)).toMatchObject({ persons: 3 });
  });

  test('A preview that was not confirmed within a day is cancelled as expired, and its sample is gone', async () => {
    const { deletes } = world(1);
    const { stub, log, id } = await shown(1);
    expect(await samplesOf(stub)).toHaveLength(1);
    await ring(stub, NOW + DAY);
    expect(await newest(log)).toMatchObject({ state: 'cancelled', reason: 'expired', next_attempt_at: null });
    expect(await samplesOf(stub)).toEqual([]);
    expect(await log.preview(id, OPERATOR, null)).toBeNull();
    const { digest } = await newest(log);
    expect(await log.confirm(id, by(digest), OPERATOR)).toMatchObject({
      ok: false,
      failure: { code: 'deletion_state_conflict' },
    });
    expect(deletes()).toEqual([]);
  });

  test('A preview that is cancelled loses its sample', async () => {
    world(1);
    const { stub, log, id } = await shown(1);
    expect((await log.decide(id, 'cancelled', tokenId('a'), null, OPERATOR)).ok).toBe(true);
    expect(await samplesOf(stub)).toEqual([]);
  });

  test('A preview whose look-up fails, or whose object dies during one, is made later', async () => {
    const { fail } = world(2);
    const { hold, arrived, release } = held(lost);
    fail('look-up', lost, lost, hold);
    const dead = freshLog();
    await dead.log.create(previewed(2));
    await ring(dead.stub, NOW);
    expect(await newest(dead.log)).toMatchObject({
      state: 'resolving',
      last_problem: 'upstream_unreachable',
    });
    const ringing = ring(dead.stub, NOW + HOUR).catch(() => 'died');
    await arrived();
    await abortAllDurableObjects();
    await ringing;
    release();
    const { stub, log } = sameLog(dead.stub);
    await ring(stub, NOW + 2 * HOUR);
    expect(await newest(log)).toMatchObject({ state: 'previewed', in_slice: 2 });
  });
});

describe('A confirmation', () => {
  test('The set that was shown is read again and sent, and its sample is gone', async () => {
    const { deletes } = world(1200);
    const { stub, log, id } = await shown(1200);
    const digest = await digestOf(uuids(1200));
    expect(await log.confirm(id, by(digest), OPERATOR)).toMatchObject({
      ok: true,
      value: { entry: { state: 'held' }, replayed: false },
    });
    expect(await samplesOf(stub)).toEqual([]);
    await evictDurableObject(stub);
    await ring(stub, NOW + 1000);
    expect(deletes().flat()).toEqual(uuids(1200));
    expect(await newest(log)).toMatchObject({
      state: 'settling',
      sent: 1200,
      chunks: { total: 2, accepted: 2 },
    });
    expect(await rowsOf(stub, 'transitions')).toContainEqual(
      expect.objectContaining({ event: 'confirmed', actor: tokenId('a') }),
    );
  });

  test('Another digest than that of the preview is refused, and nothing is read or sent', async () => {
    const { asked } = world(1);
    const { log, id } = await shown(1);
    const before = asked.length;
    expect(await log.confirm(id, by(await digestOf(uuids(2))), OPERATOR)).toMatchObject({
      ok: false,
      failure: { code: 'deletion_preview_changed', attr: 'digest' },
    });
    expect(asked).toHaveLength(before);
    expect(await newest(log)).toMatchObject({ state: 'previewed' });
  });

  test.each(['leaves', 'joins'] as const)(
    'A set that a person %s meanwhile is refused and shown anew, and its new digest can be confirmed',
    async (change) => {
      const { deletes, leave, join } = world(3);
      if (change === 'joins') leave(1);
      const { stub, log, id } = await shown(3);
      const old = (await log.preview(id, OPERATOR, null))?.digest ?? '';
      if (change === 'joins') join(1);
      else leave(1);
      expect(await log.confirm(id, by(old), OPERATOR)).toMatchObject({
        ok: false,
        failure: { code: 'deletion_preview_changed' },
      });
      const now = change === 'joins' ? uuids(3) : [uuid(0), uuid(2)];
      expect(await newest(log)).toMatchObject({ state: 'previewed', in_slice: now.length });
      const preview = await log.preview(id, OPERATOR, null);
      expect(preview).toMatchObject({ digest: await digestOf(now), persons: now.length });
      expect(preview?.sample).toHaveLength(now.length);
      expect(deletes()).toEqual([]);
      expect((await log.confirm(id, by(preview?.digest ?? ''), OPERATOR)).ok).toBe(true);
      await ring(stub, NOW + 1000);
      expect(deletes()).toEqual([now]);
    },
  );

  test('A grant that was narrowed since the preview confirms no more than it may now', async () => {
    const { deletes } = world(3);
    const { stub, log, id } = await shown(3);
    const digest = await digestOf(uuids(3));
    expect(await log.confirm(id, by(digest, budgetOf(2)), OPERATOR)).toMatchObject({
      failure: { code: 'deletion_exceeds_budget' },
    });
    expect(await newest(log)).toMatchObject({ state: 'previewed' });
    const holds = { holdSeconds: 60, approvalOver: 2 };
    expect((await log.confirm(id, by(digest, { holds }), OPERATOR)).ok).toBe(true);
    await ring(stub, NOW + HOUR);
    expect(await newest(log)).toMatchObject({ state: 'held' });
    expect(deletes()).toEqual([]);
    await log.decide(id, 'approved', 'operator', null, OPERATOR);
    await ring(stub, NOW + HOUR);
    expect(deletes()).toEqual([uuids(3)]);
  });

  test('A preview is read at once where its client waits, and the alarm finds nothing left to read', async () => {
    const { asked } = world(3);
    const { stub, log } = freshLog();
    const created = await log.create(previewed(3));
    const id = created.ok ? created.value.entry.id : NO_ID;
    expect(await log.readPreview(id, OPERATOR)).toMatchObject({ state: 'previewed', in_slice: 3 });
    const lookups = asked.length;
    expect(await log.preview(id, OPERATOR, null)).toMatchObject({ persons: 3 });
    await ring(stub, NOW);
    expect(asked).toHaveLength(lookups);
  });

  test('Persons who were named by distinct id are looked for by the UUIDs that were sent', async () => {
    const { fail } = world(2);
    const { stub, log } = freshLog();
    const named: Deletion = {
      ...bulk([]),
      target: { kind: 'distinct_ids', ids: ['person-0', 'person-1'] },
    };
    const created = await log.create(order(named, { preview: SHOWN }));
    await ring(stub, NOW);
    const { id } = await newest(log);
    expect(created.ok).toBe(true);
    fail('delete', answer(202, { ...SUMMARY, persons_found: 2, persons_queued_for_deletion: 2 }));
    expect((await log.confirm(id, by(await digestOf(uuids(2))), OPERATOR)).ok).toBe(true);
    await ring(stub, NOW + 1000);
    const looks: unknown[] = [];
    fail('look-up', (request) => {
      looks.push(bodyOf(request));
      return lost(request);
    });
    await ring(stub, NOW + MINUTE);
    expect(looks).toEqual([{ uuids: uuids(2) }]);
  });

  test('A person who leaves the slice after the confirmation is not sent, and nobody is added', async () => {
    const { deletes, leave } = world(3);
    const { stub, log, id } = await shown(3);
    await log.confirm(id, by(await digestOf(uuids(3))), OPERATOR);
    leave(2);
    await ring(stub, NOW + 1000);
    expect(deletes()).toEqual([uuids(2)]);
    expect(await newest(log)).toMatchObject({ state: 'settling', in_slice: 3, sent: 2, left_slice: 1 });
  });

  test('A confirmation that does not fit into the budget is refused, and the preview stays', async () => {
    const { deletes } = world(3);
    const { stub, log, id } = await shown(3, budgetOf(3));
    await log.create(order(bulk([uuid(9)]), budgetOf(3)));
    const confirmed = await log.confirm(id, by(await digestOf(uuids(3))), OPERATOR);
    expect(confirmed).toMatchObject({ ok: false, failure: { code: 'deletion_budget_exhausted' } });
    expect(await log.get(id, OPERATOR)).toMatchObject({ state: 'previewed' });
    expect(await samplesOf(stub)).toHaveLength(1);
    expect(deletes().flat()).not.toContain(uuid(0));
  });

  test('A confirmation spends the budget at once, and a cancellation gives all of it back', async () => {
    world(3);
    const holds = { holdSeconds: 60, approvalOver: null };
    const { log, id } = await shown(3, { ...budgetOf(3), holds });
    await log.confirm(id, by(await digestOf(uuids(3))), OPERATOR);
    const one = () => log.create(order(bulk([uuid(9)]), budgetOf(3)));
    expect((await one()).ok).toBe(false);
    await log.decide(id, 'cancelled', tokenId('a'), null, OPERATOR);
    expect((await one()).ok).toBe(true);
  });

  test('Two confirmations at once carry the deletion out once', async () => {
    const { deletes } = world(2);
    const { stub, log, id } = await shown(2);
    const digest = await digestOf(uuids(2));
    const both = await Promise.all([
      log.confirm(id, by(digest), OPERATOR),
      log.confirm(id, by(digest), OPERATOR),
    ]);
    expect(both.filter(({ ok }) => ok)).toHaveLength(1);
    await ring(stub, NOW + 1000);
    expect(deletes()).toEqual([uuids(2)]);
  });

  test('A preview that is cancelled while its confirmation reads the persons is not carried out', async () => {
    const { deletes, fail } = world(2);
    const { hold, arrived, release } = held(lost);
    const { stub, log, id } = await shown(2);
    fail('look-up', hold);
    const confirming = log.confirm(id, by(await digestOf(uuids(2))), OPERATOR);
    await arrived();
    expect((await log.decide(id, 'cancelled', tokenId('a'), null, OPERATOR)).ok).toBe(true);
    release();
    expect(await confirming).toMatchObject({ ok: false, failure: { code: 'deletion_state_conflict' } });
    await ring(stub, NOW + HOUR);
    expect(await newest(log)).toMatchObject({ state: 'cancelled' });
    expect(deletes()).toEqual([]);
  });

  test('A confirmation during which a look-up fails, or the object dies, leaves the preview to be confirmed again', async () => {
    const { deletes, fail } = world(2);
    const { hold, arrived, release } = held(lost);
    const dead = await shown(2);
    const digest = await digestOf(uuids(2));
    fail('look-up', lost, lost, hold);
    expect((await dead.log.confirm(dead.id, by(digest), OPERATOR)).ok).toBe(false);
    const confirming = dead.log.confirm(dead.id, by(digest), OPERATOR).catch(() => 'died');
    await arrived();
    await abortAllDurableObjects();
    await confirming;
    release();
    const { stub, log } = sameLog(dead.stub);
    expect(await newest(log)).toMatchObject({ state: 'previewed' });
    expect(deletes()).toEqual([]);
    expect((await log.confirm(dead.id, by(digest), OPERATOR)).ok).toBe(true);
    await ring(stub, NOW + 1000);
    expect(deletes()).toEqual([uuids(2)]);
  });
});

describe('Deletions that need a preview', () => {
  const holds = { holdSeconds: 0, approvalOver: null, previewOver: 2 };

  test('A larger deletion without a preview is refused to every caller, with nothing written or sent', async () => {
    const { asked } = world(3);
    const { stub, log } = freshLog();
    const refused = { ok: false, failure: { code: 'deletion_preview_required' } };
    expect(await log.create(order(bulk(uuids(3)), { holds }))).toMatchObject(refused);
    const target = { kind: 'uuids', ids: uuids(3) } as const;
    expect(await log.carryOut(sliced(target, uuids(3), {}, { holds }))).toMatchObject(refused);
    expect(await rowsOf(stub, 'intents')).toEqual([]);
    expect(asked).toEqual([]);
    expect((await log.create(order(bulk(uuids(2)), { holds }))).ok).toBe(true);
  });

  test('A larger deletion that was previewed can be confirmed', async () => {
    const { deletes } = world(3);
    const { stub, log, id } = await shown(3, { holds });
    expect((await log.confirm(id, by(await digestOf(uuids(3))), OPERATOR)).ok).toBe(true);
    await ring(stub, NOW + 1000);
    expect(deletes()).toEqual([uuids(3)]);
  });
});
