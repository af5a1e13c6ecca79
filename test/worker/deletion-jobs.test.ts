/** Deletions of any size by `/v1/deletions`, and what is decided about them, over real HTTP. */
import { beforeEach, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { ADA, BEN, CYD, seededUuid } from '../../src/sandbox/seed/names.ts';
import { until, type Answer } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';

const { get, send, admin, sandbox, tenants, origin } = await startStack();

/** A gateway that knows its PostHog to be of the oldest generation. */
const old = await startStack({ bindings: { POSTHOG_GENERATION: 'A' } });

beforeEach(() => sandbox.reset());

const create = (token: string, json: unknown): Promise<Answer> =>
  send('POST', '/v1/deletions', { token, json });
const idOf = (answer: Answer): string => answer.headers['hedgerow-deletion'] ?? '';
const living = async (): Promise<string[]> => (await sandbox.state()).persons.map(({ uuid }) => uuid);
const uuids = (count: number): string[] => Array.from({ length: count }, (_, i) => seededUuid(1, i + 1));
const bulkCalls = async () =>
  (await sandbox.received()).filter(({ target }) => target.includes('bulk_delete'));

/** The entry, once it is as it should be. */
const become = (token: string, id: string, state: string) =>
  until(`${id} is ${state}`, async () => {
    const { json } = await get(token, `/v1/deletions/${id}`);
    return (json as { state: string }).state === state ? json : undefined;
  });

/** A token whose deletions wait for the operator. */
const waiting = () => tenants.fresh({ deletes: { persons_per_day: 100, approval_over: 0 } });

describe('A deletion of any size', () => {
  test('A deletion of 2,500 persons is answered at once with its place, and is sent in calls of a thousand', async () => {
    const { token, id: tokenId } = await tenants.fresh();
    const answer = await create(token, { ids: uuids(2500), delete_events: true });
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: `/v1/deletions/${idOf(answer)}` },
      json: {
        id: idOf(answer),
        state: 'sending',
        operation: 'persons_bulk_delete',
        project_id: 1,
        token: tokenId,
        request_id: answer.headers['x-request-id'],
        target: 'uuids',
        asked: 2500,
        delete_events: true,
        keep_person: false,
        chunks: { total: 3, accepted: 0 },
        outcome: null,
      },
    });
    expect(answer.json).not.toHaveProperty('ids');
    const accepted = await become(token, idOf(answer), 'settling');
    expect(accepted).toMatchObject({
      chunks: { total: 3, accepted: 3 },
      outcome: { persons_found: 40 },
      ids: null,
      sent_ids: null,
      progress: {
        asked: 2500,
        found: 40,
        sent: 2500,
        confirmed: 40,
        failed: 0,
        persons_per_minute: expect.any(Number) as unknown,
        seconds_left: null,
      },
    });
    const pages: string[][] = [];
    for (let path: string | null = `/v1/deletions/${idOf(answer)}/ids`; path !== null;) {
      const page = (await get(token, path)).json as { results: string[]; next: string | null };
      pages.push(page.results);
      path = page.next === null ? null : page.next.slice(origin.length);
    }
    expect(pages.map(({ length }) => length)).toEqual([1000, 1000, 500]);
    expect(pages.flat()).toEqual(uuids(2500));
    const bodies = (await bulkCalls()).map(({ body }) => JSON.parse(body) as { ids: string[] });
    expect(bodies.flatMap(({ ids }) => ids)).toEqual(uuids(2500));
    expect(await living()).not.toContain(ADA.uuid);
  });

  test('A deletion by distinct id deletes the persons that have them', async () => {
    const { token } = await tenants.fresh();
    const answer = await create(token, { distinct_ids: [ADA.distinctIds[0], 'nobody'] });
    expect(answer).toMatchObject({ status: 202, json: { target: 'distinct_ids', asked: 2 } });
    await become(token, idOf(answer), 'settling');
    const left = await living();
    expect(left).not.toContain(ADA.uuid);
    expect(left).toContain(BEN.uuid);
  });

  test('A deletion of the largest size that is allowed is taken', async () => {
    const { token } = await waiting();
    await admin('PATCH', `/${await tenantOf(token)}`, { deletes: { persons_per_day: 100_000 } });
    const answer = await create(token, { ids: uuids(LIMITS.deletionPersonsMax) });
    expect(answer).toMatchObject({
      status: 202,
      json: { state: 'held', asked: 100_000, chunks: { total: 100 } },
    });
    expect(await sandbox.received()).toEqual([]);
  });

  test('A deletion of a sliced token is of the persons of its slice alone', async () => {
    const { token } = await tenants.fresh({ slice: { property: 'tenant_id', value: 'acme' } });
    const all = await sandbox.state();
    const foreign = all.persons.find(
      ({ project_id, properties }) => project_id === 1 && properties['tenant_id'] !== 'acme',
    );
    const answer = await create(token, { ids: [ADA.uuid, foreign!.uuid] });
    expect(answer).toMatchObject({ status: 202, json: { asked: 2 } });
    const accepted = await become(token, idOf(answer), 'settling');
    expect(accepted).toMatchObject({ asked: 2, sent: 1, progress: { sent: 1, found: 1 } });
    const left = await living();
    expect([ADA.uuid, foreign!.uuid].map((uuid) => left.includes(uuid))).toEqual([false, true]);
  });
});

