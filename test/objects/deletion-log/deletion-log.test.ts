import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { Actor, DeletionId, ProjectId } from '../../../src/core/ids.ts';
import { digestOf } from '../../../src/objects/deletion-log/digest.ts';
import { deletionIdOf, instantOf, nextNumber, numberOf } from '../../../src/objects/deletion-log/id.ts';
import {
  alarmOf,
  callTokens,
  answer,
  bodyOf,
  brokenOff,
  bulk,
  countWrites,
  freshLog,
  held,
  KEY,
  lost,
  newest,
  notFound,
  NOW,
  order,
  ORIGIN,
  posthog,
  rowsOf,
  sameLog,
  setTime,
  silent,
  single,
  tokenId,
  uuid,
  uuids,
  type Answer,
  OPERATOR,
  REGISTRATION,
  test,
  errorOf,
  overwrites,
} from '../../support/objects/deletion-log.ts';

const SUMMARY_B = {
  persons_found: 2,
  persons_deleted: 2,
  events_queued_for_deletion: true,
  recordings_queued_for_deletion: false,
  deletion_errors: [],
};

test('An intent is written down before PostHog hears of the deletion, and the outcome after', async () => {
  const { stub, log } = freshLog();
  const sql = await runInDurableObject(stub, (_, { storage }) => storage.sql);
  const count = (table: string) => sql.exec(`SELECT count(*) AS n FROM ${table}`).one()['n'];
  const seen: unknown[] = [];
  posthog(() => {
    seen.push(count('intents'), count('attempts'), count('outcomes'), count('open'));
    return new Response(null, { status: 202 });
  });

  await log.carryOut(order(bulk(uuids(2))));

  expect(seen).toEqual([1, 1, 0, 1]);
  expect(await rowsOf(stub, 'outcomes')).toHaveLength(1);
});

test('PostHog is sent the deletion as it was decided, without flags that are off', async () => {
  const sent = posthog(answer(202));
  const { log } = freshLog();
  await log.carryOut(order(bulk(uuids(2), { delete_events: true })));
  expect(sent).toHaveLength(1);
  expect(sent[0]?.url).toBe(`${ORIGIN}/api/projects/1/persons/bulk_delete/`);
  expect(sent[0]?.init).toMatchObject({ method: 'POST', redirect: 'manual' });
  expect(bodyOf(sent[0])).toEqual({ ids: uuids(2), delete_events: true });
});

test('An entry says who asked for what, and what PostHog made of it', async () => {
  posthog(answer(202, SUMMARY_B));
  const { stub, log } = freshLog();
  await callTokens(stub, ['backend', null, 'page']);
  const asked = order(
    {
      operation: 'persons_bulk_delete',
      projectId: ProjectId.parse(12),
      target: { kind: 'distinct_ids', ids: ['ada', 'ada', 'bob'] },
      flags: { delete_events: true, delete_recordings: false, keep_person: false },
    },
    { token: tokenId('c'), ancestors: [tokenId('a'), tokenId('b')], actor: Actor.parse('TICKET-7') },
  );
  const carried = await log.carryOut(asked);
  expect(carried.ok && carried.value.interpretation).toEqual({
    kind: 'success',
    status: 202,
    text: JSON.stringify(SUMMARY_B),
    json: SUMMARY_B,
  });
  const entry = await newest(log);
  expect(entry).toEqual({
    id: carried.ok && carried.value.entry,
    state: 'settling',
    reason: null,
    note: null,
    chunks: { total: 1, accepted: 1, unknown: 0 },
    operation: 'persons_bulk_delete',
    generation: 'B',
    project_id: 12,
    tenant: 'acme',
    registration: REGISTRATION,
    token: tokenId('c'),
    token_name: 'page',
    actor: 'TICKET-7',
    ancestor_names: ['backend', null],
    minted_by: null,
    ids_replaced_at: null,
    awaits_approval: false,
    ancestors: [tokenId('a'), tokenId('b')],
    request_id: asked.requestId,
    target: 'distinct_ids',
    asked: 2,
    in_slice: null,
    sent: 2,
    delete_events: true,
    delete_recordings: false,
    keep_person: false,
    digest: await digestOf(['ada', 'bob']),
    intended_at: '2031-05-01T12:00:00.000Z',
    attempts: 1,
    last_attempt_at: '2031-05-01T12:00:00.000Z',
    next_attempt_at: '2031-05-01T12:00:30.000Z',
    last_problem: null,
    left_slice: null,
    not_deleted: null,
    verification: {
      last_look_at: null,
      gone: 0,
      still_there: 0,
      reappeared: 0,
      left_slice: 0,
      not_checked: 0,
      unknown: 2,
      events_completed: null,
      events_pending: null,
      events_not_queued: null,
      events_unknown: null,
    },
    outcome: {
      status: 202,
      persons_found: 2,
      persons_deleted: 2,
      persons_queued_for_deletion: null,
      events_queued_for_deletion: true,
      recordings_queued_for_deletion: false,
      deletion_errors: 0,
      settled_at: '2031-05-01T12:00:00.000Z',
      duration_ms: 0,
    },
  });
  expect(await log.get(entry.id, OPERATOR)).toEqual({
    ...entry,
    progress: {
      asked: 2,
      in_slice: null,
      found: 2,
      sent: 2,
      confirmed: 2,
      failed: 0,
      persons_per_minute: null,
      seconds_left: null,
    },
    ids: ['ada', 'ada', 'bob'],
    sent_ids: ['ada', 'ada', 'bob'],
    left_slice_ids: null,
  });
});

