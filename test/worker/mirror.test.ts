/** The gateway against PostHog itself: the same question, asked of both, in all three of PostHog's generations. */
import { beforeEach, describe, expect, test } from 'vitest';
import { CATALOGUE, FAMILIES } from '../../src/catalogue/index.ts';
import { documentedReply } from '../../src/catalogue/reply-schemas.ts';
import type { Json } from '../../src/core/json.ts';
import { ADA, CYD, MIA } from '../../src/sandbox/seed/names.ts';
import { callOf, EVERY_METHOD, operationOf, type Call } from '../support/calls.ts';
import { together, type Answer } from '../support/client.ts';
import { startStack } from '../support/stack.ts';

const { send, sandbox, tenants } = await startStack();
const { token } = await tenants.fresh();

const GENERATIONS = ['A', 'B', 'C'] as const;
type Generation = (typeof GENERATIONS)[number];

beforeEach(() => sandbox.reset());

const ask = (call: Call): Promise<Answer> =>
  send(call.method, call.target, { token, ...(call.json === undefined ? {} : { json: call.json }) });

const ofPostHog = (call: Call): Promise<Answer> =>
  sandbox.ask(call.method, call.target, call.json === undefined ? {} : { json: call.json });

/**
 * A body without what the gateway makes anew: of the way on only whether there is one, of the ways back nothing,
 * because PostHog gets those wrong.
 */
function substance({ json }: Answer): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  const members: [string, unknown][] = Object.entries(json);
  return Object.fromEntries(
    members
      .filter(([name]) => name !== 'previous' && name !== 'initial')
      .map(([name, value]) => [name, name === 'next' ? typeof value : value]),
  );
}

const SIGNED_UP = { id: 'signed up', type: 'events', order: 0 } as const;
const PAID = { id: 'paid', type: 'events', order: 1 } as const;
const VIEWED = { id: '$pageview', type: 'events' } as const;
const WATCHED = { id: 'watched video', type: 'events' } as const;
const person = (key: string, value: Json, operator = 'exact') => ({ key, type: 'person', operator, value });

/** More arguments than the examples of the catalogue have: one row for each thing PostHog reads. */
const QUESTIONS: [string, Readonly<Record<string, Json>>][] = [
  ['persons_list', {}],
  ['persons_list', { limit: 7, offset: 3 }],
  ['persons_list', { email: 'ada@acme.test' }],
  ['persons_list', { distinct_id: 'ben@acme.test' }],
  ['persons_list', { distinct_id: 'nobody@acme.test' }],
  ['persons_list', { search: 'birch' }],
  ['persons_list', { include_total: true, limit: 1 }],
  ['persons_list', { properties: [person('plan', 'pro')] }],
  ['persons_list', { properties: [person('plan', ['pro', 'team']), person('tenant_id', 'acme', 'is_not')] }],
  ['persons_list', { properties: [person('name', 'a', 'icontains')], search: 'cedar' }],
  ['persons_list', { properties: [{ key: 'ssn', type: 'person', operator: 'is_set' }] }],
  ['persons_list', { properties: [{ key: 'email', type: 'person', operator: 'is_not_set' }] }],
  ['persons_list', { search: '100% & more+plus = "quoted" ümlaut ☃' }],
  ['persons_cohorts', { person_id: ADA.uuid }],
  ['persons_cohorts', { person_id: String(CYD.id) }],
  ['persons_values', { key: 'plan' }],
  ['persons_values', { key: 'plan', value: 'pr' }],
  ['persons_values', { key: 'no such property' }],
  ['persons_deletion_status', {}],
  ['persons_deletion_status', { status: 'completed', limit: 1 }],
  ['persons_deletion_status', { person_uuid: ADA.uuid, status: 'all' }],
  ['persons_batch_by_distinct_ids', { distinct_ids: ['ada@acme.test', 'mia@birch.test', 'nobody'] }],
  ['persons_batch_by_uuids', { uuids: [ADA.uuid, CYD.uuid.toUpperCase(), MIA.uuid] }],
  ['persons_properties_at_time', { distinct_id: 'ada@acme.test', timestamp: '2026-01-06T00:00:00Z' }],
  ['persons_properties_at_time', { person_id: ADA.uuid, timestamp: '2026-01-14T00:00:00+02:00' }],
  ['persons_properties_at_time', { distinct_id: 'nobody', timestamp: '2026-01-06T00:00:00Z' }],
  ['persons_activity', { limit: 1 }],
  ['persons_activity', { page: 2, limit: 1 }],
  ['persons_funnel', { events: [SIGNED_UP, PAID], funnel_step: 2, date_from: '-14d' }],
  ['persons_funnel', { events: [SIGNED_UP, PAID], funnel_step: -2, date_from: '-14d', limit: 3 }],
  ['persons_funnel', { events: [SIGNED_UP, PAID], funnel_step: 1, date_from: '-14d', offset: 2, limit: 2 }],
  [
    'persons_funnel',
    { events: [SIGNED_UP, PAID], funnel_step: 1, date_from: '-14d', properties: [person('plan', 'pro')] },
  ],
  [
    'persons_funnel',
    {
      events: [SIGNED_UP, PAID],
      funnel_step: 1,
      date_from: '2026-01-01',
      date_to: '2026-01-15',
      properties: { type: 'OR', values: [{ type: 'AND', values: [person('tenant_id', ['acme', 'birch'])] }] },
      funnel_window_interval: 2,
      funnel_window_interval_unit: 'day',
    },
  ],
  [
    'persons_funnel_correlation',
    {
      events: [SIGNED_UP, PAID],
      funnel_correlation_person_entity: WATCHED,
      date_from: '-14d',
      funnel_correlation_person_limit: 2,
    },
  ],
  [
    'persons_lifecycle',
    { events: [VIEWED], target_date: '2026-01-10', lifecycle_type: 'returning', date_from: '-14d' },
  ],
  [
    'persons_stickiness',
    {
      events: [VIEWED],
      entity_id: '$pageview',
      entity_type: 'events',
      stickiness_days: 1,
      date_from: '-14d',
    },
  ],
  ['persons_trends', { events: [VIEWED], entity_id: '$pageview', entity_type: 'events', date_from: '-14d' }],
  [
    'persons_trends',
    { events: [VIEWED], entity_id: '$pageview', type: 'events', search: 'acme', date_from: '-14d' },
  ],
];