const tenantOf = async (token: string): Promise<string> =>
  ((await get(token, '/v1/whoami')).json as { tenant: string }).tenant;

describe('A deletion that is refused', () => {
  test.each<[string, unknown, Parameters<typeof problem>[1], string | null]>([
    ['no list', {}, 'field_invalid', 'ids'],
    ['an empty list of UUIDs', { ids: [] }, 'field_invalid', 'ids'],
    ['an empty list of distinct ids', { distinct_ids: [] }, 'field_invalid', 'distinct_ids'],
    ['both lists', { ids: [ADA.uuid], distinct_ids: ['a'] }, 'input_conflict', 'distinct_ids'],
    ['an id that is no UUID', { ids: [ADA.uuid, BEN.uuid, '42'] }, 'field_invalid', 'ids[2]'],
    ['a number among the ids', { ids: [1, ADA.uuid] }, 'field_invalid', 'ids[0]'],
    ['an empty distinct id', { distinct_ids: ['a', ''] }, 'field_invalid', 'distinct_ids[1]'],
    ['a text for a list', { ids: ADA.uuid }, 'field_invalid', 'ids'],
    ['too many ids', { ids: uuids(LIMITS.deletionPersonsMax + 1) }, 'field_invalid', 'ids'],
    ['a flag that is no boolean', { ids: [ADA.uuid], keep_person: 'no' }, 'field_invalid', 'keep_person'],
    ['a member that is not known', { ids: [ADA.uuid], all: true }, 'field_unknown', 'all'],
  ])('A deletion with %s is refused with what is wrong, and nothing is written or sent', async (...row) => {
    const [, json, code, attr] = row;
    const { tenant, token } = await tenants.fresh();
    const answer = await create(token, json);
    problem(answer, code, attr);
    expect(answer.headers['hedgerow-deletion']).toBeUndefined();
    if (row[0] === 'too many ids') expect(answer.text).toContain(String(LIMITS.deletionPersonsMax));
    expect(await tenants.log(tenant)).toEqual([]);
    expect(await sandbox.received()).toEqual([]);
  });

  test('A list of millions of things that are no ids is refused for its first', async () => {
    const { token } = await tenants.fresh();
    const body = `{"ids":[${Array(4_000_000).fill('1').join()}]}`;
    const headers = { 'content-type': 'application/json' };
    const answer = await send('POST', '/v1/deletions', { token, body, headers });
    problem(answer, 'field_invalid', 'ids[0]');
  });

  test('A body that is larger than a deletion of any size can be is refused', async () => {
    const { tenant, token } = await tenants.fresh();
    const headers = {
      'content-type': 'application/json',
      'content-length': String(LIMITS.jobBodyBytesMax + 1),
    };
    const answer = await send('POST', '/v1/deletions', { token, body: '{', headers });
    problem(answer, 'body_too_large');
    expect(answer.text).toContain(String(LIMITS.jobBodyBytesMax));
    expect(await tenants.log(tenant)).toEqual([]);
  });

  test.each(['events', 'recordings'])('A deletion of %s takes a grant of it', async (what) => {
    const { tenant, token } = await tenants.fresh({ deletes: { persons_per_day: 9 } });
    problem(
      await create(token, { ids: [ADA.uuid], [`delete_${what}`]: true }),
      'delete_flag_not_granted',
      `delete_${what}`,
    );
    expect(await tenants.log(tenant)).toEqual([]);
    expect(await sandbox.received()).toEqual([]);
  });

  test('A deletion takes the scope person:delete, and a budget', async () => {
    const { tenant, token } = await tenants.fresh({ deletes: { persons_per_day: 2 } });
    const reader = await tenants.derive(token, { scopes: ['person:read'] });
    problem(await create(reader.token, { ids: [ADA.uuid] }), 'scope_missing');
    problem(await create(token, { ids: uuids(3) }), 'deletion_exceeds_budget');
    problem(await create(token, { ids: [] }), 'field_invalid', 'ids');
    expect(await tenants.log(tenant)).toEqual([]);
    expect(await sandbox.received()).toEqual([]);
  });

  test('A deletion by distinct id is refused to a token that does not see any', async () => {
    const { tenant, token } = await tenants.fresh({ properties: { distinct_ids: 'hidden' } });
    problem(await create(token, { distinct_ids: ['a'] }), 'property_hidden', 'distinct_id');
    expect(await tenants.log(tenant)).toEqual([]);
  });

  test('A flag that PostHog would ignore is refused', async () => {
    const { tenant, token } = await old.tenants.fresh();
    const json = { ids: [ADA.uuid], keep_person: true };
    problem(await old.send('POST', '/v1/deletions', { token, json }), 'generation_lacks', 'keep_person');
    expect(await old.tenants.log(tenant)).toEqual([]);
  });
});