test.each<[string, Answer, Record<string, unknown>]>([
  ['nothing, as generation A does', answer(202), { persons_found: null, persons_deleted: null }],
  ['a summary, as generation B does', answer(202, SUMMARY_B), { persons_found: 2, persons_deleted: 2 }],
  [
    'a summary of queued work, as generation C does',
    answer(202, { ...SUMMARY_B, persons_deleted: 0, persons_queued_for_deletion: 2 }),
    { persons_found: 2, persons_queued_for_deletion: 2, persons_deleted: 0, deletion_errors: 0 },
  ],
])('A deletion that PostHog answers with %s is accepted', async (_, given, outcome) => {
  posthog(given);
  const { log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  expect(await newest(log)).toMatchObject({ state: 'settling', outcome: { status: 202, ...outcome } });
});

test.each<[string, Answer, number]>([
  ['a wrong request', answer(400, { type: 'validation_error', code: 'invalid_input' }), 400],
  ['a wrong key', answer(401, {}), 401],
  ['a key without the scope', answer(403, { code: 'permission_denied' }), 403],
  ['an unknown person', notFound, 404],
  ['an endpoint PostHog no longer has', answer(405, {}), 405],
  ['a used up rate limit', answer(429, {}, { 'retry-after': '30' }), 429],
  ['a redirect', answer(302, null, { location: 'https://elsewhere.example' }), 302],
  ['a refusal in HTML', answer(403, '<html>'), 403],
])('A first attempt that meets %s is refused: nothing was deleted', async (_, given, status) => {
  const sent = posthog(given);
  const { log } = freshLog();
  await log.carryOut(order(single('persons_destroy')));
  expect(await newest(log)).toMatchObject({
    state: 'failed',
    attempts: 1,
    next_attempt_at: null,
    outcome: { status, persons_found: null },
  });
  expect(sent).toHaveLength(1);
});

test.each<[string, Answer, string]>([
  ['a failure of PostHog', answer(500, { type: 'server_error' }), 'upstream_error'],
  ['a failing proxy', answer(502, '<html>'), 'upstream_error'],
  ['a proxy that lost patience', answer(408, {}), 'upstream_error'],
  ['a body that is no summary', answer(202, { maintenance: true }), 'upstream_reply_invalid'],
  ['a status that PostHog does not use', answer(200, SUMMARY_B), 'upstream_reply_invalid'],
  ['a lost connection', lost, 'upstream_unreachable'],
  ['silence', silent, 'upstream_timeout'],
  ['a body that breaks off', brokenOff, 'upstream_unreachable'],
  ['a cut JSON text', answer(202, '{"persons_found": 2, "pers'), 'upstream_reply_invalid'],
  ['a page in HTML', answer(200, '<html>Welcome</html>'), 'upstream_reply_invalid'],
  ['JSON of somebody else', answer(200, '"OK"'), 'upstream_reply_invalid'],
  ['a body without end', answer(202, 'x'.repeat(300_000)), 'upstream_reply_too_large'],
])(
  'A first attempt that meets %s leaves the entry unknown, visible and due again',
  async (_, given, problem) => {
    posthog(given);
    const { stub, log } = freshLog();
    const carried = await log.carryOut(order(bulk(uuids(2))));
    expect(carried.ok && carried.value.interpretation.kind).not.toBe('success');
    expect(await newest(log)).toMatchObject({
      state: 'sending',
      attempts: 1,
      last_problem: problem,
      next_attempt_at: '2031-05-01T12:00:10.000Z',
      outcome: null,
    });
    expect(await alarmOf(stub)).toBe(NOW + 10_000);
  },
);

test('A caller that hangs up does not stop a deletion', async () => {
  const { hold, arrived, release } = held(answer(202, SUMMARY_B));
  posthog(hold);
  const { stub, log } = freshLog();
  const kept = await runInDurableObject(stub, (_, ctx) => vi.spyOn(ctx, 'waitUntil'));
  const call = log.carryOut(order(bulk(uuids(2))));
  await arrived();
  (call as unknown as Disposable)[Symbol.dispose]();
  // Here the runtime lets every call end in peace. Deployed, what nothing waits for ends with its caller.
  expect(kept).toHaveBeenCalledOnce();
  expect(await newest(log)).toMatchObject({ state: 'sending', attempts: 1 });
  release();
  await vi.waitFor(async () => expect((await newest(log)).state).toBe('settling'));
});

test('An object that dies while PostHog works knows afterwards what it had begun', async () => {
  const { hold, arrived, release } = held(answer(202));
  posthog(hold);
  const dead = freshLog();
  const call = dead.log.carryOut(order(bulk(uuids(2)))).catch(() => 'died');
  await arrived();
  await abortAllDurableObjects();
  expect(await call).toBe('died');
  release();
  const { stub, log } = sameLog(dead.stub);
  expect(await newest(log)).toMatchObject({ state: 'sending', attempts: 1, asked: 2 });
  expect(await alarmOf(stub)).toBe(NOW + 15_100);
});

test('An evicted log has forgotten nothing', async () => {
  posthog(answer(202));
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(1000))));
  const before = await newest(log);
  await evictDurableObject(stub);
  expect(await newest(log)).toEqual(before);
});

