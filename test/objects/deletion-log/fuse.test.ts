/** Deletions that the operator's fuse lets through or holds, over the logs of several tenants. */
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { TenantId } from '../../../src/core/ids.ts';
import type { DeletionLogEnv, DeletionOrder } from '../../../src/objects/deletion-log/deletion-log.ts';
import { FUSE_NAME, type Fuse } from '../../../src/objects/fuse/fuse.ts';
import type { Remote } from '../../../src/objects/remote.ts';
import {
  answer,
  bodyOf,
  bulk,
  type DeletionLog,
  deletionsIn,
  freshLog,
  HOUR,
  newest,
  NOW,
  OPERATOR,
  order,
  posthog,
  reconfigure,
  ring,
  rowsOf,
  sameLog,
  single,
  SUMMARY,
  test,
  uuids,
  type Answer,
  type Stub,
} from '../../support/objects/deletion-log.ts';

const { FUSE } = env as unknown as { FUSE: DurableObjectNamespace<Fuse> };
const fuse = () => FUSE.getByName(FUSE_NAME) as unknown as Remote<Fuse>;

const WAIT = 30_000;
const LIMIT = 10;

/** PostHog has as many persons as it is sent. */
const deleted: Answer = ({ init }) => {
  const { ids } = bodyOf({ init }) as { ids: readonly string[] };
  return Response.json(
    { ...SUMMARY, persons_found: ids.length, persons_deleted: ids.length },
    { status: 202 },
  );
};

/** A log behind a fuse of ten persons. */
async function fusedLog(fuses?: DeletionLogEnv['FUSE']) {
  const { stub, log } = freshLog();
  await reconfigure(stub, { DELETE_FUSE_PERSONS_PER_DAY: String(LIMIT) });
  if (fuses !== undefined)
    await runInDurableObject(stub, (instance) => (instance as DeletionLog).reachFuseBy(fuses));
  return { stub, log };
}

const eventsOf = async (stub: Stub) => (await rowsOf(stub, 'transitions')).map(({ event }) => event);
const left = async () => (await fuse().status(LIMIT)).remaining;
const of = (tenant: string): Partial<DeletionOrder> => ({ tenant: TenantId.parse(tenant) });

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
});

afterEach(async () => {
  const stub = FUSE.getByName(FUSE_NAME);
  await runInDurableObject(stub, (_, { storage }) => storage.deleteAll());
  await evictDurableObject(stub);
});

test('A deletion that fits takes its persons before PostHog is sent it', async () => {
  const atSending: (number | null)[] = [];
  const sent = posthog(async (request) => {
    atSending.push(await left());
    return deleted(request);
  });
  const { stub, log } = await fusedLog();
  await log.carryOut(order(bulk(uuids(4))));
  expect(sent).toHaveLength(1);
  expect(atSending).toEqual([6]);
  expect(await newest(log)).toMatchObject({ state: 'settling', reason: null, note: null });
  expect(await eventsOf(stub)).toEqual(['released', 'accepted']);
  expect(await rowsOf(stub, 'fused')).toEqual([]);
});

test('A deletion that does not fit is held with the reason in plain words, and so is every later one of every tenant', async () => {
  const sent = posthog(deleted);
  const [one, other] = [await fusedLog(), await fusedLog()];
  await one.log.carryOut(order(bulk(uuids(8))));
  const carried = await other.log.carryOut(order(bulk(uuids(3)), of('other')));
  expect(carried).toMatchObject({
    ok: true,
    value: {
      pending: {
        state: 'held',
        persons: 3,
        last_problem: 'fuse',
        next_attempt_at: new Date(NOW + WAIT).toISOString(),
        note: expect.stringContaining("The operator's fuse has tripped") as unknown,
      },
    },
  });
  const small = await one.log.create(order(bulk(uuids(1))));
  expect(small).toMatchObject({
    ok: true,
    value: { entry: { state: 'held', reason: 'fuse', last_problem: 'fuse', attempts: 0 } },
  });
  const person = await one.log.carryOut(order(single('persons_destroy')));
  expect(person).toMatchObject({ value: { pending: { state: 'held', last_problem: 'fuse' } } });
  expect(sent).toHaveLength(1);
  expect(await fuse().status(LIMIT)).toMatchObject({
    remaining: 2,
    tripped: { tenant: 'other', persons: 3, deletion: carried.ok && carried.value.entry },
  });
  expect(await eventsOf(other.stub)).toEqual(['fuse_blown']);
  await ring(other.stub, NOW + WAIT);
  await ring(other.stub, NOW + 2 * WAIT);
  expect(await eventsOf(other.stub)).toEqual(['fuse_blown']);
  expect(sent).toHaveLength(1);
});

