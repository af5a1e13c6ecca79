/** The deletion log as its readers see it, and what a deletion is answered with. */
import { beforeEach, describe, expect, test } from 'vitest';
import { DeletionId } from '../../src/core/ids.ts';
import { ADA, BEN, CYD, DOV, MIA, seededUuid } from '../../src/sandbox/seed/names.ts';
import { together, type Answer } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';

const { get, send, admin, sandbox, tenants, origin } = await startStack();

/** A gateway that knows its PostHog to be of the oldest generation. */
const old = await startStack({ bindings: { POSTHOG_GENERATION: 'A' } });

beforeEach(() => sandbox.reset());

const PERSONS = '/api/projects/1/persons';
const bulk = (token: string, json: Record<string, unknown>): Promise<Answer> =>
  send('POST', `${PERSONS}/bulk_delete/`, { token, json });
const idOf = (answer: Answer): string => answer.headers['hedgerow-deletion'] ?? '';
const living = async (): Promise<string[]> => (await sandbox.state()).persons.map(({ uuid }) => uuid);
const resultsOf = (answer: Answer) => (answer.json as { results: Record<string, unknown>[] }).results;
/** `printf '%s\n' … | LC_ALL=C sort -u | sha256sum`, as an auditor would compute it. */
async function digestOf(ids: readonly string[]): Promise<string> {
  const lines = [...new Set(ids)].toSorted().map((id) => `${id}\n`);
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(lines.join('')));
  return `sha256:${Buffer.from(hash).toString('hex')}`;
}

describe('Bulk deletes', () => {
  const IDS = [CYD.uuid, ADA.uuid];

  test.each([
    ['A', undefined, { persons_found: null, persons_deleted: null }],
    [
      'B',
      {
        persons_found: 2,
        persons_deleted: 2,
        events_queued_for_deletion: true,
        recordings_queued_for_deletion: false,
        deletion_errors: [],
      },
      { persons_found: 2, persons_deleted: 2, persons_queued_for_deletion: null },
    ],
    [
      'C',
      {
        persons_found: 2,
        persons_deleted: 0,
        persons_queued_for_deletion: 2,
        events_queued_for_deletion: true,
        recordings_queued_for_deletion: false,
        deletion_errors: [],
      },
      { persons_found: 2, persons_deleted: 0, persons_queued_for_deletion: 2 },
    ],
  ])(
    'A bulk delete in generation %s is answered in its shape, with the place of its entry',
    async (generation, body, counts) => {
      await sandbox.change({ generation });
      const { tenant, token, id: tokenId } = await tenants.fresh();
      const answer = await bulk(token, { ids: IDS, delete_events: true });
      expect(answer).toMatchObject({ status: 202 });
      expect(answer.json).toEqual(body);
      if (body === undefined) expect(answer.text).toBe('');
      const id = idOf(answer);
      expect(DeletionId.safeParse(id).success).toBe(true);
      expect(answer.headers['location']).toBe(`/v1/deletions/${id}`);
      const entry = await get(token, answer.headers['location'] ?? '');
      expect(entry.json).toMatchObject({
        id,
        state: 'settling',
        operation: 'persons_bulk_delete',
        project_id: 1,
        tenant,
        token: tokenId,
        ancestors: [],
        request_id: answer.headers['x-request-id'],
        target: 'uuids',
        asked: 2,
        delete_events: true,
        delete_recordings: false,
        keep_person: false,
        digest: await digestOf(IDS),
        attempts: 1,
        next_attempt_at: expect.any(String) as unknown,
        last_problem: null,
        outcome: { status: 202, ...counts },
        ids: IDS,
      });
    },
  );

  test('A bulk delete is logged as it was asked: duplicates, unknown ids and derived tokens', async () => {
    const { token, id } = await tenants.fresh();
    const child = await tenants.derive(token);
    const names = ['ada@acme.test', 'ada@acme.test', 'nobody', 'ünï "☃"\\\n'];
    const answer = await bulk(child.token, { distinct_ids: names });
    const entry = await get(token, answer.headers['location'] ?? '');
    expect(entry.json).toMatchObject({
      token: child.id,
      ancestors: [id],
      target: 'distinct_ids',
      asked: 3,
      ids: names,
    });
    expect(await living()).not.toContain(ADA.uuid);
  });

  test('A bulk delete that PostHog refuses is refused, and logged as refused', async () => {
    await sandbox.fault({ kind: 'status', status: 403 });
    const { token } = await tenants.fresh();
    const answer = await bulk(token, { ids: IDS });
    expect(answer).toMatchObject({ status: 502, json: { code: 'upstream_key_refused' } });
    const entry = await get(token, answer.headers['location'] ?? '');
    expect(entry.json).toMatchObject({
      state: 'failed',
      attempts: 1,
      outcome: { status: 403, persons_deleted: null },
    });
    expect(await living()).toContain(ADA.uuid);
  });

  test('A bulk delete of a thousand people is one call and one entry', async () => {
    const { tenant, token } = await tenants.fresh();
    const ids = Array.from({ length: 1000 }, (_, i) => seededUuid(1, i + 1));
    expect(await bulk(token, { ids })).toMatchObject({ status: 202, json: { persons_found: 40 } });
    expect(await sandbox.received()).toHaveLength(1);
    expect(await tenants.log(tenant)).toMatchObject([{ asked: 1000, state: 'settling' }]);
  });
});

