/** Alarms leave the gateway: what requests show is told to a webhook, once, and is listed. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { until as untilFound, type Answer } from '../support/client.ts';
import { startFakePostHog } from '../support/fake-posthog.ts';
import { startListener } from '../support/listener.ts';
import { ADMIN_TOKEN, KEY } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';
import { startReceiver, WEBHOOK_SECRET } from '../support/webhook.ts';

const receiver = await startReceiver();
const elsewhere = await startListener();
const posthog = await startFakePostHog();
const OPERATORS = 'vera/viewer:viewer-token-of-the-tests,olga/operator:operator-token-of-tests';
const stack = await startStack({
  bindings: {
    ALARM_WEBHOOK_URL: receiver.url,
    ALARM_WEBHOOK_SECRETS: WEBHOOK_SECRET,
    ADMIN_TOKENS: OPERATORS,
  },
  upstream: () => Promise.resolve(posthog.origin),
});
const silent = await startStack({ upstream: () => Promise.resolve(posthog.origin) });
afterAll(() => Promise.all([receiver.stop(), elsewhere.stop(), posthog.stop()]));

/** Waits for something to come true. */
const until = (isTrue: () => boolean | Promise<boolean>): Promise<true> =>
  untilFound(isTrue.toString(), async () => ((await isTrue()) ? true : undefined));

const SLICE = { slice: { property: 'tenant_id', value: 'acme' } };
const row = (nth: number, tenant: string) => ({
  id: nth,
  uuid: `0190a0a0-0000-7000-8000-${String(nth).padStart(12, '0')}`,
  name: `person ${nth}`,
  distinct_ids: [`person-${nth}`],
  properties: { tenant_id: tenant, email: `person-${nth}@acme.test` },
  created_at: '2026-01-01T00:00:00Z',
});
const page = (...results: object[]) => ({ results, next: null, previous: null });

interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly tenant: string | null;
  readonly count: number;
  readonly details: Readonly<Record<string, unknown>>;
  readonly delivery: {
    readonly state: string;
    readonly attempts: number;
    readonly last_status: number | null;
  };
}
const alarmsOf = async ({ send } = stack, query = ''): Promise<Listed[]> =>
  ((await send('GET', `/admin/v1/alarms${query}`, { token: ADMIN_TOKEN })).json as { results: Listed[] })
    .results;
const list = (token: string, { get } = stack): Promise<Answer> =>
  get(token, '/api/projects/1/persons/?limit=5');
const told = (kind: string, tenant: string | null) =>
  receiver.arrivals.filter(({ message }) => message?.data.kind === kind && message.data.tenant === tenant);

beforeEach(() => {
  posthog.answers(() => page(row(1, 'acme')));
  receiver.answers(204);
});

