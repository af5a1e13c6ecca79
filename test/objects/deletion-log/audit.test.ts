/** What an auditor finds in the log: who asked, what was refused, and whom it was about, as far as a reader may know. */
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect } from 'vitest';
import { Actor, type DeletionId } from '../../../src/core/ids.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import type { LogFilter, LogPage, LogView } from '../../../src/objects/deletion-log/deletion-log.ts';
import {
  ACME,
  alarmOf,
  answer,
  bulk,
  callTokens,
  DAY,
  errorOf,
  freshLog,
  HOUR,
  newest,
  NOW,
  OPERATOR,
  order,
  overwrites,
  posthog,
  reconfigure,
  register,
  REGISTRATION,
  registrationId,
  ring,
  rowsOf,
  setTime,
  sliced,
  SUMMARY,
  test,
  tokenId,
  uuid,
  uuids,
  type Stub,
} from '../../support/objects/deletion-log.ts';

type Log = ReturnType<typeof freshLog>['log'];

const tenantView = (changes: Partial<Extract<LogView, { kind: 'tenant' }>> = {}): LogView => ({
  kind: 'tenant',
  registration: REGISTRATION,
  slices: [],
  distinctIdsHidden: false,
  ...changes,
});

/** All pages of a search, with pages of one row. */
async function search(
  log: Log,
  filter: LogFilter,
  view: LogView = OPERATOR,
  direction: LogPage['order'] = 'newest',
): Promise<DeletionId[]> {
  const found: DeletionId[] = [];
  let before: string | null = null;
  do {
    const page: Awaited<ReturnType<Log['list']>> = await log.list(
      { limit: 1, before, order: direction, filter },
      view,
    );
    found.push(...page.rows.map(({ id }) => id));
    before = page.next;
  } while (before !== null);
  return found;
}

async function deleted(log: Log, asked: Parameters<Log['carryOut']>[0]): Promise<DeletionId> {
  const carried = await log.carryOut(asked);
  if (!carried.ok) throw new Error(carried.failure.code);
  return carried.value.entry;
}

describe('Who asked', () => {
  test('A name and an actor stay in the log, one row for each token however often it deletes', async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    await callTokens(stub, ['backend', 'page']);
    const by = { token: tokenId('b'), ancestors: [tokenId('a')], actor: Actor.parse('zoe@acme.test') };
    for (const n of [1, 2, 3]) await deleted(log, order(bulk([uuid(n)]), by));
    await callTokens(stub, [null, null]);
    await deleted(log, order(bulk([uuid(4)]), by));
    expect(await newest(log)).toMatchObject({
      token_name: 'page',
      ancestor_names: ['backend'],
      actor: 'zoe@acme.test',
    });
    expect(await rowsOf(stub, 'token_names')).toHaveLength(2);
    expect(await rowsOf(stub, 'token_actors')).toHaveLength(1);
  });

  test('A token that nobody named has null for its name, and none for its actor', async () => {
    posthog(answer(202, SUMMARY));
    const { log } = freshLog();
    await deleted(log, order(bulk([uuid(1)])));
    expect(await newest(log)).toMatchObject({ token_name: null, ancestor_names: [], actor: null });
  });
});