describe('Single deletes', () => {
  test('Single deletes go through the same log', async () => {
    const { tenant, token } = await tenants.fresh();
    const answers = [
      await send('DELETE', `${PERSONS}/${ADA.uuid}?delete_events=true`, { token }),
      await send('DELETE', `${PERSONS}/${BEN.id}`, { token }),
      await send('POST', `${PERSONS}/${CYD.uuid}/delete_events`, { token }),
      await send('POST', `${PERSONS}/${DOV.id}/delete_recordings/`, { token, json: {} }),
    ];
    expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(Array(4).fill('202 '));
    const log = await tenants.log(tenant);
    expect(log.map(({ id }) => id)).toEqual(answers.map(idOf).toReversed());
    expect(log.toReversed()).toMatchObject([
      { operation: 'persons_destroy', delete_events: true, keep_person: false },
      { operation: 'persons_destroy', delete_events: false },
      { operation: 'persons_delete_events', delete_events: true, keep_person: true },
      { operation: 'persons_delete_recordings', delete_recordings: true, keep_person: true },
    ]);
    const left = await living();
    expect([ADA, BEN, CYD, DOV].map(({ uuid }) => left.includes(uuid))).toEqual([false, false, true, true]);
  });

  test('A single delete of an unknown person is refused by PostHog, and that is logged', async () => {
    const { tenant, token } = await tenants.fresh();
    const answer = await send('DELETE', `${PERSONS}/${seededUuid(1, 999)}`, { token });
    expect(answer).toMatchObject({
      status: 404,
      json: { code: 'not_found', title: 'PostHog refused the request' },
    });
    expect(await tenants.log(tenant)).toMatchObject([
      { id: idOf(answer), state: 'failed', outcome: { status: 404 } },
    ]);
  });
});

