/** Insights that are refused: by the gateway before PostHog is asked, and by PostHog in no words of its own. */
import { beforeEach, describe, expect, test } from 'vitest';
import { checkAbsent } from '../../src/catalogue/generation-lacks.ts';
import { FAILURES, type FailureCode } from '../../src/core/failure.ts';
import { callOf, everyCall, inQuery, operationOf, type Call } from '../support/calls.ts';
import { parsed, until, type Answer } from '../support/client.ts';
import { PERSONS, SLICE, startGateway, startWorlds } from '../support/generations.ts';
import { found, happen, KEY_SCOPES, ofAcme, QUESTIONS, requestsOf } from '../support/insight-world.ts';
import { PAID, SIGNED_UP, VIEWED, type Args } from '../support/listings.ts';
import { problem } from '../support/problem.ts';
import { KEY } from '../support/secrets.ts';

const worlds = await startWorlds({});
const [oldest] = worlds;
const legacy = await startGateway(oldest, { POSTHOG_GENERATION: 'A', INSIGHT_ROUTE: 'legacy' });

const keyWith = (...scopes: string[]) => ({ keys: [{ key: KEY, scopes }] });
const INSIGHTS = [...new Set(QUESTIONS.map(([id]) => id))].map(operationOf);
const INSIGHT_CALLS = INSIGHTS.flatMap((operation) =>
  operation.methods.map((method) => callOf(operation, method)),
);

describe.each(worlds.map((world) => [world.generation, world] as const))(
  'Generation %s',
  (generation, world) => {
    const { sandbox, send, tenants, recorder } = world;
    beforeEach(() => world.reset(keyWith(...KEY_SCOPES)));
    const ask = ({ method, target, json }: Call, token: string) =>
      send(method, target, { token, ...(json === undefined ? {} : { json }) });
    const lineOf = ({ headers }: Answer) =>
      until('the log line is there', () => {
        const id = headers['x-request-id'] ?? '?';
        const line = recorder.lines.find((text) => text.includes(id) && text.includes('"route"'));
        return line === undefined ? undefined : parsed(line);
      });

    test('An insight needs query:read of the key, which the log names and the answer does not', async () => {
      await sandbox.change(keyWith(...KEY_SCOPES.filter((scope) => scope !== 'query:read')));
      const { token } = await tenants.fresh();
      for (const call of INSIGHT_CALLS) {
        const answer = await ask(call, token);
        problem(answer, 'upstream_scope_missing');
        expect(answer.text).not.toContain('query:read');
        expect(await lineOf(answer)).toMatchObject({ upstream_scope: 'query:read' });
      }
    });

    test('An insight is answered to a key with all scopes', async () => {
      await sandbox.change(keyWith('*'));
      const { token } = await tenants.fresh();
      for (const call of INSIGHT_CALLS) expect(await ask(call, token)).toMatchObject({ status: 200 });
    });

    test.each([504, 512])('A query that PostHog ends with %d is too expensive', async (status) => {
      const { token } = await tenants.fresh(SLICE);
      for (const call of INSIGHT_CALLS) {
        await sandbox.fault({ kind: 'status', status });
        const answer = await ask(call, token);
        problem(answer, 'upstream_too_expensive');
        expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
      }
    });

    test.each([400, 404])('No word of PostHog goes out where it refuses a query with %d', async (status) => {
      const { token } = await tenants.fresh();
      for (const call of INSIGHT_CALLS) {
        await sandbox.fault({ kind: 'status', status });
        const answer = await ask(call, token);
        expect(answer).toMatchObject({
          status,
          json: {
            code: 'upstream_refused',
            detail: 'PostHog refused the query that was made of this request.',
            attr: null,
          },
        });
      }
    });

    test('What the generation does not have is refused before PostHog is asked or a person read', async () => {
      const absent = everyCall().filter(({ operation }) => checkAbsent(operation, generation) !== null);
      expect(absent.length).toBeGreaterThan(0);
      for (const record of [{}, SLICE]) {
        const { token } = await tenants.fresh(record);
        for (const call of absent) {
          const answer = await ask(call, token);
          const isUnsliceable = record === SLICE && call.operation.slicing.kind === 'refused';
          if (isUnsliceable) problem(answer, 'not_sliceable');
          else problem(answer, generation === 'A' ? 'generation_lacks' : 'operation_removed');
        }
      }
      expect(await sandbox.received()).toEqual([]);
    });

    test('A timeline is refused without asking where PostHog has removed it', async () => {
      const { token } = await tenants.fresh();
      const answer = await ask(callOf(operationOf('persons_properties_timeline'), 'GET'), token);
      if (generation === 'A') return problem(answer, 'upstream_key_refused');
      problem(answer, 'operation_removed');
      expect(answer).toMatchObject({ status: 410, json: { detail: /properties_at_time/ } });
      expect(await sandbox.received()).toEqual([]);
    });
  },
);

const FUNNEL = { events: [SIGNED_UP, PAID] } satisfies Args;
const LIFECYCLE = { events: [VIEWED], target_date: '2026-01-10', lifecycle_type: 'new' } satisfies Args;
const named = { entity_id: '$pageview', entity_type: 'events' };
const STICKINESS = { ...named, stickiness_days: 1 } satisfies Args;

