/** Which routes there are, and which of them a request finds. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { authenticateOperator } from '../../src/authn/admin.ts';
import { ADMIN } from '../../src/authn/operators.ts';
import { CATALOGUE, FAMILIES } from '../../src/catalogue/index.ts';
import { failure } from '../../src/core/failure.ts';
import { err } from '../../src/core/result.ts';
import type { Services } from '../../src/http/context.ts';
import { parseTarget } from '../../src/http/mirror/read-call.ts';
import { createRouter } from '../../src/http/router.ts';
import { ROUTES } from '../../src/http/routes.ts';

/** A gateway that has nothing: whatever gets past the routes and the credential falls over. */
const NOTHING = {
  nowMs: () => 0,
  // Node has no `toBase64` of its own yet.
  random: (bytes: number) => Object.assign(new Uint8Array(bytes), { toBase64: () => 'A'.repeat(22) }),
  tokens: { verify: () => Promise.resolve(err(failure('token_malformed', 'No token is one here.'))) },
  authenticateOperator: (headers: Headers) =>
    authenticateOperator(headers, [{ ...ADMIN, token: 'an-operators-token' }]),
  posthog: () => ({}),
  alarmReporter: { report: () => Promise.resolve() },
  openApiAsset: () => Promise.resolve(new Response('{}')),
} as unknown as Services;

/** The runtime's part: waits for what a request leaves to be done. */
function waiting() {
  const tasks: Promise<unknown>[] = [];
  const execution = { waitUntil: (task: Promise<unknown>) => void tasks.push(task) };
  return { execution, done: () => Promise.all(tasks) };
}

const lines: string[] = [];
beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    lines.push(line);
  });
});

async function ask(method: string, path: string, headers: Record<string, string> = {}) {
  const request = new Request(`https://g.example${path}`, { method });
  // Node's Request keeps some headers to itself, as a browser would.
  Object.defineProperty(request, 'headers', { value: new Headers(headers) });
  const { execution, done } = waiting();
  const response = await createRouter(NOTHING)(request, execution);
  await done();
  const text = await response.text();
  const said = text.startsWith('{')
    ? (JSON.parse(text) as Partial<Record<'code' | 'detail' | 'attr', string>>)
    : {};
  const { code = null, detail = '', attr = null } = said;
  const { route } = JSON.parse(lines.at(-1) ?? '{}') as { route?: string };
  return {
    status: response.status,
    code,
    detail,
    attr,
    route,
    allow: response.headers.get('Allow'),
    response,
  };
}

/** A path that a route takes. */
const filled = (pattern: string): string =>
  pattern
    .replace(/:family\{[^}]*\}/, 'projects')
    .replace(/:project_id\{[^}]*\}/, '7')
    .replace(/:(?:id|tenant|project)(?:\{[^}]*\})?/g, '1');

const PERSON = '0190c0de-0000-7000-8000-000000000001';
const spelled = CATALOGUE.flatMap((operation) =>
  operation.methods.map((method) => [method, operation.path, operation.id] as const),
);

describe('Routes of operations', () => {
  test.each(spelled)(
    'The route %s persons/%s is %s in both families, with and without a slash at its end',
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

  test('A route with a fixed word wins over a person of that name', async () => {
    for (const { path, id, methods } of CATALOGUE) {
      if (path === '' || path.includes(':id')) continue;
      expect((await ask(methods[0], `/api/projects/7/persons/${path}`)).route).toBe(id);
    }
  });
});

describe('Unknown paths', () => {
  test.each([
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
  ])('The path %s has no route', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect(await ask(method, path)).toMatchObject({ status: 404, code: 'path_unknown' });
    }
  });

  test.each([
    '/api/projects/7/persons//',
    '/api/projects/7/persons/%2e%2e/',
    '/api/projects/7/persons/a%2fb',
    '//',
  ])('An odd path has no route: %s', async (path) => {
    const { signal } = new AbortController();
    const request = { method: 'GET', url: `https://g.example${path}`, headers: new Headers(), signal };
    const response = await createRouter(NOTHING)(request as Request, waiting().execution);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'path_invalid' });
  });
});

describe('Invalid project numbers', () => {
  const SAYS = 'A project is a number of 1 to 2147483647, written without zeros in front';

  test.each(['-7', '7a', 'abc', '1e3', '@me', '7.0'])(
    'The project %s is told what a project is',
    async (project) => {
      for (const below of ['', '/', '/funnel', '/123', '/nothing/of/this']) {
        const found = await ask('GET', `/api/environments/${project}/persons${below}`);
        expect(found).toMatchObject({ status: 404, code: 'path_unknown', attr: 'project_id' });
        expect(found.detail).toContain(SAYS);
      }
    },
  );

  test.each(['01', '007', '0', '2147483648', '99999999999999999999'])(
    'The project %s, though it is all digits, is told what a project is, by every operation',
    (project) => {
      for (const operation of CATALOGUE) {
        expect(parseTarget(operation, project, '1')).toMatchObject({
          failure: {
            code: 'path_unknown',
            attr: 'project_id',
            detail: expect.stringContaining(SAYS) as unknown,
          },
        });
      }
    },
  );

  test('The project @current is told to be written as its number', async () => {
    const found = await ask('GET', '/api/projects/@current/persons/');
    expect(found).toMatchObject({ status: 404, code: 'path_unknown', attr: 'project_id' });
    expect(found.detail).toContain('@current is not read here: write the number of the project');
  });

  test('A path that is no path of persons is not judged for its project', async () => {
    expect((await ask('GET', '/api/projects/@current/events')).detail).toContain('/openapi.json');
  });
});

