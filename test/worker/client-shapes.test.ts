/** Requests as clients of PostHog send them: over HTTP, in every generation, for whole projects and under a slice. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { inQuery } from '../support/calls.ts';
import { parsed } from '../support/client.ts';
import { LEAF, PERSONS, SLICE, startWorlds } from '../support/generations.ts';
import { problem } from '../support/problem.ts';
import type { Received } from '../support/sandbox.ts';

const worlds = await startWorlds();

const filtersOf = (properties: unknown): string => inQuery({ properties: properties as never, limit: 100 });
const sentQuery = ({ target }: Received): Record<string, string> =>
  Object.fromEntries(new URL(target, 'http://x').searchParams);
const filter = (operator: string, value: unknown, key = 'plan') => ({ key, type: 'person', operator, value });

describe.each(worlds)('Requests of clients in generation $generation', (world) => {
  const { generation, send, get, sandbox, tenants, reset } = world;
  let token = '';
  let tenant = '';
  beforeEach(async () => {
    ({ tenant, token } = await tenants.fresh());
    await reset();
  });
  const listed = async (query: string, as = token) => {
    const answer = await get(as, `${PERSONS}/?${query}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.json as { results: { uuid: string }[]; next: string | null; count?: number };
  };
  const nothingHappened = async () => {
    expect(await sandbox.received()).toEqual([]);
    expect(await tenants.log(tenant)).toEqual([]);
  };

  test.each(['search=', 'properties=', 'properties=[]', 'offset=', 'limit=0', 'limit=', 'search=&limit=0'])(
    'A list with ?%s answers as a list without, and PostHog is not sent it',
    async (query) => {
      const plain = await listed('');
      await sandbox.forget();
      expect(await listed(query.replaceAll('[]', '%5B%5D'))).toEqual(plain);
      expect((await sandbox.received()).map(sentQuery)).toEqual([{ limit: '100' }]);
    },
  );

  test.each([
    ['email=', 'email'],
    ['distinct_id=', 'distinct_id'],
  ])('A list with ?%s is refused, so that a script does not erase everybody', async (query, attr) => {
    problem(await get(token, `${PERSONS}/?${query}`), 'parameter_invalid', attr);
    await nothingHappened();
  });

  test('A list with a bare include_total is counted, on its next page too', async () => {
    const first = await listed('include_total&limit=1');
    expect(first.count).toBeGreaterThan(1);
    const next = await get(token, (first.next ?? '').replace(/^https?:\/\/[^/]+/, ''));
    expect(next.json).toMatchObject({ count: first.count });
  });

  test('An e-mail address of 254 characters can be asked for, and a longer one is refused', async () => {
    const address = `${'x'.repeat(243)}@acme.test`;
    expect((await listed(`email=x${address}`)).results).toEqual([]);
    await sandbox.forget();
    problem(await get(token, `${PERSONS}/?email=xx${address}`), 'parameter_invalid', 'email');
    await nothingHappened();
  });

  test('A split with nulls is a split without them', async () => {
    const path = `${PERSONS}/${ADA.uuid}/split/`;
    const json = { main_distinct_id: ADA.distinctIds[0], distinct_ids_to_split: null };
    expect((await send('POST', path, { token, json })).status).toBe(201);
    expect((await sandbox.received()).map(({ body }) => parsed(body))).toEqual([
      { main_distinct_id: ADA.distinctIds[0] },
    ]);
  });

  test('A bulk delete with an empty list and nulls beside the list that counts deletes those, and nothing along', async () => {
    const json = { ids: [], distinct_ids: [BEN.distinctIds[0]], delete_events: null, keep_person: null };
    expect((await send('POST', `${PERSONS}/bulk_delete/`, { token, json })).status).toBe(202);
    expect((await sandbox.received()).map(({ body }) => parsed(body))).toEqual([
      { distinct_ids: [BEN.distinctIds[0]] },
    ]);
    expect(await tenants.log(tenant)).toMatchObject([{ delete_events: false, keep_person: false }]);
  });

  test.each([
    ['both lists', { ids: [ADA.uuid], distinct_ids: ['ada'] }, 'input_conflict', 'distinct_ids'],
    ['no list', { ids: null, distinct_ids: [], delete_events: null }, 'field_invalid', 'ids'],
  ] as const)('A bulk delete with %s is refused', async (_, json, code, attr) => {
    problem(await send('POST', `${PERSONS}/bulk_delete/`, { token, json }), code, attr);
    await nothingHappened();
  });

  test('A person that was retrieved can be sent back whole', async () => {
    const read = await get(token, `${PERSONS}/${ADA.uuid}/`);
    await sandbox.forget();
    const person = read.json as { properties: object };
    const json = { ...person, properties: { ...person.properties, plan: 'team' } };
    expect((await send('PATCH', `${PERSONS}/${ADA.uuid}/`, { token, json })).status).toBe(202);
    expect((await sandbox.received()).map(({ body }) => parsed(body))).toEqual([
      { properties: json.properties },
    ]);
  });

  test('A link of PostHog to an insight works with all that it carries, and none of it is sent or linked', async () => {
    const args = {
      events: [{ id: '$pageview', type: 'events', properties: [] }],
      actions: [],
      date_from: '-14d',
      limit: 1,
    };
    const extras = {
      display: 'ActionsLineGraph',
      refresh: 'force_of_the_client',
      client_query_id: 'query-of-the-client',
      layout: 'vertical',
      bin_count: 'auto',
    };
    const point = { entity_id: '$pageview', entity_type: 'events' };
    const answer = await get(token, `${PERSONS}/trends/?${inQuery({ ...args, ...extras, ...point })}`);
    // Whether PostHog still has the endpoint is another question.
    expect(answer.text).not.toContain('parameter_');
    const { next = null, initial = null } = answer.json as Record<string, string | null>;
    for (const link of [next, initial]) {
      for (const name of Object.keys(extras)) expect(link ?? '').not.toContain(`${name}=`);
    }
    const sent = JSON.stringify(await sandbox.received());
    for (const value of Object.values(extras)) expect(sent).not.toContain(`=${value}`);
    expect(sent).not.toMatch(/ActionsLineGraph|of_the_client|of-the-client/);
  });

  test.each<[unknown, unknown]>([
    [filter('in', 'pro'), filter('exact', 'pro')],
    [filter('in', ['pro']), filter('exact', 'pro')],
    [filter('not_in', ['pro']), filter('is_not', 'pro')],
    [{ ...filter('exact', 'pro'), label: 'Plan', negation: false }, filter('exact', 'pro')],
    [filter('icontains_multi', ['pr']), filter('icontains', 'pr')],
  ])('A filter %j is sent as %j, inside the slice too', async (given, sent) => {
    const { token: sliced } = await tenants.fresh(SLICE);
    const whole = await listed(filtersOf([given]));
    const own = await listed(filtersOf([given]), sliced);
    const [first, second] = await sandbox.received();
    expect(parsed(sentQuery(first!)['properties'] ?? '')).toEqual([sent]);
    expect(parsed(sentQuery(second!)['properties'] ?? '')).toEqual([LEAF, sent]);
    expect(own.results.length).toBeGreaterThan(0);
    expect(own.results.length).toBeLessThan(whole.results.length);
  });

  test.each<[string, unknown]>([
    ['icontains', filter('icontains', ['pr', 'fre'])],
    ['between', filter('between', [1, 1000], 'seats')],
  ])(
    'A filter with %s of several values is sent where PostHog knows it, and refused elsewhere',
    async (_, given) => {
      const answer = await get(token, `${PERSONS}/?${filtersOf([given])}`);
      if (generation === 'A') {
        problem(answer, 'generation_lacks', 'properties');
        await nothingHappened();
        return;
      }
      const [sent] = await sandbox.received();
      expect(parsed(sentQuery(sent!)['properties'] ?? '')).toEqual([given]);
    },
  );

  test('A filter with a new operator on a hidden property is refused as the old ones are', async () => {
    const { token: blind } = await tenants.fresh({ properties: { hidden: ['ssn', 'email'] } });
    await sandbox.forget();
    for (const given of [
      filter('in', '078', 'ssn'),
      filter('icontains', ['0'], 'ssn'),
      filter('icontains_multi', ['0'], 'ssn'),
      ...(generation === 'A'
        ? []
        : [filter('between', [0, 9], 'ssn'), filter('not_icontains_multi', ['0', '1'], 'ssn')]),
    ]) {
      problem(await get(blind, `${PERSONS}/?${filtersOf([given])}`), 'property_hidden', 'ssn');
    }
    problem(await get(blind, `${PERSONS}/?search=078`), 'property_hidden', 'search');
    await nothingHappened();
    await listed('search=', blind);
  });

  test('A negation is refused, and the refusal says which operator to use', async () => {
    const answer = await get(
      token,
      `${PERSONS}/?${filtersOf([{ ...filter('exact', 'pro'), negation: true }])}`,
    );
    problem(answer, 'parameter_invalid', 'properties[0].negation');
    expect(answer.text).toContain('is_not');
    await nothingHappened();
  });

  test.each([
    ['batch_by_distinct_ids', 'distinct_ids'],
    ['batch_by_uuids', 'uuids'],
  ])('A look-up %s of nobody finds nobody, where PostHog has it', async (path, name) => {
    for (const grant of [{}, SLICE]) {
      const { token: as } = await tenants.fresh(grant);
      const answer = await send('POST', `${PERSONS}/${path}/`, { token: as, json: { [name]: [] } });
      if (generation === 'A') problem(answer, 'generation_lacks');
      else expect(answer).toMatchObject({ status: 200, json: { results: {} } });
    }
  });
});