test('No statement changes or removes what was written, not even from inside', async () => {
  const half = answer(202, { ...SUMMARY_B, deletion_errors: [{ person_uuid: uuid(1) }] });
  posthog(answer(202), half);
  const { stub, log } = freshLog();
  await log.carryOut(order(bulk(uuids(2))));
  setTime(NOW - 1000);
  await log.carryOut(order(bulk(uuids(2))));
  const tables = ['intents', 'attempts', 'lapses', 'outcomes', 'remainders', 'clock_readings'];
  const before = await Promise.all(tables.map((table) => rowsOf(stub, table)));
  expect(before.map((rows) => rows.length)).toEqual([2, 2, 1, 1, 1, 1]);

  const attacks = [
    ...overwrites(tables),
    "UPDATE intents SET ids = '[]'",
    'UPDATE intents SET origin = NULL',
    "UPDATE outcomes SET state = 'refused'",
    'DELETE FROM registrations',
    'UPDATE registrations SET since = since + 1',
    'DELETE FROM open',
    'UPDATE open SET entry = entry + 1',
  ];
  for (const attack of attacks) {
    expect(await errorOf(stub, attack), attack).toMatch(/append-only|stays open/);
  }
  expect(await Promise.all(tables.map((table) => rowsOf(stub, table)))).toEqual(before);
});

test('The pages of the log give the newest first and every entry once, while entries are added', async () => {
  posthog(answer(202));
  const { log } = freshLog();
  const add = async () => {
    const carried = await log.carryOut(order(bulk(uuids(1))));
    if (!carried.ok) throw new Error(carried.failure.code);
    return carried.value.entry;
  };
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.push(await add());

  const first = await log.list({ limit: 2, before: null }, OPERATOR);
  await add();
  const second = await log.list({ limit: 2, before: first.next }, OPERATOR);
  await add();
  const third = await log.list({ limit: 2, before: second.next }, OPERATOR);

  const listed = [first, second, third].flatMap((page) => page.rows.map((row) => row.id));
  expect(listed).toEqual(ids.toReversed());
  expect(third.next).toBeNull();
  expect(first.rows[0]).not.toHaveProperty('ids');
});

