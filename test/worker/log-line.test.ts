/** One log line for every request, however it ends, and what the line tells an operator. */
import { connect, type Socket } from 'node:net';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import type { LogLine } from '../../src/http/log.ts';
import { ROUTES } from '../../src/http/routes.ts';
import { ADA } from '../../src/sandbox/seed/names.ts';
import { callOf, operationOf } from '../support/calls.ts';
import { letPass, until, type Answer } from '../support/client.ts';
import { startFlakyProxy, type FlakyProxy } from '../support/flaky-proxy.ts';
import { ADMIN_TOKEN, KEY } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

let between: FlakyProxy | undefined;
const { origin, send, get, sandbox, tenants, recorder } = await startStack({
  upstream: async (sandboxOrigin) => {
    between = await startFlakyProxy(sandboxOrigin);
    return between.origin;
  },
});
const proxy = between!;
const HUGE = '0190c0de-0001-7000-8000-0000000000fe';
const LIST = '/api/projects/1/persons';
const FUNNEL = callOf(operationOf('persons_funnel'), 'GET').target;

/** Hides a property, so that its pages are rewritten row by row as they stream. */
const { tenant, token, id } = await tenants.fresh({ properties: { hidden: ['ssn'] } });

/** A page that no buffer on its way holds. */
const LARGE = `${LIST}?limit=100&search=large`;
await sandbox.addPersons(
  Array.from({ length: 100 }, (_, i) => ({
    project_id: 1,
    distinct_ids: [`large-${i}`],
    properties: { email: `large-${i}@acme.test`, note: 'x'.repeat(120_000) },
  })),
);

const linesOf = (): LogLine[] =>
  recorder.lines.flatMap((line) => {
    const said = line.startsWith('{') ? (JSON.parse(line) as Partial<LogLine>) : {};
    return said.duration_ms === undefined ? [] : [said as LogLine];
  });

/** The one line that what is done here leads to. */
async function lineAfter(act: () => Promise<unknown>): Promise<LogLine> {
  return (await withLine(act)).line;
}

/** The answer to one request, once its line is written, so that the next line is another's. */
async function withLine<T>(act: () => Promise<T>): Promise<{ readonly value: T; readonly line: LogLine }> {
  const before = linesOf().length;
  const value = await act();
  return { value, line: await until('the line is written', () => linesOf()[before]) };
}

/** Waits until what is done here leads to so many lines with that code. */
async function linesSay(code: string, count: number, act: () => void): Promise<void> {
  const before = linesOf().length;
  act();
  const said = () =>
    linesOf()
      .slice(before)
      .filter((line) => line.code === code).length;
  await until(`${count} lines say ${code}`, () => (said() === count ? true : undefined));
}

/** Sends these bytes and does with the socket what the test is about. */
const onSocket = (text: string, act: (socket: Socket) => void): Promise<void> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(origin);
    const socket = connect({ host: hostname, port: Number(port) }, () => {
      socket.write(text);
      act(socket);
    });
    socket.resume();
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
  });

/** The first line of a route that what is done here leads to, whatever other requests come in between. */
async function lineOf(route: string, act: () => Promise<unknown>): Promise<LogLine> {
  const before = linesOf().length;
  await act();
  return until(`the line of ${route} is written`, () =>
    linesOf()
      .slice(before)
      .find((line) => line.route === route),
  );
}

/** Lets the gateway read everything that was sent before. */
const passing = () => letPass(() => get(token, '/v1/whoami'));

/** Sends these bytes, and leaves while PostHog is asked, which answers once the gateway has heard of it. */
async function leaveWhilePostHogIsAsked(text: string): Promise<void> {
  await sandbox.forget();
  await sandbox.hold();
  await onSocket(text, (socket) => void sandbox.arrived(1).then(() => socket.resetAndDestroy()));
  await passing();
  await sandbox.release();
}

/** Queries that are the same wait for one answer, unless they want one of their own. */
const OF_ITS_OWN = { headers: { 'cache-control': 'no-cache' } };

const asking = (method: string, path: string, as: string = token, ...more: string[]): string =>
  [
    `${method} ${path} HTTP/1.1`,
    `Host: ${new URL(origin).host}`,
    `Authorization: Bearer ${as}`,
    ...more,
    '',
    '',
  ].join('\r\n');

beforeEach(async () => {
  await proxy.mood(null);
  await sandbox.clearFaults();
});

afterAll(async () => {
  await proxy.stop();
  const ids = linesOf().map(({ request_id: requestId }) => requestId);
  expect(ids.filter((requestId, i) => ids.indexOf(requestId) !== i)).toEqual([]);
  // Every line of the console is JSON of the gateway: nothing was uncaught.
  expect(recorder.lines.filter((line) => !line.startsWith('{"'))).toEqual([]);
  expect(recorder.lines.filter((line) => line.includes('"defect"'))).toEqual([]);
});

