/** The client in Node against the gateway and its sandbox: ends of deletions, tokens that really end, real limits. */
import { beforeEach, expect, test } from 'vitest';
import { createHedgerow, deletions, HedgerowError, persons } from '../../src/client/index.ts';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { until } from '../support/client.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';
import type { Members } from '../support/tenants.ts';

const { origin, admin, get, sandbox, tenants } = await startStack({
  bindings: { DELETION_LOOK_SECONDS: '1' },
});

beforeEach(() => sandbox.reset());

async function client(record: Members = {}) {
  const made = await tenants.fresh(record);
  return { ...made, hedgerow: createHedgerow({ url: origin, token: made.token }) };
}
const HELD = { deletes: { persons_per_day: 100, approval_over: 0 } };
const toBulkDelete = async () =>
  (await sandbox.received()).filter(({ target }) => target.includes('bulk_delete'));

test('A deletion is run to its end: done, with the persons gone', async () => {
  const { hedgerow } = await client();
  const outcome = await deletions.run(hedgerow, { ids: [ADA.uuid] });
  expect(outcome).toMatchObject({
    kind: 'done',
    deletion: { verification: { gone: 1 }, progress: { sent: 1 } },
  });
});

test('A deletion of persons outside the slice ends as nobody, and PostHog is sent none of them', async () => {
  const { hedgerow } = await client({ slice: { property: 'tenant_id', value: 'birch' } });
  expect(await deletions.run(hedgerow, { ids: [ADA.uuid] })).toMatchObject({ kind: 'nobody' });
  expect(await toBulkDelete()).toEqual([]);
});

test('A deletion that waits for the operator resolves as held, and can be followed until it is rejected', async () => {
  const { hedgerow, tenant } = await client(HELD);
  const outcome = await deletions.run(hedgerow, { ids: [ADA.uuid] });
  expect(outcome.kind).toBe('held');
  const states: string[] = [];
  for await (const { state, reason } of deletions.follow(hedgerow, outcome.deletion.id)) {
    states.push(`${state} ${reason}`);
    if (state === 'held')
      await admin('POST', `/${tenant}/deletions/${outcome.deletion.id}/reject`, { reason: 'no' });
  }
  expect(states).toEqual(['held null', 'cancelled rejected']);
  expect(await toBulkDelete()).toEqual([]);
});

test('A run that waits while its deletion is held goes on with the approval, and the same key is the same deletion', async () => {
  const { hedgerow, tenant } = await client(HELD);
  const order = { ids: [BEN.uuid] };
  const held = await deletions.run(hedgerow, order, { idempotencyKey: 'job 7' });
  const states: string[] = [];
  const outcome = await deletions.run(hedgerow, order, {
    idempotencyKey: 'job 7',
    whileHeld: 'wait',
    onState: ({ id, state }) => {
      if (states.length === 0) void admin('POST', `/${tenant}/deletions/${id}/approve`);
      states.push(state);
    },
  });
  expect(outcome).toMatchObject({ kind: 'done', deletion: { id: held.deletion.id } });
  expect([states[0], states.at(-1)]).toEqual(['held', 'done']);
  expect(await toBulkDelete()).toHaveLength(1);
});

test('A deletion that its caller cancels is cancelled, and one that PostHog refuses has failed', async () => {
  const { hedgerow } = await client(HELD);
  const { deletion } = await deletions.run(hedgerow, { ids: [ADA.uuid] });
  await hedgerow.POST('/v1/deletions/{id}/cancel', { params: { path: { id: deletion.id } } });
  const states = await Array.fromAsync(deletions.follow(hedgerow, deletion.id));
  expect(states.map(({ state, reason }) => [state, reason])).toEqual([['cancelled', 'cancelled']]);

  await sandbox.fault({ kind: 'status', status: 404, path_contains: 'bulk_delete' });
  const other = await client();
  expect(await deletions.run(other.hedgerow, { ids: [ADA.uuid] })).toMatchObject({
    kind: 'failed',
    reason: 'refused',
  });
});

test('A token that has ended is renewed by what the gateway says, although the clock of the client is late', async () => {
  const { token } = await tenants.fresh();
  const short = await tenants.derive(token, { expires_in: 1 });
  const startedAt = Date.now();
  await until('the token has ended', async () =>
    (await get(short.token, '/v1/whoami')).status === 401 ? true : undefined,
  );
  const brought: string[] = [];
  const hedgerow = createHedgerow({
    url: origin,
    getToken: async () => {
      brought.push(brought.length === 0 ? short.token : (await tenants.derive(token)).token);
      return brought.at(-1) ?? '';
    },
    platform: { nowMs: () => startedAt },
  });
  expect((await hedgerow.GET('/v1/whoami')).data.grant.scopes).toContain('person:read');
  expect(brought).toHaveLength(2);
});

test('A client that is over its rate waits as long as the gateway says, by its own clock, and is let in', async () => {
  const rate = { requests_per_minute: 60, burst: 1 };
  const { token } = await tenants.fresh({ rate });
  const waited: number[] = [];
  const hedgerow = createHedgerow({
    url: origin,
    token,
    platform: {
      pause: (ms) => {
        waited.push(ms);
        return new Promise((resolve) => setTimeout(resolve, ms));
      },
    },
  });
  await Promise.all([1, 2].map(() => hedgerow.GET('/v1/whoami')));
  expect(waited.length).toBeGreaterThan(0);
  expect(waited.every((ms) => ms > 0 && ms <= 2000)).toBe(true);
});

test('A refusal of the gateway has its code, its parameter and the id of the request', async () => {
  const { hedgerow } = await client({ scopes: ['cohort:read'] });
  const refused = hedgerow.GET('/api/projects/{project_id}/persons/', {
    params: { path: { project_id: 1 } },
  });
  const error: unknown = await refused.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(HedgerowError);
  expect(error).toMatchObject({
    name: 'HedgerowError',
    status: 403,
    code: 'scope_missing',
    requestId: expect.stringMatching(/^req_/) as unknown,
  });
  expect(await sandbox.received()).toEqual([]);
});

test('An iterator that is aborted asks PostHog for no further page', async () => {
  const { hedgerow } = await client();
  const controller = new AbortController();
  const reading = (async () => {
    const options = { projectId: 1, query: { limit: 5 }, signal: controller.signal };
    for await (const person of persons.all(hedgerow, options))
      controller.abort(new Error(`saw ${person.name}`));
  })();
  await expect(reading).rejects.toThrow(/^saw /);
  expect(await sandbox.received()).toHaveLength(1);
});

test('A client with the admin token registers a tenant and mints a token', async () => {
  const operator = createHedgerow({ url: origin, token: ADMIN_TOKEN });
  const path = { tenant: 'by-client' };
  const { data: tenant, response } = await operator.PUT('/admin/v1/tenants/{tenant}', {
    params: { path },
    body: { name: 'Acme', project_id: 1, scopes: ['person:read'] },
  });
  expect([response.status, tenant.scopes]).toEqual([201, ['person:read']]);
  const { data } = await operator.POST('/admin/v1/tenants/{tenant}/tokens', {
    params: { path },
    body: { name: 'a backend' },
  });
  const { data: me } = await createHedgerow({ url: origin, token: data.token }).GET('/v1/whoami');
  expect(me.grant.scopes).toEqual(['person:read']);
  expect((await operator.DELETE('/admin/v1/tenants/{tenant}', { params: { path } })).data).toBeUndefined();
});
