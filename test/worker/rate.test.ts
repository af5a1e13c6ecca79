/** The rate over HTTP: never more than it says, however many ask at once, with any token of a family. */
import { beforeEach, describe, expect, test } from 'vitest';
import { together, type Answer } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';
import type { Minted } from '../support/tenants.ts';

const { get, send, sandbox, tenants } = await startStack();

beforeEach(() => sandbox.reset());

const LIST = '/api/projects/1/persons?limit=1';
const MINUTE_MS = 60_000;

interface Rate {
  readonly requests_per_minute: number;
  readonly burst: number;
}

/** Asks for everything at once, and says how long it all took: what can have been refilled meanwhile. */
async function flood(
  asks: readonly (() => Promise<Answer>)[],
): Promise<{ answers: Answer[]; elapsedMs: number }> {
  const startedMs = Date.now();
  const answers = await together(asks, (ask) => ask(), 64);
  return { answers, elapsedMs: Date.now() - startedMs };
}

const admitted = (answers: readonly Answer[]): number =>
  answers.filter(({ status }) => status !== 429).length;
/** The clock of the gateway is read in whole milliseconds. */
const most = ({ requests_per_minute: perMinute, burst }: Rate, elapsedMs: number): number =>
  burst + Math.ceil(((elapsedMs + 2) * perMinute) / MINUTE_MS);

/** Reads that are the same are one call to PostHog, unless they want an answer of their own. */
const OF_ITS_OWN = { headers: { 'cache-control': 'no-cache' } };

describe('Hundreds of requests at once', () => {
  test.each([
    { requests_per_minute: 60, burst: 1 },
    { requests_per_minute: 60, burst: 25 },
    { requests_per_minute: 1, burst: 150 },
    { requests_per_minute: 6000, burst: 40 },
  ])(
    'Requests are admitted $burst at once and $requests_per_minute a minute, and not one more',
    async (rate) => {
      const { token } = await tenants.fresh({ rate });
      const { answers, elapsedMs } = await flood(
        Array.from({ length: 300 }, () => () => get(token, LIST, OF_ITS_OWN)),
      );
      const passed = admitted(answers);
      expect(passed).toBeLessThanOrEqual(most(rate, elapsedMs));
      // Up to a quarter was leased by the answer to one of the last, when nobody asked any more.
      expect(passed).toBeGreaterThanOrEqual(Math.min(300, rate.burst - Math.floor(rate.burst / 4)));
      // Whatever was not admitted never arrived.
      expect(await sandbox.received()).toHaveLength(passed);
      for (const answer of answers.filter(({ status }) => status === 429)) problem(answer, 'rate_limited');
    },
  );

  test('Many tokens of one tenant share its rate', async () => {
    const rate = { requests_per_minute: 60, burst: 50 };
    const { tenant, token } = await tenants.fresh({ rate: { requests_per_minute: 600_000, burst: 1000 } });
    const minted = await Promise.all(Array.from({ length: 5 }, () => tenants.mint(tenant)));
    const derived = await Promise.all(Array.from({ length: 5 }, () => tenants.derive(token)));
    await tenants.put(tenant, { rate });
    const all = [token, ...minted.map((one) => one.token), ...derived.map((one) => one.token)];
    const { answers, elapsedMs } = await flood(
      Array.from({ length: 330 }, (_, i) => () => get(all[i % all.length]!, LIST)),
    );
    expect(admitted(answers)).toBeLessThanOrEqual(most(rate, elapsedMs));
  });

  test('The children of a token share the rate of the token', async () => {
    const rate = { requests_per_minute: 60, burst: 20 };
    const { tenant, token: other } = await tenants.fresh();
    const parent = await tenants.mint(tenant, { rate });
    const children: Minted[] = [];
    for (let i = 0; i < 4; i += 1)
      children.push(await tenants.derive(parent.token, { rate: { requests_per_minute: 60, burst: 15 } }));
    const startedMs = Date.now();
    const { answers } = await flood(
      Array.from({ length: 200 }, (_, i) => () => get(children[i % 4]!.token, LIST)),
    );
    // Deriving them was four requests already.
    expect(admitted(answers)).toBeLessThanOrEqual(most(rate, Date.now() - startedMs));
    expect(admitted(answers)).toBeLessThan(4 * 15);
    expect(await get(other, LIST)).toMatchObject({ status: 200 });
  });

  test('Requests to every plane and of every outcome spend from one rate', async () => {
    const rate = { requests_per_minute: 60, burst: 30 };
    const { token } = await tenants.fresh({ rate });
    const kinds = [
      () => get(token, LIST),
      () => get(token, '/v1/whoami'),
      () => get(token, `${LIST}&nonsense=1`),
      () => get(token, '/api/projects/2/persons'),
      () => get(token, LIST, { headers: { origin: 'https://evil.example' } }),
      () =>
        send('POST', '/api/projects/1/persons/bulk_delete', {
          token,
          body: '{',
          headers: { 'content-type': 'application/json' },
        }),
    ];
    const { answers, elapsedMs } = await flood(
      Array.from({ length: 240 }, (_, i) => kinds[i % kinds.length]!),
    );
    expect(admitted(answers)).toBeLessThanOrEqual(most(rate, elapsedMs));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400, 403, 429]));
  });
});

