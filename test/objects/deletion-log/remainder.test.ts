import { evictDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import type { Deletion } from '../../../src/catalogue/deletion.ts';
import {
  answer,
  bodyOf,
  bulk,
  freshLog,
  lost,
  newest,
  NOW,
  OPERATOR,
  order,
  posthog,
  ring,
  rowsOf,
  single,
  SUMMARY,
  uuid,
  uuids,
  test,
} from '../../support/objects/deletion-log.ts';

/** PostHog found all of them and deleted all but these. */
const allBut = (found: number, left: readonly string[], key = 'persons_deleted') =>
  answer(202, {
    ...SUMMARY,
    persons_found: found,
    persons_deleted: 0,
    [key]: found - left.length,
    deletion_errors: left.map((id) => ({ person_uuid: id, step: 'delete_person' })),
  });

test('The persons that PostHog did not delete are sent again, and no others, until PostHog deletes them', async () => {
  const sent = posthog(allBut(5, [uuid(1), uuid(3)]), allBut(2, [uuid(3)]), lost, allBut(1, []));
  const { stub, log } = freshLog();
  const carried = await log.carryOut(order(bulk(uuids(5), { delete_events: true })));
  expect(carried).toMatchObject({ ok: true, value: { interpretation: { kind: 'success', status: 202 } } });
  expect(await newest(log)).toMatchObject({
    state: 'sending',
    attempts: 1,
    sent: 5,
    last_problem: 'persons_not_deleted',
    not_deleted: 2,
    next_attempt_at: new Date(NOW + 10_000).toISOString(),
    outcome: null,
  });

  await ring(stub, NOW + 10_000);
  expect(await newest(log)).toMatchObject({ state: 'sending', attempts: 2, not_deleted: 1 });
  await evictDurableObject(stub);
  await ring(stub, NOW + 30_000);
  expect(await newest(log)).toMatchObject({ last_problem: 'upstream_unreachable', not_deleted: 1 });
  await ring(stub, NOW + 80_000);
  const rest = [[uuid(1), uuid(3)], [uuid(3)], [uuid(3)]].map((ids) => ({ ids, delete_events: true }));
  expect(sent.map(bodyOf)).toEqual([{ ids: uuids(5), delete_events: true }, ...rest]);

  const entry = await newest(log);
  expect(entry).toMatchObject({
    state: 'settling',
    attempts: 4,
    not_deleted: null,
    outcome: { persons_found: 5, persons_deleted: 5, deletion_errors: 0 },
  });
  expect((await log.get(entry.id, OPERATOR))?.sent_ids).toEqual(uuids(5));
});

test('The persons of a delete by distinct id that PostHog did not delete are sent again by UUID, as an id may move', async () => {
  const sent = posthog(allBut(2, [uuid(7)], 'persons_queued_for_deletion'), answer(202, SUMMARY));
  const { stub, log } = freshLog('C');
  await log.carryOut(order({ ...bulk([]), target: { kind: 'distinct_ids', ids: ['ada', 'bob'] } }));
  await ring(stub, NOW + 10_000);
  expect(sent.map(bodyOf)).toEqual([{ distinct_ids: ['ada', 'bob'] }, { ids: [uuid(7)] }]);
  expect(await newest(log)).toMatchObject({
    state: 'settling',
    outcome: { persons_found: 2, persons_queued_for_deletion: 1 },
  });
});

test('A deletion that is sent again for persons PostHog did not delete is not charged again', async () => {
  posthog(allBut(2, [uuid(1)]), answer(202, SUMMARY));
  const { stub, log } = freshLog();
  const budgets = [{ holder: 'tenant', persons_per_day: 3 }] as const;
  await log.carryOut(order(bulk(uuids(2)), { budgets }));
  await ring(stub, NOW + 10_000);
  expect((await log.carryOut(order(bulk(uuids(1)), { budgets }))).ok).toBe(true);
  expect((await log.carryOut(order(bulk(uuids(1)), { budgets }))).ok).toBe(false);
});

const failing: [string, Deletion][] = [
  ['one person', single('persons_destroy')],
  ['many persons', bulk(uuids(2))],
];
test.each(failing)(
  'A 503 that says a delete of %s failed leaves the entry open and due again',
  async (_, deletion) => {
    const sent = posthog(answer(503, { code: 'person_deletion_failed', detail: 'Try again.' }), answer(202));
    const { stub, log } = freshLog();
    await log.carryOut(order(deletion));
    expect(await newest(log)).toMatchObject({ state: 'sending', attempts: 1 });
    await ring(stub, NOW + 10_000);
    expect(sent).toHaveLength(2);
    expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 2 });
    expect(await rowsOf(stub, 'remainders')).toEqual([]);
  },
);

test('A 408 is not answered as a refusal, and its entry is unknown', async () => {
  posthog(answer(408, { code: 'invalid', detail: 'Request timeout.' }));
  const { log } = freshLog();
  const carried = await log.carryOut(order(bulk(uuids(2))));
  expect(carried).toMatchObject({ ok: true, value: { interpretation: { kind: 'failure', status: 408 } } });
  expect(await newest(log)).toMatchObject({ state: 'sending', last_problem: 'upstream_error' });
});
