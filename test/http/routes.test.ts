/** Which routes there are, and which of them a request finds. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { checkAdmin } from '../../src/authn/admin.ts';
import { CATALOGUE, FAMILIES } from '../../src/catalogue/index.ts';
import { failure } from '../../src/core/failure.ts';
import { err } from '../../src/core/result.ts';
import type { Services } from '../../src/http/context.ts';
import { createRouter } from '../../src/http/router.ts';
import { ROUTES } from '../../src/http/routes.ts';

/** A gateway that has nothing: whatever gets past the routes and the credential falls over. */
const NOTHING = {
  nowMs: () => 0,
  // Node has no `toBase64` of its own yet.
  random: (bytes: number) => Object.assign(new Uint8Array(bytes), { toBase64: () => 'A'.repeat(22) }),
  tokens: { verify: () => Promise.resolve(err(failure('token_malformed', 'No token is one here.'))) },
  checkAdmin: (headers: Headers) => checkAdmin(headers, 'an-operators-token'),
  posthog: () => ({}),
} as unknown as Services;

const lines: string[] = [];
beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    lines.push(line);
  });
});

async function ask(method: string, path: string, headers: Record<string, string> = {}) {
  const response = await createRouter(NOTHING)(new Request(`https://g.example${path}`, { method, headers }));
  const text = await response.text();
  const { code = null } = text.startsWith('{') ? (JSON.parse(text) as { code?: string }) : {};
  const { route } = JSON.parse(lines.at(-1) ?? '{}') as { route?: string };
  return { status: response.status, code, route, allow: response.headers.get('Allow'), response };
}

const PERSON = '0190c0de-0000-7000-8000-000000000001';
const spelled = CATALOGUE.flatMap((operation) =>
  operation.methods.map((method) => [method, operation.path, operation.id] as const),
);

describe('an operation', () => {
  test.each(spelled)(
    '%s persons/%s is %s in both families, with and without a slash at its end',
    async (method, path, id) => {
      for (const family of FAMILIES) {
        for (const person of ['123', PERSON]) {
          const below = path === '' ? '' : `/${path.replace(':id', person)}`;
          for (const slash of ['', '/']) {
            const found = await ask(method, `/api/${family}/7/persons${below}${slash}`);
            expect(found).toMatchObject({ route: id, status: 401, code: 'token_missing' });
          }
        }
      }
    },
  );

  test('with a fixed word wins over a person of that name', async () => {
    for (const { path, id, methods } of CATALOGUE) {
      if (path === '' || path.includes(':id')) continue;
      expect((await ask(methods[0], `/api/projects/7/persons/${path}`)).route).toBe(id);
    }
  });
});

describe('nothing is', () => {
  test.each([
    '/api/projects/@current/persons',
    '/api/projects/abc/persons',
    '/api/projects/7a/persons',
    '/api/projects/-7/persons',
    '/api/projects//persons'.replace('//', '/x/'),
    '/api/teams/7/persons',
    '/api/projects/7/person',
    '/api/projects/7/events',
    '/api/projects/7/query',
    '/api/projects/7/persons/1/2',
    '/api/projects/7/persons/1/split/x',
    '/api/projects/7/persons/1/emails',
    '/api/person/',
    '/API/projects/7/persons',
    '/api/projects/7/Persons',
    '/capture',
    '/e/',
    '/admin',
    '/admin/v1',
    '/v1',
    '/v1/tokens/x/y',
    '/index.html',
  ])('at %s', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect(await ask(method, path)).toMatchObject({ status: 404, code: 'path_unknown' });
    }
  });

  test.each([
    '/api/projects/7/persons//',
    '/api/projects/7/persons/%2e%2e/',
    '/api/projects/7/persons/a%2fb',
    '//',
  ])('behind the odd path %s', async (path) => {
    const request = { method: 'GET', url: `https://g.example${path}`, headers: new Headers() } as Request;
    const response = await createRouter(NOTHING)(request);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'path_invalid' });
  });
});

const sorted = (list: string | null) => list?.split(', ').toSorted();

describe('another method', () => {
  test.each([
    ['PUT', '/api/projects/7/persons', 'OPTIONS, GET, HEAD'],
    ['POST', '/api/projects/7/persons/', 'OPTIONS, GET, HEAD'],
    ['GET', '/api/projects/7/persons/bulk_delete', 'OPTIONS, POST'],
    ['DELETE', '/api/projects/7/persons/funnel', 'OPTIONS, GET, HEAD, POST'],
    ['POST', '/api/environments/7/persons/123', null],
    ['DELETE', '/v1/whoami', 'OPTIONS, GET, HEAD'],
    ['GET', '/v1/tokens/self-revoke', null],
    ['POST', '/healthz', 'OPTIONS, GET, HEAD'],
    ['PATCH', '/admin/v1/tenants/acme', 'OPTIONS, GET, PUT, DELETE, HEAD'],
  ])('%s %s is refused with those it takes', async (method, path, allow) => {
    const found = await ask(method, path);
    expect(found).toMatchObject({ status: 405, code: 'method_unknown' });
    if (allow !== null) expect(sorted(found.allow)).toEqual(sorted(allow));
  });

  test('of a person’s path lists all it takes', async () => {
    const { allow } = await ask('POST', '/api/projects/7/persons/123');
    expect(allow?.split(', ').toSorted()).toEqual(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'PUT']);
  });

  test('OPTIONS says what a path takes and needs no token', async () => {
    const { status, allow } = await ask('OPTIONS', '/api/projects/7/persons/bulk_delete');
    expect([status, allow]).toEqual([204, 'OPTIONS, POST']);
  });

  test('HEAD goes wherever GET does, with the same credential', async () => {
    expect((await ask('HEAD', '/api/projects/7/persons')).status).toBe(401);
    expect((await ask('HEAD', '/healthz')).status).toBe(200);
  });
});

describe('a route', () => {
  test('asks for a credential before anything else, unless it is open', async () => {
    for (const { method, path, name } of ROUTES) {
      const where = path
        .replace(/:family\{[^}]*\}/, 'projects')
        .replace(/:project_id\{[^}]*\}/, '7')
        .replace(/:(?:id|tenant)(?:\{[^}]*\})?/g, '1');
      const { status, code } = await ask(method, `${where}?nonsense=1`);
      if (['landing', 'health', 'openapi'].includes(name)) expect(status, where).toBe(200);
      else
        expect([status, code], `${method} ${where}`).toEqual([
          401,
          where.startsWith('/admin') ? 'admin_token_missing' : 'token_missing',
        ]);
    }
  });

  test('is named in the one line of its request, which holds nothing of the request', async () => {
    await ask('GET', '/api/projects/7/persons?search=alice%40customer.example', {
      Authorization: 'Bearer hgr_s.e.cret',
    });
    const line = lines.at(-1) ?? '';
    expect(line).not.toMatch(/alice|cret|customer/);
    expect(Object.keys(JSON.parse(line) as object)).toEqual([
      'at',
      'request_id',
      'method',
      'route',
      'status',
      'code',
      'tenant',
      'token',
      'deletion',
      'upstream_status',
      'upstream_ms',
      'upstream_calls',
      'duration_ms',
    ]);
  });
});