describe('Number of log lines', () => {
  test('A streamed page that goes out whole has one line', async () => {
    expect(await lineAfter(() => get(token, LARGE))).toMatchObject({
      route: 'persons_list',
      status: 200,
      code: null,
      tenant,
      token: id,
      upstream_status: 200,
    });
  });

  test('HEAD of every route that GET has is one line', async () => {
    const paths = ROUTES.filter(({ method }) => method === 'GET').map(({ path, name, plane }) => ({
      name,
      path: path
        .replace(/:family\{[^}]*\}/, 'environments')
        .replace(/:project_id\{[^}]*\}/, '1')
        .replace(/:id\{[^}]*\}/, ADA.uuid)
        .replace(':project/', '1/')
        .replace(/:project$/, '1')
        .replace(':tenant', tenant)
        .replace(':id', `tok_${'A'.repeat(22)}`),
      token: plane === 'admin' ? ADMIN_TOKEN : token,
    }));
    for (const { name, path, token: sent } of paths) {
      const line = await lineAfter(() => send('HEAD', path, { token: sent }));
      expect(line, path).toMatchObject({ method: 'HEAD', route: name });
    }
  });

  test('HEAD of a page has one line, with the status of GET', async () => {
    const line = await lineAfter(() => send('HEAD', LARGE, { token }));
    expect(line).toMatchObject({ method: 'HEAD', route: 'persons_list', status: 200, code: null });
  });

  test('A client that leaves in the middle of a page has one line', async () => {
    const line = await lineAfter(() =>
      onSocket(asking('GET', LARGE), (socket) => {
        socket.once('data', () => socket.resetAndDestroy());
      }),
    );
    expect(line).toMatchObject({ route: 'persons_list', status: 200, code: 'client_left', tenant });
  });

  test('A client that leaves before there is an answer has one line', async () => {
    const line = await lineOf('persons_list', () => leaveWhilePostHogIsAsked(asking('GET', LARGE)));
    expect(line).toMatchObject({ route: 'persons_list', code: 'client_left', tenant });
  });

  test('A client that leaves while its query is under way has one line, which says so', async () => {
    const reader = await tenants.fresh({ scopes: ['insight:read'] });
    const text = asking('GET', FUNNEL, reader.token);
    const line = await lineOf('persons_funnel', () => leaveWhilePostHogIsAsked(text));
    expect(line).toMatchObject({ code: 'client_left', tenant: reader.tenant });
  });

  test('Clients that leave while their queries wait have lines that say so, and leave their places free', async () => {
    const reader = await tenants.fresh({ scopes: ['insight:read'] });
    const query = () => get(reader.token, FUNNEL, OF_ITS_OWN);
    // One more than wait: it is refused once the others do.
    const crowd = Array.from({ length: LIMITS.queriesWaitingMax + 1 });
    await sandbox.forget();
    await sandbox.hold({ times: LIMITS.queriesAtOnceMax });
    const first = Array.from({ length: LIMITS.queriesAtOnceMax }, query);
    await sandbox.arrived(first.length);
    const sockets: Socket[] = [];
    await linesSay('upstream_busy', 1, () => {
      const request = asking('GET', FUNNEL, reader.token, 'Cache-Control: no-cache');
      for (const _ of crowd) void onSocket(request, (socket) => void sockets.push(socket));
    });
    await linesSay('client_left', LIMITS.queriesWaitingMax, () => {
      for (const socket of sockets) socket.resetAndDestroy();
    });
    const next: Promise<Answer>[] = [];
    await linesSay('upstream_busy', 1, () => next.push(...crowd.map(query)));
    await sandbox.release();
    const statuses = (await Promise.all([...first, ...next])).map(({ status }) => status);
    expect(statuses.filter((status) => status === 503)).toHaveLength(1);
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
  });

  test('A page that PostHog breaks off has one line', async () => {
    await proxy.mood('cut');
    const line = await lineAfter(() => get(token, LARGE).catch(() => undefined));
    expect(line).toMatchObject({ route: 'persons_list', status: 200, code: 'answer_broke_off' });
  });

  test('A large person that PostHog breaks off has one line, and no part of it goes out', async () => {
    const all = await tenants.fresh();
    await sandbox.addPersons([
      { project_id: 1, distinct_ids: ['huge'], properties: { note: 'x'.repeat(2_000_000) }, uuid: HUGE },
    ]);
    await proxy.mood('cut');
    const line = await lineAfter(() => get(all.token, `${LIST}/${HUGE}/`).catch(() => undefined));
    expect(line).toMatchObject({ route: 'persons_retrieve', status: 503, code: 'upstream_unreachable' });
  });

  test.each(['end', 'resetAndDestroy'] as const)(
    'A body that breaks off by socket.%s has one line',
    async (how) => {
      const text = asking(
        'PATCH',
        `${LIST}/${ADA.uuid}/`,
        token,
        'Content-Type: application/json',
        'Content-Length: 100',
      );
      await sandbox.forget();
      const line = await lineOf('persons_update', () =>
        onSocket(`${text}{"properties"`, (socket) => void passing().then(() => socket[how]())),
      );
      expect(line).toMatchObject({ route: 'persons_update', status: 400, code: 'body_incomplete', tenant });
      expect(await sandbox.received()).toEqual([]);
    },
  );
});

