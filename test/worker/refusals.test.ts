/**
 * The matrix: every operation, by each of its methods, in both path families, with every credential that is not enough.
 * All rows come from the catalogue and from one list of credentials; nobody has to remember a new operation here.
 */
import { beforeEach, expect, test } from 'vitest';
import { checkAbsent } from '../../src/catalogue/generation-lacks.ts';
import { CATALOGUE } from '../../src/catalogue/index.ts';
import { FAILURES, isGatewayCode } from '../../src/core/failure.ts';
import { callOf, everyCall, operationOf, pathOf, type Call } from '../support/calls.ts';
import { together, type Answer } from '../support/client.ts';
import { crafted } from '../support/craft.ts';
import { insufficient, TENANT, type Insufficient } from '../support/insufficient.ts';
import { OLDER_KEY } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const stack = await startStack();
const { send, sandbox, tenants } = stack;

await tenants.put(TENANT);
const { token: good } = await tenants.mint(TENANT);
const cases = await insufficient(stack, good);

beforeEach(() => sandbox.forget());

async function refused(call: Call, how: NonNullable<ReturnType<Insufficient['with']>>): Promise<Answer> {
  const { query = '', project, ...sending } = how;
  const target =
    query === '' ? call.target : `${call.target}${call.target.includes('?') ? '&' : '?'}${query}`;
  const path = project === undefined ? target : target.replace('/1/persons', `/${project}/persons`);
  return send(call.method, path, { ...(call.json === undefined ? {} : { json: call.json }), ...sending });
}

/** RFC 6750 §3: no error code where nothing was sent, and the scopes where those were missing. */
function challengeOf({ code, status }: Insufficient, call: Call): string | undefined {
  if (code === 'token_missing') return 'Bearer realm="hedgerow"';
  if (status === 401) {
    return `Bearer realm="hedgerow", error="invalid_token", error_description="${FAILURES[code].title}"`;
  }
  return code === 'scope_missing'
    ? `Bearer realm="hedgerow", error="insufficient_scope", scope="${call.operation.scopes.join(' ')}"`
    : undefined;
}

/** What has to be the same in every one of these answers. */
const seen = ({ status, headers, json }: Answer) => ({
  status,
  ...(json as object),
  challenge: headers['www-authenticate'],
  type: headers['content-type'],
  cache: headers['cache-control'],
  requestId: headers['x-request-id'],
});

const ATTRS = { project_not_granted: 'project_id', origin_not_allowed: 'Origin' } as const;

function expectation(how: Insufficient, call: Call) {
  const { status, title } = FAILURES[how.code];
  return {
    status,
    code: how.code,
    title,
    attr: Object.entries(ATTRS).find(([code]) => code === how.code)?.[1] ?? null,
    detail: expect.any(String) as unknown,
    challenge: challengeOf(how, call),
    type: 'application/problem+json',
    cache: 'no-store',
    requestId: expect.stringMatching(/^req_/) as unknown,
    request_id: expect.stringMatching(/^req_/) as unknown,
  };
}

test.each(cases)('Every operation refuses $name with $code', async (how) => {
  const calls = everyCall().flatMap((call) => {
    const sending = how.with(call);
    return sending === null ? [] : [{ call, sending }];
  });
  expect(calls.length, 'calls it is no credential for').toBeGreaterThan(0);
  expect(FAILURES[how.code].status).toBe(how.status);
  const answers = await together(calls, ({ call, sending }) => refused(call, sending));
  for (const [i, { call }] of calls.entries()) {
    const answer = seen(answers[i]!);
    expect(answer, call.name).toEqual(expectation(how, call));
    expect(answer.requestId, call.name).toBe(answers[i]!.headers['x-request-id']);
  }
  expect(await sandbox.received(), 'what reached PostHog').toEqual([]);
});

test('A refused call leaves the deletion log of no tenant with an entry', async () => {
  const names = [TENANT, 'asleep', 'gone', 'back', 'elsewhere', 'moved', 'narrowed', 'never-registered'];
  const logs = await Promise.all(names.map((name) => tenants.log(name)));
  expect(logs).toEqual(names.map(() => []));
});

test('Every method an operation does not have is 405 and says which it has', async () => {
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
  const taken = Map.groupBy(CATALOGUE, (operation) => operation.path);
  const calls = [...taken].flatMap(([path, operations]) => {
    const allowed = operations.flatMap((operation) => operation.methods);
    return methods
      .filter((method) => !allowed.includes(method))
      .map((method) => ({ method, target: pathOf({ path }), allowed }));
  });
  const answers = await together(calls, ({ method, target }) => send(method, target, { token: good }));
  for (const [i, { method, target, allowed }] of calls.entries()) {
    expect(answers[i], `${method} ${target}`).toMatchObject({
      status: 405,
      json: { code: 'method_unknown' },
    });
    const shown = new Set(answers[i]!.headers['allow']?.split(', '));
    const head = allowed.includes('GET') ? ['HEAD'] : [];
    expect(shown, `${method} ${target}`).toEqual(new Set(['OPTIONS', ...allowed, ...head]));
  }
  expect(await sandbox.received()).toEqual([]);
});

test('The same calls with a sufficient token all reach PostHog', async () => {
  await tenants.put('control');
  const { token } = await tenants.mint('control');
  const calls = everyCall().filter(({ operation }) => checkAbsent(operation, 'B') === null);
  const answers = await together(calls, (call) =>
    send(call.method, call.target, {
      token,
      // Reads that are the same are one call to PostHog, unless they want an answer of their own.
      headers: { 'cache-control': 'no-cache' },
      ...(call.json === undefined ? {} : { json: call.json }),
    }),
  );
  const arrived = await sandbox.received();
  expect(arrived).toHaveLength(calls.length);
  const refusedByTheGateway = answers.filter(({ json }) => {
    const { code } = (json ?? {}) as { code?: string };
    return code !== undefined && isGatewayCode(code) && !code.startsWith('upstream_');
  });
  expect(refusedByTheGateway).toEqual([]);
});

test('A token signed with another key of the ring than the first is good', async () => {
  const token = await crafted(TENANT, { kid: OLDER_KEY.kid, key: OLDER_KEY.text });
  const { method, target } = callOf(operationOf('persons_list'), 'GET');
  expect(await send(method, target, { token })).toMatchObject({ status: 200 });
});
