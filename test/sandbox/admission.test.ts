import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, OTHER_ADA, PROJECTS } from '../../src/sandbox/seed/names.ts';
import { at, type Bench, KEY, launchBench, listed } from '../support/sandbox/ask.ts';

/** PostHog contract §3: whose key it is, what it may do, and which project is really asked. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

const error = (type: string, code: string) => ({ type, code, attr: null });

describe('Credentials', () => {
  test('A request without a key is a 401 with a challenge', async () => {
    const answer = await bench.get('/', { key: null });
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject(error('authentication_error', 'not_authenticated'));
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('The first candidate for the key counts, even a wrong one: header, then body, then query', async () => {
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

  test.each(['pha_oauth', 'phs_project_secret'])(
    'The bearer %s is no personal key, so nobody is asking',
    async (key) => {
      await bench.control('PATCH', 'settings', { keys: [{ key, scopes: ['*'] }] });
      expect((await bench.get('/', { key })).json).toMatchObject({ code: 'not_authenticated' });
    },
  );

  test('The scheme of the Authorization header is case-sensitive', async () => {
    const answer = await bench.get('/', { key: null, headers: { authorization: `bearer ${KEY}` } });
    expect(answer.json).toMatchObject(error('authentication_error', 'not_authenticated'));
  });
});

describe('Scopes', () => {
  const keys = [
    { key: 'phx_read', scopes: ['person:read'] },
    { key: 'phx_write', scopes: ['person:write'] },
    { key: 'phx_all', scopes: ['*'] },
    { key: KEY, scopes: [] },
  ];
  beforeEach(() => bench.reset({ keys }));

  test('A missing scope is a 403 that names it', async () => {
    const answer = await bench.post('/bulk_delete/', {}, { key: 'phx_read' });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({
      code: 'permission_denied',
      detail: "API key missing required scope 'person:write'",
    });
  });

  test('The write scope satisfies read, and cohorts want both of their scopes', async () => {
    expect((await bench.get('/', { key: 'phx_write' })).status).toBe(200);
    const answer = await bench.get(`/cohorts/?person_id=${ADA.uuid}`, { key: 'phx_write' });
    expect(at(answer.json, 'detail')).toContain("'cohort:read'");
  });

  test.each(['/funnel/', '/lifecycle/', '/trends/', `/${ADA.id}/properties_timeline/`])(
    'The path %s declares no scope: a star does not open it, and a key without scopes does in A alone',
    async (path) => {
      for (const [generation, key] of [
        ['A', 'phx_all'],
        ['B', 'phx_all'],
        ['B', KEY],
      ]) {
        await bench.control('PATCH', 'settings', { generation });
        const refused = await bench.get(path, { key: String(key) });
        expect(refused.status).toBe(403);
        expect(at(refused.json, 'detail')).toBe('This action does not support Personal API Key access');
      }
      await bench.control('PATCH', 'settings', { generation: 'A' });
      expect((await bench.get(path)).status).not.toBe(403);
    },
  );

  test.each(['B', 'C'])('A key without scopes passes nothing in %s', async (generation) => {
    await bench.control('PATCH', 'settings', { generation });
    const answer = await bench.get('/');
    expect(answer.status).toBe(403);
    expect(at(answer.json, 'detail')).toBe("API key missing required scope 'person:read'");
    expect((await bench.post('/bulk_delete/', { ids: [ADA.uuid] })).status).toBe(403);
  });

  test('OPTIONS needs the read scope', async () => {
    expect((await bench.ask('OPTIONS', '/api/projects/1/persons/', { key: 'phx_read' })).status).toBe(200);
    await bench.control('PATCH', 'settings', { keys: [{ key: 'phx_other', scopes: ['cohort:read'] }] });
    expect((await bench.ask('OPTIONS', '/api/projects/1/persons/', { key: 'phx_other' })).status).toBe(403);
  });
});

describe('Projects', () => {
  test('The parameter ?token= of the seed switches the project, as PostHog does', async () => {
    for (const name of ['token', 'api_key']) {
      const answer = await bench.get(`/?distinct_id=ada@acme.test&${name}=${PROJECTS[1].token}`);
      expect(listed(answer)).toEqual([OTHER_ADA.uuid]);
    }
    expect((await bench.get('/?token=phc_unknown')).status).toBe(401);
  });

  test('A token in the query of a POST switches no project', async () => {
    const answer = await bench.post(`/batch_by_distinct_ids/?token=${PROJECTS[1].token}`, {
      distinct_ids: ['ada@acme.test'],
    });
    expect(at(answer.json, 'results', 'ada@acme.test', 'uuid')).toBe(ADA.uuid);
  });

  test('A key limited to some projects is refused elsewhere, even by ?token=', async () => {
    await bench.reset({ keys: [{ key: KEY, scopes: ['person:read'], projects: [1] }] });
    const elsewhere = await bench.ask('GET', '/api/projects/2/persons/');
    expect(elsewhere.status).toBe(403);
    expect(at(elsewhere.json, 'detail')).toContain('2');
    expect((await bench.get(`/?token=${PROJECTS[1].token}`)).status).toBe(403);
  });

  test.each(['99', 'acme', '1x'])('Project %s is a 404', async (id) => {
    const answer = await bench.ask('GET', `/api/projects/${id}/persons/`);
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({
      ...error('invalid_request', 'not_found'),
      detail: 'Project not found.',
    });
  });

  test("The alias @current and the flat family mean the owner's current project", async () => {
    await bench.reset({ current_project: 2 });
    for (const base of ['/api/projects/@current/persons', '/api/person']) {
      expect(listed(await bench.ask('GET', `${base}/?distinct_id=ada@acme.test`))).toEqual([OTHER_ADA.uuid]);
    }
  });
});
