import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import type { DeletionTarget } from '../../../src/catalogue/deletion.ts';
import { ProjectId } from '../../../src/core/ids.ts';
import { keysOf, REMEMBERED_MAX } from '../../../src/objects/deletion-log/reset-scope.ts';
import type { ResetScope } from '../../../src/objects/deletion-log/deletion-log.ts';
import type { Slice } from '../../../src/policy/slice.ts';
import {
  ACME,
  answer,
  bulk,
  freshLog,
  lost,
  NOW,
  order,
  posthog,
  reconfigure,
  RING,
  testHasher,
  REGISTRATION,
  rowsOf,
  setTime,
  single,
  sliced,
  uuid,
  uuids,
  test,
  errorOf,
  overwrites,
} from '../../support/objects/deletion-log.ts';

const EU: Slice = { property: 'region', values: ['eu'] };
const ASKED: DeletionTarget = { kind: 'distinct_ids', ids: ['ada', 'foreign', 'unknown'] };
const FOUND = ['ada', 'ada@acme.test', 'anon-1'];
const EVERY = ['foreign', ...FOUND, 'unknown', 'other'];

const scope = (slices: readonly Slice[], project = 1): ResetScope => ({
  projectId: ProjectId.parse(project),
  slices,
  registration: REGISTRATION,
});

const deleteAda = (slices: readonly Slice[] = [ACME]) =>
  sliced(ASKED, [uuid(7)], { distinctIds: FOUND, slices });

test('The distinct ids of deleted persons are known, and none that was only asked for', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  expect(await log.deletedDistinctIds(EVERY, scope([ACME]))).toEqual([]);
  await log.carryOut(deleteAda());
  expect(await log.deletedDistinctIds(EVERY, scope([ACME]))).toEqual(FOUND);
  await evictDurableObject(stub);
  expect(await log.deletedDistinctIds(EVERY.toReversed(), scope([ACME]))).toEqual(FOUND.toReversed());
  expect(await log.deletedDistinctIds([], scope([ACME]))).toEqual([]);
});

test('The ids that PostHog refused to delete are not known, and those it may have deleted are', async () => {
  posthog(answer(403, {}), lost, answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(deleteAda());
  expect(await log.deletedDistinctIds(EVERY, scope([ACME]))).toEqual([]);
  await log.carryOut(deleteAda());
  expect(await log.deletedDistinctIds(EVERY, scope([ACME]))).toEqual(FOUND);
  setTime(NOW + 10_000);
  await runDurableObjectAlarm(stub);
  expect(await log.deletedDistinctIds(EVERY, scope([ACME]))).toEqual(FOUND);
});

const acme = (...values: string[]): Slice => ({ property: 'tenant_id', values });
test.each<[string, Slice[], Slice[], boolean]>([
  ['the same slice', [ACME], [ACME], true],
  ['the same slice, written as a list', [ACME], [acme('acme')], true],
  ['the same slices in another order', [ACME, EU], [EU, ACME], true],
  ['the same values in another order', [acme('a', 'b', 'b')], [acme('b', 'a')], true],
  ['a wider grant, without one condition', [ACME, EU], [ACME], true],
  ['a wider grant, with more values', [acme('a')], [acme('a', 'b')], true],
  ['a grant of the whole project', [ACME], [], true],
  ['a narrower grant, with one condition more', [ACME], [ACME, EU], false],
  ['a narrower grant, with fewer values', [acme('a', 'b')], [acme('a')], false],
  ['a grant of another slice', [ACME], [acme('bolt')], false],
  ['a grant of another property', [ACME], [{ property: 'org', values: ['acme'] }], false],
  ['a grant that overlaps', [acme('a', 'b')], [acme('b', 'c')], false],
  ['a sister narrowed otherwise', [ACME, EU], [ACME, { property: 'region', values: ['us'] }], false],
  ['a grant that covers nobody', [ACME], [acme()], false],
  ['a grant that covers somebody, of what nobody was in', [acme()], [ACME], false],
])(
  'The deleted ids are known to a later grant only where it builds on the deletion: %s',
  async (_, recorded, asking, known) => {
    posthog(answer(202));
    const { log } = freshLog();
    await log.carryOut(deleteAda(recorded));
    expect(await log.deletedDistinctIds(EVERY, scope(asking))).toEqual(known ? FOUND : []);
  },
);

test('Each deletion of an id counts by itself: a refused or foreign one hides no other', async () => {
  posthog(answer(202), answer(403, {}), answer(202));
  const { log } = freshLog();
  await log.carryOut(deleteAda([ACME]));
  await log.carryOut(deleteAda([ACME, EU]));
  await log.carryOut(deleteAda([acme('bolt')]));
  expect(await log.deletedDistinctIds(['ada'], scope([ACME]))).toEqual(['ada']);
  expect(await log.deletedDistinctIds(['ada'], scope([ACME, EU]))).toEqual([]);
  expect(await log.deletedDistinctIds(['ada'], scope([acme('bolt', 'cedar')]))).toEqual(['ada']);
});

test('The ids deleted in one project are not known in another', async () => {
  posthog(answer(202));
  const { log } = freshLog();
  await log.carryOut(deleteAda());
  expect(await log.deletedDistinctIds(EVERY, scope([ACME], 2))).toEqual([]);
});

test('The log remembers no ids of an unsliced deletion, of one without persons, or of one that keeps the profile', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  const resolved = { distinctIds: FOUND, slices: [ACME] };
  await log.carryOut(order({ ...bulk([]), target: { kind: 'distinct_ids', ids: FOUND } }));
  await log.carryOut(sliced(ASKED, [], resolved));
  const kept = [
    bulk([uuid(7)], { keep_person: true, delete_events: true }),
    single('persons_delete_events', { keep_person: true, delete_events: true }),
  ];
  for (const deletion of kept)
    await log.carryOut(order(deletion, { resolved: { asked: ASKED, ...resolved } }));
  expect(await rowsOf(stub, 'deleted_distinct_ids')).toEqual([]);
  expect(await log.deletedDistinctIds(FOUND, scope([]))).toEqual([]);
});