test('Deletions that the fuse held go on by themselves within half a minute of its reset', async () => {
  const sent = posthog(deleted);
  const [one, other] = [await fusedLog(), await fusedLog()];
  await one.log.carryOut(order(bulk(uuids(11))));
  await other.log.create(order(bulk(uuids(2)), of('other')));
  await one.log.decide((await newest(one.log)).id, 'cancelled', 'operator', 'too many', OPERATOR);
  await fuse().reset(null);
  await evictDurableObject(other.stub);
  await reconfigure(other.stub, { DELETE_FUSE_PERSONS_PER_DAY: String(LIMIT) });
  await ring(other.stub, NOW + WAIT);
  expect(sent.map((request) => bodyOf(request))).toEqual([{ ids: uuids(2) }]);
  expect(await newest(other.log)).toMatchObject({ state: 'settling', reason: null, note: null });
  expect(await eventsOf(other.stub)).toEqual(['fuse_blown', 'fuse_reset', 'released', 'accepted']);
  expect(await newest(one.log)).toMatchObject({ state: 'cancelled', reason: 'cancelled' });
  expect(await left()).toBe(8);
});

test('A deletion of several calls is let through or held whole', async () => {
  const sent = posthog(deleted);
  const { stub, log } = freshLog();
  await reconfigure(stub, { DELETE_FUSE_PERSONS_PER_DAY: '2400' });
  await log.carryOut(order(bulk(uuids(2401))));
  expect(sent).toEqual([]);
  expect(await newest(log)).toMatchObject({ state: 'held', reason: 'fuse', chunks: { total: 3 } });
});

test('An undo window and an approval hold as without a fuse, which is asked after them', async () => {
  const sent = posthog(deleted);
  const { stub, log } = await fusedLog();
  await log.carryOut(order(bulk(uuids(11)), { holds: { holdSeconds: 3600, approvalOver: 5 } }));
  const { id } = await newest(log);
  await ring(stub, NOW + HOUR);
  expect(await fuse().status(LIMIT)).toMatchObject({ tripped: null });
  expect(await newest(log)).toMatchObject({ state: 'held', reason: null, last_problem: null });
  await log.decide(id, 'approved', 'operator', null, OPERATOR);
  await ring(stub, NOW + HOUR);
  expect(await newest(log)).toMatchObject({ state: 'held', reason: 'fuse' });
  await log.carryOut(order(bulk(uuids(2)), { holds: { holdSeconds: 3600, approvalOver: null } }));
  await fuse().reset(null);
  await log.decide(id, 'cancelled', 'operator', null, OPERATOR);
  await ring(stub, NOW + HOUR + WAIT);
  expect(await newest(log)).toMatchObject({ state: 'held', reason: null });
  expect(sent).toEqual([]);
  await ring(stub, NOW + 2 * HOUR);
  expect(deletionsIn(sent)).toHaveLength(1);
});

test.each<[string, Answer, number]>([
  ['PostHog does not have', answer(202, { ...SUMMARY, persons_found: 1 }), 9],
  ['PostHog refuses to delete', answer(403, {}), 10],
])('Persons that %s are given back to the fuse', async (_, says, remaining) => {
  posthog(says);
  const { stub, log } = await fusedLog();
  await log.carryOut(order(bulk(uuids(4))));
  expect(await left()).toBe(remaining);
  expect(await rowsOf(stub, 'fused')).toEqual([]);
});

test('Persons of a deletion that is never sent are not counted, and it takes nothing where nobody is in its slice', async () => {
  posthog(deleted);
  const { log } = await fusedLog();
  await log.carryOut(order(bulk(uuids(4)), { holds: { holdSeconds: 3600, approvalOver: null } }));
  await log.decide((await newest(log)).id, 'cancelled', 'operator', null, OPERATOR);
  const slices = [{ property: 'tenant_id', values: ['acme'] }];
  const asked = { kind: 'uuids', ids: uuids(3) } as const;
  await log.carryOut(order(bulk([]), { resolved: { asked, distinctIds: [], slices } }));
  expect(await newest(log)).toMatchObject({ state: 'nobody', sent: 0 });
  expect(await left()).toBe(LIMIT);
});

const giveBack: Remote<Fuse>['giveBack'] = (...given) => fuse().giveBack(...given);

