/** What a deletion log tells the object of alarms: each once, in the end, and never on the way of a client. */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import type { Condition } from '../../../src/core/alarms/condition.ts';
import type { PersonUuid } from '../../../src/core/ids.ts';
import {
  alarmOf,
  answer,
  bulk,
  DAY,
  freshLog,
  HOUR,
  lost,
  newest,
  NOW,
  order,
  OPERATOR,
  posthog,
  ring,
  setTime,
  SUMMARY,
  test,
  uuid,
  uuids,
  type DeletionLog,
  type Stub,
} from '../../support/objects/deletion-log.ts';

const raised = (stub: Stub): Promise<Condition[]> =>
  runInDurableObject(stub, (object) => (object as DeletionLog).raisedAlarms());
const reachAlarms = (stub: Stub, isThere: boolean): Promise<void> =>
  runInDurableObject(stub, (object) => (object as DeletionLog).reachAlarms(isThere));
const kinds = async (stub: Stub) => (await raised(stub)).map(({ kind }) => kind);
const notices = (stub: Stub) =>
  runInDurableObject(stub, (_, { storage }) => storage.sql.exec('SELECT * FROM notices').toArray());
const budgeted = (ids: readonly PersonUuid[], persons_per_day: number) =>
  order(bulk(ids), { budgets: [{ holder: 'tenant', persons_per_day }] });

describe('Unknown deletions', () => {
  test('A deletion that is unknown for an hour is told once, and not before', async () => {
    posthog(lost);
    const { stub, log } = freshLog();
    await log.carryOut(order(bulk(uuids(2))));
    const { id } = await newest(log);
    for (const at of [10_000, 30_000, 70_000, 150_000, 310_000, 630_000, 1_270_000, 2_550_000])
      await ring(stub, NOW + at);
    expect(await raised(stub)).toEqual([]);
    expect(await alarmOf(stub)).toBe(NOW + HOUR);
    await ring(stub, NOW + HOUR);
    expect(await raised(stub)).toEqual([
      { kind: 'deletion_unknown', tenant: 'acme', deletion: id, since: new Date(NOW).toISOString() },
    ]);
    await ring(stub, NOW + 5_110_000);
    await ring(stub, NOW + 5_110_000 + HOUR);
    expect(await raised(stub)).toEqual([]);
  });

  test('A deletion that is known again within the hour is not told', async () => {
    posthog(lost, answer(202, SUMMARY));
    const { stub, log } = freshLog();
    await log.carryOut(order(bulk(uuids(2))));
    await ring(stub, NOW + 10_000);
    await ring(stub, NOW + HOUR);
    expect(await raised(stub)).toEqual([]);
  });
});

describe('Budgets', () => {
  test('A budget of which four fifths are spent is told, and one of which less is spent is not', async () => {
    posthog(answer(202, { ...SUMMARY, persons_found: 7, persons_deleted: 7 }));
    const { stub, log } = freshLog();
    await log.carryOut(budgeted(uuids(7), 10));
    await ring(stub, NOW + 1);
    expect(await raised(stub)).toEqual([]);
    await log.carryOut(budgeted([uuid(50)], 10));
    await ring(stub, NOW + 2);
    expect(await raised(stub)).toEqual([
      { kind: 'deletion_budget_low', tenant: 'acme', persons_per_day: 10, remaining: 2 },
    ]);
  });

  test("The budget of a token is no alarm, and neither is a tenant's that is not spent", async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    const { token, ...rest } = budgeted(uuids(2), 1000);
    await log.carryOut({
      ...rest,
      token,
      budgets: [
        { holder: 'tenant', persons_per_day: 1000 },
        { holder: token, persons_per_day: 2 },
      ],
    });
    await ring(stub, NOW + 1);
    expect(await raised(stub)).toEqual([]);
  });
});

describe('Ends', () => {
  test('A deletion that was created is told when it has been cancelled', async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    const held = { holdSeconds: 3600, approvalOver: null };
    const made = await log.create(order(bulk(uuids(2)), { holds: held }));
    if (!made.ok) throw new Error(made.failure.code);
    const { id } = made.value.entry;
    await log.decide(id, 'cancelled', 'operator', null, OPERATOR);
    expect(await kinds(stub)).toEqual([]);
    await ring(stub, NOW + 1000);
    expect(await raised(stub)).toEqual([
      {
        kind: 'deletion_ended',
        tenant: 'acme',
        deletion: id,
        state: 'cancelled',
        reason: 'cancelled',
        persons: 2,
      },
    ]);
    expect(await notices(stub)).toEqual([]);
  });

  test('A deletion that a client waited for is told only where it failed', async () => {
    posthog(answer(202, { ...SUMMARY, persons_found: 0, persons_deleted: 0 }), answer(400, { detail: 'no' }));
    const { stub, log } = freshLog();
    await log.carryOut(order(bulk(uuids(2))));
    await ring(stub, NOW + 1);
    expect(await raised(stub)).toEqual([]);
    await log.carryOut(order(bulk(uuids(2))));
    const { id, state } = await newest(log);
    expect(state).toBe('failed');
    await ring(stub, NOW + 2);
    expect(await raised(stub)).toEqual([
      expect.objectContaining({ kind: 'deletion_ended', deletion: id, state: 'failed', reason: 'refused' }),
    ]);
  });
});

describe('Telling', () => {
  test('An object of alarms that is away is told later, and holds no client up', async () => {
    posthog(answer(400, { detail: 'no' }));
    const { stub, log } = freshLog();
    await reachAlarms(stub, false);
    vi.spyOn(console, 'error').mockReturnValue();
    expect((await log.carryOut(order(bulk(uuids(2))))).ok).toBe(true);
    await ring(stub, NOW + 1000);
    expect(await notices(stub)).toHaveLength(1);
    const again = await alarmOf(stub);
    expect(again).not.toBeNull();
    await reachAlarms(stub, true);
    await ring(stub, again ?? 0);
    expect(await kinds(stub)).toEqual(['deletion_ended']);
    expect(await notices(stub)).toEqual([]);
  });

  test('A key that PostHog refuses is told with the scope that it lacks', async () => {
    posthog(answer(403, { detail: "API key missing required scope 'person:write'" }), lost);
    const { stub, log } = freshLog();
    await log.carryOut(order(bulk(uuids(2))));
    await ring(stub, NOW + 1);
    expect(await raised(stub)).toContainEqual({ kind: 'key_refused', scope: 'person:write' });
  });

  test('A log in which nothing is wrong tells nothing and keeps no row for it', async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    await log.carryOut(order(bulk(uuids(2))));
    setTime(NOW + DAY);
    await ring(stub, NOW + DAY);
    expect(await raised(stub)).toEqual([]);
    expect(await notices(stub)).toEqual([]);
  });
});
