import net from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, OTHER_ADA, PROJECTS } from '../../src/sandbox/seed/names.ts';
import { at, type Bench, KEY, launchBench, listed } from './ask.ts';

/** PostHog contract §1 to §4 and §9: who gets in, and what the others are told. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

const error = (type: string, code: string) => ({ type, code, attr: null });

/** Speaks HTTP by hand, for what a client library will not send. */
function raw(lines: readonly string[], body = ''): Promise<string> {
  const { hostname, port } = new URL(bench.url);
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = net.connect(Number(port), hostname);
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
    socket.write([...lines, 'Host: up.test', 'Connection: close', '', body].join('\r\n'));
  });
}

describe('credentials', () => {
  test('no key is a 401 with a challenge', async () => {
    const answer = await bench.get('/', { key: null });
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject(error('authentication_error', 'not_authenticated'));
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test('the first candidate counts, even a wrong one: header, then body, then query', async () => {
    const wrongHeader = await bench.get(`/?personal_api_key=${KEY}`, { key: 'phx_wrong' });
    expect(wrongHeader.status).toBe(401);
    expect(at(wrongHeader.json, 'detail')).toContain('Authorization header');
    const wrongBody = await bench.post(
      `/bulk_delete/?personal_api_key=${KEY}`,
      { personal_api_key: 'no' },
      { key: null },
    );
    expect(at(wrongBody.json, 'detail')).toContain('body');
    expect((await bench.post('/batch_by_uuids/', { personal_api_key: KEY }, { key: null })).status).toBe(200);
    expect((await bench.get(`/?personal_api_key=${KEY}`, { key: null })).status).toBe(200);
    expect(at((await bench.get('/?personal_api_key=no', { key: null })).json, 'detail')).toContain(
      'query string',
    );
  });

  test('the scheme is case-sensitive', async () => {
    const answer = await bench.get('/', { key: null, headers: { authorization: `bearer ${KEY}` } });
    expect(answer.json).toMatchObject(error('authentication_error', 'not_authenticated'));
  });
});

describe('scopes', () => {
  const keys = [
    { key: 'phx_read', scopes: ['person:read'] },
    { key: 'phx_write', scopes: ['person:write'] },
    { key: 'phx_all', scopes: ['*'] },
    { key: KEY, scopes: [] },
  ];
  beforeEach(() => bench.reset({ keys }));

  test('a missing scope is a 403 that names it', async () => {
    const answer = await bench.post('/bulk_delete/', {}, { key: 'phx_read' });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({
      code: 'permission_denied',
      detail: "API key missing required scope 'person:write'",
    });
  });

  test('write satisfies read, and cohorts wants both of its scopes', async () => {
    expect((await bench.get('/', { key: 'phx_write' })).status).toBe(200);
    const answer = await bench.get(`/cohorts/?person_id=${ADA.uuid}`, { key: 'phx_write' });
    expect(at(answer.json, 'detail')).toContain("'cohort:read'");
  });

  test.each(['/funnel/', '/lifecycle/', '/trends/', `/${ADA.id}/properties_timeline/`])(
    '%s declares no scope: a star does not open it, an old-style key does',
    async (path) => {
      const refused = await bench.get(path, { key: 'phx_all' });
      expect(refused.status).toBe(403);
      expect(at(refused.json, 'detail')).toBe('This action does not support Personal API Key access');
      expect((await bench.get(path)).status).not.toBe(403);
    },
  );

  test('OPTIONS needs the read scope', async () => {
    expect((await bench.ask('OPTIONS', '/api/projects/1/persons/', { key: 'phx_read' })).status).toBe(200);
    await bench.control('PATCH', 'settings', { keys: [{ key: 'phx_other', scopes: ['cohort:read'] }] });
    expect((await bench.ask('OPTIONS', '/api/projects/1/persons/', { key: 'phx_other' })).status).toBe(403);
  });
});

describe('projects', () => {
  test("the seed's ?token= switches the project, as PostHog does", async () => {
    for (const name of ['token', 'api_key']) {
      const answer = await bench.get(`/?distinct_id=ada@acme.test&${name}=${PROJECTS[1].token}`);
      expect(listed(answer)).toEqual([OTHER_ADA.uuid]);
    }
    expect((await bench.get('/?token=phc_unknown')).status).toBe(401);
  });

  test('a token in the query of a POST switches nothing', async () => {
    const answer = await bench.post(`/batch_by_distinct_ids/?token=${PROJECTS[1].token}`, {
      distinct_ids: ['ada@acme.test'],
    });
    expect(at(answer.json, 'results', 'ada@acme.test', 'uuid')).toBe(ADA.uuid);
  });

  test('a key limited to projects is refused elsewhere, also by way of ?token=', async () => {
    await bench.reset({ keys: [{ key: KEY, scopes: [], projects: [1] }] });
    const elsewhere = await bench.ask('GET', '/api/projects/2/persons/');
    expect(elsewhere.status).toBe(403);
    expect(at(elsewhere.json, 'detail')).toContain('2');
    expect((await bench.get(`/?token=${PROJECTS[1].token}`)).status).toBe(403);
  });

  test.each(['99', 'acme', '1x'])('project %s is a 404', async (id) => {
    const answer = await bench.ask('GET', `/api/projects/${id}/persons/`);
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({
      ...error('invalid_request', 'not_found'),
      detail: 'Project not found.',
    });
  });

  test("@current and the flat family are the owner's current project", async () => {
    await bench.reset({ current_project: 2 });
    for (const base of ['/api/projects/@current/persons', '/api/person']) {
      expect(listed(await bench.ask('GET', `${base}/?distinct_id=ada@acme.test`))).toEqual([OTHER_ADA.uuid]);
    }
  });
});

describe('paths', () => {
  test('both families answer, with and without the trailing slash', async () => {
    for (const family of ['projects', 'environments']) {
      for (const path of ['persons', 'persons/', `persons/${ADA.id}`, `persons/${ADA.uuid}/`]) {
        expect((await bench.ask('GET', `/api/${family}/1/${path}`)).status).toBe(200);
      }
    }
  });

  test('percent-encoded action names are decoded before routing', async () => {
    expect((await bench.post('/bulk%5Fdelete/', {})).status).toBe(400);
  });

  test('unknown paths and unknown formats are a 404 before anybody asks for a key', async () => {
    expect((await bench.ask('GET', '/api/projects/1/cohorts/', { key: null })).json).toMatchObject({
      detail: 'Endpoint not found.',
    });
    expect((await bench.get(`/${ADA.id}/emails/`, { key: null })).status).toBe(404);
    expect((await bench.get('/?format=xml', { key: null })).json).toMatchObject({ detail: 'Not found.' });
    expect((await bench.ask('GET', '/api/projects/1/persons.xml', { key: null })).status).toBe(404);
  });

  test('the collection cannot be posted to, and actions keep to their methods', async () => {
    const create = await bench.post('/', {});
    expect(create.status).toBe(405);
    expect(at(create.json, 'detail')).toContain('$identify');
    expect((await bench.get('/bulk_delete/')).json).toMatchObject(
      error('invalid_request', 'method_not_allowed'),
    );
  });

  test.each([
    ['B', 'GET', '/stickiness/', 400],
    ['B', 'GET', '/funnel/correlation/', 404],
    ['A', 'GET', '/deletion_status/', 400],
    ['A', 'GET', '/properties_at_time/', 400],
    ['A', 'POST', '/batch_by_uuids/', 405],
    ['A', 'POST', '/batch_by_distinct_ids/', 405],
    ['C', 'GET', '/stickiness/', 400],
    ['C', 'GET', '/deletion_status/', 200],
  ])('generation %s answers %s %s with %i', async (generation, method, path, status) => {
    await bench.reset({ generation });
    const answer = await bench.ask(
      method,
      `/api/projects/1/persons${path}`,
      method === 'POST' ? { body: {} } : {},
    );
    expect(answer.status).toBe(status);
    if (status === 400) expect(at(answer.json, 'detail')).toContain('does not look like a personID');
  });

  test('an action read as a person id asks for person:read first', async () => {
    await bench.reset({ keys: [{ key: KEY, scopes: ['cohort:read'] }] });
    expect((await bench.get('/stickiness/')).status).toBe(403);
  });
});

describe('bodies', () => {
  test('only JSON is read', async () => {
    const form = await bench.ask('POST', '/api/projects/1/persons/bulk_delete/', {
      headers: { 'content-type': 'text/plain' },
      body: 1,
    });
    expect(form.json).toMatchObject(error('invalid_request', 'unsupported_media_type'));
    expect(form.status).toBe(415);
    const broken = await raw(
      [
        'POST /api/projects/1/persons/bulk_delete/ HTTP/1.1',
        `Authorization: Bearer ${KEY}`,
        'Content-Type: application/json',
        'Content-Length: 3',
      ],
      '{"a',
    );
    expect(broken).toContain('"parse_error"');
    expect(broken).toMatch(/^HTTP\/1\.1 400/);
  });

  test.each([[['x']], ['x']])('a whole body of %j is a server error', async (body) => {
    const answer = await bench.post('/bulk_delete/', body);
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual({ ...error('server_error', 'error'), detail: 'A server error occurred.' });
  });

  test("a GET's body overrides its query", async () => {
    const body = JSON.stringify({ distinct_id: 'ben@acme.test' });
    const answer = await raw(
      [
        'GET /api/projects/1/persons/?distinct_id=ada@acme.test HTTP/1.1',
        `Authorization: Bearer ${KEY}`,
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
      ],
      body,
    );
    expect(answer).toContain('Ben Bramble');
    expect(answer).not.toContain('Ada Amberley');
  });

  test('of a repeated parameter the last one counts', async () => {
    const answer = await bench.get('/?distinct_id=ben@acme.test&distinct_id=ada@acme.test');
    expect(listed(answer)).toEqual([ADA.uuid]);
  });
});

/** The statuses of so many calls in a row. */
async function statuses(calls: number, key = KEY): Promise<number[]> {
  const found: number[] = [];
  for (let call = 0; call < calls; call += 1) found.push((await bench.get(`/${ADA.id}/`, { key })).status);
  return found;
}

describe('throttles', () => {
  test('a refused call is a 429 with the same whole seconds in header and detail', async () => {
    await bench.reset({ throttle: { per_minute: 2 } });
    expect(await statuses(2)).toEqual([200, 200]);
    const refused = await bench.get('/');
    expect(refused.status).toBe(429);
    expect(refused.json).toMatchObject(error('throttled_error', 'throttled'));
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(at(refused.json, 'detail')).toContain(`available in ${seconds} second`);
  });

  test('401, 403 and unknown projects cost nothing', async () => {
    await bench.reset({ throttle: { per_minute: 1 }, keys: [{ key: KEY, scopes: ['person:read'] }] });
    await bench.get('/', { key: 'phx_wrong' });
    await bench.post('/bulk_delete/', {});
    await bench.ask('GET', '/api/projects/99/persons/');
    expect(await statuses(2)).toEqual([200, 429]);
  });

  const twoKeys = [
    { key: KEY, scopes: [] },
    { key: 'phx_second', scopes: [] },
  ];

  test('generation A counts per owner over all keys: 180 in a minute', async () => {
    await bench.reset({ generation: 'A', throttle: true, keys: twoKeys });
    const first = await statuses(100);
    const second = await statuses(81, 'phx_second');
    expect([...first, ...second].filter((status) => status === 200)).toHaveLength(180);
    expect(second.at(-1)).toBe(429);
  });

  test('generation B counts per key, 240 in a minute, and deletions apart', async () => {
    await bench.reset({ throttle: true, keys: twoKeys });
    const answers = await statuses(241);
    expect(answers.indexOf(429)).toBe(240);
    expect(await statuses(1, 'phx_second')).toEqual([200]);
    expect((await bench.post('/bulk_delete/', { ids: [ADA.uuid] })).status).toBe(202);
  });
});
