/** The way to PostHog, failing at every point of it: what is asked again, what never is, and what the log knows. */
import { connect } from 'node:net';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { checkAbsent } from '../../src/catalogue/generation-lacks.ts';
import { ADA, CYD, DOV, MIA } from '../../src/sandbox/seed/names.ts';
import { callOf, EVERY_METHOD, operationOf, type Call } from '../support/calls.ts';
import { letPass, until, type Answer } from '../support/client.ts';
import { startFlakyProxy, type FlakyProxy } from '../support/flaky-proxy.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';

/** A gateway with a proxy on its way to PostHog, and a tenant of it. */
async function behindProxy(bindings: Record<string, string> = {}) {
  let proxy: FlakyProxy | undefined;
  const upstream = async (sandboxOrigin: string): Promise<string> => {
    proxy = await startFlakyProxy(sandboxOrigin);
    return proxy.origin;
  };
  const stack = await startStack({ bindings, upstream });
  return { ...stack, ...(await stack.tenants.fresh()), proxy: proxy! };
}

const TIMEOUT_MS = 400;
const patient = await behindProxy();
const { origin, send, get, sandbox, tenants, tenant, token, proxy } = patient;
/** Waits for next to nothing: for calls that have to end by a timeout, and for no others. */
const hasty = await behindProxy({ READ_TIMEOUT_MS: String(TIMEOUT_MS), SLOW_TIMEOUT_MS: String(TIMEOUT_MS) });

afterAll(() => Promise.all([proxy.stop(), hasty.proxy.stop()]));

beforeEach(async () => {
  for (const stack of [patient, hasty]) {
    await stack.proxy.mood(null);
    await stack.sandbox.reset();
    stack.proxy.arrived.length = 0;
  }
});

const PERSONS = '/api/projects/1/persons';
const LIST = `${PERSONS}/?limit=2`;
const FUNNEL = callOf(operationOf('persons_funnel'), 'GET').target;
const RETRIEVE = `${PERSONS}/${ADA.uuid}/`;
const UPDATE = { properties: { plan: 'team' } };
/** Whom deletions name that are sent again while other tests run. */
const VICTIM = '0190c0de-0001-7000-8000-000000000030';

const ask = ({ method, target, json }: Call): Promise<Answer> =>
  send(method, target, { token, ...(json === undefined ? {} : { json }) });
const write = (stack: typeof patient): Promise<Answer> =>
  stack.send('PATCH', RETRIEVE, { token: stack.token, json: UPDATE });
const bulk = (stack: Pick<typeof patient, 'send' | 'token'>, ids: readonly string[]): Promise<Answer> =>
  stack.send('POST', `${PERSONS}/bulk_delete/`, { token: stack.token, json: { ids } });

const named = (calls: Call[]) => calls.map((call) => [call.name, call] as const);
const FORWARDED = EVERY_METHOD.filter(
  ({ operation }) => operation.effect !== 'delete' && checkAbsent(operation, 'B') === null,
).map(({ operation, method }) => callOf(operation, method));
const READS = named(FORWARDED.filter(({ operation }) => operation.delivery === 'idempotent'));
const OTHERS = named(FORWARDED.filter(({ operation }) => operation.delivery !== 'idempotent'));

describe('Answers that never come', () => {
  test.each(READS)('A lost answer is asked for once more by %s', async (_, call) => {
    await proxy.mood('reset', 1);
    expect(await ask(call)).toMatchObject({ status: call.operation.reply.status });
    expect(proxy.arrived).toHaveLength(2);
    expect(await sandbox.received()).toHaveLength(1);
  });

  test.each(READS)('A lost answer is asked for no third time by %s', async (_, call) => {
    await proxy.mood('drop');
    problem(await ask(call), 'upstream_unreachable');
    expect(proxy.arrived).toHaveLength(2);
  });

  test.each(OTHERS)('A lost answer is not asked for again by %s', async (_, call) => {
    await proxy.mood('drop');
    const answer = await ask(call);
    problem(answer, 'upstream_unreachable');
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(proxy.arrived).toHaveLength(1);
    expect(await sandbox.received()).toHaveLength(1);
  });

  test('An unreachable PostHog is a 503, which is over when PostHog is back', async () => {
    await proxy.mood('refuse');
    for (const answer of [await get(token, LIST), await get(token, FUNNEL), await write(patient)]) {
      problem(answer, 'upstream_unreachable');
      expect(answer.text).not.toContain(new URL(proxy.origin).host);
    }
    expect(await sandbox.received()).toEqual([]);
    await proxy.mood(null);
    expect(await get(token, LIST)).toMatchObject({ status: 200 });
  });

  test('A silent PostHog ends with a timeout: of a read twice, of a write once, and of a query, which may be too expensive, once', async () => {
    await hasty.proxy.mood('silence');
    problem(await hasty.get(hasty.token, LIST), 'upstream_timeout');
    expect(hasty.proxy.arrived).toHaveLength(2);
    problem(await write(hasty), 'upstream_timeout');
    problem(await hasty.get(hasty.token, FUNNEL), 'upstream_too_expensive');
    expect(hasty.proxy.arrived).toHaveLength(4);
  });

  test('An answer that is too slow ends with a timeout, and a query as too expensive', async () => {
    await hasty.sandbox.hold({ times: 3 });
    problem(await hasty.get(hasty.token, LIST), 'upstream_timeout');
    problem(await hasty.get(hasty.token, FUNNEL), 'upstream_too_expensive');
  });
});

