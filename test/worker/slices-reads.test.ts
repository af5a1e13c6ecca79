/** Reads of a sliced grant: the slice goes to PostHog around whatever the client says, and nothing gets past it. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA } from '../../src/sandbox/seed/names.ts';
import { callOf, inQuery, operationOf, type Call } from '../support/calls.ts';
import type { Answer } from '../support/client.ts';
import { LEAF, PERSONS, SLICE, startWorlds } from '../support/generations.ts';
import { envelopeOf, followerOf, LISTINGS, VIEWED, type Args, type Envelope } from '../support/listings.ts';
import { problem } from '../support/problem.ts';
import type { SandboxPerson } from '../support/sandbox.ts';
import { parsed } from '../support/client.ts';

const worlds = await startWorlds();

interface Row {
  readonly uuid: string;
  readonly properties: Readonly<Record<string, unknown>>;
}
const rowsOf = ({ results }: Envelope): Row[] =>
  results.flatMap((row) => (row as { people?: Row[] }).people ?? [row as Row]);
const whose = (answer: Answer): unknown[] => [
  ...new Set(rowsOf(envelopeOf(answer)).map(({ properties }) => properties['tenant_id'])),
];

const OWN = [{ key: 'plan', value: 'pro', operator: 'exact', type: 'person' }];
const FOREIGN = { key: 'tenant_id', value: 'birch', operator: 'exact', type: 'person' };
/** Filters that would let somebody out, were they merged with the slice instead of put inside it. */
const ESCAPES: [string, Args[string]][] = [
  ['the same key with another value', [FOREIGN]],
  ['the same key with several values', [{ ...FOREIGN, value: ['acme', 'birch', 'cedar'] }]],
  ['is_not', [{ ...FOREIGN, operator: 'is_not', value: 'acme' }]],
  ['regex', [{ ...FOREIGN, operator: 'regex', value: '.*' }]],
  ['icontains', [{ ...FOREIGN, operator: 'icontains', value: 'c' }]],
  ['negation', [{ ...LEAF, negation: true }]],
  ['is_not_set', [{ key: 'tenant_id', operator: 'is_not_set', type: 'person' }]],
  ['what is set on everybody', [{ key: 'email', operator: 'is_set', type: 'person' }]],
];
const GROUPED: [string, Args[string]][] = [
  ['an outer OR', { type: 'OR', values: [LEAF, FOREIGN] }],
  [
    'an OR of groups',
    {
      type: 'OR',
      values: [
        { type: 'AND', values: [LEAF] },
        { type: 'AND', values: [FOREIGN] },
      ],
    },
  ],
];

const calls = (id: string, args: Args): Call[] =>
  operationOf(id).methods.map((method) => callOf(operationOf(id), method, { args }));