describe('Refusals for the rate', () => {
  test('A refusal for the rate says whose rate it is, what it is and when to come back', async () => {
    const { token } = await tenants.fresh({ rate: { requests_per_minute: 1, burst: 2 } });
    for (let i = 0; i < 2; i += 1) await get(token, LIST);
    const answer = await get(token, LIST);
    problem(answer, 'rate_limited');
    expect((answer.json as { detail: string }).detail).toMatch(
      /^The tenant may send 1 requests a minute, 2 at once/,
    );
    const seconds = Number(answer.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(answer.headers['ratelimit-policy']).toBe('"tenant";q=2;w=120');
    expect(answer.headers['ratelimit']).toMatch(/^"tenant";r=0;t=(?:1[01]\d|120)$/);
  });

  test('A refusal for a token that has less than its tenant names both limits', async () => {
    const { tenant, token: other } = await tenants.fresh();
    const { token } = await tenants.mint(tenant, { rate: { requests_per_minute: 1, burst: 1 } });
    const first = await get(token, LIST);
    expect(first.headers['ratelimit-policy']).toMatch(/^"tenant";q=1000000;w=\d+, "token";q=1;w=60$/);
    expect(first.headers['ratelimit']).toMatch(/^"tenant";r=\d+;t=\d+, "token";r=0;t=(?:5\d|60)$/);
    const answer = await get(token, LIST);
    problem(answer, 'rate_limited');
    expect((answer.json as { detail: string }).detail).toMatch(/^This token may send/);
    const child = await send('POST', '/v1/tokens', { token, json: { name: 'x' } });
    problem(child, 'rate_limited');
    expect(await get(other, LIST)).toMatchObject({ status: 200 });
  });

  test('A refusal for the rate is over when it says it is', async () => {
    const { token } = await tenants.fresh({ rate: { requests_per_minute: 60, burst: 1 } });
    await get(token, LIST);
    const answer = await get(token, LIST);
    problem(answer, 'rate_limited');
    const waitMs = Number(answer.headers['retry-after']) * 1000;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    expect(await get(token, LIST)).toMatchObject({ status: 200 });
  });

  test('A refusal for the rate costs nothing of the rate itself', async () => {
    const { token } = await tenants.fresh({ rate: { requests_per_minute: 60, burst: 2 } });
    await flood(Array.from({ length: 100 }, () => () => get(token, LIST)));
    const { headers } = await get(token, LIST);
    expect(Number(/t=(\d+)/.exec(headers['ratelimit'] ?? '')?.[1])).toBeLessThanOrEqual(2);
  });

  test('A deletion that is refused for the rate leaves nothing in the log', async () => {
    const { tenant, token } = await tenants.fresh({ rate: { requests_per_minute: 1, burst: 1 } });
    await get(token, LIST);
    await sandbox.forget();
    problem(
      await send('POST', '/api/projects/1/persons/bulk_delete', {
        token,
        json: { distinct_ids: ['nobody'] },
      }),
      'rate_limited',
    );
    expect(await tenants.log(tenant)).toEqual([]);
    expect(await sandbox.received()).toEqual([]);
  });
});

test('A request without a valid token spends no rate', async () => {
  const { token } = await tenants.fresh({ rate: { requests_per_minute: 1, burst: 1 } });
  await together(Array.from({ length: 50 }), (_, i) =>
    get(`${token.slice(0, -5)}${String(i).padStart(5, 'A')}`, LIST),
  );
  expect(await get(token, LIST)).toMatchObject({ status: 200 });
});

test('Each answer says what is left of the rate, and it only gets less', async () => {
  const { token } = await tenants.fresh({ rate: { requests_per_minute: 1, burst: 10 } });
  const left: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    const { headers, status } = await get(token, LIST);
    expect(status).toBe(200);
    left.push(Number(/r=(\d+)/.exec(headers['ratelimit'] ?? '')?.[1]));
  }
  // What was leased is spent at once: two of the requests were answered by a lease.
  expect(left).toEqual(left.toSorted((a, b) => b - a));
  expect([left[0], left[9]]).toEqual([9, 0]);
  for (const [sent, remaining] of left.entries()) expect(remaining).toBeLessThanOrEqual(9 - sent);
});