describe('Half answers', () => {
  test.each(['cut', 'stall', 'drip'] as const)('Half an answer is no success (%s)', async (mood) => {
    await hasty.proxy.mood(mood);
    for (const target of [LIST, RETRIEVE, FUNNEL]) {
      const answer = await hasty.get(hasty.token, target);
      expect(answer, answer.text).toMatchObject({ status: 503 });
      expect(['upstream_unreachable', 'upstream_timeout']).toContain((answer.json as { code: string }).code);
    }
  });

  test('Half an answer that is streamed ends the connection to the client too', async () => {
    const note = 'x'.repeat(4000);
    const crowd = Array.from({ length: 300 }, (_, nth) => ({
      project_id: 1,
      distinct_ids: [`large-${nth}`],
      properties: { note },
    }));
    await sandbox.addPersons(crowd);
    const list = `${PERSONS}/?limit=1000`;
    await proxy.mood('cut');
    await expect(get(token, list)).rejects.toThrow(/aborted|reset|hang up/);
    await proxy.mood(null);
    expect((await get(token, list)).text).toContain(note);
  });
});

/** The persons that are left, without the one that deletions of other tests still name. */
const living = async (): Promise<string[]> =>
  (await sandbox.state()).persons.map(({ uuid }) => uuid).filter((uuid) => uuid !== VICTIM);

describe('Bulk deletes', () => {
  test.each(['reset', 'refuse', 'silence', 'stall', 'cut', 'drop'] as const)(
    'A bulk delete that ends by %s is in the log as unknown',
    async (mood) => {
      const before = (await hasty.tenants.log(hasty.tenant)).length;
      await hasty.proxy.mood(mood);
      const answer = await bulk(hasty, [VICTIM]);
      expect(answer).toMatchObject({ status: 202, json: { deletion: { state: 'sending' } } });
      expect(answer.headers).not.toHaveProperty('retry-after');
      const log = await hasty.tenants.log(hasty.tenant);
      expect(log).toHaveLength(before + 1);
      expect(log[0]).toMatchObject({
        id: answer.headers['hedgerow-deletion'],
        state: 'sending',
        attempts: 1,
        outcome: null,
        last_problem: (answer.json as { deletion: { last_problem: string } }).deletion.last_problem,
      });
      expect(log[0]?.last_problem).toMatch(/^upstream_/);
    },
  );

  test('A bulk delete whose answer is lost is sent again by itself, and deletes no person twice', async () => {
    const ids = [ADA.uuid, CYD.uuid, MIA.uuid];
    const before = await living();
    const left = before.filter((uuid) => !ids.some((gone) => gone === uuid));
    await proxy.mood('drop', 1);
    const answer = await bulk(patient, ids);
    const path = answer.headers['location'] ?? '';
    expect(answer).toMatchObject({
      status: 202,
      json: { deletion: { state: 'sending', last_problem: 'upstream_unreachable', location: path } },
    });
    expect((await get(token, path)).json).toMatchObject({ state: 'sending', attempts: 1, asked: 3, ids });
    // PostHog has done it; only nobody here knows.
    expect(await living()).toEqual(left);
    const entry = await until('the alarm has settled it', async () => {
      const { json } = await get(token, path);
      return (json as { state: string }).state === 'sending' ? undefined : json;
    });
    expect(entry).toMatchObject({
      state: 'settling',
      attempts: 2,
      outcome: { status: 202, persons_found: 0 },
    });
    expect(await living()).toEqual(left);
    const sent = (await sandbox.received()).filter(({ body }) => body.includes(ADA.uuid));
    expect(sent.map(({ body }) => body)).toEqual([JSON.stringify({ ids }), JSON.stringify({ ids })]);
  });

  test('A bulk delete goes on where the client hangs up, and is logged', async () => {
    await sandbox.hold();
    const before = (await tenants.log(tenant)).length;
    const { host, hostname, port } = new URL(origin);
    const body = JSON.stringify({ ids: [DOV.uuid] });
    const head = [
      `POST ${PERSONS}/bulk_delete/ HTTP/1.1`,
      `Host: ${host}`,
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ];
    const socket = connect({ host: hostname, port: Number(port) }, () => {
      socket.write([...head, '', body].join('\r\n'));
    });
    socket.on('error', () => undefined);
    await sandbox.arrived(1);
    socket.destroy();
    await letPass(() => get(token, '/v1/whoami'));
    await sandbox.release();
    const entry = await until('the entry is settled', async () => {
      const [newest, ...others] = await tenants.log(tenant);
      return others.length === before && newest?.state !== 'sending' ? newest : undefined;
    });
    expect(entry).toMatchObject({ state: 'settling', attempts: 1, outcome: { persons_deleted: 1 } });
    expect(await living()).not.toContain(DOV.uuid);
    expect(await sandbox.received()).toHaveLength(1);
  });
});
