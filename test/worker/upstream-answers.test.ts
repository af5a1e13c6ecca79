/** What PostHog may answer instead of an answer: what the client learns of it, and what stands in the log. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { callOf, EVERY_METHOD } from '../support/calls.ts';
import { until, type Answer } from '../support/client.ts';
import { startListener } from '../support/listener.ts';
import { problem } from '../support/problem.ts';
import { KEY } from '../support/secrets.ts';
import { endPauses, startStack } from '../support/stack.ts';
import type { FailureCode } from '../../src/core/failure.ts';

const { send, get, admin, sandbox, sandboxOrigin, tenants, recorder } = await startStack();
const elsewhere = await startListener();
const { tenant, token } = await tenants.fresh();
/** For deletions whose end stays unknown. */
const restless = await tenants.fresh();
/** Whom those deletions name: nobody another test looks at. */
const VICTIM = '0190c0de-0001-7000-8000-000000000030';

beforeEach(() => sandbox.reset());
afterAll(async () => {
  expect(elsewhere.heard).toEqual([]);
  await elsewhere.stop();
});

const PERSONS = '/api/projects/1/persons';
const LIST = `${PERSONS}/?limit=2`;
const RETRIEVE = `${PERSONS}/${ADA.uuid}/`;

/** What generation B's persons API answers with a success, and the gateway does not do through its log. */
const ANSWERED = EVERY_METHOD.filter(
  ({ operation: { effect, route } }) => effect !== 'delete' && route === undefined,
);

const bulk = (ids: readonly string[], as: string): Promise<Answer> =>
  send('POST', `${PERSONS}/bulk_delete/`, { token: as, json: { ids } });
const entryOf = async (id: string | undefined, of: string) =>
  (await tenants.log(of)).find((entry) => entry.id === id);

/** How an answer fails, what that is called, and whether it says for sure that nothing was done. */
const FAULTS: [string, Record<string, unknown>, FailureCode, 'failed' | 'sending'][] = [
  ['429', { kind: 'status', status: 429, retry_after_seconds: 17 }, 'upstream_rate_limited', 'failed'],
  ['500', { kind: 'status', status: 500 }, 'upstream_error', 'sending'],
  ['502', { kind: 'status', status: 502 }, 'upstream_error', 'sending'],
  ['503 with a page', { kind: 'html', status: 503 }, 'upstream_error', 'sending'],
  ['401: the key is wrong', { kind: 'status', status: 401 }, 'upstream_key_refused', 'failed'],
  ['200 with a page', { kind: 'html' }, 'upstream_reply_invalid', 'sending'],
  ['JSON that stops half way', { kind: 'truncated_json' }, 'upstream_reply_invalid', 'sending'],
  ['a redirect', { kind: 'redirect', location: elsewhere.origin }, 'upstream_redirected', 'failed'],
  [
    'a permanent redirect',
    { kind: 'redirect', status: 308, location: `${elsewhere.origin}/x` },
    'upstream_redirected',
    'failed',
  ],
  [
    'a redirect to itself',
    { kind: 'redirect', status: 301, location: LIST },
    'upstream_redirected',
    'failed',
  ],
];

describe.each(FAULTS)('An answer that is %s', (_, fault, code, state) => {
  test('A broken answer is a failure of PostHog, by every operation', async () => {
    for (const { operation, method } of ANSWERED) {
      await sandbox.fault(fault);
      const { name, target, json } = callOf(operation, method);
      const answer = await send(method, target, { token, ...(json === undefined ? {} : { json }) });
      problem(answer, code);
      expect(answer.text, name).not.toContain(new URL(sandboxOrigin).host);
      expect(answer.headers['retry-after'], name).toBe(code === 'upstream_rate_limited' ? '17' : undefined);
      // The next operation would not be sent while PostHog wants to be left alone.
      if (code === 'upstream_rate_limited') {
        await until('the shield has heard it', async () => ((await endPauses()) > 0 ? true : undefined));
      }
    }
    expect(await sandbox.received()).toHaveLength(ANSWERED.length);
  });

  test('A broken answer leaves a deletion in the log with what is known', async () => {
    await sandbox.fault(fault);
    const answer = await bulk([VICTIM], restless.token);
    const id = answer.headers['hedgerow-deletion'];
    const location = `/v1/deletions/${id}`;
    expect(answer.headers['location']).toBe(location);
    if (state === 'failed') problem(answer, code);
    else {
      // It is sent again by itself, so nobody is told to ask again.
      const deletion = { id, state, last_problem: code, location };
      expect(answer).toMatchObject({ status: 202, json: { deletion } });
      expect(answer.headers).not.toHaveProperty('retry-after');
    }
    const expected =
      state === 'failed' ? { state, last_problem: null } : { state, last_problem: code, outcome: null };
    expect(await entryOf(id, restless.tenant)).toMatchObject({ ...expected, attempts: 1, asked: 1 });
    // Sent again by itself, it would take the faults of other tests.
    await admin('POST', `/${restless.tenant}/deletions/${id}/abandon`, { reason: 'it is not looked at' });
  });
});

