/** What PostHog is sent: made of what was checked, and of nothing else a client put into its request; and what it does. */
import { beforeEach, describe, expect, test } from 'vitest';
import { checkAbsent } from '../../src/catalogue/generation-lacks.ts';
import { FAMILIES } from '../../src/catalogue/index.ts';
import { ADA, BEN, CYD, DOV, MIA, NIL } from '../../src/sandbox/seed/names.ts';
import { callOf, EVERY_METHOD, everyCall, inQuery, operationOf } from '../support/calls.ts';
import { parsed, together } from '../support/client.ts';
import { KEY } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';
import { PAGE } from '../support/tenants.ts';

const { send, get, sandbox, tenants } = await startStack();
const { token } = await tenants.fresh();

beforeEach(() => sandbox.reset());

const PERSONS = '/api/projects/1/persons';
/** What the PostHog of this file still has. */
const HELD = EVERY_METHOD.filter(({ operation }) => checkAbsent(operation, 'B') === null);
const post = (path: string, json?: unknown) =>
  send('POST', `${PERSONS}${path}`, { token, ...(json === undefined ? {} : { json }) });
const onlyArrival = async () => {
  const arrived = await sandbox.received();
  expect(arrived).toHaveLength(1);
  return arrived[0]!;
};
const persons = async () => (await sandbox.state()).persons;
const personOf = async (uuid: string) => (await persons()).find((person) => person.uuid === uuid);

/** Of the runtime, about the connection; the last is the platform's mark on every request of a Worker. */
const TRANSPORT = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'accept-encoding',
  'cf-worker',
]);

describe('Requests to PostHog', () => {
  /** Everything a client or a proxy before it might add, and PostHog or a server before it might believe. */
  const BAGGAGE = {
    cookie: 'sessionid=stolen; csrftoken=x',
    // Read by the gateway itself: the answer is to be PostHog's own.
    'cache-control': 'no-store',
    origin: PAGE,
    'proxy-authorization': 'Bearer phx_smuggled',
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'for=203.0.113.7;host=evil.example',
    'x-real-ip': '203.0.113.7',
    'cf-connecting-ip': '203.0.113.7',
    'x-posthog-session-id': 'smuggled',
    'x-http-method-override': 'DELETE',
    'x-original-url': '/api/projects/2/persons/',
    'x-csrftoken': 'smuggled',
    accept: 'text/csv',
    'accept-language': 'de',
    referer: 'https://app.acme.example/customers?email=ada@acme.test',
    'user-agent': 'a browser',
    'x-request-id': 'req_chosen-by-the-client',
    traceparent: '00-11111111111111111111111111111111-2222222222222222-01',
    connection: 'close, x-smuggled',
    'x-smuggled': 'yes',
  };

  test('A request carries the headers of the gateway, and not one of the client', async () => {
    const calls = everyCall().filter(({ operation }) => checkAbsent(operation, 'B') === null);
    await together(calls, ({ method, target, json }) =>
      send(method, target, { token, headers: BAGGAGE, ...(json === undefined ? {} : { json }) }),
    );
    const arrived = await sandbox.received();
    expect(arrived).toHaveLength(calls.length);
    for (const { method, target, headers, body } of arrived) {
      const own = Object.entries(headers).filter(([name]) => !TRANSPORT.has(name));
      expect(Object.fromEntries(own), `${method} ${target}`).toEqual({
        authorization: `Bearer ${KEY}`,
        accept: 'application/json',
        'user-agent': 'hedgerow',
        'cache-control': 'no-cache',
        pragma: 'no-cache',
        ...(body === '' ? {} : { 'content-type': 'application/json' }),
      });
    }
  });

  test('A request goes to the canonical path, whichever family and slash the client used', async () => {
    for (const { operation, method } of HELD) {
      await sandbox.forget();
      const variants = FAMILIES.flatMap((family) =>
        [true, false].map((slash) => callOf(operation, method, { family, slash })),
      );
      await together(variants, (call) =>
        send(call.method, call.target, { token, ...(call.json === undefined ? {} : { json: call.json }) }),
      );
      const paths = (await sandbox.received()).map(({ target }) => target.split('?')[0]);
      const { path } = callOf(operation, method);
      const expected = operation.route?.kind === 'query' ? '/api/projects/1/query/' : path;
      expect(new Set(paths), operation.id).toEqual(new Set([expected]));
    }
  });

  test('A request has a query of one value per name, written anew, with the limit PostHog would have assumed', async () => {
    await get(token, `${PERSONS}?search=a%20b%2Bc%26d&email=%61da@acme.test`);
    expect(await onlyArrival()).toMatchObject({
      method: 'GET',
      target: `${PERSONS}/?search=a%20b%2Bc%26d&email=ada%40acme.test&limit=100`,
      body: '',
    });
  });

  test('A GET is sent nothing of a body that the client sent with it', async () => {
    const body = { properties: [], limit: 1000, personal_api_key: 'phx_other' };
    for (const { operation, method } of HELD.filter((each) => each.method === 'GET')) {
      await sandbox.forget();
      await send('GET', callOf(operation, method).target, { token, json: body });
      const arrival = await onlyArrival();
      if (operation.route?.kind === 'query') {
        expect(parsed(arrival.body), operation.id).toMatchObject({ query: { limit: 100 } });
        expect(arrival.body, operation.id).not.toContain('phx_other');
      } else {
        expect(arrival, operation.id).toMatchObject({ method: 'GET', body: '' });
      }
    }
  });

  test('A request asks for JSON even where the client gets CSV', async () => {
    await get(token, `${PERSONS}/?format=csv&limit=2`);
    const { target, headers } = await onlyArrival();
    expect(target).toBe(`${PERSONS}/?limit=2`);
    expect(headers['accept']).toBe('application/json');
  });

  test('A request does not have include_total where it was said to be false: its presence alone would count', async () => {
    const { json } = await get(token, `${PERSONS}?include_total=false&limit=1`);
    expect(json).not.toHaveProperty('count');
    expect((await onlyArrival()).target).toBe(`${PERSONS}/?limit=1`);
  });

  test('A request spells out in filters what the client left to be assumed', async () => {
    const properties = [
      { key: 'ssn', type: 'person', operator: 'is_set' },
      { key: 'plan', type: 'person', value: 'pro' },
    ];
    const { json } = await get(token, `${PERSONS}?${inQuery({ properties })}`);
    const sent = new URL((await onlyArrival()).target, 'http://posthog').searchParams.get('properties') ?? '';
    expect(parsed(sent)).toEqual([
      { key: 'ssn', type: 'person', operator: 'is_set', value: 'is_set' },
      { key: 'plan', type: 'person', operator: 'exact', value: 'pro' },
    ]);
    const { results } = json as { results: { properties: Record<string, unknown> }[] };
    expect(results.length).toBeGreaterThan(0);
    for (const row of results)
      expect(row.properties).toMatchObject({ plan: 'pro', ssn: expect.any(String) as unknown });
  });

  test('A HEAD is sent as a GET, and its answer is that of the GET without a body', async () => {
    const full = await get(token, `${PERSONS}/${ADA.uuid}`);
    const head = await send('HEAD', `${PERSONS}/${ADA.uuid}`, { token });
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers['content-type']).toBe(full.headers['content-type']);
    expect((await sandbox.received()).map(({ method }) => method)).toEqual(['GET', 'GET']);
    expect(await send('HEAD', `${PERSONS}/${ADA.uuid}`)).toMatchObject({ status: 401, text: '' });
    expect(await send('HEAD', `${PERSONS}/bulk_delete`, { token })).toMatchObject({ status: 405, text: '' });
    expect(await sandbox.received()).toHaveLength(2);
  });
});