describe.each(worlds)('in generation $generation', (world) => {
  const { generation, send, get, sandbox, tenants, reset, recorder } = world;
  let token = '';
  beforeEach(async () => {
    ({ token } = await tenants.fresh(SLICE));
    await reset();
  });
  const listings = LISTINGS.filter(
    ({ id }) => generation === 'A' || !['persons_stickiness', 'persons_funnel_correlation'].includes(id),
  ).filter(({ id }) => operationOf(id).slicing.kind === 'filtered');
  const filtered = [...new Map(listings.map((one) => [one.id, one])).values()];
  const asked = (call: Call, as = token): Promise<Answer> =>
    send(call.method, call.target, { token: as, ...(call.json === undefined ? {} : { json: call.json }) });
  const acme = async (): Promise<readonly SandboxPerson[]> =>
    (await sandbox.state()).persons.filter(
      ({ project_id: project, properties }) => project === 1 && properties['tenant_id'] === 'acme',
    );
  /** The filters of every request that arrived, out of its query or its body. */
  const filtersSent = async (): Promise<unknown[]> =>
    (await sandbox.received()).map(({ target, body }) => {
      const inBody = body === '' ? undefined : (parsed(body) as Record<string, unknown>)['properties'];
      return inBody ?? parsed(new URL(target, 'http://x').searchParams.get('properties') ?? 'null');
    });

  test.each(filtered)(
    '$id is sent the slice around everything, and answers nobody else',
    async ({ id, args }) => {
      for (const own of [undefined, OWN]) {
        const { properties: _, ...rest } = args;
        for (const call of calls(id, own === undefined ? rest : { ...rest, properties: own })) {
          await sandbox.forget();
          const answer = await asked(call);
          expect(
            whose(answer).filter((tenant) => tenant !== 'acme'),
            call.name,
          ).toEqual([]);
          const inner = own === undefined ? [] : [{ type: 'AND', values: own }];
          expect(await filtersSent(), call.name).toEqual([
            id === 'persons_list'
              ? [LEAF, ...(own ?? [])]
              : { type: 'AND', values: [{ type: 'AND', values: [LEAF] }, ...inner] },
          ]);
        }
      }
    },
  );

  test.each(filtered)('trap 3: no filter of the client lets $id out of the slice', async ({ id, args }) => {
    const tried = id === 'persons_list' ? ESCAPES : [...ESCAPES, ...GROUPED];
    for (const [name, properties] of tried) {
      for (const call of calls(id, { ...args, properties })) {
        const answer = await asked(call);
        expect(
          whose(answer).filter((tenant) => tenant !== 'acme'),
          name,
        ).toEqual([]);
      }
    }
    expect(recorder.lines.filter((line) => line.includes('foreign_rows'))).toEqual([]);
  });

  test('trap 3: a filter PostHog would drop, or that is no filter on persons, is refused and nothing is sent', async () => {
    const bad: unknown[] = [
      { type: 'hogql', key: '1=1' },
      { type: 'cohort', key: 'id', value: 11 },
      { type: 'static-cohort', key: 'id', value: 11 },
      { type: 'group', key: 'x', value: 'y', group_type_index: 0 },
      { type: 'event', key: 'tenant_id', value: 'acme' },
      { key: 'tenant_id', value: 'birch' },
      { type: 'person', key: 'plan' },
      { type: 'person', value: 'pro' },
      { type: 'person', key: 'plan', operator: 'between', value: [1, 2] },
      { type: 'person', key: 'plan', operator: 'flag_evaluates_to', value: true },
      null,
      [],
    ];
    const bodies = [...bad.map((leaf) => [leaf]), ...bad.map((leaf) => [OWN[0], leaf]), { plan: 'pro' }, []];
    for (const properties of bodies) {
      const answer = await get(
        token,
        `${PERSONS}/?properties=${encodeURIComponent(JSON.stringify(properties))}`,
      );
      expect(answer, JSON.stringify(properties)).toMatchObject({
        status: 400,
        json: { code: 'parameter_invalid' },
      });
    }
    expect(await sandbox.received()).toEqual([]);
  });

  test('trap 1: ?token= and ?api_key= switch no project', async () => {
    for (const name of ['token', 'api_key', 'personal_api_key', 'project_id', 'secret_api_key']) {
      for (const path of ['/', `/${ADA.uuid}/`]) {
        const answer = await get(token, `${PERSONS}${path}?${name}=phc_sandbox_project_2`);
        problem(answer, 'parameter_unknown', name);
      }
    }
    expect(await sandbox.received()).toEqual([]);
  });

  test('trap 2: a body on GET and a repeated name override nothing', async () => {
    const answer = await get(token, `${PERSONS}/?limit=100`, {
      json: { properties: [FOREIGN], token: 'phc_sandbox_project_2', limit: 1 },
    });
    expect(whose(answer)).toEqual(['acme']);
    expect(rowsOf(envelopeOf(answer))).toHaveLength((await acme()).length);
    const twice = `properties=${encodeURIComponent(JSON.stringify(OWN))}`;
    problem(await get(token, `${PERSONS}/?${twice}&${twice}`), 'parameter_repeated', 'properties');
    for (const { body } of await sandbox.received()) expect(body).toBe('');
  });

  test('trap 8 and 9: links hold neither the filter that was added nor whoever asked first', async () => {
    await reset({ actors_cache: true });
    const { id, args, limit } = filtered.find((one) => one.id === 'persons_funnel')!;
    const link = callOf(operationOf(id), 'GET', { args: { ...args, [limit]: 1 } }).target;
    const { token: other } = await tenants.fresh({ slice: { property: 'tenant_id', value: 'birch' } });
    for (const as of [other, token, other]) {
      const page = envelopeOf(await get(as, link));
      for (const made of [page.next, page.initial]) expect(made ?? '').not.toContain('tenant_id');
      const seen = rowsOf(page).map(({ properties }) => properties['tenant_id']);
      expect(seen).toEqual([as === token ? 'acme' : 'birch']);
    }
  });

  test('include_total counts the slice', async () => {
    const { json } = await get(token, `${PERSONS}/?limit=1&include_total=true`);
    expect(json).toMatchObject({ count: (await acme()).length });
  });

  test('trap 10: group aggregation is refused, and a table holds the rows of the slice only', async () => {
    for (const id of ['persons_funnel', 'persons_trends', 'persons_lifecycle']) {
      const { args } = LISTINGS.find((one) => one.id === id)!;
      const call = callOf(operationOf(id), 'GET', { args: { ...args, aggregation_group_type_index: 0 } });
      problem(await asked(call), 'parameter_unknown', 'aggregation_group_type_index');
    }
    expect(await sandbox.received()).toEqual([]);
    const answer = await get(token, `${PERSONS}/?format=csv&limit=1000`);
    const lines = answer.text.trim().split('\r\n');
    expect(lines).toHaveLength((await acme()).length + 1);
    for (const line of lines.slice(1)) expect(line).toContain('acme');
    expect((await get(token, `${PERSONS}.csv?limit=1000`)).status).toBe(404);
    const tables = (await sandbox.received()).map(({ target }) => target);
    expect(tables.filter((target) => target.includes('csv'))).toEqual([]);
  });

  test.each([
    'activity/',
    'values/?key=plan',
    'deletion_status/',
    `deletion_status/?person_uuid=${ADA.uuid}`,
  ])('trap 10: %s is refused with the reason, and nothing is sent', async (path) => {
    problem(await get(token, `${PERSONS}/${path}`), 'not_sliceable');
    expect(await sandbox.received()).toEqual([]);
  });

  test.each(filtered)(
    '$id gives everybody in the slice once, whatever is dropped between',
    async (listing) => {
      const { id, args, limit } = listing;
      const start = (size: number): string =>
        callOf(operationOf(id), 'GET', { args: { ...args, [limit]: size } }).target;
      const { follow } = followerOf(world, token);
      const whole = await follow(await get(token, start(1000)));
      expect(new Set(whole.rows).size).toBe(whole.rows.length);
      if (id === 'persons_list') {
        const search = inQuery(args);
        const all = search === '' ? (await acme()).map(({ uuid }) => uuid) : whole.rows;
        expect(new Set(whole.rows)).toEqual(new Set(all));
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

  test('a trend is of the slice also where its own steps are filtered', async () => {
    const events = [{ ...VIEWED, properties: [FOREIGN] }];
    const args = { events, entity_id: '$pageview', entity_type: 'events', date_from: '-14d' };
    const answer = await asked(callOf(operationOf('persons_trends'), 'GET', { args }));
    expect(rowsOf(envelopeOf(answer))).toEqual([]);
  });
});
