/** Listings of a sliced grant: the slice is sent as an outer filter, and every row that comes back is checked. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { callOf, inQuery, operationOf, type Call } from '../support/calls.ts';
import { parsed, until, type Answer } from '../support/client.ts';
import { startFakePostHog } from '../support/fake-posthog.ts';
import { LEAF, PERSONS, SLICE, startWorlds } from '../support/generations.ts';
import { envelopeOf, followerOf, LISTINGS, type Args, type Envelope } from '../support/listings.ts';
import type { SandboxPerson } from '../support/sandbox.ts';
import { startStack } from '../support/stack.ts';

const worlds = await startWorlds();

interface Row {
  readonly uuid: string;
  readonly properties: Readonly<Record<string, unknown>>;
}
const rowsOf = ({ results }: Envelope): Row[] =>
  results.flatMap((row) => (row as { people?: Row[] }).people ?? [row as Row]);
const tenantsIn = (answer: Answer): unknown[] => [
  ...new Set(rowsOf(envelopeOf(answer)).map(({ properties }) => properties['tenant_id'])),
];
const foreignTenantsIn = (answer: Answer): unknown[] =>
  tenantsIn(answer).filter((tenant) => tenant !== 'acme');

const PRO = [{ key: 'plan', value: 'pro', operator: 'exact', type: 'person' }];
const FOREIGN = { key: 'tenant_id', value: 'birch', operator: 'exact', type: 'person' };
/** Filters that would match foreign persons, were they merged with the slice instead of put inside it. */
const ESCAPES: Args[string][] = [
  [FOREIGN],
  [{ ...FOREIGN, value: ['acme', 'birch', 'cedar'] }],
  [{ ...FOREIGN, operator: 'is_not', value: 'acme' }],
  [{ ...FOREIGN, operator: 'not_in', value: ['acme'] }],
  [{ key: 'email', operator: 'is_set', type: 'person' }],
];
const GROUPED: Args[string][] = [{ type: 'OR', values: [LEAF, FOREIGN] }];

const calls = (id: string, args: Args): Call[] =>
  operationOf(id).methods.map((method) => callOf(operationOf(id), method, { args }));
const FILTERED = [...new Map(LISTINGS.map((one) => [one.id, one])).values()].filter(
  ({ id }) => operationOf(id).slicing.kind === 'filtered',
);

describe.each(worlds)('Listings of a slice in generation $generation', (world) => {
  const { send, get, sandbox, tenants, reset, recorder } = world;
  let token = '';
  beforeEach(async () => {
    ({ token } = await tenants.fresh(SLICE));
    await reset();
  });
  const filtered = FILTERED;
  const asked = (call: Call): Promise<Answer> =>
    send(call.method, call.target, { token, ...(call.json === undefined ? {} : { json: call.json }) });
  const acme = async (): Promise<readonly SandboxPerson[]> =>
    (await sandbox.state()).persons.filter(
      ({ project_id: project, properties }) => project === 1 && properties['tenant_id'] === 'acme',
    );
  /** The filters of every request that arrived: of a list those in its query, of a query those of its persons. */
  const filtersSent = async (): Promise<unknown[]> =>
    (await sandbox.received()).map(({ target, body }) =>
      body === ''
        ? parsed(new URL(target, 'http://x').searchParams.get('properties') ?? 'null')
        : (parsed(body) as { query: Record<string, unknown> }).query['fixedProperties'],
    );

  test.each(filtered)(
    'The call $id is sent the slice beside the filters of the client, and answers with the slice only',
    async ({ id, args }) => {
      for (const own of [undefined, PRO]) {
        const { properties: _, ...rest } = args;
        for (const call of calls(id, own === undefined ? rest : { ...rest, properties: own })) {
          await sandbox.forget();
          expect(foreignTenantsIn(await asked(call)), call.name).toEqual([]);
          const sent = id === 'persons_list' ? [LEAF, ...(own ?? [])] : [LEAF];
          expect(await filtersSent(), call.name).toEqual([sent]);
        }
      }
    },
  );

  test.each(filtered)('No filter of the client gets $id out of the slice', async ({ id, args }) => {
    for (const properties of id === 'persons_list' ? ESCAPES : [...ESCAPES, ...GROUPED]) {
      for (const call of calls(id, { ...args, properties })) {
        expect(foreignTenantsIn(await asked(call)), call.name).toEqual([]);
      }
    }
    // The filter held them back at PostHog: the check of the rows had nothing to do.
    expect(recorder.lines.filter((line) => line.includes('foreign_rows'))).toEqual([]);
  });

  test('Links of a cached page hold neither the slice nor the filters of the tenant that asked first', async () => {
    await reset({ actors_cache: true });
    const { id, args, limit } = filtered.find((one) => one.id === 'persons_funnel')!;
    const link = callOf(operationOf(id), 'GET', { args: { ...args, [limit]: 1 } }).target;
    const { token: other } = await tenants.fresh({ slice: { property: 'tenant_id', value: 'birch' } });
    for (const as of [other, token, other]) {
      const answer = await get(as, link);
      const page = envelopeOf(answer);
      for (const made of [page.next, page.initial]) expect(made ?? '').not.toContain('tenant_id');
      expect(tenantsIn(answer)).toEqual([as === token ? 'acme' : 'birch']);
    }
  });

  test.each(filtered)(
    'The pages of $id give every person of the slice once, whatever is dropped between them',
    async (listing) => {
      const { id, args, limit } = listing;
      const start = (size: number): string =>
        callOf(operationOf(id), 'GET', { args: { ...args, [limit]: size } }).target;
      const { follow } = followerOf(world, token);
      const whole = await follow(await get(token, start(1000)));
      expect(new Set(whole.rows).size).toBe(whole.rows.length);
      if (id === 'persons_list' && inQuery(args) === '') {
        expect(new Set(whole.rows)).toEqual(new Set((await acme()).map(({ uuid }) => uuid)));
      }
      await reset({ clickhouse_lag: true });
      const gone = (await acme()).slice(-3).map(({ uuid }) => uuid);
      await sandbox.ask('POST', `${PERSONS}/bulk_delete/`, { json: { ids: gone } });
      for (const size of [1, 2, 5]) {
        const { rows } = await follow(await get(token, start(size)));
        expect(rows, `pages of ${size}`).toEqual(
          whole.rows.filter((row) => !gone.some((one) => one === row)),
        );
      }
    },
  );
});

