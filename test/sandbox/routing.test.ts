import net from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA } from '../../src/sandbox/seed/names.ts';
import { at, type Bench, KEY, launchBench, listed } from '../support/sandbox/ask.ts';

/** PostHog contract §1, §2, §4 and §9: where a request leads, how its body is read, and how many are let through. */

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

describe('The environments family before July 2026', () => {
  const path = `/api/environments/1/persons/${ADA.id}/?a=%20`;
  const redirect = { environments_redirect: true };

  test.each(['A', 'B'])(
    'A path of environments in %s is sent on to the projects, key or not',
    async (generation) => {
      await bench.reset({ generation, ...redirect });
      for (const key of [KEY, null]) {
        const answer = await bench.ask('GET', path, { key });
        expect(answer.status).toBe(307);
        expect(answer.headers.get('location')).toBe(`/api/projects/1/persons/${ADA.id}/?a=%20`);
      }
      expect((await bench.get(`/${ADA.id}/`)).status).toBe(200);
    },
  );

  test('Generation C answers a path of environments itself', async () => {
    await bench.reset({ generation: 'C', ...redirect });
    expect((await bench.ask('GET', path)).status).toBe(200);
  });
});

describe('Paths', () => {
  test('Both families answer, with and without the trailing slash', async () => {
    for (const family of ['projects', 'environments']) {
      for (const path of ['persons', 'persons/', `persons/${ADA.id}`, `persons/${ADA.uuid}/`]) {
        expect((await bench.ask('GET', `/api/${family}/1/${path}`)).status).toBe(200);
      }
    }
  });

  test('Answers below /api/environments say in C that the path is deprecated', async () => {
    const said = async (family: string) =>
      (await bench.ask('GET', `/api/${family}/1/persons/`)).headers.get('deprecation');
    expect(await said('environments')).toBeNull();
    await bench.reset({ generation: 'C' });
    expect([await said('environments'), await said('projects')]).toEqual(['true', null]);
  });

  test('HEAD follows GET', async () => {
    const answer = await bench.ask('HEAD', `/api/projects/1/persons/${ADA.id}/`);
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect((await bench.ask('HEAD', '/api/projects/1/persons/424242/')).status).toBe(404);
  });

  test('Every answer carries headers that a gateway must not pass on', async () => {
    for (const answer of [await bench.get('/'), await bench.get('/424242/')]) {
      for (const name of ['server', 'set-cookie', 'traceparent'])
        expect(answer.headers.get(name)).not.toBeNull();
    }
  });

  test('Percent-encoded action names are decoded before routing', async () => {
    expect((await bench.post('/bulk%5Fdelete/', {})).status).toBe(400);
  });

  test('Unknown paths and unknown formats are a 404 before the key is checked', async () => {
    expect((await bench.ask('GET', '/api/projects/1/cohorts/', { key: null })).json).toMatchObject({
      detail: 'Endpoint not found.',
    });
    expect((await bench.get(`/${ADA.id}/emails/`, { key: null })).status).toBe(404);
    expect((await bench.get('/?format=xml', { key: null })).json).toMatchObject({ detail: 'Not found.' });
    expect((await bench.ask('GET', '/api/projects/1/persons.xml', { key: null })).status).toBe(404);
  });

  test('The collection takes no POST, and actions take only their methods', async () => {
    const create = await bench.post('/', {});
    expect(create.status).toBe(405);
    expect(at(create.json, 'detail')).toContain('$identify');
    expect((await bench.get('/bulk_delete/')).json).toMatchObject(
      error('invalid_request', 'method_not_allowed'),
    );
  });

  test.each([
    ['B', 'GET', '/stickiness/', 400],
    ['B', 'GET', '/funnel/', 403],
    ['B', 'GET', '/lifecycle/', 403],
    ['B', 'GET', '/trends/', 403],
    ['B', 'GET', '/funnel/correlation/', 404],
    ['A', 'GET', '/deletion_status/', 400],
    ['A', 'GET', '/properties_at_time/', 400],
    ['A', 'POST', '/batch_by_uuids/', 405],
    ['A', 'POST', '/batch_by_distinct_ids/', 405],
    ['C', 'GET', '/stickiness/', 400],
    ['C', 'GET', '/funnel/', 400],
    ['C', 'POST', '/funnel/', 405],
    ['C', 'GET', '/funnel/correlation/', 404],
    ['C', 'GET', '/lifecycle/', 400],
    ['C', 'GET', '/trends/', 400],
    ['C', 'GET', '/deletion_status/', 200],
  ])('Generation %s answers %s %s with %i', async (generation, method, path, status) => {
    await bench.reset({ generation });
    const answer = await bench.ask(
      method,
      `/api/projects/1/persons${path}`,
      method === 'POST' ? { body: {} } : {},
    );
    expect(answer.status).toBe(status);
    if (status === 400) expect(at(answer.json, 'detail')).toContain('does not look like a personID');
  });

  test.each(['/funnel/', '/lifecycle/', '/trends/'])(
    'The path %s is a person id in B after July 2026',
    async (path) => {
      await bench.reset({ legacy_insights: false });
      expect((await bench.get(path)).status).toBe(400);
      expect((await bench.post(path, {})).status).toBe(405);
    },
  );

  test('An action that is read as a person id needs person:read first', async () => {
    await bench.reset({ keys: [{ key: KEY, scopes: ['cohort:read'] }] });
    expect((await bench.get('/stickiness/')).status).toBe(403);
  });
});

describe('Bodies', () => {
  test('Only JSON bodies are read', async () => {
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

  test.each([[['x']], ['x']])('A body that is %j as a whole is a server error', async (body) => {
    const answer = await bench.post('/bulk_delete/', body);
    expect(answer.status).toBe(500);
    expect(answer.json).toEqual({ ...error('server_error', 'error'), detail: 'A server error occurred.' });
  });

  test('The body of a GET overrides its query', async () => {
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

  test('The last of a repeated parameter counts', async () => {
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

describe('Throttles', () => {
  test('A throttled call is a 429 with the same whole seconds in header and detail', async () => {
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

  test('Calls answered with 401 or 403 and unknown projects cost nothing', async () => {
    await bench.reset({ throttle: { per_minute: 1 }, keys: [{ key: KEY, scopes: ['person:read'] }] });
    await bench.get('/', { key: 'phx_wrong' });
    await bench.post('/bulk_delete/', {});
    await bench.ask('GET', '/api/projects/99/persons/');
    expect(await statuses(2)).toEqual([200, 429]);
  });

  const twoKeys = [
    { key: KEY, scopes: ['person:write'] },
    { key: 'phx_second', scopes: ['person:write'] },
  ];

  test('Generation A counts per owner over all keys: 180 in a minute', async () => {
    await bench.reset({ generation: 'A', throttle: true, keys: twoKeys });
    const first = await statuses(100);
    const second = await statuses(81, 'phx_second');
    expect([...first, ...second].filter((status) => status === 200)).toHaveLength(180);
    expect(second.at(-1)).toBe(429);
  });

  test('Generation B counts per key, 240 in a minute, and deletions apart', async () => {
    await bench.reset({ throttle: true, keys: twoKeys });
    const answers = await statuses(241);
    expect(answers.indexOf(429)).toBe(240);
    expect(await statuses(1, 'phx_second')).toEqual([200]);
    expect((await bench.post('/bulk_delete/', { ids: [ADA.uuid] })).status).toBe(202);
  });
});