describe('Filters', () => {
  test('Each filter shows the entries that match, in either order, a page of one row at a time', async () => {
    posthog(answer(202, SUMMARY));
    const { log } = freshLog();
    const made: DeletionId[] = [];
    for (const n of [0, 1, 2, 3]) {
      setTime(NOW + n * HOUR);
      const by = n % 2 === 0 ? {} : { token: tokenId('c'), ancestors: [tokenId('b')] };
      made.push(await deleted(log, order(bulk([uuid(1), uuid(10 + n)]), by)));
    }
    const [first, second, third, fourth] = made;
    expect(await search(log, {})).toEqual([fourth, third, second, first]);
    expect(await search(log, {}, OPERATOR, 'oldest')).toEqual(made);
    expect(await search(log, { from: NOW + HOUR, to: NOW + 3 * HOUR })).toEqual([third, second]);
    expect(await search(log, { token: tokenId('c') })).toEqual([fourth, second]);
    expect(await search(log, { token: tokenId('b') }, OPERATOR, 'oldest')).toEqual([second, fourth]);
    expect(await search(log, { token: tokenId('x') })).toEqual([]);
    expect(await search(log, { state: 'settling' })).toEqual(made.toReversed());
    expect(await search(log, { state: 'nobody' })).toEqual([]);
    const { request_id: requestId } = await newest(log);
    expect(await search(log, { requestId })).toEqual([fourth]);
    expect(await search(log, { person: { kind: 'uuid', id: uuid(1) } })).toEqual(made.toReversed());
    expect(await search(log, { person: { kind: 'uuid', id: uuid(12) } })).toEqual([third]);
    expect(await search(log, { person: { kind: 'uuid', id: uuid(12) }, token: tokenId('b') })).toEqual([]);
  });

  test('A deletion of many chunks is found by any of its ids', async () => {
    posthog(answer(202, SUMMARY));
    const { log } = freshLog();
    await log.create(order(bulk(uuids(2500))));
    const { id } = await newest(log);
    expect(await search(log, { person: { kind: 'uuid', id: uuid(2499) } })).toEqual([id]);
    expect(await search(log, { person: { kind: 'uuid', id: uuid(2500) } })).toEqual([]);
  });

  test('A distinct id is found as it was named, exactly, and by the deletion of a person of a slice who had it', async () => {
    posthog(answer(202, SUMMARY));
    const { log } = freshLog();
    const named = await deleted(
      log,
      order({ ...bulk([]), target: { kind: 'distinct_ids', ids: ['x","ada', 'Bob'] } }),
    );
    const had = await deleted(
      log,
      sliced({ kind: 'uuids', ids: [uuid(1)] }, [uuid(1)], { distinctIds: ['ada'] }),
    );
    const find = (id: string) => search(log, { person: { kind: 'distinct_id', id } });
    expect(await find('ada')).toEqual([had]);
    expect(await find('Bob')).toEqual([named]);
    expect(await find('bob')).toEqual([]);
    expect(await find('x","ada')).toEqual([named]);
  });

  test('An entry made between two pages changes neither: each entry comes once', async () => {
    posthog(answer(202, SUMMARY));
    const { log } = freshLog();
    const made = [];
    for (const n of [0, 1, 2]) made.push(await deleted(log, order(bulk([uuid(n)]))));
    const first = await log.list({ limit: 2, before: null }, OPERATOR);
    const late = await deleted(log, order(bulk([uuid(9)])));
    const second = await log.list({ limit: 2, before: first.next }, OPERATOR);
    expect([...first.rows, ...second.rows].map(({ id }) => id)).toEqual(made.toReversed());
    expect(second.next).toBeNull();
    expect(await search(log, {}, OPERATOR, 'oldest')).toEqual([...made, late]);
  });

  test('No filter shows a reader what the list does not show: entries of other slices, registrations or by distinct id', async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    const own = await deleted(log, sliced({ kind: 'uuids', ids: [uuid(1)] }, [uuid(1)]));
    await deleted(log, order(bulk([uuid(1)])));
    await deleted(log, sliced({ kind: 'distinct_ids', ids: ['ada'] }, [uuid(1)], { distinctIds: ['ada'] }));
    const next = registrationId('n');
    await register(stub, next);
    await deleted(log, sliced({ kind: 'uuids', ids: [uuid(1)] }, [uuid(1)], {}, { registration: next }));
    const view = tenantView({ slices: [ACME], distinctIdsHidden: true });
    for (const filter of [
      {},
      { state: 'settling' as const },
      { token: tokenId('a') },
      { from: 0 },
      { person: { kind: 'uuid' as const, id: uuid(1) } },
    ])
      expect(await search(log, filter, view)).toEqual([own]);
    expect(await search(log, { person: { kind: 'distinct_id', id: 'ada' } }, view)).toEqual([]);
  });

  test('A person that was found outside the slice is found by no reader, as one that nobody knows', async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    await deleted(log, sliced({ kind: 'uuids', ids: [uuid(1)] }, [uuid(1)]));
    await runInDurableObject(stub, (_, { storage }) =>
      storage.sql
        .exec(
          `INSERT INTO rechecks SELECT entry, 0, 1, ?, 1, ?, NULL FROM intents`,
          NOW,
          JSON.stringify([uuid(5)]),
        )
        .toArray(),
    );
    const view = tenantView({ slices: [ACME] });
    for (const one of [uuid(5), uuid(6)])
      expect(
        await log.list({ limit: 10, before: null, filter: { person: { kind: 'uuid', id: one } } }, view),
      ).toEqual({
        rows: [],
        next: null,
      });
  });
});

