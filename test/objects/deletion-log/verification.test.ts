/** Deletions that PostHog accepted are looked after until the persons are gone. */
import { evictDurableObject } from 'cloudflare:test';
import { expect } from 'vitest';
import type { Generation } from '../../../src/catalogue/generation.ts';
import type { PersonUuid } from '../../../src/core/ids.ts';
import type { Slice } from '../../../src/policy/slice.ts';
import {
  ACME,
  alarmOf,
  answer,
  bodyOf,
  bulk,
  DAY,
  deletionsIn,
  errorOf,
  freshLog,
  HOUR,
  lost,
  MINUTE,
  newest,
  notFound,
  NOW,
  order,
  overwrites,
  posthog,
  reconfigure,
  REGISTRATION,
  ring,
  rowsOf,
  single,
  sliced,
  SUMMARY,
  test,
  uuid,
  uuids,
  type Answer,
  type Stub,
} from '../../support/objects/deletion-log.ts';

type Row = Record<string, unknown>;
const EARLIER = '2026-01-05T10:00:00Z';

/** A PostHog with these persons. It accepts deletions, and carries them out where `deletes` says so. */
function world(persons: readonly PersonUuid[], deletes: (round: number) => boolean = () => true) {
  const has = new Map<string, Row>(
    persons.map((each) => [
      each,
      { uuid: each, created_at: EARLIER, distinct_ids: [], properties: { tenant_id: 'acme' } },
    ]),
  );
  const events: Row[] = [];
  let rounds = 0;
  const look: Answer = (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.includes('/deletion_status/')) return Response.json({ results: events, next: null });
    if (pathname.includes('/batch_by_')) {
      const asked = Object.values(bodyOf(request) as Record<string, string[]>).flat();
      return Response.json({
        results: Object.fromEntries(asked.flatMap((id) => (has.has(id) ? [[id, has.get(id)]] : []))),
      });
    }
    const one = has.get(pathname.split('/').at(-2) ?? '');
    if (request.init.method === 'GET') return one === undefined ? notFound(request) : Response.json(one);
    rounds += 1;
    if (deletes(rounds)) {
      const { ids = [] } = (bodyOf(request) ?? {}) as { ids?: string[] };
      for (const id of [...ids, pathname.split('/').at(-2) ?? '']) has.delete(id);
    }
    return answer(202, SUMMARY)(request);
  };
  return { has, events, sent: posthog(look), look };
}

/** Rings until the deletion has ended, or so often. Answers with the milliseconds since it was sent. */
async function ringOut(stub: Stub, times = 60): Promise<number> {
  let at = NOW;
  for (let n = 0; n < times; n += 1) {
    const alarm = await alarmOf(stub);
    if (alarm === null) break;
    at = Math.max(at, alarm);
    await ring(stub, at);
  }
  return at - NOW;
}

test.each(['A', 'B', 'C'] as const)(
  'A deletion by PostHog %s is done once PostHog no longer has the persons, and not before',
  async (generation: Generation) => {
    const { sent } = world(uuids(3));
    const { stub, log } = freshLog(generation);
    await log.carryOut(order(bulk(uuids(3))));
    expect(await newest(log)).toMatchObject({
      state: 'settling',
      verification: { gone: 0, unknown: 3, last_look_at: null },
    });
    await evictDurableObject(stub);
    await ringOut(stub);
    expect(await newest(log)).toMatchObject({
      state: 'done',
      attempts: 1,
      next_attempt_at: null,
      verification: { gone: 3, still_there: 0, unknown: 0, events_pending: null },
    });
    expect(deletionsIn(sent)).toHaveLength(1);
  },
);

test.each([
  ['recordings', bulk(uuids(2), { delete_recordings: true, keep_person: true }), 'C'],
  [
    'events that PostHog has no list of',
    single('persons_delete_events', { delete_events: true, keep_person: true }),
    'A',
  ],
  [
    'events of persons who are named by distinct id',
    {
      ...bulk([], { delete_events: true, keep_person: true }),
      target: { kind: 'distinct_ids', ids: ['ada'] },
    },
    'C',
  ],
] as const)(
  'A deletion of %s is done when PostHog has accepted it, where the persons stay',
  async (_, deletion, generation) => {
    const { sent } = world(uuids(2));
    const { stub, log } = freshLog(generation);
    await log.carryOut(order(deletion));
    expect(await newest(log)).toMatchObject({ state: 'done', verification: null });
    await ringOut(stub);
    expect(sent).toHaveLength(1);
  },
);