test('An entry has all its thousand ids in the order they were asked for', async () => {
  posthog(answer(202));
  const { log } = freshLog();
  const ids = uuids(1000).toReversed();
  await log.carryOut(order(bulk(ids)));
  const { id } = await newest(log);
  expect((await log.get(id, OPERATOR))?.ids).toEqual(ids);
});

test('An id that no entry has finds nothing, even with the number of one', async () => {
  posthog(answer(202));
  const { log } = freshLog();
  await log.carryOut(order(bulk(uuids(1))));
  const { id } = await newest(log);
  const forged = deletionIdOf(numberOf(id), (bytes) => new Uint8Array(bytes));
  expect(forged).not.toBe(id);
  expect(await log.get(forged, OPERATOR)).toBeNull();
  expect(await log.get(DeletionId.parse(`del_${'_'.repeat(21)}w`), OPERATOR)).toBeNull();
});

test('An entry has a number of its own even where the clock stands still or goes back', () => {
  const number = nextNumber(null, NOW);
  expect(instantOf(number)).toBe(NOW);
  expect(nextNumber(number, NOW)).toBe(number + 1);
  expect(nextNumber(number, NOW - 5000)).toBe(number + 1);
  expect(numberOf(deletionIdOf(number, (bytes) => crypto.getRandomValues(new Uint8Array(bytes))))).toBe(
    number,
  );
});

test('A deletion that goes well writes nine rows until it is accepted, however many persons it names, and the first of a registration one more', async () => {
  posthog(answer(202, { ...SUMMARY_B, persons_found: 1000 }));
  const { stub, log } = freshLog();
  const written = await countWrites(stub);
  await log.carryOut(order(bulk(uuids(1000))));
  expect(written).toEqual({ rows: 10, alarms: 1 });
  await log.carryOut(order(bulk(uuids(1000))));
  expect(written).toEqual({ rows: 19, alarms: 1 });
});

test('The key and the host are in no answer, and of the host only where an entry is meant for is stored', async () => {
  const escaped = KEY.split('')
    .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
  const { host } = new URL(ORIGIN);
  posthog(
    answer(202, { ...SUMMARY_B, note: `sent with ${KEY}` }),
    answer(202, `${JSON.stringify(SUMMARY_B).slice(0, -1)}, "note": "${escaped}"}`),
    answer(400, { type: 'validation_error', code: 'x', detail: `${KEY} at ${host}`, [KEY]: KEY }),
    answer(400, `{"detail": "${escaped}"}`),
    answer(500, KEY),
    answer(202, KEY),
  );
  const { stub, log } = freshLog();
  const answers: unknown[] = [];
  for (let n = 0; n < 6; n += 1) answers.push(await log.carryOut(order(bulk(uuids(1)))));
  answers.push(await log.list({ limit: 10, before: null }, OPERATOR));
  for (const table of ['attempts', 'lapses', 'outcomes']) answers.push(await rowsOf(stub, table));
  for (const { origin, ...intent } of await rowsOf(stub, 'intents')) {
    expect(origin).toBe(ORIGIN);
    answers.push(intent);
  }
  const text = JSON.stringify(answers);
  for (const form of [KEY, JSON.stringify(KEY).slice(1, -1), encodeURIComponent(KEY), escaped, host]) {
    expect(text).not.toContain(form);
    expect(text).not.toContain(JSON.stringify(form).slice(1, -1));
  }
});

test('A digest is that of the sorted lines, as sort and sha256sum make it', async () => {
  // printf 'a\tb\na\nab\n\xee\x80\x80\n\xf0\x9f\x98\x80\n' | LC_ALL=C sort -u | sha256sum
  const ids = ['\u{1F600}', '\uE000', 'ab', 'a', 'a\tb'];
  expect(await digestOf(ids)).toBe('sha256:7b903bb582e3f7f9480a50956c2beebd96ece66564541f35e0ec3333975dd0d7');
  expect(await digestOf([...ids, 'a'].toReversed())).toBe(await digestOf(ids));
});

test('Two lists never share a digest by what their ids hold', async () => {
  const lists = [
    ['a\nb', 'c'],
    ['a', 'b\nc'],
    ['a', 'b', 'c'],
    ['a\\nb', 'c'],
    ['a\\\nb', 'c'],
  ];
  const digests = await Promise.all(lists.map((ids) => digestOf(ids)));
  expect(new Set(digests).size).toBe(lists.length);
});