/** What the gateway of this file, which takes PostHog for generation B, does not ask for. */
const REMOVED = { persons_properties_timeline: 410 };

/** Calls PostHog answers 500 to, itself and through the gateway's 502: not the gateway's to tell apart. */
const failed = (answer: Answer): boolean => answer.status >= 500;

describe.each(GENERATIONS)('The mirror in generation %s', (generation: Generation) => {
  beforeEach(() => sandbox.change({ generation }));

  const questions: [string, Call][] = [
    ...CATALOGUE.filter((operation) => operation.effect === 'read').flatMap((operation) =>
      operation.methods.map((method): Call => callOf(operation, method)),
    ),
    ...QUESTIONS.flatMap(([id, args]) =>
      operationOf(id).methods.map((method) => callOf(operationOf(id), method, { args })),
    ),
  ].map((call) => [`${call.operation.id}: ${call.method} ${call.target.slice(0, 60)}`, call]);

  test('Every read of the persons API is answered as PostHog answers it', async () => {
    const direct = questions.filter(([, { operation }]) => operation.route === undefined);
    const answers = await together(
      direct,
      async ([name, call]) => [name, await ask(call), await ofPostHog(call)] as const,
    );
    for (const [name, ours, theirs] of answers) {
      if (failed(theirs)) {
        expect(ours, name).toMatchObject({ status: 502, json: { code: 'upstream_error' } });
        continue;
      }
      expect(ours.status, name).toBe(theirs.status);
      // Refusals get the members a problem has beside PostHog's own.
      if (theirs.status >= 400) expect(ours.json, name).toMatchObject(theirs.json as object);
      else expect(substance(ours), name).toEqual(substance(theirs));
    }
    expect(answers.filter(([, , theirs]) => theirs.status === 200).length).toBeGreaterThan(20);
  });

  test('Every success has the shape its entry in the catalogue documents', async () => {
    for (const [name, call] of questions) {
      const answer = await ask(call);
      const { reply } = call.operation;
      const documented = documentedReply(reply.schema);
      if (answer.status === reply.status && documented !== null) {
        expect(documented.schema.safeParse(answer.json).error, name).toBeUndefined();
      }
    }
  });

  test('Every operation is answered by PostHog, in both families, with and without the slash', async () => {
    const dropped: Record<Generation, Record<string, number>> = {
      A: {
        persons_deletion_status: 400,
        persons_batch_by_distinct_ids: 405,
        persons_batch_by_uuids: 405,
        persons_properties_at_time: 400,
        ...REMOVED,
      },
      B: REMOVED,
      C: REMOVED,
    };
    const calls = [true, false].flatMap((slash) =>
      FAMILIES.flatMap((family) =>
        EVERY_METHOD.map(({ operation, method }) => callOf(operation, method, { family, slash })),
      ),
    );
    const unlike: string[] = [];
    for (const call of calls) {
      const answer = await ask(call);
      const expected = dropped[generation][call.operation.id] ?? call.operation.reply.status;
      if (answer.status !== expected) unlike.push(`${call.name}: ${answer.status} ${answer.text}`);
      // The next caller finds everybody again.
      if (call.operation.effect !== 'read') await sandbox.reset({ generation });
    }
    expect(unlike).toEqual([]);
  });
});
