/** A gateway that is not configured serves nothing, says which variable on its console, and never what is in it. */
import { afterAll, describe, expect, test } from 'vitest';
import type { LocalWorker } from '../../scripts/worker.ts';
import { clientOf, until } from '../support/client.ts';
import { KEY, SECRETS } from '../support/secrets.ts';
import { launch, startStack } from '../support/stack.ts';

const { send, recorder, sandbox, sandboxOrigin, tenants } = await startStack();

const workers: LocalWorker[] = [];
afterAll(() => Promise.all(workers.map((worker) => worker.stop())));

async function started(bindings: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const worker = await launch('wrangler.toml', bindings, (line) => lines.push(line));
  workers.push(worker);
  return { ask: clientOf(worker.origin), lines };
}

const without = (name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(SECRETS).filter(([other]) => other !== name));

const BROKEN: [string, string, Record<string, string>][] = [
  ['no key', 'POSTHOG_PERSONAL_API_KEY', without('POSTHOG_PERSONAL_API_KEY')],
  ['a short key', 'POSTHOG_PERSONAL_API_KEY', { ...SECRETS, POSTHOG_PERSONAL_API_KEY: 'phx_2short' }],
  ['no admin token', 'ADMIN_TOKEN', without('ADMIN_TOKEN')],
  ['a short admin token', 'ADMIN_TOKEN', { ...SECRETS, ADMIN_TOKEN: 'fifteen-letters' }],
  ['an admin token no header can hold', 'ADMIN_TOKEN', { ...SECRETS, ADMIN_TOKEN: 'a"token"with"quotes"in' }],
  ['no signing keys', 'TOKEN_SIGNING_KEYS', without('TOKEN_SIGNING_KEYS')],
  [
    'a signing key of 31 bytes',
    'TOKEN_SIGNING_KEYS',
    { ...SECRETS, TOKEN_SIGNING_KEYS: `k1:${'s'.repeat(31)}` },
  ],
  ['a host with a path', 'POSTHOG_HOST', { ...SECRETS, POSTHOG_HOST: 'https://us.posthog.com/api' }],
];

const PATHS = [
  '/',
  '/healthz',
  '/openapi.json',
  '/api/projects/1/persons',
  '/v1/whoami',
  '/admin/v1/tenants',
  '/nowhere',
  '//',
];

describe.each(BROKEN)('A gateway with %s', (_, name, bindings) => {
  test('A gateway that is not configured answers 503 to everything and names the variable on its console, without its value', async () => {
    const { ask, lines } = await started(bindings);
    for (const path of PATHS) {
      for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE']) {
        const answer = await ask(method, path, { token: SECRETS.ADMIN_TOKEN });
        expect(answer, `${method} ${path}`).toMatchObject({
          status: 503,
          headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
          json: {
            type: 'server_error',
            code: 'not_configured',
            status: 503,
            request_id: answer.headers['x-request-id'],
          },
        });
        for (const variable of Object.keys(SECRETS)) expect(answer.text).not.toContain(variable);
      }
    }
    const line = await until('the console says so', () => lines.find((each) => each.includes(name)));
    expect(line).toContain(name);
    const values = [...Object.values(SECRETS), ...Object.values(bindings)].flatMap((value) =>
      value.split(/[,\n]|k\d:/),
    );
    for (const value of values.filter((text) => text.length > 8))
      expect(lines.join('\n')).not.toContain(value);
  });
});

describe('Configured gateways', () => {
  test('The open plane answers every client and says nothing about the gateway', async () => {
    expect(await send('GET', '/healthz')).toMatchObject({ status: 200, json: { status: 'ok' } });
    const page = await send('GET', '/');
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    const document = await send('GET', '/openapi.json');
    expect(document.status).toBe(200);
    for (const text of [page.text, document.text]) {
      expect(text).not.toContain(KEY);
      expect(text).not.toContain(new URL(sandboxOrigin).host);
    }
    expect(await sandbox.received()).toEqual([]);
  });

  test('Every answer carries the headers that guard it', async () => {
    const { token } = await tenants.fresh();
    for (const path of [...PATHS, '/api/projects/1/persons?nonsense=1', '/api/projects/1/persons/99999']) {
      const { headers } = await send('GET', path, { token });
      expect(headers, path).toMatchObject({
        'cache-control': path === '/openapi.json' ? 'public, max-age=300' : 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'strict-transport-security': expect.stringContaining('max-age=') as unknown,
        'content-security-policy': expect.stringContaining("default-src 'none'") as unknown,
        'x-request-id': expect.stringMatching(/^req_[A-Za-z0-9_-]{22}$/) as unknown,
      });
    }
  });

  test('Every request has one log line with the id of its answer, and nothing the request said', async () => {
    const { tenant, token, id } = await tenants.fresh();
    recorder.lines.length = 0;
    const path = '/api/projects/1/persons?email=ada@acme.test&search=a%20secret%20search';
    const answers = [
      await send('GET', path, { token }),
      await send('GET', `${path}&email=x`, { token }),
      await send('GET', '/v1/../x'),
    ];
    const lines = await until('three lines', () => (recorder.lines.length >= 3 ? recorder.lines : undefined));
    expect(lines).toHaveLength(3);
    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.map(({ request_id }) => request_id)).toEqual(
      answers.map(({ headers }) => headers['x-request-id']),
    );
    expect(records).toMatchObject([
      {
        method: 'GET',
        route: 'persons_list',
        status: 200,
        code: null,
        tenant,
        token: id,
        upstream_status: 200,
      },
      {
        method: 'GET',
        route: 'persons_list',
        status: 400,
        code: 'parameter_repeated',
        tenant,
        token: id,
        upstream_status: null,
      },
      { method: 'GET', route: 'odd_path', status: 400, code: 'path_invalid', tenant: null, token: null },
    ]);
    for (const line of lines) expect(line).not.toMatch(/ada|acme\.test|secret|search=|\?/);
  });
});
