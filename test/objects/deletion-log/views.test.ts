import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import type { DeletionId } from '../../../src/core/ids.ts';
import type { LogView } from '../../../src/objects/deletion-log/deletion-log.ts';
import { DELETION_STEPS } from '../../../src/objects/deletion-log/schema/schema.ts';
import { migrate } from '../../../src/objects/migrations.ts';
import type { Slice } from '../../../src/policy/slice.ts';
import {
  ACME,
  answer,
  bulk,
  freshLog,
  newest,
  NOW,
  OPERATOR,
  order,
  posthog,
  register,
  REGISTRATION,
  registrationId,
  rowsOf,
  sliced,
  SUMMARY,
  uuid,
  uuids,
  test,
} from '../../support/objects/deletion-log.ts';

const NEXT = registrationId('n');
const ALL = { limit: 100, before: null };
const BUDGETS = [{ holder: 'tenant', persons_per_day: 3 }] as const;

const tenantView = (changes: Partial<Extract<LogView, { kind: 'tenant' }>> = {}): LogView => ({
  kind: 'tenant',
  registration: REGISTRATION,
  slices: [],
  distinctIdsHidden: false,
  ...changes,
});

test('An order whose tenant was registered anew meanwhile is refused, with nothing written and nothing sent', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  for (const current of [NEXT, null]) {
    await register(stub, current);
    expect(await log.carryOut(order(bulk(uuids(2))))).toMatchObject({
      ok: false,
      failure: { code: 'tenant_unknown' },
    });
  }
  expect(sent).toHaveLength(0);
  expect(await rowsOf(stub, 'intents')).toEqual([]);
});

test('An order of an earlier registration than the log has seen is refused, whatever the tenant object says', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(1))));
  await register(stub, NEXT);
  await log.carryOut(order(bulk(uuids(1)), { registration: NEXT }));
  await register(stub, REGISTRATION);
  expect(await log.carryOut(order(bulk(uuids(1))))).toMatchObject({ failure: { code: 'tenant_unknown' } });
  expect(await rowsOf(stub, 'intents')).toHaveLength(2);
});

test('An order is refused where the tenant cannot be asked for, with nothing written', async () => {
  const sent = posthog(answer(202));
  const { stub, log } = freshLog();
  await runInDurableObject(stub, (instance) => {
    const object = instance as unknown as { askTenant: () => Promise<never> };
    vi.spyOn(object, 'askTenant').mockRejectedValueOnce(new Error('overloaded'));
  });
  expect(await log.carryOut(order(bulk(uuids(1))))).toMatchObject({ failure: { code: 'state_unavailable' } });
  expect(sent).toHaveLength(0);
  expect(await rowsOf(stub, 'intents')).toEqual([]);
});

test('Each registration is shown its own entries and spends its own budget; the operator sees all, named', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(3)), { budgets: BUDGETS }));
  const old = (await newest(log)).id;
  await register(stub, NEXT);
  const next = tenantView({ registration: NEXT });
  expect(await log.list(ALL, next)).toEqual({ rows: [], next: null });
  expect((await log.carryOut(order(bulk(uuids(3)), { registration: NEXT, budgets: BUDGETS }))).ok).toBe(true);
  await evictDurableObject(stub);
  expect((await log.carryOut(order(bulk(uuids(1)), { registration: NEXT, budgets: BUDGETS }))).ok).toBe(
    false,
  );

  const { id } = await newest(log);
  expect((await log.list(ALL, next)).rows.map((row) => row.id)).toEqual([id]);
  expect((await log.list(ALL, tenantView())).rows.map((row) => row.id)).toEqual([old]);
  expect(await log.get(old, next)).toBeNull();
  expect(await log.get(id, next)).toMatchObject({ id });
  expect((await log.list(ALL, OPERATOR)).rows.map((row) => row.registration)).toEqual([NEXT, REGISTRATION]);
});

