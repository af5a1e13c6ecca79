/** PostHog's own words and unexpected bodies: what of them goes out, for every operation, over a PostHog that says too much. */
import { afterAll, describe, expect, test } from 'vitest';
import { checkAbsent } from '../../src/catalogue/generation-lacks.ts';
import { FAILURES, isGatewayCode } from '../../src/core/failure.ts';
import { ADA } from '../../src/sandbox/seed/names.ts';
import { everyCall, type Call } from '../support/calls.ts';
import { together, type Answer } from '../support/client.ts';
import { startFakePostHog, type FakeAnswer } from '../support/fake-posthog.ts';
import { startStack } from '../support/stack.ts';

const posthog = await startFakePostHog();
afterAll(() => posthog.stop());
const { send, tenants } = await startStack({ upstream: async () => posthog.origin });

const SECRET = 'a-property-of-somebody-else';
const PERSON = { ...ADA, id: 1, name: 'Ada', distinct_ids: ['ada@acme.test'], created_at: null };
const OWN = { ...PERSON, properties: { tenant_id: 'acme' } };
const SLICED = { slice: { property: 'tenant_id', value: 'acme' } };
const HIDING = { properties: { hidden: ['email'] } };

const ask = ({ method, target, json }: Call, token: string): Promise<Answer> =>
  send(method, target, { token, ...(json === undefined ? {} : { json }) });

/** Look-ups find the person in the slice; whatever else is asked gets `said`. */
const findsAndSays =
  (said: FakeAnswer) =>
  (target: string, method: string): FakeAnswer => {
    const path = target.split('?')[0] ?? '';
    if (method === 'GET' && path.endsWith(`/persons/${ADA.uuid}/`)) return { json: OWN };
    if (path.endsWith('/batch_by_uuids/')) return { json: { results: { [ADA.uuid]: OWN } } };
    if (path.endsWith('/batch_by_distinct_ids/')) return { json: { results: { 'ada@acme.test': OWN } } };
    return said;
  };

describe.each([
  ['a slice', SLICED],
  ['a property rule', HIDING],
])('A grant under %s', (_, record) => {
  test.each([400, 404, 405, 410])(
    'The words of PostHog in a %d do not go out, by any operation',
    async (status) => {
      const body = {
        type: 'validation_error',
        code: 'invalid_input',
        detail: SECRET,
        attr: SECRET,
        extra: { SECRET },
      };
      posthog.responds(findsAndSays({ status, json: body }));
      const { token } = await tenants.fresh(record);
      for (const answer of await together(everyCall(), (call) => ask(call, token))) {
        expect(answer.text).not.toContain(SECRET);
        expect(answer.status).toBeGreaterThanOrEqual(200);
      }
    },
  );

  test('The unknown members of a deletion summary do not go out', async () => {
    const summary = { persons_found: 1, persons_deleted: 1, deletion_errors: [], surprise: { note: SECRET } };
    posthog.responds(findsAndSays({ status: 202, json: summary }));
    const { token } = await tenants.fresh(record);
    const deletes = everyCall().filter(({ operation }) => operation.effect === 'delete');
    for (const answer of await together(deletes, (call) => ask(call, token))) {
      expect(answer.text).not.toContain(SECRET);
    }
  });
});

describe('Answers that the catalogue calls empty', () => {
  test('An answer that should be empty goes out empty, whatever PostHog put into its body', async () => {
    posthog.responds(() => ({ status: 202, json: { note: SECRET } }));
    const { token } = await tenants.fresh();
    const calls = everyCall().filter(({ operation }) => operation.reply.schema === null);
    expect(calls.length).toBeGreaterThan(4);
    for (const answer of await together(calls, (call) => ask(call, token)))
      expect(answer.text).not.toContain(SECRET);
  });

  test('An answer that should be empty is a 502 where its body is a page of HTML', async () => {
    posthog.responds(() => ({ status: 202, text: '<!doctype html>maintenance' }));
    const { token } = await tenants.fresh();
    const calls = everyCall().filter(
      ({ operation }) => operation.reply.schema === null && operation.effect === 'write',
    );
    for (const answer of await together(calls, (call) => ask(call, token))) {
      expect(answer).toMatchObject({ status: 502, json: { code: 'upstream_reply_invalid' } });
    }
  });
});

describe('Codes of PostHog', () => {
  test("A code of PostHog that equals one of the gateway's is not passed on by any operation", async () => {
    const { token } = await tenants.fresh();
    for (const code of ['token_revoked', 'rate_limited', 'deletion_budget_exhausted'] as const) {
      expect(Object.keys(FAILURES)).toContain(code);
      posthog.responds(() => ({ status: 400, json: { code, detail: 'x' } }));
      const calls = everyCall().filter(({ operation }) => checkAbsent(operation, 'B') === null);
      for (const answer of await together(calls, (call) => ask(call, token))) {
        const { code: said = '' } = (answer.json ?? {}) as { code?: string };
        expect(isGatewayCode(said) && !said.startsWith('upstream_') && said !== 'deletion_unconfirmed').toBe(
          false,
        );
      }
    }
  });
});