/** The fuse behind a connection that breaks before or after it has answered, as often as is said. */
function brokenFuse(broken: { before: number; after: number }) {
  const take: Remote<Fuse>['take'] = async (asked) => {
    if (broken.before > 0) {
      broken.before -= 1;
      throw new Error('Network connection lost.');
    }
    const taken = await fuse().take(asked);
    if (broken.after === 0) return taken;
    broken.after -= 1;
    throw new Error('Network connection lost.');
  };
  return { getByName: () => ({ take, giveBack }) } as unknown as DeletionLogEnv['FUSE'];
}

test.each([
  ['cannot be reached', { before: 2, after: 0 }],
  ['has answered and is not heard', { before: 0, after: 2 }],
])(
  'Nothing is sent while the fuse %s, and once it is heard the deletion is sent once and counted once',
  async (_, broken) => {
    const sent = posthog(deleted);
    const { stub, log } = await fusedLog(brokenFuse(broken));
    const carried = await log.carryOut(order(bulk(uuids(4))));
    expect(carried).toMatchObject({
      value: { pending: { state: 'held', last_problem: 'fuse_unreachable', note: null } },
    });
    await ring(stub, NOW + WAIT);
    expect(sent).toEqual([]);
    expect(await newest(log)).toMatchObject({ state: 'held', last_problem: 'fuse_unreachable' });
    await ring(stub, NOW + 2 * WAIT);
    expect(sent).toHaveLength(1);
    expect(await left()).toBe(6);
  },
);

test('A deletion that is cancelled after the fuse was not heard leaves nothing taken', async () => {
  posthog(deleted);
  const { stub, log } = await fusedLog(brokenFuse({ before: 0, after: 1 }));
  await log.carryOut(order(bulk(uuids(4))));
  expect(await left()).toBe(6);
  await log.decide((await newest(log)).id, 'cancelled', 'operator', null, OPERATOR);
  await ring(stub, NOW + 1000);
  expect(await left()).toBe(LIMIT);
  expect(await rowsOf(stub, 'fused')).toEqual([]);
});

test('A log that dies between taking and sending takes nothing more, and sends once', async () => {
  const sent = posthog(deleted);
  const taken = { yes: false };
  const dying = {
    getByName: () => ({
      take: async (asked: Parameters<Remote<Fuse>['take']>[0]) => {
        await fuse().take(asked);
        taken.yes = true;
        return new Promise<never>(() => undefined);
      },
    }),
  } as unknown as DeletionLogEnv['FUSE'];
  const { stub, log } = await fusedLog(dying);
  const lost = log.carryOut(order(bulk(uuids(4)))).catch(() => null);
  await vi.waitUntil(() => taken.yes);
  await abortAllDurableObjects();
  await lost;
  const again = sameLog(stub);
  await reconfigure(again.stub, { DELETE_FUSE_PERSONS_PER_DAY: String(LIMIT) });
  expect(await newest(again.log)).toMatchObject({ state: 'held', attempts: 0 });
  expect(sent).toEqual([]);
  expect(await left()).toBe(6);
  await ring(again.stub, NOW + HOUR);
  expect(deletionsIn(sent)).toHaveLength(1);
  expect(await eventsOf(again.stub)).toEqual(['released', 'accepted']);
  expect(await left()).toBe(6);
});

test('Deletions that a fuse held are sent where the gateway has no fuse any more', async () => {
  const sent = posthog(deleted);
  const { stub, log } = await fusedLog();
  await log.carryOut(order(bulk(uuids(11))));
  await reconfigure(stub, { DELETE_FUSE_PERSONS_PER_DAY: '' });
  await ring(stub, NOW + WAIT);
  expect(sent).toHaveLength(1);
});

test('A fuse that 64 callers of eight tenants meet at once lets through what fits, and not one person more', async () => {
  const sent = posthog(deleted);
  const logs = await Promise.all(Array.from({ length: 8 }, () => fusedLog()));
  const all = Array.from({ length: 64 }, (_, nth) => {
    const asked = order(bulk(uuids(3)), of(`tenant-${nth % 8}`));
    const { log } = logs[nth % 8]!;
    return nth % 2 === 0 ? log.carryOut(asked) : log.create(asked);
  });
  expect((await Promise.all(all)).every(({ ok }) => ok)).toBe(true);
  for (const { stub } of logs) await ring(stub, NOW + WAIT);
  expect(deletionsIn(sent)).toHaveLength(3);
  const rows = await Promise.all(
    logs.map(async ({ log }) => (await log.list({ limit: 100, before: null }, OPERATOR)).rows),
  );
  expect(rows.flat().filter(({ reason }) => reason === 'fuse')).toHaveLength(61);
  expect(await fuse().status(LIMIT)).toMatchObject({ remaining: 1 });
});