describe('What requests show', () => {
  test('Foreign rows are told to the webhook once, by a signed message, however many requests meet them', async () => {
    const { tenant, token } = await stack.tenants.fresh(SLICE);
    posthog.answers(() => page(row(1, 'acme'), row(2, 'birch'), row(3, 'birch')));
    const answers = await Promise.all(Array.from({ length: 6 }, () => list(token)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await until(() => told('foreign_rows', tenant).length > 0);
    const [alarm] = await alarmsOf(stack, `?tenant=${tenant}`);
    const [arrival] = told('foreign_rows', tenant);
    expect(arrival).toMatchObject({
      id: alarm?.id,
      method: 'POST',
      target: '/hook?for=alarms',
      message: {
        type: 'alarm.foreign_rows',
        data: { id: alarm?.id, tenant, details: { route: 'persons_list' } },
      },
    });
    await until(async () => (await alarmsOf(stack, `?tenant=${tenant}`))[0]?.count === 12);
    expect(await alarmsOf(stack, `?tenant=${tenant}`)).toEqual([
      expect.objectContaining({
        kind: 'foreign_rows',
        count: 12,
        delivery: { state: 'delivered', attempts: 1, last_status: 204, next_attempt_at: null },
      }),
    ]);
    expect(told('foreign_rows', tenant)).toHaveLength(1);
  });

  test('A key that PostHog refuses, and a scope that it lacks, are one alarm each', async () => {
    const { token } = await stack.tenants.fresh();
    posthog.responds(() => ({ status: 401, json: { type: 'authentication_error', detail: 'Invalid key' } }));
    for (let nth = 0; nth < 3; nth += 1) expect((await list(token)).status).toBe(502);
    posthog.responds(() => ({
      status: 403,
      json: { detail: "API key missing required scope 'person:read'" },
    }));
    for (let nth = 0; nth < 3; nth += 1) expect((await list(token)).status).toBe(502);
    await until(() => told('key_refused', null).length === 2);
    const scopes = (await alarmsOf(stack, '?kind=key_refused')).map(({ details }) => details['scope']);
    expect(scopes).toEqual(['person:read', null]);
  });

  test('A PostHog that fails is an alarm after several requests in a row, and not before', async () => {
    const { token } = await stack.tenants.fresh();
    await list(token);
    posthog.responds(() => ({ status: 500, json: {} }));
    for (let nth = 1; nth < LIMITS.failingInARow; nth += 1) await list(token);
    posthog.answers(() => page());
    await list(token);
    posthog.responds(() => ({ status: 500, json: {} }));
    for (let nth = 1; nth < LIMITS.failingInARow; nth += 1) await list(token);
    expect(await alarmsOf(stack, '?kind=upstream_failing')).toEqual([]);
    await list(token);
    await until(() => told('upstream_failing', null).length > 0);
    expect(await alarmsOf(stack, '?kind=upstream_failing')).toEqual([
      expect.objectContaining({ count: LIMITS.failingInARow, details: { code: 'upstream_error' } }),
    ]);
  });

  test('No message and no entry of the list holds a secret, a host of PostHog or anything of a person', async () => {
    const everything = JSON.stringify([receiver.arrivals, await alarmsOf()]);
    for (const secret of [
      KEY,
      WEBHOOK_SECRET,
      posthog.origin,
      new URL(posthog.origin).host,
      'person-',
      'acme.test',
    ])
      expect(everything).not.toContain(secret);
    expect(receiver.arrivals.map(({ message }) => message)).not.toContain(null);
  });

  test('A webhook that is silent holds no request up', async () => {
    receiver.answers('silence');
    const { tenant, token } = await stack.tenants.fresh(SLICE);
    posthog.answers(() => page(row(2, 'birch')));
    expect((await list(token)).json).toMatchObject({ results: [] });
    expect((await list(token)).json).toMatchObject({ results: [] });
    await until(() => told('foreign_rows', tenant).length > 0);
    expect((await alarmsOf(stack, `?tenant=${tenant}`))[0]?.delivery).toMatchObject({ state: 'pending' });
  });
});

describe('Delivery over a socket', () => {
  test('A message that the webhook refused comes again by the same id, until it is taken', async () => {
    receiver.answers(503);
    const { tenant, token } = await stack.tenants.fresh(SLICE);
    posthog.answers(() => page(row(2, 'birch')));
    await list(token);
    await until(() => told('foreign_rows', tenant).length > 0);
    receiver.answers(204);
    await until(() => told('foreign_rows', tenant).length === 2);
    const [first, second] = told('foreign_rows', tenant);
    expect(second?.id).toBe(first?.id);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
    await until(async () => (await alarmsOf(stack, `?tenant=${tenant}`))[0]?.delivery.state === 'delivered');
  });

  test('A test says what the webhook answered, and follows no redirect', async () => {
    const post = () => stack.send('POST', '/admin/v1/alarms/test', { token: 'operator-token-of-tests' });
    expect(await post()).toMatchObject({
      status: 200,
      json: {
        alarm: {
          kind: 'test',
          tenant: null,
          details: { operator: 'olga' },
          delivery: { state: 'delivered' },
        },
        answer: { status: 204, problem: null },
      },
    });
    receiver.answers(307, { location: `${elsewhere.origin}/` });
    expect((await post()).json).toMatchObject({ answer: { status: 307, problem: 'redirect' } });
    receiver.answers(401);
    expect((await post()).json).toMatchObject({ answer: { status: 401, problem: 'refused' } });
    expect(elsewhere.heard).toEqual([]);
    const { json } = await stack.send('GET', '/admin/v1/audit?limit=1', { token: ADMIN_TOKEN });
    expect(json).toMatchObject({
      results: [{ operator: 'olga', action: 'admin_test_alarm', outcome: 'made' }],
    });
  });
});

describe('Refusals', () => {
  test('A viewer lists alarms and cannot send a test; a token of a tenant does neither', async () => {
    const before = receiver.arrivals.length;
    const { token } = await stack.tenants.fresh();
    const ask = (method: string, path: string, as: string) => stack.send(method, path, { token: as });
    expect((await ask('GET', '/admin/v1/alarms', 'viewer-token-of-the-tests')).status).toBe(200);
    expect(await ask('POST', '/admin/v1/alarms/test', 'viewer-token-of-the-tests')).toMatchObject({
      status: 403,
      json: { code: 'role_missing' },
    });
    for (const [method, path] of [
      ['GET', '/admin/v1/alarms'],
      ['POST', '/admin/v1/alarms/test'],
    ] as const)
      expect((await ask(method, path, token)).status).toBe(401);
    expect(receiver.arrivals).toHaveLength(before);
  });

  test.each([
    ['?kind=fire', 'kind'],
    ['?since=yesterday', 'since'],
    ['?cursor=x', 'cursor'],
    ['?tenant=NO', 'tenant'],
    ['?limit=0', 'limit'],
  ])('The list of alarms with %s is refused by name', async (query, attr) => {
    expect(await stack.send('GET', `/admin/v1/alarms${query}`, { token: ADMIN_TOKEN })).toMatchObject({
      status: 400,
      json: { code: 'parameter_invalid', attr },
    });
  });

  test('The list of alarms is paged, and is a table too', async () => {
    const all = await alarmsOf();
    const { json } = await stack.send('GET', '/admin/v1/alarms?limit=2', { token: ADMIN_TOKEN });
    const { results, next } = json as { results: Listed[]; next: string };
    const { pathname, search } = new URL(next);
    const rest = await stack.send('GET', `${pathname}${search.replace('limit=2', 'limit=1000')}`, {
      token: ADMIN_TOKEN,
    });
    const ids = [...results, ...(rest.json as { results: Listed[] }).results].map(({ id }) => id);
    expect(ids).toEqual(all.map(({ id }) => id));
    const table = await stack.send('GET', '/admin/v1/alarms?format=csv&limit=1', { token: ADMIN_TOKEN });
    expect(table.text.split('\r\n')[0]).toBe('id,kind,at,tenant,count,message,details,delivery');
  });
});

test('A gateway without a webhook lists its alarms and sends nothing', async () => {
  const { tenant, token } = await silent.tenants.fresh(SLICE);
  posthog.answers(() => page(row(2, 'birch')));
  await list(token, silent);
  await until(async () => (await alarmsOf(silent, `?tenant=${tenant}`)).length > 0);
  expect((await alarmsOf(silent))[0]?.delivery).toEqual({
    state: 'not_configured',
    attempts: 0,
    last_status: null,
    next_attempt_at: null,
  });
  const { json } = await silent.send('POST', '/admin/v1/alarms/test', { token: ADMIN_TOKEN });
  expect(json).toMatchObject({ alarm: { delivery: { state: 'not_configured' } }, answer: null });
});