test.each([
  ['a bulk delete', bulk([uuid(7), uuid(8)], { delete_events: true, keep_person: true })],
  ['one person', single('persons_delete_events', { delete_events: true, keep_person: true })],
])(
  'Events of persons who stay, by %s, are looked for until PostHog has deleted them',
  async (_, deletion) => {
    const { events, sent } = world([uuid(7), uuid(8)]);
    const { stub, log } = freshLog('C');
    const created_at = new Date(NOW).toISOString();
    events.push({ person_uuid: uuid(7), created_at, status: 'pending' });
    events.push({ person_uuid: uuid(8), created_at: EARLIER, status: 'completed' });
    await log.carryOut(order(deletion));
    const notQueued = deletion.target.ids.length - 1;
    expect(await newest(log)).toMatchObject({ state: 'settling' });
    await ring(stub, NOW + MINUTE);
    expect(await newest(log)).toMatchObject({
      state: 'settling',
      verification: {
        events_completed: 0,
        events_pending: 1,
        events_not_queued: notQueued,
        gone: 0,
        unknown: 0,
      },
    });
    events[0] = { ...events[0], status: 'completed' };
    expect(await ringOut(stub)).toBe(HOUR);
    expect(await newest(log)).toMatchObject({
      state: 'done',
      verification: { events_completed: 1, events_pending: 0, events_not_queued: notQueued, still_there: 0 },
    });
    expect(deletionsIn(sent)).toHaveLength(1);
    expect(await rowsOf(stub, 'looks')).toEqual([]);
  },
);

test('A person that PostHog deletes late is waited for, with growing pauses, and not sent again', async () => {
  const { has, sent } = world(uuids(2), () => false);
  const { stub, log } = freshLog('C');
  await log.carryOut(order(bulk(uuids(2))));
  await ringOut(stub, 5);
  expect((await rowsOf(stub, 'looks')).map(({ at }) => Number(at) - NOW)).toEqual(
    [10, 20, 40, 80, 160].map((seconds) => seconds * 1000),
  );
  expect(await newest(log)).toMatchObject({ state: 'settling', verification: { still_there: 2, gone: 0 } });
  has.clear();
  await ring(stub, NOW + 320 * 1000);
  expect(await newest(log)).toMatchObject({ state: 'done', verification: { still_there: 0, gone: 2 } });
  expect(deletionsIn(sent)).toHaveLength(1);
});

test('Persons that PostHog dropped without a word are sent again, alone, and the log says so', async () => {
  const { has, sent } = world(uuids(3), (round) => round > 1);
  has.delete(uuid(0));
  const { stub, log } = freshLog('C');
  await log.carryOut(order(bulk(uuids(3))));
  await ringOut(stub);
  expect(deletionsIn(sent).map(bodyOf)).toEqual([{ ids: uuids(3) }, { ids: uuids(3).slice(1) }]);
  expect((await rowsOf(stub, 'transitions')).map(({ event }) => event)).toEqual([
    'accepted',
    'sent_again',
    'ended',
  ]);
  expect(await newest(log)).toMatchObject({
    state: 'done',
    attempts: 2,
    verification: { gone: 3, still_there: 0 },
  });
});

test('A deletion whose persons are still there after three more sendings fails, and says how many', async () => {
  const { sent } = world(uuids(2), () => false);
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  await ringOut(stub);
  expect(deletionsIn(sent)).toHaveLength(4);
  expect(await newest(log)).toMatchObject({
    state: 'failed',
    reason: 'still_there',
    verification: { gone: 0, still_there: 2 },
  });
  expect(await alarmOf(stub)).toBeNull();
});