const posthog = await startFakePostHog();
const gateway = await startStack({
  upstream: () => Promise.resolve(posthog.origin),
  bindings: { POSTHOG_GENERATION: 'A', POSTHOG_OWNERS_PROJECT: '1' },
});
afterAll(() => posthog.stop());

const SECRET = 'not-of-this-tenant';
const row = (uuid: string, name: string, properties: unknown) => ({
  type: 'person',
  id: uuid,
  uuid,
  name,
  distinct_ids: [name],
  properties,
  created_at: '2026-01-05T10:00:00Z',
});

describe.each(FILTERED)('$id of a PostHog that ignores the filter', ({ id, args, limit }) => {
  const { origin, get, tenants, recorder } = gateway;
  let token = '';
  beforeEach(async () => {
    ({ token } = await tenants.fresh(SLICE));
  });
  const foreign = [{ tenant_id: 'birch' }, {}, { tenant_id: ['acme'] }, null].map((properties, nth) =>
    row(`0190c0de-0001-7000-8000-00000000090${nth}`, SECRET, properties),
  );
  /** An actor of a query that has no properties is a person whom PostHog does not have any more. */
  const alarming = id === 'persons_list' ? foreign.length : foreign.length - 1;
  const ours = [ADA, BEN].map(({ uuid }) => row(uuid, 'own', { tenant_id: 'acme' }));
  const ROWS = [foreign[0], ours[0], ...foreign.slice(1), ours[1]];
  const pageOf = (rows: readonly unknown[], next: string | null) =>
    id === 'persons_list'
      ? { results: rows, next, previous: null }
      : {
          columns: ['actor'],
          results: rows.map((actor) => [actor]),
          hasMore: next !== null,
          missing_actors_count: 40,
        };
  const upstreamNext = `${posthog.origin}/api/projects/1/persons/?${limit}=${ROWS.length}&offset=${ROWS.length}`;
  const target = (more: object = {}): string =>
    callOf(operationOf(id), 'GET', { args: { ...args, [limit]: ROWS.length, ...more } }).target;
  const lineOf = ({ headers }: Answer): Promise<unknown> =>
    until('the log line is there', () => {
      const line = recorder.lines.find(
        (text) => text.includes(headers['x-request-id'] ?? '?') && text.includes('"route"'),
      );
      return line === undefined ? undefined : parsed(line);
    });

  test.each([upstreamNext, null])(
    'A page has the rows of the slice only, leads on where PostHog says %j, and raises an alarm',
    async (next) => {
      posthog.answers(() => pageOf(ROWS, next));
      const answer = await get(token, target());
      expect(answer.text).not.toContain(SECRET);
      expect(rowsOf(envelopeOf(answer))).toMatchObject(ours);
      expect(rowsOf(envelopeOf(answer))).toHaveLength(ours.length);
      expect(answer.json).not.toHaveProperty('missing_persons');
      const link = envelopeOf(answer).next;
      if (next === null) expect(link).toBeNull();
      else expect(link?.startsWith(`${origin}/`)).toBe(true);
      expect(await lineOf(answer)).toMatchObject({ alarm: 'foreign_rows', foreign_rows: alarming });
    },
  );

  test('A page of foreign rows is empty and still leads on', async () => {
    posthog.answers(() => pageOf(foreign, upstreamNext));
    const page = envelopeOf(await get(token, target()));
    expect(rowsOf(page)).toEqual([]);
    expect(page.next?.startsWith(`${origin}/`)).toBe(true);
  });

  test('A table has the rows of the slice only, and raises an alarm', async () => {
    posthog.answers(() => pageOf(ROWS, null));
    const answer = await get(token, target({ format: 'csv' }));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.text.trim().split('\r\n')).toHaveLength(ours.length + 1);
    expect(answer.text).not.toContain(SECRET);
    expect(await lineOf(answer)).toMatchObject({ alarm: 'foreign_rows', foreign_rows: alarming });
  });

  test('A page whose rows are all in the slice raises no alarm', async () => {
    posthog.answers(() => pageOf(ours, null));
    expect(await lineOf(await get(token, target()))).not.toHaveProperty('alarm');
  });
});