const BAD: [string, Args, code: FailureCode, attr: string][] = [
  ['persons_funnel', { ...FUNNEL, funnel_step: 0 }, 'parameter_invalid', 'funnel_step'],
  ['persons_funnel', { ...FUNNEL, funnel_step: -1 }, 'parameter_invalid', 'funnel_step'],
  ['persons_funnel', { ...FUNNEL, funnel_step: 3 }, 'parameter_invalid', 'funnel_step'],
  ['persons_funnel', { ...FUNNEL, funnel_step: -3 }, 'parameter_invalid', 'funnel_step'],
  ['persons_funnel', { events: [SIGNED_UP] }, 'parameter_invalid', 'events'],
  ['persons_funnel', {}, 'parameter_invalid', 'events'],
  ['persons_funnel', { ...FUNNEL, drop_off: true }, 'input_conflict', 'drop_off'],
  [
    'persons_funnel',
    { ...FUNNEL, funnel_window_days: 2, funnel_window_interval: 3 },
    'input_conflict',
    'funnel_window_days',
  ],
  ['persons_funnel', { ...FUNNEL, date_from: 'last Tuesday' }, 'parameter_invalid', 'date_from'],
  [
    'persons_funnel',
    { ...FUNNEL, date_from: '2026-01-08', date_to: '2026-01-01' },
    'input_conflict',
    'date_to',
  ],
  ['persons_funnel', { events: '[{"id":' }, 'parameter_invalid', 'events'],
  ['persons_funnel', { ...FUNNEL, properties: '[{"key":' }, 'parameter_invalid', 'properties'],
  ['persons_funnel_correlation', FUNNEL, 'parameter_invalid', 'funnel_correlation_person_entity'],
  [
    'persons_funnel_correlation',
    { ...FUNNEL, funnel_correlation_person_entity: { id: "it's", type: 'events' } },
    'parameter_invalid',
    'funnel_correlation_person_entity.id',
  ],
  ['persons_lifecycle', { ...LIFECYCLE, lifecycle_type: 'gone' }, 'parameter_invalid', 'lifecycle_type'],
  ['persons_lifecycle', { ...LIFECYCLE, target_date: '2026-02-30' }, 'parameter_invalid', 'target_date'],
  ['persons_lifecycle', { ...LIFECYCLE, events: [SIGNED_UP, PAID] }, 'parameter_invalid', 'events'],
  [
    'persons_lifecycle',
    { ...LIFECYCLE, date_from: '2026-01-11', date_to: '2026-01-12' },
    'input_conflict',
    'target_date',
  ],
  ['persons_stickiness', { ...STICKINESS, stickiness_days: 0 }, 'parameter_invalid', 'stickiness_days'],
  ['persons_stickiness', { stickiness_days: 1 }, 'parameter_invalid', 'entity_type'],
  ['persons_trends', { events: [VIEWED] }, 'parameter_invalid', 'entity_type'],
  ['persons_trends', { ...named, events: [SIGNED_UP] }, 'input_conflict', 'entity_id'],
  ['persons_trends', { ...named, breakdown_value: 'x' }, 'input_conflict', 'breakdown_value'],
];

describe('Bad input', () => {
  const { sandbox, send, get, tenants } = oldest;
  beforeEach(() => oldest.reset(keyWith(...KEY_SCOPES)));

  test.each(BAD)('The operation %s with %j is a 400, and nothing is sent', async (id, args, code, attr) => {
    for (const record of [{}, SLICE]) {
      const { token } = await tenants.fresh(record);
      const answer = await get(token, callOf(operationOf(id), 'GET', { args }).target);
      problem(answer, code, attr);
      expect(FAILURES[code].status).toBe(400);
      const described = { method: 'GET', path: callOf(operationOf(id), 'GET', { args }).target };
      const explained = await send('POST', '/v1/explain', { token, json: described });
      const { detail } = answer.json as { detail: string };
      expect(explained.json).toMatchObject({ allowed: false, reason: { code, attr, detail } });
    }
    expect(await sandbox.received()).toEqual([]);
  });

  test('A body that is not JSON is a 400, and nothing is sent', async () => {
    const { token } = await tenants.fresh();
    const headers = { 'content-type': 'application/json', 'content-length': '9' };
    const answer = await send('POST', `${PERSONS}/funnel/`, { token, headers, body: '{"events"' });
    problem(answer, 'body_invalid');
    expect(await sandbox.received()).toEqual([]);
  });

  test('A slice whose property PostHog may read as a path cannot hold an insight', async () => {
    const { token } = await tenants.fresh({ slice: { property: 'tenant.id', value: 'acme' } });
    const target = `${PERSONS}/funnel/?${inQuery(FUNNEL)}`;
    problem(await get(token, target), 'not_sliceable');
    expect(await sandbox.received()).toEqual([]);
  });
});

describe('The legacy route', () => {
  const { sandbox, send, tenants } = legacy;
  beforeEach(async () => {
    await oldest.reset(keyWith());
    await happen(sandbox);
    await sandbox.forget();
  });
  const QUERY_ONLY = new Set(['persons_lifecycle', 'persons_stickiness']);

  test.each(QUESTIONS)(
    'The operation %s with %j finds the same persons as a query',
    async (id, args, all) => {
      for (const [record, expected] of [
        [{}, all],
        [SLICE, ofAcme(all)],
      ] as const) {
        const { token } = await tenants.fresh(record);
        for (const { method, target, path, json } of requestsOf(id, args)) {
          await sandbox.forget();
          const answer = await send(method, target, { token, ...(json === undefined ? {} : { json }) });
          expect(found(answer).toSorted()).toEqual([...expected].toSorted());
          const arrived = (await sandbox.received()).map((one) => one.target.split('?')[0]);
          expect(arrived).toEqual([QUERY_ONLY.has(id) ? '/api/projects/1/query/' : path]);
        }
      }
    },
  );
});