describe('Log lines of refusals', () => {
  test('The line of a refusal says which scope the token lacks', async () => {
    const { value: narrow } = await withLine(() => tenants.derive(token, { scopes: ['cohort:read'] }));
    expect(await lineAfter(() => get(narrow.token, LIST))).toMatchObject({
      status: 403,
      code: 'scope_missing',
      missing_scopes: ['person:read'],
      token: narrow.id,
    });
  });

  test.each([
    ['https://evil.example:8443', 'https://evil.example:8443'],
    ['capacitor://localhost', 'capacitor://localhost'],
    ['null', 'null'],
    ['https://evil.example/?email=ada@acme.test', 'malformed'],
    [`https://${'a'.repeat(300)}`, 'malformed'],
  ])('The line of a refusal says which origin was refused: %s as %s', async (sent, logged) => {
    const line = await lineAfter(() => get(token, LIST, { headers: { origin: sent } }));
    expect(line).toMatchObject({ status: 403, code: 'origin_not_allowed', origin: logged });
  });

  test('The line of a refusal says whose rate was used up: the tenant’s or a token’s', async () => {
    const rate = { requests_per_minute: 1, burst: 1 };
    const slow = await tenants.fresh({ rate });
    await get(slow.token, '/v1/whoami');
    expect(await lineAfter(() => get(slow.token, '/v1/whoami'))).toMatchObject({
      status: 429,
      code: 'rate_limited',
      limit: 'tenant',
    });
    const { value: parent } = await withLine(() => tenants.derive(token, { rate }));
    const { value: child } = await withLine(() => tenants.derive(parent.token, {}));
    expect(await lineAfter(() => get(child.token, '/v1/whoami'))).toMatchObject({
      code: 'rate_limited',
      limit: parent.id,
      token: child.id,
    });
  });

  test('The line of a refusal says whose deletion budget was used up', async () => {
    const { value: poor } = await withLine(() => tenants.derive(token, { deletes: { persons_per_day: 0 } }));
    const line = await lineAfter(() =>
      send('POST', `${LIST}/bulk_delete`, { token: poor.token, json: { ids: [ADA.uuid] } }),
    );
    expect(line).toMatchObject({ code: 'deletion_exceeds_budget', limit: poor.id });
  });

  test.each([
    ['a parameter', 'GET', `${LIST}?limit=ten`, undefined, 'limit'],
    ['a field below another', 'POST', `${LIST}/batch_by_uuids`, { uuids: ['x'] }, 'uuids'],
    ['a member of a grant', 'POST', '/v1/tokens', { name: 'x', slice: { property: 'a' } }, 'slice'],
  ])('The line of a refusal says which member was wrong: %s', async (_, method, path, json, attr) => {
    const line = await lineAfter(() =>
      send(method, path, { token, ...(json === undefined ? {} : { json }) }),
    );
    expect(line).toMatchObject({ status: 400, attr });
  });

  test('The line of a refusal holds no name that the client made up', async () => {
    const calls: [string, string, unknown][] = [
      ['GET', `${LIST}?zoe.quick%40corp.test=1`, undefined],
      ['GET', `${LIST}?phx_pasted_by_mistake=1`, undefined],
      ['PATCH', `${LIST}/${ADA.uuid}`, { 'zoe.quick@corp.test': 1 }],
      ['PATCH', `${LIST}/${ADA.uuid}`, { properties: { 'zoe.quick@corp.test': '\u0000' } }],
      ['POST', '/v1/tokens', { name: 'x', 'zoe.quick@corp.test': 1 }],
    ];
    for (const [method, path, json] of calls) {
      const line = await lineAfter(() =>
        send(method, path, { token, ...(json === undefined ? {} : { json }) }),
      );
      expect(line.status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify(line)).not.toMatch(/zoe|quick|phx_/i);
    }
  });

  test('The line of a refusal says which scope PostHog asks of the key of the gateway', async () => {
    await sandbox.change({ keys: [{ key: KEY, scopes: ['cohort:read'] }] });
    const line = await lineAfter(() => get(token, LIST));
    await sandbox.change({ keys: [{ key: KEY, scopes: ['*'] }] });
    expect(line).toMatchObject({
      status: 502,
      code: 'upstream_scope_missing',
      upstream_status: 403,
      upstream_scope: 'person:read',
    });
  });

  test('The line of a refusal says that a key of the gateway is no longer in use', async () => {
    const head = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: 'k-gone' })).toString(
      'base64url',
    );
    const retired = `hgr_${head}.e30.${'A'.repeat(43)}`;
    expect(await lineAfter(() => get(retired, LIST))).toMatchObject({
      status: 401,
      code: 'token_key_retired',
      tenant: null,
      token: null,
    });
  });
});

test('A preflight has a line under the route it asks about', async () => {
  const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' };
  expect(await lineAfter(() => send('OPTIONS', `${LIST}/bulk_delete`, { headers }))).toMatchObject({
    method: 'OPTIONS',
    route: 'persons_bulk_delete',
    status: 204,
  });
});
