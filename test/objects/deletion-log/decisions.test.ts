/** Deletions that are held before they are sent, and what people decide about them. */
import { evictDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import type { DeletionId } from '../../../src/core/ids.ts';
import { OperatorName } from '../../../src/core/operators.ts';
import type { DeletionOrder } from '../../../src/objects/deletion-log/deletion-log.ts';
import type { Decision } from '../../../src/objects/deletion-log/job/decision.ts';
import {
  alarmOf,
  answer,
  bulk,
  deletionsIn,
  errorOf,
  freshLog,
  held as heldUp,
  HOUR,
  lost,
  mintedBy,
  newest,
  NOW,
  OPERATOR,
  order,
  posthog,
  ring,
  rowsOf,
  single,
  SUMMARY,
  test,
  tokenId,
  uuids,
  type Answer,
} from '../../support/objects/deletion-log.ts';

type Log = ReturnType<typeof freshLog>['log'];

const WINDOW = { holdSeconds: 3600, approvalOver: null };
const APPROVAL = { holdSeconds: 0, approvalOver: 1 };

const found = (persons: number): Answer => answer(202, { ...SUMMARY, persons_found: persons });

async function write(log: Log, persons: number, changes: Partial<DeletionOrder>): Promise<DeletionId> {
  const carried = await log.carryOut(order(bulk(uuids(persons)), changes));
  if (!carried.ok) throw new Error(carried.failure.code);
  return carried.value.entry;
}

const decide = (log: Log, id: DeletionId, decision: Decision) =>
  log.decide(id, decision, 'operator', null, OPERATOR);

test('A deletion with an undo window is sent when the window has passed, and not a moment before', async () => {
  const sent = posthog(found(2));
  const { stub, log } = freshLog();
  const carried = await log.carryOut(order(bulk(uuids(2)), { holds: WINDOW }));
  expect(carried).toMatchObject({
    ok: true,
    value: {
      interpretation: {
        kind: 'success',
        status: 202,
        json: { persons_found: 2, persons_deleted: 0, persons_queued_for_deletion: 2, deletion_errors: [] },
      },
    },
  });
  expect(await newest(log)).toMatchObject({ state: 'held', attempts: 0, chunks: { unknown: 0 } });
  expect(await alarmOf(stub)).toBe(NOW + HOUR);
  await ring(stub, NOW + HOUR - 1);
  expect(sent).toHaveLength(0);
  await evictDurableObject(stub);
  await ring(stub, NOW + HOUR);
  expect(sent).toHaveLength(1);
  expect(await newest(log)).toMatchObject({ state: 'settling', attempts: 1, outcome: { persons_found: 2 } });
});

test('A deletion that is cancelled in its window is never sent, and gives its budget back', async () => {
  const sent = posthog(found(3));
  const { stub, log } = freshLog();
  const budgets = [{ holder: 'tenant', persons_per_day: 3 }] as const;
  const id = await write(log, 3, { holds: WINDOW, budgets });
  expect(await log.carryOut(order(bulk(uuids(1)), { budgets }))).toMatchObject({ ok: false });
  const token = tokenId('a');
  expect(await log.decide(id, 'cancelled', token, 'a typo', OPERATOR)).toMatchObject({
    ok: true,
    value: {
      entry: {
        state: 'cancelled',
        reason: 'cancelled',
        note: 'a typo',
        next_attempt_at: null,
        outcome: null,
      },
    },
  });
  expect(await rowsOf(stub, 'transitions')).toMatchObject([
    { step: 1, event: 'cancelled', state: 'cancelled', actor: token, note: 'a typo', at: NOW },
  ]);
  expect(await rowsOf(stub, 'open')).toEqual([]);
  await ring(stub, NOW + HOUR);
  expect(sent).toHaveLength(0);
  await evictDurableObject(stub);
  expect((await log.carryOut(order(bulk(uuids(3)), { budgets }))).ok).toBe(true);
});

test('A deletion of more persons than the tenant may delete alone waits for the operator, then is sent at once', async () => {
  const sent = posthog(found(2));
  const { stub, log } = freshLog();
  await write(log, 1, { holds: APPROVAL });
  expect(sent).toHaveLength(1);
  const id = await write(log, 2, { holds: APPROVAL });
  await ring(stub, NOW + 30 * HOUR);
  expect(deletionsIn(sent)).toHaveLength(1);
  expect(await decide(log, id, 'approved')).toMatchObject({ ok: true, value: { entry: { state: 'held' } } });
  await ring(stub, NOW + 30 * HOUR);
  expect(deletionsIn(sent)).toHaveLength(2);
  expect(await newest(log)).toMatchObject({ id, state: 'settling' });
});

test('An approval does not end the undo window, and the window does not make up for an approval', async () => {
  const sent = posthog(found(2));
  const { stub, log } = freshLog();
  const id = await write(log, 2, { holds: { holdSeconds: 3600, approvalOver: 1 } });
  await ring(stub, NOW + HOUR);
  expect(sent).toHaveLength(0);
  const other = await write(log, 2, { holds: { holdSeconds: 7200, approvalOver: 1 } });
  await decide(log, other, 'approved');
  await ring(stub, NOW + HOUR + 1);
  expect(sent).toHaveLength(0);
  await decide(log, id, 'approved');
  await ring(stub, NOW + HOUR + 2);
  expect(sent).toHaveLength(1);
});

test('A deletion that the operator rejects is never sent, and the log has the reason', async () => {
  const sent = posthog(found(2));
  const { log } = freshLog();
  const id = await write(log, 2, { holds: APPROVAL });
  expect(await log.decide(id, 'rejected', 'operator', 'ask first', OPERATOR)).toMatchObject({
    ok: true,
    value: { entry: { state: 'cancelled', reason: 'rejected', note: 'ask first' } },
  });
  expect(sent).toHaveLength(0);
});

test('An entry whose end stays unknown can be abandoned, is not sent again, and keeps what it was charged', async () => {
  const sent = posthog(lost);
  const { stub, log } = freshLog();
  const budgets = [{ holder: 'tenant', persons_per_day: 3000 }] as const;
  const id = await write(log, 3000, { budgets });
  expect(await log.decide(id, 'abandoned', 'operator', 'checked by hand', OPERATOR)).toMatchObject({
    ok: true,
    value: {
      entry: { state: 'failed', reason: 'abandoned', note: 'checked by hand', chunks: { accepted: 0 } },
    },
  });
  await ring(stub, NOW + HOUR);
  expect(sent).toHaveLength(1);
  expect((await log.carryOut(order(bulk(uuids(2001)), { budgets }))).ok).toBe(false);
  expect((await log.carryOut(order(bulk(uuids(2000)), { budgets }))).ok).toBe(true);
});

const held = { holds: APPROVAL };
const CONFLICTS: [string, Partial<DeletionOrder>, Answer, Decision[], RegExp][] = [
  ['approving twice', held, found(2), ['approved', 'approved'], /does not wait for an approval: it is held/],
  ['rejecting what was approved', held, found(2), ['approved', 'rejected'], /does not wait for an approval/],
  ['approving what was cancelled', held, found(2), ['cancelled', 'approved'], /it is cancelled/],
  [
    'cancelling what was accepted',
    {},
    found(2),
    ['cancelled'],
    /it is settling, and PostHog accepted 1 of its 1 calls/,
  ],
  [
    'cancelling what may be done',
    {},
    lost,
    ['cancelled'],
    /it is sending, and PostHog accepted 0 of its 1 calls/,
  ],
  ['abandoning what was not sent', held, found(2), ['abandoned'], /it is held/],
  ['approving what needs no approval', { holds: WINDOW }, found(2), ['approved'], /does not wait/],
];
test.each(CONFLICTS)(
  'A decision that comes too late or twice is refused: %s',
  async (_, changes, said, decisions, detail) => {
    posthog(said);
    const { stub, log } = freshLog();
    const id = await write(log, 2, changes);
    for (const decision of decisions.slice(0, -1)) expect((await decide(log, id, decision)).ok).toBe(true);
    const before = await rowsOf(stub, 'transitions');
    const last = decisions.at(-1) ?? 'cancelled';
    const refused = await decide(log, id, last);
    expect(refused.ok ? null : refused.failure.code).toBe('deletion_state_conflict');
    expect(refused.ok ? '' : refused.failure.detail).toMatch(detail);
    expect(await rowsOf(stub, 'transitions')).toEqual(before);
  },
);

test('A single delete that is held is answered with 202 and no body', async () => {
  posthog(found(1));
  const { log } = freshLog();
  const carried = await log.carryOut(order(single('persons_destroy'), { holds: WINDOW }));
  expect(carried).toMatchObject({
    ok: true,
    value: { interpretation: { kind: 'success', status: 202, text: '' } },
  });
});

test('A cancellation while PostHog is being sent a deletion is refused with how far it went', async () => {
  const { hold, arrived, release } = heldUp(answer(202));
  posthog(answer(202), hold);
  const { stub, log } = freshLog();
  await log.create(order(bulk(uuids(2000))));
  const ringing = ring(stub, NOW);
  await arrived();
  const { id } = await newest(log);
  expect(await log.decide(id, 'cancelled', 'operator', null, OPERATOR)).toMatchObject({
    ok: false,
    failure: {
      code: 'deletion_state_conflict',
      detail: 'It cannot be cancelled any more: it is sending, and PostHog accepted 1 of its 2 calls.',
    },
  });
  release();
  await ringing;
});

const approve = (log: Log, id: DeletionId, approver: OperatorName | null) =>
  log.decide(id, 'approved', 'operator', null, OPERATOR, approver);

describe('Approvals by another operator', () => {
  const [ALICE, BOB] = [OperatorName.parse('alice'), OperatorName.parse('bob')];
  test('An operator who minted the token that asked cannot approve the deletion, also after a restart, and another one can', async () => {
    const sent = posthog(found(2));
    const { stub, log } = freshLog();
    await mintedBy(stub, ALICE);
    const id = await write(log, 2, { holds: APPROVAL });
    await evictDurableObject(stub);
    expect(await approve(log, id, ALICE)).toMatchObject({
      ok: false,
      failure: { code: 'approver_not_independent', detail: expect.stringContaining('alice') as unknown },
    });
    expect((await newest(log)).state).toBe('held');
    await ring(stub, NOW + HOUR);
    expect(sent).toHaveLength(0);
    expect(await approve(log, id, BOB)).toMatchObject({ ok: true });
    await ring(stub, NOW + HOUR);
    expect(sent).toHaveLength(1);
  });

  test('An operator who minted the token may reject and cancel, and approve where there is no other', async () => {
    posthog(found(2));
    const { stub, log } = freshLog();
    await mintedBy(stub, ALICE);
    for (const decision of ['rejected', 'cancelled'] as const) {
      const id = await write(log, 2, { holds: APPROVAL });
      expect(await log.decide(id, decision, 'operator', 'no', OPERATOR, ALICE)).toMatchObject({ ok: true });
    }
    expect(await approve(log, await write(log, 2, { holds: APPROVAL }), null)).toMatchObject({ ok: true });
  });

  test('A deletion by a token whose minter is not known can be approved by any operator', async () => {
    posthog(found(2));
    const { log } = freshLog();
    expect(await approve(log, await write(log, 2, { holds: APPROVAL }), ALICE)).toMatchObject({ ok: true });
  });

  test('The table of minters is append-only', async () => {
    const { stub, log } = freshLog();
    await mintedBy(stub, ALICE);
    await write(log, 2, { holds: APPROVAL });
    expect(await rowsOf(stub, 'token_minters')).toMatchObject([{ operator: 'alice' }]);
    for (const statement of [
      "UPDATE token_minters SET operator = 'bob'",
      'DELETE FROM token_minters',
      "INSERT OR REPLACE INTO token_minters SELECT token, 'bob' FROM token_minters",
    ])
      expect(await errorOf(stub, statement), statement).toContain('append-only');
  });
});
