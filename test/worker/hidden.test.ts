/** Hidden properties and distinct ids leave by no operation, in no format, and cannot be asked about. */
import { beforeEach, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { EVERY_METHOD, callOf, operationOf, type Call } from '../support/calls.ts';
import type { Answer } from '../support/client.ts';
import { PERSONS, SLICE, startWorlds } from '../support/generations.ts';
import { PAID, SIGNED_UP, VIEWED, type Args } from '../support/listings.ts';
import { problem } from '../support/problem.ts';

const worlds = await startWorlds();

/** In every hidden property and in every distinct id. */
const SENTINEL = 'sentinel-9f27';
const UUID = '0190c0de-0001-7000-8000-0000000000aa';
const ID = `${SENTINEL}-id@acme.test`;
const HIDDEN = {
  email: `${SENTINEL}@acme.test`,
  name: `Sam ${SENTINEL}`,
  ssn: `${SENTINEL}-123`,
  'custom "key"': { deep: [`${SENTINEL} deep`] },
};
const DATES = { date_from: '-30d' };

/** Rules that all hide the sentinels. */
const RULES: [string, Readonly<Record<string, unknown>>][] = [
  ['hidden', { hidden: Object.keys(HIDDEN), distinct_ids: 'hidden' }],
  ['visible', { visible: ['plan', 'tenant_id'], distinct_ids: 'hidden' }],
];

/** Arguments with which an operation answers of the person, where its example would not. */
const ARGS: Readonly<Record<string, Args>> = {
  persons_list: { limit: 1000 },
  persons_cohorts: { person_id: UUID },
  persons_batch_by_uuids: { uuids: [UUID] },
  persons_properties_at_time: { person_id: UUID, timestamp: '2026-01-16T00:00:00Z' },
  persons_bulk_delete: { ids: [UUID] },
  persons_funnel: { events: [SIGNED_UP], funnel_step: 1, ...DATES },
  persons_funnel_correlation: { events: [SIGNED_UP, PAID], ...DATES },
  persons_trends: { events: [VIEWED], entity_id: '$pageview', entity_type: 'events', ...DATES },
  persons_stickiness: {
    events: [VIEWED],
    entity_id: '$pageview',
    entity_type: 'events',
    stickiness_days: 1,
    ...DATES,
  },
  persons_lifecycle: { events: [VIEWED], target_date: '2026-01-14', lifecycle_type: 'new', ...DATES },
};

const callsOf = (format: 'json' | 'csv'): Call[] =>
  EVERY_METHOD.filter(({ operation }) => format === 'json' || operation.reply.rows !== null).map(
    ({ operation, method }) => {
      const args: Args = ARGS[operation.id] ?? operation.example;
      const csv = format === 'csv' ? { format } : {};
      return callOf(operation, method, { person: UUID, args: { ...args, ...csv } });
    },
  );

/** Ways to ask about a hidden property, by operation. */
const leaf = (key: string) => ({ key, type: 'person', operator: 'icontains', value: 'a' });
const ASKING: [string, Args][] = [
  ['persons_list', { search: 'sam' }],
  ['persons_list', { properties: [leaf('ssn')] }],
  ['persons_funnel', { events: [SIGNED_UP], breakdown: 'ssn', breakdown_type: 'person' }],
  ['persons_properties_timeline', { events: [VIEWED], properties: [leaf('ssn')] }],
  ['persons_batch_by_distinct_ids', { distinct_ids: [ID] }],
  ['persons_bulk_delete', { distinct_ids: [ID] }],
  ['persons_update', { properties: { ssn: 'x' } }],
];

describe.each(worlds)(
  'Hidden properties in generation $generation',
  ({ generation, send, get, sandbox, tenants, reset }) => {
    beforeEach(async () => {
      await reset();
      await sandbox.addPersons([
        {
          project_id: 1,
          uuid: UUID,
          distinct_ids: [ID, `anon-${SENTINEL}`],
          properties: { ...HIDDEN, tenant_id: 'acme', plan: 'pro' },
          created_at: '2026-01-14T08:00:00Z',
        },
      ]);
      await sandbox.addEvents(
        ['signed up', '$pageview', 'watched video', 'paid'].map((event, nth) => ({
          project_id: 1,
          distinct_id: ID,
          event,
          timestamp: `2026-01-14T1${nth}:00:00Z`,
        })),
      );
      for (const properties of [{ ssn: `${SENTINEL}-new` }, { plan: 'team' }]) {
        await sandbox.ask('PATCH', `${PERSONS}/${UUID}/`, { json: { properties } });
      }
      await sandbox.forget();
    });
    const asked = (call: Call, token: string): Promise<Answer> =>
      send(call.method, call.target, { token, ...(call.json === undefined ? {} : { json: call.json }) });

    describe.each([
      ['a sliced', SLICE],
      ['an unsliced', {}],
    ])('Hidden properties of %s grant', (_, slice) => {
      test.each(RULES)(
        'No operation shows what a rule by %s hides, in JSON or as a table',
        async (__, properties) => {
          const { token } = await tenants.fresh({ ...slice, properties, split_out_of_slice: true });
          const reads = [...callsOf('json'), ...callsOf('csv')];
          const [deleting, others] = [true, false].map((erases) =>
            reads.filter(({ operation }) => (operation.effect === 'delete') === erases),
          );
          let told = 0;
          for (const call of [...(others ?? []), ...(deleting ?? [])]) {
            const answer = await asked(call, token);
            expect(answer.text + JSON.stringify(answer.headers), call.name).not.toContain('sentinel');
            if (answer.status === 200 && answer.text.includes(UUID)) told += 1;
          }
          // The person is in the answers, or the test would prove nothing.
          expect(told).toBeGreaterThanOrEqual(generation === 'A' ? 8 : 6);
        },
      );
    });

    test.each(ASKING)('The operation %s cannot be asked %j, and PostHog is not asked', async (id, args) => {
      for (const [, properties] of RULES) {
        const { token } = await tenants.fresh({ properties, split_out_of_slice: true });
        for (const method of operationOf(id).methods) {
          const answer = await asked(callOf(operationOf(id), method, { person: UUID, args }), token);
          expect(answer, answer.text).toMatchObject({ status: 403, json: { code: 'property_hidden' } });
          expect(answer.text).not.toContain('sentinel');
        }
      }
      expect(await sandbox.received()).toEqual([]);
    });

    test('The deletion log shows no ids to a token from which distinct ids are hidden', async () => {
      const { token } = await tenants.fresh({ ...SLICE, properties: { distinct_ids: 'hidden' } });
      const answer = await send('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids: [UUID] } });
      expect(answer.status, answer.text).toBe(202);
      problem(await get(token, answer.headers['location'] ?? ''), 'property_hidden');
      const list = await get(token, '/v1/deletions');
      expect(list.status).toBe(200);
      expect(list.text).not.toContain(UUID);
    });
  },
);

test('Every operation of the catalogue is called by this file', () => {
  expect(new Set(callsOf('json').map(({ operation }) => operation.id)).size).toBe(CATALOGUE.length);
});