describe('Distinct ids in the path', () => {
  test.each(['ada@acme.test', 'ada.lovelace', 'ada%40acme.test', 'a%2Fb'])(
    'A distinct id in the path, like %s, is told where distinct ids are asked for, and not repeated',
    async (id) => {
      const { status, detail } = await ask('GET', `/api/projects/7/persons/${id}/`);
      expect([400, 404]).toContain(status);
      expect(detail).toContain('?distinct_id=');
      expect(detail).not.toContain(id);
    },
  );
});

const preflight = (path: string, method: string) =>
  ask('OPTIONS', path, { Origin: 'https://app.example', 'Access-Control-Request-Method': method });

describe('Preflights', () => {
  test('A preflight is logged under the route it asks about, for every route', async () => {
    for (const { method, path, name, plane } of ROUTES) {
      const { route, status } = await preflight(filled(path), method);
      // `persons/values` is a path of two operations by different methods, and so is a person's.
      expect(route, `${method} ${path}`).toBe(name);
      expect(status).toBe(plane === 'admin' ? 403 : 204);
    }
  });

  test('A preflight for HEAD is granted where GET is', async () => {
    const { status, route, response } = await preflight('/v1/whoami', 'HEAD');
    expect([status, route]).toEqual([204, 'whoami']);
    expect(response.headers.get('Access-Control-Allow-Methods')).toBe('GET, HEAD');
  });

  test('A preflight for a method that the path does not take is refused with those it takes', async () => {
    const found = await preflight('/api/projects/7/persons/bulk_delete', 'GET');
    expect(found).toMatchObject({ status: 405, code: 'method_unknown', allow: 'OPTIONS, POST' });
    expect(found.response.headers.has('Access-Control-Allow-Methods')).toBe(false);
  });

  test('A preflight for a path that no route has is a 404', async () => {
    expect(await preflight('/api/projects/7/events', 'GET')).toMatchObject({
      status: 404,
      code: 'path_unknown',
    });
  });

  test('A preflight of the admin plane is refused, unreadably', async () => {
    const found = await preflight('/admin/v1/tenants', 'GET');
    expect(found).toMatchObject({ status: 403, code: 'origin_not_allowed' });
    expect([...found.response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual(
      [],
    );
  });
});

test('A request whose handler throws has one line and one report of the defect, without what was thrown', async () => {
  const reports = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const throwing = { ...NOTHING, authenticateOperator: () => Promise.reject(new TypeError('zoe@corp.test')) };
  const { execution, done } = waiting();
  const before = lines.length;
  const request = new Request('https://g.example/admin/v1/tenants');
  const response = await createRouter(throwing)(request, execution);
  await done();
  expect(response.status).toBe(500);
  expect(lines.slice(before)).toHaveLength(1);
  expect(lines.at(-1)).toContain('"code":"internal_error"');
  expect(reports.mock.calls).toHaveLength(1);
  expect(JSON.stringify(reports.mock.calls)).not.toContain('zoe');
  reports.mockRestore();
});

describe('Host headers', () => {
  test.each(['a.example', 'a.example:8787', 'A.Example.', '127.0.0.1', '[::1]:8787', 'a_b-c'])(
    'The Host %s is accepted',
    async (host) => {
      expect((await ask('GET', '/healthz', { Host: host })).status).toBe(200);
    },
  );

  test.each([
    'a/b',
    'u:p@a',
    'a?b',
    'a#b',
    'a b',
    'a, b',
    'a\\b',
    'a%2fb',
    'a:',
    'a:b',
    'a:65536',
    '..',
    '[::1',
    '*',
    '',
  ])('The Host %j is refused', async (host) => {
    const found = await ask('GET', '/healthz', { Host: host });
    expect(found).toMatchObject({ status: 400, code: 'host_invalid', attr: 'Host', route: 'odd_path' });
  });
});

const sorted = (list: string | null) => list?.split(', ').toSorted();

describe('Other methods', () => {
  test.each([
    ['PUT', '/api/projects/7/persons', 'OPTIONS, GET, HEAD'],
    ['POST', '/api/projects/7/persons/', 'OPTIONS, GET, HEAD'],
    ['GET', '/api/projects/7/persons/bulk_delete', 'OPTIONS, POST'],
    ['DELETE', '/api/projects/7/persons/funnel', 'OPTIONS, GET, HEAD, POST'],
    ['POST', '/api/environments/7/persons/123', null],
    ['DELETE', '/v1/whoami', 'OPTIONS, GET, HEAD'],
    ['GET', '/v1/tokens/self-revoke', null],
    ['POST', '/healthz', 'OPTIONS, GET, HEAD'],
    ['POST', '/admin/v1/tenants/acme', 'OPTIONS, GET, PUT, PATCH, DELETE, HEAD'],
  ])('The request %s %s is refused with the methods the path takes', async (method, path, allow) => {
    const found = await ask(method, path);
    expect(found).toMatchObject({ status: 405, code: 'method_unknown' });
    if (allow !== null) expect(sorted(found.allow)).toEqual(sorted(allow));
  });

  test('A refused method of a person’s path is told all the path takes', async () => {
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

describe('Routes', () => {
  test('Every route asks for a credential before anything else, unless it is open', async () => {
    for (const { method, path, name } of ROUTES) {
      const where = filled(path);
      const { status, code } = await ask(method, `${where}?nonsense=1`);
      if (['landing', 'health', 'openapi'].includes(name)) expect(status, where).toBe(200);
      else
        expect([status, code], `${method} ${where}`).toEqual([
          401,
          where.startsWith('/admin') ? 'admin_token_missing' : 'token_missing',
        ]);
    }
  });

  test('Every route is named in the one log line of its request, which holds nothing of the request', async () => {
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
