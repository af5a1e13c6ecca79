/** Confirmations that are asked for again with their key while the first still reads the persons. */
import { expect } from 'vitest';
import { IdempotencyKey, type DeletionId, type PersonUuid } from '../../../src/core/ids.ts';
import type { DeletionLog as Log } from '../../../src/objects/deletion-log/deletion-log.ts';
import { digestOf } from '../../../src/objects/deletion-log/digest.ts';
import type { Confirmation } from '../../../src/objects/deletion-log/resolving/selection.ts';
import type { Remote } from '../../../src/objects/remote.ts';
import {
  ACME,
  answer,
  bulk,
  freshLog,
  held,
  NOW,
  OPERATOR,
  order,
  REGISTRATION,
  ring,
  test,
  tokenId,
  uuid,
  uuids,
} from '../../support/objects/deletion-log.ts';
import { world } from '../../support/objects/world.ts';

const KEY = IdempotencyKey.parse('one');
const SHOWN = { slices: [ACME], hidden: [], visible: null, distinct_ids_hidden: false };

const confirmation = (digest: string): Confirmation => ({
  digest,
  by: tokenId('a'),
  budgets: [{ holder: 'tenant', persons_per_day: 1000 }],
  holds: { holdSeconds: 0, approvalOver: null },
});
const keyed = (digest: string): Confirmation => ({
  ...confirmation(digest),
  keyed: { key: KEY, registration: REGISTRATION, ancestors: [] },
});

async function previewOf(log: Remote<Log>, ids: readonly PersonUuid[]): Promise<DeletionId> {
  const created = await log.create(order(bulk(ids), { slices: [ACME], preview: SHOWN }));
  if (!created.ok) throw new Error(created.failure.code);
  return created.value.entry.id;
}

/** A preview of two persons whose confirmation finds these and waits for the test, and a preview of the first alone. */
async function reading(found: readonly PersonUuid[]) {
  const { deletes, fail } = world(2);
  const { stub, log } = freshLog();
  const id = await previewOf(log, uuids(2));
  const other = await previewOf(log, uuids(1));
  await ring(stub, NOW);
  const rows = found.map((one) => [one, { uuid: one, properties: { tenant_id: 'acme' } }] as const);
  const { hold, arrived, release } = held(answer(200, { results: Object.fromEntries(rows) }));
  fail('look-up', hold);
  const digest = await digestOf(uuids(2));
  const first = log.confirm(id, keyed(digest), OPERATOR);
  await arrived();
  return { deletes, stub, log, id, other, digest, first, release };
}

test('A second confirmation with the same key waits for the first, and both are told of the one deletion', async () => {
  const { deletes, stub, log, id, digest, first, release } = await reading(uuids(2));
  const second = log.confirm(id, keyed(digest), OPERATOR);
  const without = await log.confirm(id, confirmation(digest), OPERATOR);
  expect(without).toMatchObject({ ok: false, failure: { code: 'deletion_state_conflict' } });
  release();
  const entry = { id, state: 'held' };
  expect(await first).toMatchObject({ ok: true, value: { entry, replayed: false } });
  expect(await second).toMatchObject({ ok: true, value: { entry, replayed: true } });
  await ring(stub, NOW + 1000);
  expect(deletes()).toEqual([uuids(2)]);
});

test('A second confirmation with the same key fails as the first does, and nothing is sent', async () => {
  const { deletes, log, id, digest, first, release } = await reading(uuids(1));
  const second = log.confirm(id, keyed(digest), OPERATOR);
  // Another round trip, so that the second has begun.
  expect((await log.confirm(id, confirmation(digest), OPERATOR)).ok).toBe(false);
  release();
  for (const one of [await first, await second])
    expect(one).toMatchObject({ ok: false, failure: { code: 'deletion_preview_changed' } });
  expect(deletes()).toEqual([]);
});

test('A confirmation of another preview with that key is refused, and the key is free where the first failed', async () => {
  const { deletes, stub, log, other, first, release } = await reading(uuids(1));
  const digest = await digestOf(uuids(1));
  expect(await log.confirm(other, keyed(digest), OPERATOR)).toMatchObject({
    ok: false,
    failure: { code: 'idempotency_key_reused', attr: 'Idempotency-Key' },
  });
  release();
  expect((await first).ok).toBe(false);
  expect(await log.get(other, OPERATOR)).toMatchObject({ state: 'previewed' });
  expect((await log.confirm(other, keyed(digest), OPERATOR)).ok).toBe(true);
  await ring(stub, NOW + 1000);
  expect(deletes()).toEqual([uuids(1)]);
});

test('A key that a deletion took meanwhile confirms nothing', async () => {
  const { deletes, log, id, first, release } = await reading(uuids(2));
  const holds = { holdSeconds: 60, approvalOver: null };
  expect((await log.create(order(bulk([uuid(9)]), { idempotencyKey: KEY, holds }))).ok).toBe(true);
  release();
  expect(await first).toMatchObject({ ok: false, failure: { code: 'idempotency_key_reused' } });
  expect(await log.get(id, OPERATOR)).toMatchObject({ state: 'previewed' });
  expect(deletes()).toEqual([]);
});