describe('Refusals of PostHog', () => {
  test.each([
    [400, 'invalid_input'],
    [404, 'not_found'],
  ])('A refusal of PostHog with %d is passed on in its own words', async (status, code) => {
    const write = () => send('PATCH', RETRIEVE, { token, json: { properties: { plan: 'team' } } });
    for (const make of [() => get(token, LIST), () => get(token, RETRIEVE), write]) {
      await sandbox.fault({ kind: 'status', status });
      const answer = await make();
      expect(answer).toMatchObject({
        status,
        headers: { 'content-type': 'application/problem+json' },
        json: {
          status,
          code,
          title: 'PostHog refused the request',
          request_id: answer.headers['x-request-id'],
        },
      });
    }
    await sandbox.fault({ kind: 'status', status });
    const deletion = await bulk([BEN.uuid], token);
    expect(deletion).toMatchObject({ status, json: { status, code } });
    const entry = await entryOf(deletion.headers['hedgerow-deletion'], tenant);
    expect(entry).toMatchObject({ state: 'failed', outcome: { status } });
  });
});

describe('Answers of PostHog', () => {
  test('A very large answer is streamed, and a row that is too large costs a page that row alone', async () => {
    await sandbox.fault({ kind: 'huge', bytes: 9_000_000, times: 3 });
    const streamed = await get(token, RETRIEVE);
    expect(streamed.status).toBe(200);
    expect(streamed.text.length).toBeGreaterThan(9_000_000);
    const sliced = await tenants.fresh({ slice: { property: 'tenant_id', value: 'acme' } });
    for (const holder of [token, sliced.token]) {
      const page = await get(holder, LIST);
      expect(page).toMatchObject({ status: 200, json: { results: [], next: null } });
      const line = recorder.lines.map((text) => JSON.parse(text) as Record<string, unknown>).at(-1);
      expect(line).toMatchObject({ route: 'persons_list', status: 200, dropped_rows: 1 });
      expect(line).not.toHaveProperty('alarm');
    }
  });

  test("An answer keeps none of PostHog's headers but the type", async () => {
    const own = await get(token, RETRIEVE);
    const direct = await sandbox.ask('GET', RETRIEVE);
    for (const name of ['server', 'set-cookie', 'traceparent']) {
      expect(direct.headers[name], name).toBeDefined();
      expect(own.headers[name], name).toBeUndefined();
    }
    expect(own.headers['vary']).toBe('Origin');
  });
});

/** Every way of writing the key, and the host of PostHog. */
function hidden(answer: Answer): void {
  const said = JSON.stringify(answer.headers) + answer.text + JSON.stringify(answer.json);
  for (const form of [KEY, encodeURIComponent(KEY), JSON.stringify(KEY).slice(1, -1)]) {
    expect(said).not.toContain(form);
  }
}

describe('The key, echoed by PostHog', () => {
  test.each([200, 400, 403, 404, 401, 429, 500, 302])(
    'The key that PostHog echoes with status %d is in no answer',
    async (status) => {
      for (const { operation, method } of EVERY_METHOD) {
        await sandbox.fault({ kind: 'echo_key', status });
        const args = operation.id === 'persons_bulk_delete' ? { args: { ids: [VICTIM] } } : {};
        const { target, json } = callOf(operation, method, { person: VICTIM, ...args });
        hidden(
          await send(method, target, { token: restless.token, ...(json === undefined ? {} : { json }) }),
        );
      }
    },
  );

  test('The key that PostHog echoes in a list is taken out of rows, of names of members and of links, and JSON is left', async () => {
    await sandbox.fault({ kind: 'echo_key' });
    const answer = await get(token, LIST);
    hidden(answer);
    expect(answer.text).not.toContain('us.posthog.com');
    expect(answer.json).toMatchObject({ results: [{ properties: { email: 'echo@sandbox.test' } }] });
  });

  test('The key that PostHog echoes in a table is taken out of cells and of the Link header', async () => {
    await sandbox.fault({ kind: 'echo_key' });
    const answer = await get(token, `${LIST}&format=csv`);
    hidden(answer);
    expect(answer.text).toContain('echo@sandbox.test');
    expect(answer.headers['link']).toMatch(
      /^<http:\/\/127\.0\.0\.1:\d+\/api\/projects\/1\/persons\/\?limit=2&format=csv&offset=2>; rel="next"$/,
    );
  });
});