describe('Refusals', () => {
  const budgets = [{ holder: 'tenant', persons_per_day: 2 }] as const;
  const ALL: LogPage = { limit: 1000, before: null };

  test('A refused deletion is kept with who asked, spends nothing, and is no entry', async () => {
    const sent = posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    await callTokens(stub, ['backend']);
    const refused = await log.carryOut(
      order(bulk(uuids(3), { delete_events: true }), { budgets, actor: Actor.parse('T-1') }),
    );
    expect(refused).toMatchObject({ ok: false, failure: { code: 'deletion_exceeds_budget' } });
    expect(await log.list({ limit: 10, before: null }, OPERATOR)).toEqual({ rows: [], next: null });
    expect(await log.refusals(ALL, OPERATOR)).toEqual({
      rows: [
        {
          code: 'deletion_exceeds_budget',
          refused_at: new Date(NOW).toISOString(),
          tenant: 'acme',
          registration: REGISTRATION,
          token: tokenId('a'),
          token_name: 'backend',
          actor: 'T-1',
          ancestors: [],
          ancestor_names: [],
          request_id: expect.stringMatching(/^req_/) as string,
          operation: 'persons_bulk_delete',
          project_id: 1,
          target: 'uuids',
          asked: 3,
          delete_events: true,
          delete_recordings: false,
          keep_person: false,
        },
      ],
      next: null,
      leftOut: [],
    });
    expect(sent).toEqual([]);
    expect(JSON.stringify(await rowsOf(stub, 'refusals'))).not.toContain(uuid(0));
    expect((await log.carryOut(order(bulk(uuids(2)), { budgets }))).ok).toBe(true);
  });

  test('A client in a loop fills no storage: a bounded number of a day is kept, and the rest is counted', async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    const asked = order(bulk(uuids(3)), { budgets });
    for (let n = 0; n < LIMITS.refusalsPerDayMax + 5; n += 1) await log.carryOut(asked);
    expect(await rowsOf(stub, 'refusals')).toHaveLength(LIMITS.refusalsPerDayMax);
    expect((await log.refusals({ ...ALL, limit: 1 }, OPERATOR)).leftOut).toEqual([
      { day: '2031-05-01', count: 5 },
    ]);
    expect((await log.refusals({ ...ALL, limit: 1 }, tenantView())).leftOut).toEqual([]);
    setTime(NOW + DAY);
    await log.carryOut(asked);
    expect(await rowsOf(stub, 'refusals')).toHaveLength(LIMITS.refusalsPerDayMax + 1);
  });

  test('A reader is shown refusals of its registration and its slices, and none by distinct id where these are hidden', async () => {
    posthog(answer(202, SUMMARY));
    const { log } = freshLog();
    const limits = { budgets: [{ holder: 'tenant', persons_per_day: 0 }] } as const;
    await log.carryOut(order(bulk([uuid(1)]), limits));
    await log.carryOut(sliced({ kind: 'uuids', ids: [uuid(1)] }, [uuid(1)], {}, limits));
    await log.carryOut(sliced({ kind: 'distinct_ids', ids: ['ada'] }, [uuid(1)], {}, limits));
    const count = async (view: LogView) => (await log.refusals(ALL, view)).rows.length;
    expect(await count(OPERATOR)).toBe(3);
    expect(await count(tenantView())).toBe(3);
    expect(await count(tenantView({ slices: [ACME] }))).toBe(2);
    expect(await count(tenantView({ slices: [ACME], distinctIdsHidden: true }))).toBe(1);
    expect(await count(tenantView({ registration: registrationId('n') }))).toBe(0);
  });

  test('Refusals page in either order, each once', async () => {
    posthog(answer(202, SUMMARY));
    const { log } = freshLog();
    for (const letter of ['a', 'b', 'c'])
      await log.carryOut(order(bulk(uuids(3)), { budgets, token: tokenId(letter) }));
    for (const direction of ['newest', 'oldest'] as const) {
      const seen: string[] = [];
      for (let before: string | null = null, more = true; more;) {
        const page: Awaited<ReturnType<Log['refusals']>> = await log.refusals(
          { limit: 1, before, order: direction },
          OPERATOR,
        );
        seen.push(...page.rows.map(({ token }) => token));
        before = page.next;
        more = before !== null;
      }
      const inOrder = ['a', 'b', 'c'].map((letter) => tokenId(letter));
      expect(seen).toEqual(direction === 'oldest' ? inOrder : inOrder.toReversed());
    }
  });
});

/** Every row that may hold ids. */
const idsIn = async (stub: Stub): Promise<string> =>
  JSON.stringify(
    await Promise.all(
      ['intents', 'resolutions', 'remainders', 'chunks', 'rechecks', 'looks', 'named', 'findings'].map(
        (table) => rowsOf(stub, table),
      ),
    ),
  );

const keptFor = (days: number) => ({ keepIdsDays: days });