test('Distinct ids deleted under an earlier registration cannot be reset by a later one', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  const deleteAda = sliced({ kind: 'distinct_ids', ids: ['ada'] }, [uuid(7)], { distinctIds: ['ada'] });
  await log.carryOut(deleteAda);
  await register(stub, NEXT);
  await log.carryOut(order(bulk(uuids(1)), { registration: NEXT }));
  const scope = { projectId: deleteAda.deletion.projectId, slices: [ACME] };
  expect(await log.deletedDistinctIds(['ada'], { ...scope, registration: REGISTRATION })).toEqual(['ada']);
  expect(await log.deletedDistinctIds(['ada'], { ...scope, registration: NEXT })).toEqual([]);
  expect(await log.deletedDistinctIds(['ada'], { ...scope, registration: registrationId('x') })).toEqual([]);
});

const BOLT: Slice = { property: 'tenant_id', values: ['bolt'] };
const BOTH: Slice = { property: 'tenant_id', values: ['acme', 'bolt'] };

test('A tenant is shown what was deleted under slices that its present slice covers, a page at a time', async () => {
  posthog(answer(202));
  const { log } = freshLog();
  const made: DeletionId[] = [];
  for (const slices of [null, [ACME], [BOLT], [BOTH], null, [ACME]]) {
    const target = { kind: 'uuids', ids: uuids(1) } as const;
    const asked = slices === null ? order(bulk(uuids(1))) : sliced(target, uuids(1), { slices });
    await log.carryOut(asked);
    made.push((await newest(log)).id);
  }
  const shownTo = async (...slices: Slice[]) => {
    const view = tenantView({ slices });
    const seen: DeletionId[] = [];
    for (let before: string | null = null, more = true; more;) {
      const page = await log.list({ limit: 1, before }, view);
      seen.push(...page.rows.map((row) => row.id));
      for (const { id } of page.rows) expect(await log.get(id, view)).toMatchObject({ id });
      before = page.next;
      more = before !== null;
    }
    for (const id of made) if (!seen.includes(id)) expect(await log.get(id, view)).toBeNull();
    return seen.map((id) => made.indexOf(id));
  };
  expect(await shownTo()).toEqual([5, 4, 3, 2, 1, 0]);
  expect(await shownTo(ACME)).toEqual([5, 1]);
  expect(await shownTo({ property: 'tenant_id', values: ['acme'] })).toEqual([5, 1]);
  expect(await shownTo(BOTH)).toEqual([5, 3, 2, 1]);
  expect(await shownTo(ACME, { property: 'region', values: ['eu'] })).toEqual([]);
});

test('A reader who may not see distinct ids is shown no entry that named persons by them', async () => {
  posthog(answer(202, SUMMARY));
  const { log } = freshLog();
  const view = tenantView({ distinctIdsHidden: true });
  const hidden = [];
  for (const ids of [['ada@acme.test'], ['nobody@acme.test']]) {
    await log.carryOut(sliced({ kind: 'distinct_ids', ids }, uuids(hidden.length)));
    hidden.push((await newest(log)).id);
  }
  await log.carryOut(order(bulk(uuids(2))));
  const { id } = await newest(log);
  const page = await log.list({ limit: 1, before: null }, view);
  expect([page.rows.map((row) => row.id), page.next]).toEqual([[id], null]);
  for (const one of hidden) expect(await log.get(one, view)).toBeNull();
});

test('Entries from before registrations are shown to the operator alone, and their charges still count', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await runInDurableObject(stub, async (_, { storage }) => {
    await storage.deleteAll();
    migrate(storage, DELETION_STEPS.slice(0, 3));
    storage.sql.exec(
      `INSERT INTO intents VALUES (?, ?, 'acme', ?, '[]', 'req_1', 'persons_bulk_delete', 1, 'distinct_ids', 3,
        0, 0, 0, 'sha256:00', '["ada", "bob", "cyd"]', NULL)`,
      (NOW - 1000) * 1000,
      `del_${'A'.repeat(22)}`,
      `tok_${'a'.repeat(22)}`,
    );
    storage.sql.exec('INSERT INTO open VALUES (?, ?, NULL)', (NOW - 1000) * 1000, NOW + 1_000_000);
  });
  await evictDurableObject(stub);
  expect((await log.carryOut(order(bulk(uuids(1)), { budgets: BUDGETS }))).ok).toBe(false);
  await log.carryOut(order(bulk(uuids(1))));
  expect((await log.list(ALL, OPERATOR)).rows.map((row) => row.registration)).toEqual([REGISTRATION, null]);
  expect((await log.list(ALL, tenantView())).rows).toHaveLength(1);
});