test('Two distinct ids never have the same key', async () => {
  const near = ['\uFFFD', '\uD800', '\uDC00', '"', '\\"', 'a', 'A', 'a ', '1'];
  const keys = await keysOf(sliced(ASKED, [uuid(7)], { distinctIds: near }), await testHasher());
  expect(new Set(keys).size).toBe(near.length);
});

test('A distinct id is remembered with a key: its hash without one is not stored', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(deleteAda());
  const stored = JSON.stringify(await rowsOf(stub, 'deleted_distinct_ids'));
  for (const id of FOUND) {
    for (const text of [id, JSON.stringify(id)]) {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
      expect(stored).not.toContain(text);
      expect(stored).not.toContain(hash.toBase64({ alphabet: 'base64url', omitPadding: true }));
    }
  }
});

test('Distinct ids are found as long as the key they were remembered with is in the ring, and not after', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(deleteAda());
  const next = `k2:${'t'.repeat(32)}`;
  await reconfigure(stub, { TOKEN_SIGNING_KEYS: `${next},${RING}` });
  expect(await log.deletedDistinctIds(EVERY, scope([ACME]))).toEqual(FOUND);
  await reconfigure(stub, { TOKEN_SIGNING_KEYS: next });
  expect(await log.deletedDistinctIds(EVERY, scope([ACME]))).toEqual([]);
});

test('Distinct ids that were remembered without a key, as it was at first, are still found', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(sliced(ASKED, [uuid(7)], { distinctIds: [] }));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode('"ada"')));
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec(
      'INSERT INTO deleted_distinct_ids SELECT ?, entry FROM intents',
      hash.toBase64({ alphabet: 'base64url', omitPadding: true }),
    );
  });
  expect(await log.deletedDistinctIds(EVERY, scope([ACME]))).toEqual(['ada']);
});

test('The first ids of a deletion with very many are remembered, and the deletion goes through', async () => {
  posthog(answer(202));
  const { log } = freshLog();
  const distinctIds = Array.from({ length: REMEMBERED_MAX + 1 }, (_, n) => `id-${n}`);
  expect((await log.carryOut(sliced(ASKED, uuids(3), { distinctIds }))).ok).toBe(true);
  const last = distinctIds.slice(-2);
  expect(await log.deletedDistinctIds(last, scope([ACME]))).toEqual(last.slice(0, 1));
});

test('The remembered ids neither change nor go, and are found by their key', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(deleteAda());
  const tables = ['resolutions', 'deleted_distinct_ids'];
  const before = await Promise.all(tables.map((table) => rowsOf(stub, table)));
  expect(before.map((rows) => rows.length)).toEqual([1, FOUND.length]);
  const attacks = [
    ...overwrites(tables),
    "UPDATE resolutions SET slices = '[]'",
    "UPDATE resolutions SET ids = '[]'",
  ];
  for (const attack of attacks) {
    expect(await errorOf(stub, attack), attack).toMatch(/append-only/);
  }
  expect(await Promise.all(tables.map((table) => rowsOf(stub, table)))).toEqual(before);
});

test('A look-up of an id reads a few rows, however long the log is', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(deleteAda());
  for (let n = 0; n < 20; n += 1) {
    const distinctIds = Array.from({ length: 50 }, (_, id) => `${n}-${id}`);
    await log.carryOut(sliced(ASKED, [uuid(n)], { distinctIds }));
  }
  const read = await runInDurableObject(stub, (_, { storage }) => {
    const counted = { rows: 0 };
    const exec = storage.sql.exec.bind(storage.sql);
    vi.spyOn(storage.sql, 'exec').mockImplementation((...given) => {
      const cursor = exec(...given);
      const rows = cursor.toArray();
      counted.rows += cursor.rowsRead;
      return { toArray: () => rows } as unknown as typeof cursor;
    });
    return counted;
  });
  expect(await log.deletedDistinctIds(['ada'], scope([ACME]))).toEqual(['ada']);
  expect(read.rows).toBeLessThan(15);
});