describe('How long ids are kept', () => {
  const gone = { results: [] };

  test('Ids are kept for ever where nothing else is said, and no alarm is set for them', async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    await deleted(log, order(bulk([uuid(1)], { keep_person: true })));
    expect(await newest(log)).toMatchObject({ state: 'done', ids_replaced_at: null });
    await ring(stub, NOW + DAY);
    expect(await alarmOf(stub)).toBeNull();
    expect(await rowsOf(stub, 'id_keeping')).toEqual([]);
  });

  test('Ids of a deletion that ended become keyed digests after their days, by the alarm, and a person is still found', async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    const id = await deleted(log, order(bulk([uuid(1), uuid(2)], { keep_person: true }), keptFor(30)));
    const before = await log.get(id, OPERATOR);
    await ring(stub, NOW + 30 * DAY - HOUR);
    expect(await log.get(id, OPERATOR)).toEqual(before);
    await ring(stub, NOW + 30 * DAY + HOUR);
    const after = await log.get(id, OPERATOR);
    expect(after).toMatchObject({ ids_replaced_at: new Date(NOW + 30 * DAY + HOUR).toISOString(), asked: 2 });
    expect(after?.ids?.every((one) => /^h1\.[\w-]{43}$/.test(one))).toBe(true);
    expect(new Set([...(after?.ids ?? []), ...(after?.sent_ids ?? [])]).size).toBe(2);
    expect(after?.digest).toMatch(/^h1\./);
    expect(await idsIn(stub)).not.toContain(uuid(1));
    expect(await search(log, { person: { kind: 'uuid', id: uuid(1) } })).toEqual([id]);
    expect(await search(log, { person: { kind: 'uuid', id: uuid(3) } })).toEqual([]);
  });

  test('A deletion that has not ended keeps its ids, and loses them in time after its end', async () => {
    posthog(answer(500));
    const { stub, log } = freshLog();
    const id = await deleted(log, order(bulk([uuid(1)], { keep_person: true }), keptFor(1)));
    await ring(stub, NOW + 2 * DAY);
    expect(await log.get(id, OPERATOR)).toMatchObject({ state: 'sending', ids: [uuid(1)] });
    posthog(answer(202, SUMMARY));
    await ring(stub, NOW + 3 * DAY);
    expect(await log.get(id, OPERATOR)).toMatchObject({ state: 'done', ids: [uuid(1)] });
    await ring(stub, NOW + 5 * DAY);
    expect(await log.get(id, OPERATOR)).toMatchObject({ ids: [expect.stringMatching(/^h1\./)] });
    expect(await rowsOf(stub, 'ids_kept_longer')).toEqual([]);
  });

  test('A rule that comes later holds for the deletions there were, in every table, and can be taken back', async () => {
    posthog(answer(202, { ...SUMMARY, ...gone }));
    const { stub, log } = freshLog();
    await deleted(log, order(bulk(uuids(1001), { keep_person: true })));
    await log.keepIds(1);
    await log.keepIds(null);
    setTime(NOW + 9 * DAY);
    await log.keepIds(1);
    await ring(stub, NOW + 9 * DAY);
    expect(await newest(log)).toMatchObject({ ids_replaced_at: expect.any(String) as string });
    expect(await idsIn(stub)).not.toMatch(/00000000-0000-4000/);
  });

  test('A distinct id can be reset after its deletion has lost its ids', async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    const asked = sliced(
      { kind: 'distinct_ids', ids: ['ada'] },
      [uuid(1)],
      { distinctIds: ['ada'] },
      keptFor(1),
    );
    await log.carryOut(asked);
    posthog(answer(200, gone));
    for (const hours of [1, 20, 24 * 9, 24 * 10, 24 * 11]) {
      if ((await alarmOf(stub)) !== null) await ring(stub, NOW + hours * HOUR);
    }
    expect(await newest(log)).toMatchObject({ ids_replaced_at: expect.any(String) as string });
    const scope = { projectId: asked.deletion.projectId, slices: [ACME], registration: REGISTRATION };
    expect(await log.deletedDistinctIds(['ada', 'bob'], scope)).toEqual(['ada']);
    await reconfigure(stub, { TOKEN_SIGNING_KEYS: `k2:${'t'.repeat(32)},k1:${'s'.repeat(32)}` });
    expect(await search(log, { person: { kind: 'distinct_id', id: 'ada' } })).toHaveLength(1);
  });

  test('Nothing else of an entry ever changes, before its ids are replaced and after', async () => {
    posthog(answer(202, SUMMARY));
    const { stub, log } = freshLog();
    await deleted(log, order(bulk([uuid(1)], { keep_person: true }), keptFor(1)));
    const statements = [
      ...overwrites(['intents', 'jobs', 'transitions', 'replaced_ids']),
      `UPDATE intents SET token = 'x'`,
      `UPDATE intents SET asked = 7`,
    ];
    const ids = [`UPDATE intents SET ids = '[]'`, `UPDATE intents SET digest = 'x'`];
    for (const statement of [...overwrites(['intents']), ...ids])
      expect(await errorOf(stub, statement), statement).toContain('append-only');
    await ring(stub, NOW + 2 * DAY);
    for (const statement of statements)
      expect(await errorOf(stub, statement), statement).toContain('append-only');
  });
});