describe('Missing grants', () => {
  const forbidden = { persons_per_day: 100, events: false, recordings: false };
  const asks: [string, string, (token: string) => Promise<Answer>][] = [
    ['events', 'delete_events', (token) => bulk(token, { ids: [ADA.uuid], delete_events: true })],
    [
      'events',
      'delete_events',
      (token) => send('DELETE', `${PERSONS}/${ADA.uuid}?delete_events=true`, { token }),
    ],
    ['events', 'delete_events', (token) => send('POST', `${PERSONS}/${ADA.uuid}/delete_events`, { token })],
    ['recordings', 'delete_recordings', (token) => bulk(token, { ids: [ADA.uuid], delete_recordings: true })],
    [
      'recordings',
      'delete_recordings',
      (token) => send('DELETE', `${PERSONS}/${ADA.uuid}?delete_recordings=true`, { token }),
    ],
    [
      'recordings',
      'delete_recordings',
      (token) => send('POST', `${PERSONS}/${ADA.uuid}/delete_recordings`, { token }),
    ],
  ];
  test.each(asks)('A grant without %s refuses %s, and a flag that is false is fine', async (_, attr, ask) => {
    const { tenant, token } = await tenants.fresh({ deletes: forbidden });
    const { token: other } = await tenants.fresh();
    const narrower = await tenants.derive(other, { deletes: { events: false, recordings: false } });
    problem(await ask(token), 'delete_flag_not_granted', attr);
    problem(await ask(narrower.token), 'delete_flag_not_granted', attr);
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
    expect(
      await bulk(token, { ids: [MIA.uuid], delete_events: false, delete_recordings: false }),
    ).toMatchObject({ status: 202 });
  });
});

describe('Flags that PostHog would ignore', () => {
  test.each([
    ['keep_person', `${PERSONS}/bulk_delete`, 'POST'],
    ['delete_recordings', `${PERSONS}/bulk_delete`, 'POST'],
    ['keep_person', `${PERSONS}/${ADA.uuid}?keep_person=true`, 'DELETE'],
  ])('A flag that an old PostHog would ignore is refused: %s by %s', async (flag, target, method) => {
    await old.sandbox.reset({ generation: 'A' });
    const { tenant, token } = await old.tenants.fresh();
    const json = method === 'POST' ? { json: { ids: [ADA.uuid], [flag]: true } } : {};
    problem(await old.send(method, target, { token, ...json }), 'generation_lacks', flag);
    expect(await old.sandbox.received()).toEqual([]);
    expect(await old.tenants.log(tenant)).toEqual([]);
  });
});

describe('Budgets', () => {
  test('A budget that is used up refuses before anything is written or sent', async () => {
    const { tenant, token } = await tenants.fresh({ deletes: { persons_per_day: 3 } });
    expect(await bulk(token, { ids: [ADA.uuid, BEN.uuid] })).toMatchObject({ status: 202 });
    await sandbox.forget();
    const over = await bulk(token, { ids: [CYD.uuid, DOV.uuid] });
    problem(over, 'deletion_budget_exhausted');
    expect(Number(over.headers['retry-after'])).toBeGreaterThan(86_000);
    expect(over.headers['hedgerow-deletion']).toBeUndefined();
    const never = await bulk(token, { ids: Array.from({ length: 4 }, (_, i) => seededUuid(1, 10 + i)) });
    problem(never, 'deletion_exceeds_budget');
    expect(never.headers['retry-after']).toBeUndefined();
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toHaveLength(1);
    expect(await send('DELETE', `${PERSONS}/${CYD.uuid}`, { token })).toMatchObject({ status: 202 });
    problem(await send('DELETE', `${PERSONS}/${DOV.uuid}`, { token }), 'deletion_budget_exhausted');
    await tenants.put(tenant, { deletes: { persons_per_day: 4 } });
    expect(await send('DELETE', `${PERSONS}/${DOV.uuid}`, { token })).toMatchObject({ status: 202 });
  });

  test('A budget is never overspent by deletions at the same time, by any tokens', async () => {
    const { tenant, token } = await tenants.fresh({ deletes: { persons_per_day: 20 } });
    const own = await tenants.derive(token, { deletes: { persons_per_day: 5 } });
    const child = await tenants.derive(own.token);
    // All of these persons are there: one that PostHog does not find gives its part of the budget back.
    const answers = await together(
      Array.from({ length: 60 }, (_, i) => i),
      (i) => bulk([token, own.token, child.token][i % 3]!, { ids: [seededUuid(1, i + 10)] }),
      30,
    );
    const log = await tenants.log(tenant);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(20);
    expect(log).toHaveLength(20);
    expect(answers.filter(({ status }, i) => status === 202 && i % 3 !== 0).length).toBeLessThanOrEqual(5);
    expect(await sandbox.received()).toHaveLength(20);
  });
});