const decide = (tenant: string, id: string, what: string, json?: unknown) =>
  admin('POST', `/${tenant}/deletions/${id}/${what}`, json);

describe('Decisions', () => {
  test('A deletion that waits is sent once it is approved, and cannot be approved twice', async () => {
    const { tenant, token } = await waiting();
    const id = idOf(await create(token, { ids: [ADA.uuid] }));
    expect(await sandbox.received()).toEqual([]);
    expect(await decide(tenant, id, 'approve', { reason: 'ticket 7' })).toMatchObject({ status: 200 });
    await become(token, id, 'settling');
    expect(await living()).not.toContain(ADA.uuid);
    problem(await decide(tenant, id, 'approve'), 'deletion_state_conflict');
  });

  test.each([
    ['reject', 'rejected'],
    ['cancel', 'cancelled'],
  ])(
    'A deletion that the operator can %s is never sent, and the log has the reason',
    async (what, reason) => {
      const { tenant, token } = await waiting();
      const id = idOf(await create(token, { ids: [ADA.uuid] }));
      const answer = await decide(tenant, id, what, { reason: 'not Acme' });
      expect(answer).toMatchObject({
        status: 200,
        json: { id, state: 'cancelled', reason, note: 'not Acme' },
      });
      problem(await decide(tenant, id, 'approve'), 'deletion_state_conflict');
      expect(await sandbox.received()).toEqual([]);
    },
  );

  test('A tenant cancels its deletion as long as nothing was sent, and is told how far a later one went', async () => {
    const { tenant, token } = await waiting();
    const id = idOf(await create(token, { ids: [ADA.uuid] }));
    expect(await send('POST', `/v1/deletions/${id}/cancel`, { token })).toMatchObject({
      status: 200,
      json: { state: 'cancelled', reason: 'cancelled', note: null },
    });
    const second = idOf(await create(token, { ids: [BEN.uuid] }));
    await decide(tenant, second, 'approve');
    await become(token, second, 'settling');
    const late = await send('POST', `/v1/deletions/${second}/cancel`, { token, json: { reason: 'oops' } });
    problem(late, 'deletion_state_conflict');
    expect(late.text).toContain('1 of its 1 calls');
    expect(await bulkCalls()).toHaveLength(1);
  });

  test('A deletion whose end PostHog does not tell ends as failed once the operator abandons it', async () => {
    await sandbox.fault({ kind: 'status', status: 500, path_contains: 'bulk_delete' });
    const { tenant, token } = await tenants.fresh();
    const id = idOf(await create(token, { ids: [CYD.uuid] }));
    await until('PostHog was asked', async () => ((await bulkCalls()).length > 0 ? true : undefined));
    const abandoned = await until('the attempt ended', async () => {
      const answer = await decide(tenant, id, 'abandon', { reason: 'lost' });
      return answer.status === 200 ? answer : undefined;
    });
    expect(abandoned.json).toMatchObject({ state: 'failed', reason: 'abandoned', note: 'lost' });
    problem(await decide(tenant, id, 'abandon', { reason: 'lost' }), 'deletion_state_conflict');
  });

  test.each(['abandon', 'reject'])('The decision to %s a deletion takes a reason', async (what) => {
    const { tenant, token } = await waiting();
    const id = idOf(await create(token, { ids: [ADA.uuid] }));
    problem(await decide(tenant, id, what, {}), 'field_invalid', 'reason');
    problem(await decide(tenant, id, what, { reason: '' }), 'field_invalid', 'reason');
    expect((await get(token, `/v1/deletions/${id}`)).json).toMatchObject({ state: 'held' });
  });

  test('A decision about a deletion of another tenant is answered as about one that there is not', async () => {
    const one = await waiting();
    const other = await waiting();
    const id = idOf(await create(one.token, { ids: [ADA.uuid] }));
    const none = `del_${'A'.repeat(22)}`;
    const texts: string[] = [];
    for (const named of [id, none, 'del_x']) {
      const answer = await send('POST', `/v1/deletions/${named}/cancel`, { token: other.token });
      problem(answer, 'record_unknown', 'id');
      texts.push(answer.text.replace(/req_[\w-]+/, ''));
      for (const what of ['approve', 'cancel']) {
        problem(await decide(other.tenant, named, what), 'record_unknown', 'id');
      }
    }
    expect(new Set(texts).size).toBe(1);
    expect((await get(one.token, `/v1/deletions/${id}`)).json).toMatchObject({ state: 'held' });
  });
});
