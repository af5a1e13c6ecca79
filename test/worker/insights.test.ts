/** The insights over HTTP, in every generation of PostHog, with a key as PostHog makes them: the right persons. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import type { Call } from '../support/calls.ts';
import { PERSONS, SLICE, startWorlds } from '../support/generations.ts';
import { found, happen, KEY_SCOPES, ofAcme, QUESTIONS, requestsOf } from '../support/insight-world.ts';
import { followerOf } from '../support/listings.ts';
import { KEY } from '../support/secrets.ts';
import type { Received } from '../support/sandbox.ts';

const worlds = await startWorlds({ POSTHOG_OWNERS_PROJECT: '1' });
const WHOLE = { slice: null } as const;
const argsOf = (id: string) => QUESTIONS.find(([name]) => name === id)?.[1] ?? {};

/** The bodies of the queries that arrived; nothing else may have. */
function queriesIn(arrived: readonly Received[]): readonly Readonly<Record<string, unknown>>[] {
  expect(arrived.map(({ method, target }) => `${method} ${target}`)).toEqual(
    arrived.map(() => 'POST /api/projects/1/query/'),
  );
  return arrived.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
}

describe.each(worlds.map((world) => [world.generation, world] as const))('Generation %s', (_, world) => {
  const { sandbox, send, tenants } = world;
  beforeEach(async () => {
    await world.reset({ keys: [{ key: KEY, scopes: KEY_SCOPES }], actors_cache: true });
    await happen(sandbox);
    await sandbox.forget();
  });
  const ask = ({ method, target, json }: Call, token: string) =>
    send(method, target, { token, ...(json === undefined ? {} : { json }) });

  test.each(QUESTIONS)('The operation %s with %j finds the right persons', async (id, args, expected) => {
    const whole = await tenants.fresh(WHOLE);
    const sliced = await tenants.fresh(SLICE);
    for (const call of requestsOf(id, args)) {
      for (const [token, persons] of [
        [whole.token, expected],
        [sliced.token, ofAcme(expected)],
      ] as const) {
        const answer = await ask(call, token);
        expect(found(answer), call.name).toEqual(persons);
        expect(answer.text).not.toMatch(/hogql|modifiers|cache_key|query_metadata|fixedProperties|timings/);
      }
    }
    for (const { query, refresh } of queriesIn(await sandbox.received())) {
      const isSliced = JSON.stringify(query).includes('fixedProperties');
      expect(refresh).toBe(isSliced ? 'force_blocking' : 'blocking');
    }
  });

  test.each(QUESTIONS)(
    'The operation %s with %j finds each person once over all pages',
    async (id, args, all) => {
      for (const [record, expected] of [
        [WHOLE, all],
        [SLICE, ofAcme(all)],
      ] as const) {
        const { token } = await tenants.fresh(record);
        const limit = id === 'persons_funnel_correlation' ? 'funnel_correlation_person_limit' : 'limit';
        const [call] = requestsOf(id, { ...args, [limit]: 1 });
        if (call === undefined) throw new Error('no request');
        const read = await followerOf(world, token).follow(await ask(call, token));
        expect(read.rows).toHaveLength(expected.length);
        expect(new Set(read.rows).size).toBe(expected.length);
        expect(read.pages).toEqual(expected.length === 0 ? [0] : expected.map(() => 1));
      }
    },
  );

  test.each([
    ['of a whole project', WHOLE],
    ['of a slice', SLICE],
  ])('A tenant %s gets an answer from all eight endpoints of the persons API', async (_whose, record) => {
    await sandbox.change({ nested_quirks: false });
    const { token } = await tenants.fresh(record);
    const insights = [
      'persons_funnel',
      'persons_funnel_correlation',
      'persons_lifecycle',
      'persons_stickiness',
    ];
    const [distinctId = ''] = BEN.distinctIds;
    const calls = [
      ...requestsOf('persons_activity', { limit: 1 }),
      ...requestsOf('persons_cohorts', { person_id: ADA.uuid }),
      ...insights.flatMap((id) => requestsOf(id, argsOf(id))),
      ...requestsOf('persons_bulk_delete', { ids: [BEN.uuid] }),
      ...requestsOf('persons_reset_distinct_id', { distinct_id: distinctId }),
    ];
    const answers: string[] = [];
    for (const call of calls) {
      const { status, json } = await ask(call, token);
      const { code = '' } = (json ?? {}) as { code?: string };
      answers.push(`${call.method} ${call.path.slice(PERSONS.length)} ${status} ${code}`.trimEnd());
    }
    expect(answers).toEqual([
      record === SLICE ? 'GET /activity/ 403 not_sliceable' : 'GET /activity/ 200',
      'GET /cohorts/ 200',
      'GET /funnel/ 200',
      'POST /funnel/ 200',
      'GET /funnel/correlation/ 200',
      'POST /funnel/correlation/ 200',
      'GET /lifecycle/ 200',
      'GET /stickiness/ 200',
      'POST /bulk_delete/ 202',
      'POST /reset_person_distinct_id/ 202',
    ]);
  });
});