/** Of the names of operators the tenant is shown none. */
const asTenant = (json: unknown): unknown =>
  JSON.parse(JSON.stringify(json).replaceAll('"minted_by":"admin"', '"minted_by":null'));

describe('The deletion log', () => {
  test('The log is read newest first, a page at a time, each entry once, even while it grows', async () => {
    const { token } = await tenants.fresh();
    const made: string[] = [];
    for (let i = 0; i < 7; i += 1) made.push(idOf(await bulk(token, { distinct_ids: [`nobody-${i}`] })));
    const seen: string[] = [];
    for (let path: string | null = '/v1/deletions?limit=3'; path !== null;) {
      const answer = await get(token, path);
      expect(answer.status).toBe(200);
      seen.push(...resultsOf(answer).map(({ id }) => String(id)));
      for (const row of resultsOf(answer)) expect(row).not.toHaveProperty('ids');
      await bulk(token, { distinct_ids: ['late'] });
      const { next } = answer.json as { next: string | null };
      if (next !== null) expect(next.startsWith(`${origin}/v1/deletions?`)).toBe(true);
      path = next === null ? null : next.slice(origin.length);
    }
    expect(seen).toEqual(made.toReversed());
  });

  test('The log is a table too, with a Link header to the next page', async () => {
    const { tenant, token } = await tenants.fresh();
    for (let i = 0; i < 3; i += 1) await bulk(token, { distinct_ids: [`nobody-${i}`] });
    const [first, second, third] = await tenants.log(tenant);
    const answer = await get(token, '/v1/deletions?format=csv&limit=2');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    const [head, ...rows] = answer.text.split('\r\n');
    expect(head?.split(',').slice(0, 4)).toEqual(['id', 'state', 'operation', 'project_id']);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toContain(first!.id);
    expect(rows[1]).toContain(second!.id);
    expect(answer.text).not.toContain('nobody');
    const link = /^<([^>]+)>; rel="next"$/.exec(answer.headers['link'] ?? '')?.[1] ?? '';
    const rest = await get(token, link.slice(origin.length));
    expect(rest.text.split('\r\n')[1]).toContain(third!.id);
    expect(rest.headers['link']).toBeUndefined();
  });

  test('The log of one tenant is invisible to another', async () => {
    const one = await tenants.fresh();
    const other = await tenants.fresh();
    const id = idOf(await bulk(one.token, { distinct_ids: ['nobody'] }));
    problem(await get(other.token, `/v1/deletions/${id}`), 'record_unknown', 'id');
    expect((await get(other.token, '/v1/deletions')).json).toEqual({ results: [], next: null });
    problem(await admin('GET', `/${other.tenant}/deletions/${id}`), 'record_unknown', 'id');
    expect((await get(one.token, `/v1/deletions/${id}`)).json).toEqual(
      asTenant((await admin('GET', `/${one.tenant}/deletions/${id}`)).json),
    );
    expect((await get(one.token, '/v1/deletions')).json).toEqual(
      asTenant((await admin('GET', `/${one.tenant}/deletions`)).json),
    );
  });

  test('The log is the same for a token whose slice means that of the tenant, however it is written', async () => {
    const slice = { property: 'tenant_id', value: ['acme'] };
    const { token } = await tenants.fresh({ slice });
    const same = await tenants.derive(token, { slice: { property: 'tenant_id', value: 'acme' } });
    const location = (await bulk(token, { ids: [ADA.uuid] })).headers['location'] ?? '';
    for (const path of ['/v1/deletions', location]) expect((await get(same.token, path)).status).toBe(200);
  });

  test('The log of a tenant that was narrowed shows what was deleted under its present slice', async () => {
    const slice = { property: 'tenant_id', value: 'acme' };
    const { tenant, token } = await tenants.fresh();
    const wide = await bulk(token, { ids: [CYD.uuid] });
    await tenants.put(tenant, { slice });
    const own = await bulk(token, { ids: [ADA.uuid] });
    expect(resultsOf(await get(token, '/v1/deletions')).map(({ id }) => id)).toEqual([idOf(own)]);
    problem(await get(token, wide.headers['location'] ?? ''), 'record_unknown', 'id');
    expect(await tenants.log(tenant)).toHaveLength(2);
  });

  test('The log shows a token that may not see distinct ids no entry that named persons by them, in JSON and CSV', async () => {
    const { token } = await tenants.fresh();
    const hiding = await tenants.derive(token, { properties: { distinct_ids: 'hidden' } });
    const named = idOf(await bulk(token, { distinct_ids: ['ada@acme.test'] }));
    const other = idOf(await bulk(token, { ids: [BEN.uuid] }));
    for (const path of ['/v1/deletions', '/v1/deletions?format=csv']) {
      const answer = await get(hiding.token, path);
      expect(answer.text).toContain(other);
      expect(answer.text).not.toContain(named);
      expect(answer.text).not.toContain(await digestOf(['ada@acme.test']));
    }
  });

  test('The log of a name that was registered anew starts empty, and the operator sees whose entries are whose', async () => {
    const { tenant, token } = await tenants.fresh();
    const earlier = await bulk(token, { ids: [ADA.uuid] });
    await admin('DELETE', `/${tenant}`);
    await tenants.put(tenant);
    const minted = await tenants.mint(tenant);
    expect((await get(minted.token, '/v1/deletions')).json).toEqual({ results: [], next: null });
    problem(await get(minted.token, earlier.headers['location'] ?? ''), 'record_unknown', 'id');
    await bulk(minted.token, { ids: [BEN.uuid] });
    const log = await tenants.log(tenant);
    expect(new Set(log.map(({ registration }) => registration)).size).toBe(2);
  });

  test('The log takes the scope that writes it, and strict parameters', async () => {
    const { token } = await tenants.fresh();
    const reader = await tenants.derive(token, { scopes: ['person:read'] });
    for (const path of ['/v1/deletions', `/v1/deletions/del_${'A'.repeat(22)}`])
      problem(await get(reader.token, path), 'scope_missing');
    for (const [query, attr] of [
      ['limit=0', 'limit'],
      ['limit=1001', 'limit'],
      ['cursor=x', 'cursor'],
      ['cursor=', 'cursor'],
      ['format=xml', 'format'],
    ] as const) {
      problem(await get(token, `/v1/deletions?${query}`), 'parameter_invalid', attr);
    }
    problem(await get(token, '/v1/deletions?tenant=other'), 'parameter_unknown', 'tenant');
    for (const id of ['x', 'del_', `del_${'A'.repeat(22)}`, `del_${'_'.repeat(22)}`])
      problem(await get(token, `/v1/deletions/${id}`), 'record_unknown', 'id');
    problem(
      await get(token, `/v1/deletions/del_${'A'.repeat(22)}?format=csv`),
      'parameter_unknown',
      'format',
    );
  });

  test('The log that the operator reads outlives the tenant', async () => {
    const { tenant, token } = await tenants.fresh();
    await bulk(token, { distinct_ids: ['nobody'] });
    await admin('DELETE', `/${tenant}`);
    expect(resultsOf(await admin('GET', `/${tenant}/deletions?limit=10`))).toHaveLength(1);
    expect((await admin('GET', '/never-was/deletions')).json).toEqual({ results: [], next: null });
  });
});