test('A person that was created after the deletion was sent has reappeared, and is not sent again', async () => {
  const { has, sent } = world(uuids(2));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  has.set(uuid(1), { uuid: uuid(1), created_at: new Date(NOW + 1000).toISOString(), properties: {} });
  await ringOut(stub);
  expect(deletionsIn(sent)).toHaveLength(1);
  expect(await newest(log)).toMatchObject({ state: 'done', verification: { gone: 1, reappeared: 1 } });
});

test('A person that left the slice is not sent again by a grant of that slice', async () => {
  const { has, sent } = world(uuids(2), () => false);
  const { stub, log } = freshLog();
  const asked = { kind: 'uuids', ids: uuids(2) } as const;
  await log.carryOut(sliced(asked, uuids(2), { slices: [ACME] }));
  has.set(uuid(0), { uuid: uuid(0), created_at: EARLIER, properties: { tenant_id: 'globex' } });
  await ringOut(stub);
  const again = deletionsIn(sent).slice(1);
  expect(again).toHaveLength(3);
  for (const each of again) expect(bodyOf(each)).toEqual({ ids: [uuid(1)] });
  expect(await newest(log)).toMatchObject({
    state: 'failed',
    verification: { left_slice: 1, still_there: 1 },
  });
});

test('A reader with a slice is told of persons outside of it as of persons who are gone', async () => {
  const { has, events } = world(uuids(5));
  const { stub, log } = freshLog();
  const asked = { kind: 'uuids', ids: uuids(5) } as const;
  const created_at = new Date(NOW + 1000).toISOString();
  events.push({ person_uuid: uuid(0), created_at, status: 'pending' });
  const made = sliced(asked, uuids(5), { slices: [ACME] });
  await log.carryOut({ ...made, deletion: bulk(uuids(5), { delete_events: true }) });
  const person = (n: number, at: string, tenant: string) =>
    has.set(uuid(n), { uuid: uuid(n), created_at: at, properties: { tenant_id: tenant } });
  person(0, EARLIER, 'globex');
  person(1, created_at, 'globex');
  person(2, created_at, 'acme');
  await ring(stub, NOW + MINUTE);
  const { id } = await newest(log);
  const view = {
    kind: 'tenant',
    registration: REGISTRATION,
    slices: [ACME],
    distinctIdsHidden: false,
  } as const;
  const seenBy = async (slices: readonly Slice[]) => {
    const entry = await log.get(id, { ...view, slices });
    const listed = (await log.list({ limit: 1, before: null }, { ...view, slices })).rows[0];
    expect(listed?.verification).toEqual(entry?.verification);
    return entry?.verification;
  };
  expect(await seenBy([])).toMatchObject({ gone: 2, reappeared: 2, left_slice: 1, still_there: 0 });
  expect(await seenBy([ACME])).toMatchObject({ gone: 4, reappeared: 1, left_slice: null, still_there: 0 });
  person(3, EARLIER, 'globex');
  person(4, EARLIER, 'acme');
  await ringOut(stub);
  expect(await seenBy([])).toMatchObject({ gone: 0, reappeared: 4, left_slice: 1, still_there: 0 });
  expect(await seenBy([ACME])).toMatchObject({ gone: 3, reappeared: 2, left_slice: null, still_there: 0 });
});

test('One person is looked for by the number or UUID it was named by', async () => {
  const { sent } = world([uuid(7)]);
  const { stub, log } = freshLog('A');
  await log.carryOut(order(single('persons_destroy')));
  await ringOut(stub);
  expect(sent.map(({ url, init }) => [init.method, new URL(url).pathname])).toEqual([
    ['DELETE', `/api/projects/1/persons/${uuid(7)}/`],
    ['GET', `/api/projects/1/persons/${uuid(7)}/`],
  ]);
  expect(await newest(log)).toMatchObject({ state: 'done', verification: { gone: 1 } });
});

test('A PostHog without a batch look-up is asked for fifty persons, and the others are called not checked', async () => {
  const { sent } = world(uuids(60));
  const { stub, log } = freshLog('A');
  await log.carryOut(order(bulk(uuids(60))));
  await ringOut(stub);
  expect(sent).toHaveLength(51);
  expect(await newest(log)).toMatchObject({ state: 'done', verification: { gone: 50, not_checked: 10 } });
});