describe('Arguments from the query or the body', () => {
  const funnel = operationOf('persons_funnel');
  const args = { ...funnel.example, funnel_step: 2, limit: 50 };

  test('A funnel means the same by query and by body, and is one and the same query', async () => {
    const answers = [
      await get(token, `${PERSONS}/funnel/?${inQuery(args)}`),
      await post(`/funnel/?${inQuery(args)}`),
      await post('/funnel/', args),
      await post(`/funnel/?${inQuery({ funnel_step: 2, limit: 50 })}`, {
        ...funnel.example,
        funnel_step: 2,
      }),
    ];
    const found = answers.map(({ json }) => (json as { results: unknown }).results);
    expect(found[0]).toMatchObject([{ count: expect.any(Number) as unknown }]);
    expect((found[0] as [{ count: number }])[0].count).toBeGreaterThan(0);
    expect(found).toEqual([found[0], found[0], found[0], found[0]]);
    const arrived = await sandbox.received();
    expect(arrived.map(({ target }) => target)).toEqual(Array(4).fill('/api/projects/1/query/'));
    const queries = arrived.map(({ body }) => (parsed(body) as { query: unknown }).query);
    expect(queries).toEqual(Array(4).fill(queries[0]));
    expect(queries[0]).toMatchObject({ limit: 50, source: { funnelStep: 2 } });
  });

  test('A bulk delete is sent with the body PostHog reads', async () => {
    const ids = [ADA.uuid, BEN.uuid];
    const answers = [
      await post(`/bulk_delete?${inQuery({ ids, delete_events: false })}`),
      await post('/bulk_delete', { ids: [CYD.uuid.toUpperCase()], delete_events: true }),
      await post(`/bulk_delete?${inQuery({ distinct_ids: ['dov@cedar.test'] })}`, { keep_person: true }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const arrived = await sandbox.received();
    expect(arrived.map(({ target }) => target)).toEqual(Array(3).fill(`${PERSONS}/bulk_delete/`));
    expect(arrived.map(({ body }) => parsed(body))).toEqual([
      { ids },
      { ids: [CYD.uuid], delete_events: true },
      { distinct_ids: ['dov@cedar.test'], keep_person: true },
    ]);
    const left = (await persons()).map(({ uuid }) => uuid);
    expect(left).not.toContain(ADA.uuid);
    expect(left).not.toContain(CYD.uuid);
    expect(left).toContain(DOV.uuid);
    expect((await sandbox.state()).deletions.filter(({ kind }) => kind === 'event')).toHaveLength(2);
  });

  test('The flags of a single delete are left out where they are false: presence would mean yes', async () => {
    await send('DELETE', `${PERSONS}/${ADA.uuid}?delete_events=false&delete_recordings=false`, { token });
    await send('DELETE', `${PERSONS}/${BEN.id}?delete_events=true`, { token });
    expect((await sandbox.received()).map(({ method, target }) => `${method} ${target}`)).toEqual([
      `DELETE ${PERSONS}/${ADA.uuid}/`,
      `DELETE ${PERSONS}/${BEN.id}/?delete_events=true`,
    ]);
  });
});

describe('Writes', () => {
  test.each(['PATCH', 'PUT'])('A write by %s sets properties and keeps the others', async (method) => {
    const json = { properties: { plan: 'team', seats: 3, tags: ['a', null, { b: 1.5 }], gone: null } };
    expect(await send(method, `${PERSONS}/${ADA.uuid}`, { token, json })).toMatchObject({
      status: 202,
      text: '',
    });
    expect((await personOf(ADA.uuid))?.properties).toEqual({ ...ADA.properties, ...json.properties });
  });

  test('A write of one property sets it, and its removal removes it', async () => {
    expect(await post(`/${BEN.id}/update_property`, { key: 'plan', value: { nested: [1] } })).toMatchObject({
      status: 202,
    });
    expect((await personOf(BEN.uuid))?.properties['plan']).toEqual({ nested: [1] });
    expect(await post(`/${BEN.id}/update_property`, { key: 'plan', value: null })).toMatchObject({
      status: 202,
    });
    expect(await post(`/${BEN.id}/delete_property`, { $unset: 'plan' })).toMatchObject({
      status: 201,
      json: { success: true },
    });
    expect((await personOf(BEN.uuid))?.properties).not.toHaveProperty('plan');
  });

  test('A split makes a person of each distinct id', async () => {
    const before = (await persons()).length;
    expect(await post(`/${MIA.uuid}/split`, { main_distinct_id: MIA.distinctIds[0] })).toMatchObject({
      status: 201,
    });
    expect((await persons()).length).toBe(before + MIA.distinctIds.length - 1);
    expect((await personOf(MIA.uuid))?.distinct_ids).toEqual([MIA.distinctIds[0]]);
    expect(await post(`/${CYD.uuid}/split`, { distinct_ids_to_split: [CYD.distinctIds[1]] })).toMatchObject({
      status: 201,
    });
    expect((await personOf(CYD.uuid))?.distinct_ids).toEqual([CYD.distinctIds[0]]);
    expect(await post(`/${CYD.uuid}/split`)).toMatchObject({ status: 201 });
  });

  test('A reset of a distinct id makes the person behind it visible again', async () => {
    const [distinctId] = NIL.distinctIds;
    // Deleted at PostHog itself: whom the gateway deletes it hides until it has seen that the person is gone.
    await sandbox.ask('DELETE', `${PERSONS}/${NIL.uuid}/`);
    await sandbox.addPersons([{ project_id: 1, distinct_ids: [distinctId] }]);
    const found = () => get(token, `${PERSONS}?${inQuery({ distinct_id: distinctId! })}`);
    expect((await found()).json).toMatchObject({ results: [] });
    expect(await post('/reset_person_distinct_id', { distinct_id: distinctId })).toMatchObject({
      status: 202,
      text: '',
    });
    expect((await found()).json).toMatchObject({ results: [{ distinct_ids: [distinctId] }] });
  });

  test("A write that PostHog refuses is refused in PostHog's own words", async () => {
    expect(await post(`/${CYD.uuid}/split`, { distinct_ids_to_split: ['not hers'] })).toMatchObject({
      status: 400,
      json: { type: 'validation_error', code: 'invalid_input', attr: 'distinct_ids_to_split', status: 400 },
    });
    expect(await send('PATCH', `${PERSONS}/99999`, { token, json: { properties: { a: 1 } } })).toMatchObject({
      status: 404,
      headers: { 'content-type': 'application/problem+json' },
      json: { type: 'invalid_request', code: 'not_found', attr: null, title: 'PostHog refused the request' },
    });
  });
});
