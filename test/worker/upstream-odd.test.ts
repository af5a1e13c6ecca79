/** Answers that are JSON, and that no PostHog should give. */
import { afterAll, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { callOf, EVERY_METHOD, type Call } from '../support/calls.ts';
import type { Answer } from '../support/client.ts';
import { startFakePostHog, type FakeAnswer } from '../support/fake-posthog.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';

const posthog = await startFakePostHog();
afterAll(() => posthog.stop());
const { send, tenants } = await startStack({ upstream: async () => posthog.origin });
const whole = await tenants.fresh();
const sliced = await tenants.fresh({ slice: { property: 'tenant_id', value: 'acme' } });

const PERSONS = '/api/projects/1/persons';
/** Whom deletions name: nobody another test looks at. */
const VICTIM = '0190c0de-0001-7000-8000-000000000030';

const ask = ({ method, target, json }: Call, token: string): Promise<Answer> =>
  send(method, target, { token, ...(json === undefined ? {} : { json }) });

/** More levels than there is stack for, in reading or writing a value that has them. */
const DEEP = '['.repeat(30_000) + ']'.repeat(30_000);
const JSON_TOO_DEEP: readonly (readonly [status: number, answer: FakeAnswer])[] = [
  [200, { text: DEEP }],
  [200, { text: `{"results":[],"next":null,"extra":${DEEP}}` }],
  [202, { status: 202, text: `{"persons_found":1,"persons_deleted":1,"extra":${DEEP}}` }],
  ...[400, 403, 404].map((status) => [status, { status, text: `{"detail":"no","extra":${DEEP}}` }] as const),
];

describe.each(JSON_TOO_DEEP)('An answer %d that is nested too deeply', (_, answer) => {
  test.each(EVERY_METHOD.map((one) => [`${one.method} ${one.operation.id}`, one] as const))(
    'The answer is decided on, and no internal error, by %s',
    async (name, { operation, method }) => {
      posthog.responds(() => answer);
      const args = operation.id === 'persons_bulk_delete' ? { args: { ids: [VICTIM] } } : {};
      const call = callOf(operation, method, { person: VICTIM, ...args });
      for (const { token } of [whole, sliced]) {
        const { status, text } = await ask(call, token);
        expect(status, name).not.toBe(500);
        expect(text, name).not.toMatch(/internal_error|deletion_unconfirmed|state_unavailable/);
      }
    },
  );
});

describe('A look-up that is answered with another person', () => {
  const mine = { uuid: ADA.uuid, distinct_ids: ['ada@acme.test'], properties: { tenant_id: 'acme' } };

  test.each(['PATCH', 'DELETE'])(
    'Nothing is sent for the person that was asked about, by %s',
    async (method) => {
      posthog.answers(() => mine);
      posthog.heard.length = 0;
      const json = method === 'PATCH' ? { json: { properties: { plan: 'team' } } } : {};
      const answer = await send(method, `${PERSONS}/${BEN.uuid}/`, { token: sliced.token, ...json });
      problem(answer, 'upstream_reply_invalid');
      expect(posthog.heard.filter((line) => !line.startsWith('GET'))).toEqual([]);
    },
  );
});

describe('A look-up that is answered with more persons than were asked for', () => {
  test('A page with more rows than its limit is no answer, and its rows are not kept', async () => {
    const rows = Array.from({ length: 100_000 }, () => ({
      uuid: ADA.uuid,
      properties: { tenant_id: 'acme' },
    }));
    posthog.responds((_, method) =>
      method === 'GET' ? { json: { results: rows, next: null } } : { status: 202 },
    );
    posthog.heard.length = 0;
    const { token } = sliced;
    const json = { filter: { properties: [{ key: 'plan', value: 'free', type: 'person' }] } };
    const preview = await send('POST', '/v1/deletions?preview=true', { token, json });
    expect(preview).toMatchObject({ status: 202, json: { state: 'resolving' } });
    const location = preview.headers['location'] ?? '';
    const entry = await send('GET', location, { token });
    expect(entry).toMatchObject({ json: { last_problem: 'upstream_reply_invalid' } });
    await send('POST', `${location}/cancel`, { token, json: { reason: 'it is not looked at' } });
  });
});

describe('A page whose links are none', () => {
  test.each([5, true, { a: 1 }, ['x']])(
    'A page whose next is %j is no answer: whether there is another page is not known',
    async (next) => {
      posthog.responds(() => ({ json: { results: [], next, previous: null } }));
      for (const { token } of [whole, sliced]) {
        for (const query of ['', '?format=csv'])
          problem(await send('GET', `${PERSONS}/${query}`, { token }), 'upstream_reply_invalid');
      }
    },
  );
});

describe('A refusal whose members are of other types', () => {
  test('The members that every problem has are of the types of the document', async () => {
    posthog.responds(() => ({
      status: 400,
      json: { type: 5, code: { a: 1 }, attr: ['ids'], detail: 'No.', status: 200, request_id: 'theirs' },
    }));
    const answer = await send('GET', `${PERSONS}/`, { token: whole.token });
    expect(answer).toMatchObject({
      status: 400,
      json: {
        type: 'invalid_request',
        code: 'upstream_refused',
        attr: null,
        detail: 'No.',
        status: 400,
        request_id: answer.headers['x-request-id'],
      },
    });
  });
});

// At the end: a deletion whose end is not known is sent again, at a time of its own.
describe('A part of an answer', () => {
  test('A part is never passed on as an answer, and a deletion that is answered with a part is not known to be made', async () => {
    posthog.responds(() => ({ status: 206, json: { results: [], next: null } }));
    problem(await send('GET', `${PERSONS}/`, { token: whole.token }), 'upstream_reply_invalid');
    const json = { ids: [VICTIM] };
    const deletion = await send('POST', `${PERSONS}/bulk_delete/`, { token: whole.token, json });
    expect(deletion).toMatchObject({
      status: 202,
      json: { persons_deleted: 0, deletion: { state: 'sending', last_problem: 'upstream_reply_invalid' } },
    });
  });
});