test('Events that PostHog has yet to delete are looked for once more, and persons that came back by then are seen', async () => {
  const { events, has } = world(uuids(3));
  const { stub, log } = freshLog();
  const created_at = new Date(NOW).toISOString();
  events.push(
    { person_uuid: uuid(0), created_at, status: 'pending' },
    { person_uuid: uuid(1), created_at: EARLIER, status: 'completed' },
  );
  await log.carryOut(order(bulk(uuids(3), { delete_events: true })));
  await ring(stub, NOW + MINUTE);
  expect(await newest(log)).toMatchObject({
    state: 'settling',
    verification: { gone: 3, events_completed: 0, events_pending: 1, events_not_queued: 2 },
  });
  events[0] = { ...events[0], status: 'completed' };
  has.set(uuid(2), { uuid: uuid(2), created_at: EARLIER, properties: {} });
  expect(await ringOut(stub)).toBe(HOUR);
  expect(await newest(log)).toMatchObject({
    state: 'done',
    verification: { gone: 2, reappeared: 1, events_completed: 1, events_pending: 0, events_not_queued: 2 },
  });
});

test('Events that stay pending end the deletion after a week, and are called pending', async () => {
  const { events } = world(uuids(1));
  const { stub, log } = freshLog();
  events.push({ person_uuid: uuid(0), created_at: new Date(NOW).toISOString(), status: 'pending' });
  await log.carryOut(order(bulk(uuids(1), { delete_events: true })));
  expect(await ringOut(stub)).toBe(7 * DAY);
  expect(await newest(log)).toMatchObject({ state: 'done', verification: { gone: 1, events_pending: 1 } });
});

test.each([
  ['is not there to be asked', lost],
  ['does not let the gateway look', answer(403, {})],
] as const)(
  'A deletion ends as undecided where PostHog %s for seven days, and its persons are called unknown',
  async (_, refusal) => {
    const { look } = world(uuids(2));
    posthog(look, refusal);
    const { stub, log } = freshLog();
    await log.carryOut(order(bulk(uuids(2))));
    expect(await ringOut(stub, 300)).toBeGreaterThan(7 * DAY);
    expect(await newest(log)).toMatchObject({
      state: 'failed',
      reason: 'undecided',
      verification: { gone: 0, unknown: 2 },
    });
  },
);

test('A deletion of many persons is looked for at sixty calls a minute, each person once', async () => {
  const { sent } = world(uuids(5000));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(5000))));
  await ring(stub, NOW + MINUTE);
  expect(sent).toHaveLength(5 + 10);
  expect(await alarmOf(stub)).toBe(NOW + MINUTE + 10_000);
  await ringOut(stub);
  expect(sent).toHaveLength(5 + 25);
  expect(await newest(log)).toMatchObject({ state: 'done', verification: { gone: 5000 } });
});

test('No statement changes, removes or replaces a row of a look', async () => {
  const { events } = world(uuids(1));
  const { stub, log } = freshLog();
  events.push({ person_uuid: uuid(0), created_at: EARLIER, status: 'completed' });
  await log.carryOut(order(bulk(uuids(1), { delete_events: true })));
  await ringOut(stub);
  const tables = ['looks', 'event_looks'];
  const before = await Promise.all(tables.map((table) => rowsOf(stub, table)));
  expect(before.map((rows) => rows.length)).toEqual([2, 1]);
  for (const statement of overwrites(tables)) expect(await errorOf(stub, statement)).toMatch(/append-only/);
  expect(await Promise.all(tables.map((table) => rowsOf(stub, table)))).toEqual(before);
});

test('A deletion that another PostHog would have to be asked about for seven days ends as undecided', async () => {
  world(uuids(2), () => false);
  const { stub, log } = freshLog('C');
  await log.carryOut(order(bulk(uuids(2))));
  await ring(stub, NOW + 10_000);
  await reconfigure(stub, { POSTHOG_HOST: 'https://elsewhere.test' });
  expect(await ringOut(stub, 300)).toBeGreaterThan(7 * DAY);
  expect(await newest(log)).toMatchObject({ state: 'failed', reason: 'undecided', next_attempt_at: null });
});
