/** Deletes that are asked for twice, deletes that go on by themselves, and what is left of a budget. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, CYD, DOV, seededUuid } from '../../src/sandbox/seed/names.ts';
import { together, until, type Answer } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';

const { get, send, admin, sandbox, tenants } = await startStack();

beforeEach(() => sandbox.reset());

const PERSONS = '/api/projects/1/persons';
const calls = async () => (await sandbox.received()).filter(({ target }) => target.includes('bulk_delete'));
const keyOf = (key: string | null) => (key === null ? {} : { headers: { 'idempotency-key': key } });
const bulk = (token: string, json: object, key: string | null = null): Promise<Answer> =>
  send('POST', `${PERSONS}/bulk_delete/`, { token, json, ...keyOf(key) });
const job = (token: string, json: object, key: string | null = null): Promise<Answer> =>
  send('POST', '/v1/deletions', { token, json, ...keyOf(key) });
const idOf = ({ headers }: Answer): string => headers['hedgerow-deletion'] ?? '';

const SLICE = { slice: { property: 'tenant_id', value: 'acme' } };

describe('Idempotency keys', () => {
  test.each([
    ['the whole project', {}],
    ['a slice', SLICE],
  ])(
    'A delete with a key is carried out once for a grant of %s, and answered as the first time',
    async (_, record) => {
      const { tenant, token } = await tenants.fresh(record);
      for (const [key, ask] of [
        ['"one"', (named: string) => bulk(token, { ids: [ADA.uuid] }, named)],
        ['"two"', (named: string) => send('DELETE', `${PERSONS}/${BEN.uuid}`, { token, ...keyOf(named) })],
      ] as const) {
        const first = await ask(key);
        await sandbox.forget();
        const again = await ask(key);
        expect(first.status).toBe(202);
        expect(first.headers['idempotency-replayed']).toBeUndefined();
        expect(again).toMatchObject({ status: 202, text: first.text });
        expect(again.headers).toMatchObject({
          'idempotency-replayed': 'true',
          'hedgerow-deletion': idOf(first),
          location: first.headers['location'],
        });
        expect(await sandbox.received()).toEqual([]);
      }
      expect(await tenants.log(tenant)).toHaveLength(2);
    },
  );

  test('A job with a key is made once, and by the mirror the same deletion is found', async () => {
    const { tenant, token } = await tenants.fresh();
    const first = await job(token, { ids: [ADA.uuid] }, 'k1');
    const again = await job(token, { ids: [ADA.uuid] }, 'k1');
    expect(again).toMatchObject({ status: 202, json: { id: idOf(first) } });
    expect(idOf(await bulk(token, { ids: [ADA.uuid] }, 'k1'))).toBe(idOf(first));
    expect(await tenants.log(tenant)).toHaveLength(1);
  });

  test.each([
    ['a preview is needed', { preview_over: 0 }],
    ['events may not be deleted any more', { events: false }],
  ])(
    'A request is the same deletion by its key where %s since, and without it is refused',
    async (_, deletes) => {
      for (const record of [{}, SLICE]) {
        await sandbox.reset();
        const { tenant, token } = await tenants.fresh({ ...record, deletes: { events: true } });
        const json = { ids: [ADA.uuid], delete_events: true };
        const other = { ...json, ids: [BEN.uuid] };
        const first = { bulk: await bulk(token, json, 'k1'), job: await job(token, other, 'k2') };
        await until('both were sent', async () => ((await calls()).length === 2 ? true : undefined));
        await admin('PATCH', `/${tenant}`, { deletes });
        await sandbox.forget();
        for (const [again, earlier] of [
          [await bulk(token, json, 'k1'), first.bulk],
          [await job(token, json, 'k1'), first.bulk],
          [await job(token, other, 'k2'), first.job],
        ] as const) {
          expect(again.status).toBe(202);
          expect(again.headers['idempotency-replayed']).toBe('true');
          expect(idOf(again)).toBe(idOf(earlier));
          expect(again.headers['hedgerow-deletion-budget']).toBeDefined();
        }
        expect((await bulk(token, json, 'k1')).text).toBe(first.bulk.text);
        for (const refused of [await job(token, json), await job(token, json, 'k3')])
          expect(refused.status).toBe(403);
        problem(await job(token, other, 'k1'), 'idempotency_key_reused', 'Idempotency-Key');
        const blind = await tenants.derive(token, { scopes: ['person:read'] });
        problem(await job(blind.token, json, 'k1'), 'scope_missing');
        problem(await bulk(blind.token, json, 'k1'), 'scope_missing');
        expect(await calls()).toEqual([]);
        expect(await tenants.log(tenant)).toHaveLength(2);
      }
    },
  );

  test('A token that may not see what an earlier request asked about learns nothing of it by its key', async () => {
    const { tenant, token } = await tenants.fresh({ deletes: { events: true } });
    const filter = { properties: [{ key: 'plan', type: 'person', operator: 'exact', value: 'pro' }] };
    const asked = [
      { filter, delete_events: true },
      { distinct_ids: [ADA.distinctIds[0]], delete_events: true },
    ];
    for (const [n, json] of asked.entries()) expect((await job(token, json, `k${n}`)).status).toBe(202);
    await until('both were sent', async () => ((await calls()).length === 2 ? true : undefined));
    const blind = await tenants.derive(token, {
      deletes: { events: false },
      properties: { hidden: ['plan'], distinct_ids: 'hidden' },
    });
    for (const [n, json] of asked.entries()) {
      const answer = await job(blind.token, json, `k${n}`);
      expect(answer.status).toBe(403);
      expect(idOf(answer)).toBe('');
    }
    expect(await tenants.log(tenant)).toHaveLength(2);
  });

  test('A key that was used with another body is refused with 422, and nothing is sent', async () => {
    const { tenant, token } = await tenants.fresh();
    await bulk(token, { ids: [ADA.uuid] }, 'k');
    await sandbox.forget();
    for (const answer of [
      await bulk(token, { ids: [CYD.uuid] }, 'k'),
      await bulk(token, { ids: [ADA.uuid], delete_events: true }, 'k'),
      await job(token, { ids: [CYD.uuid] }, 'k'),
      await send('DELETE', `${PERSONS}/${CYD.uuid}`, { token, ...keyOf('k') }),
    ]) {
      expect(answer.status).toBe(422);
      problem(answer, 'idempotency_key_reused', 'Idempotency-Key');
    }
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toHaveLength(1);
  });

  test('A header that is no key is refused before anything is sent', async () => {
    const { tenant, token } = await tenants.fresh();
    problem(await bulk(token, { ids: [ADA.uuid] }, '"open'), 'parameter_invalid', 'Idempotency-Key');
    problem(await job(token, { ids: [ADA.uuid] }, 'two words'), 'parameter_invalid', 'Idempotency-Key');
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
  });

  test('Sixty-four callers with one key make one deletion', async () => {
    const { tenant, token } = await tenants.fresh({ rate: { requests_per_minute: 1000, burst: 1000 } });
    const answers = await together(
      Array.from({ length: 64 }, (_, n) => n),
      (n) => (n % 2 === 0 ? bulk : job)(token, { ids: [ADA.uuid, BEN.uuid] }, 'k'),
      64,
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(await tenants.log(tenant)).toHaveLength(1);
    // Where a job came first, the log sends it by itself.
    await until('the deletion was sent', async () =>
      (await tenants.log(tenant))[0]?.state === 'settling' ? true : undefined,
    );
    expect(await calls()).toHaveLength(1);
  });

  test('A deletion of the same persons without a key is carried out and named a likely repeat', async () => {
    const { token } = await tenants.fresh();
    const first = await bulk(token, { ids: [ADA.uuid] });
    expect(first.headers['hedgerow-likely-repeat']).toBeUndefined();
    const again = await bulk(token, { ids: [ADA.uuid] });
    expect(again).toMatchObject({ status: 202, json: { persons_found: 0 } });
    expect(again.headers['hedgerow-likely-repeat']).toBe(idOf(first));
  });
});

describe('Deletes that do not end with their answer', () => {
  test('A single delete that is held says so in its body, with its address', async () => {
    const { token } = await tenants.fresh({ deletes: { hold_seconds: 600 } });
    const answer = await send('DELETE', `${PERSONS}/${ADA.uuid}`, { token });
    expect(answer).toMatchObject({
      status: 202,
      json: { deletion: { id: idOf(answer), state: 'held', location: answer.headers['location'] } },
    });
    expect(await sandbox.received()).toEqual([]);
  });

  test('A delete that PostHog refused for its rate was not carried out, and may be asked for again', async () => {
    await sandbox.fault({ kind: 'status', status: 429 });
    const { token } = await tenants.fresh();
    const answer = await bulk(token, { ids: [ADA.uuid] });
    problem(answer, 'upstream_rate_limited');
    expect(answer.headers['retry-after']).toBeDefined();
    expect((await get(token, answer.headers['location'] ?? '')).json).toMatchObject({ state: 'failed' });
  });
});

describe('What is left of a budget', () => {
  const budget = { deletes: { persons_per_day: 3, events: true } };

  test('A delete, whoami and explain say what is left and when more comes', async () => {
    const { token } = await tenants.fresh(budget);
    const child = await tenants.derive(token, { deletes: { persons_per_day: 2 } });
    expect((await get(child.token, '/v1/whoami')).json).toMatchObject({
      deletion_budgets: [
        { holder: 'tenant', persons_per_day: 3, remaining: 3, more_in_seconds: null },
        { holder: child.id, persons_per_day: 2, remaining: 2, more_in_seconds: null },
      ],
    });
    const answer = await bulk(child.token, { ids: [ADA.uuid, seededUuid(1, 999)] });
    expect(answer.headers['hedgerow-deletion-budget']).toMatch(
      new RegExp(`^"tenant";q=3;r=2;t=86\\d{3}, "${child.id}";q=2;r=1;t=86\\d{3}$`),
    );
    const over = await bulk(child.token, { ids: [BEN.uuid, CYD.uuid] });
    problem(over, 'deletion_budget_exhausted');
    expect(over.headers['hedgerow-deletion-budget']).toContain(`"${child.id}";q=2;r=1;t=86`);
    const path = `${PERSONS}/bulk_delete/`;
    const explain = (ids: readonly string[]) =>
      send('POST', '/v1/explain', { token: child.token, json: { method: 'POST', path, body: { ids } } });
    expect((await explain([BEN.uuid])).json).toMatchObject({
      allowed: true,
      deletion_budgets: [{ remaining: 2 }, { remaining: 1 }],
    });
    expect((await explain([BEN.uuid, CYD.uuid])).json).toMatchObject({
      allowed: false,
      reason: { code: 'deletion_budget_exhausted' },
      deletion_budgets: [{ remaining: 2 }, { remaining: 1 }],
      would_send: null,
    });
    expect((await explain([ADA.uuid, BEN.uuid, CYD.uuid])).json).toMatchObject({
      reason: { code: 'deletion_exceeds_budget' },
    });
    const reader = await tenants.derive(token, { scopes: ['person:read'] });
    expect((await get(reader.token, '/v1/whoami')).json).toMatchObject({ deletion_budgets: null });
  });

  test('A delete that no wait makes fit is 403, and neither written down nor sent', async () => {
    const { tenant, token } = await tenants.fresh(budget);
    const none = await tenants.derive(token, { deletes: { persons_per_day: 0 } });
    const many = { ids: [ADA, BEN, CYD, DOV].map(({ uuid }) => uuid) };
    for (const answer of [
      await bulk(token, many),
      await job(token, many),
      await bulk(none.token, { ids: [ADA.uuid] }),
      await send('DELETE', `${PERSONS}/${ADA.uuid}`, { token: none.token }),
    ]) {
      expect(answer.status).toBe(403);
      problem(answer, 'deletion_exceeds_budget');
      expect(answer.headers['retry-after']).toBeUndefined();
      expect(answer.headers['hedgerow-deletion-budget']).toContain('"tenant";q=3;r=3');
    }
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
  });

  test.each([
    ['PostHog refuses', { kind: 'status', status: 400 }],
    ["the gateway's key lacks a scope", { kind: 'status', status: 403 }],
  ] as const)('A budget is whole again where %s', async (_, fault) => {
    await sandbox.fault(fault);
    const { token } = await tenants.fresh(budget);
    const answer = await bulk(token, { ids: [ADA.uuid] });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers['hedgerow-deletion-budget']).toBe('"tenant";q=3;r=3');
  });
});
