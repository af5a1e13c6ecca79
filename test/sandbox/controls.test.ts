import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, PERSONS_IN_PROJECT, WELL_KNOWN } from '../../src/sandbox/seed/names.ts';
import { at, type Bench, column, KEY, launchBench, listed, NOW } from './ask.ts';
import { launchSandbox } from './launch.ts';

/** The control plane: what makes the sandbox a test bench. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

/** Everything received since the last reset. */
async function received(): Promise<unknown[]> {
  const list = at(await bench.control('GET', 'received'), 'received');
  return Array.isArray(list) ? list.map((entry: unknown) => entry) : [];
}

/** A request whose answer may never come: the status, or at which stage it failed. */
async function outcome(path = `/api/projects/1/persons/${BEN.id}/`, init: RequestInit = {}): Promise<string> {
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  let response: Response;
  try {
    response = await fetch(bench.url + path, { headers, redirect: 'manual', ...init });
  } catch {
    return 'no answer';
  }
  try {
    const text = await response.text();
    JSON.parse(text);
    return String(response.status);
  } catch (error) {
    return `${response.status}, then ${error instanceof SyntaxError ? 'no JSON' : 'a broken body'}`;
  }
}

/** Everybody in the fresh world of a seed number. */
async function persons(seed: number): Promise<unknown> {
  await bench.reset({ seed });
  return at(await bench.control('GET', 'state'), 'persons');
}

describe('worlds', () => {
  test('the same seed and moment give the same world, another seed another', async () => {
    const first = await persons(7);
    expect(await persons(7)).toEqual(first);
    expect(await persons(8)).not.toEqual(first);
    expect(first).toHaveLength(PERSONS_IN_PROJECT[1] + PERSONS_IN_PROJECT[2]);
  });

  test('every well-known person is in every world', async () => {
    expect(column(await persons(12345), 'uuid')).toEqual(
      expect.arrayContaining(WELL_KNOWN.map((person) => person.uuid)),
    );
    for (const { id, projectId, uuid, distinctIds, properties } of WELL_KNOWN) {
      const found = await bench.ask('GET', `/api/projects/${projectId}/persons/${id}/`);
      expect(found.json).toMatchObject({ uuid, properties });
      expect(at(found.json, 'distinct_ids')).toEqual([...distinctIds]);
    }
  });

  test('settings change without a new world', async () => {
    await bench.post('/bulk_delete/', { ids: [ADA.uuid] });
    const changed = await bench.control('PATCH', 'settings', { generation: 'C' });
    expect(changed).toMatchObject({ settings: { generation: 'C', seed: 1, throttle: false, now: NOW } });
    expect((await bench.get(`/${ADA.id}/`)).status).toBe(404);
  });

  test('a mistake in a control request is a 400, and changes nothing', async () => {
    await expect(bench.control('POST', 'reset', { generation: 'D' })).rejects.toThrow('400');
    await expect(bench.control('PATCH', 'settings', { colour: 'green' })).rejects.toThrow('400');
    const twice = [
      { project_id: 1, distinct_ids: ['new'] },
      { project_id: 1, distinct_ids: ['ada@acme.test'] },
    ];
    await expect(bench.control('POST', 'persons', twice)).rejects.toThrow('400');
    expect(listed(await bench.get('/?distinct_id=new'))).toEqual([]);
    await expect(bench.control('GET', 'nowhere')).rejects.toThrow('404');
  });

  test('a person can be added with a UUID and a day of birth', async () => {
    const uuid = '0190c0de-0001-7000-8000-00000000abcd';
    const added = await bench.control('POST', 'persons', {
      project_id: 2,
      distinct_ids: ['x'],
      uuid,
      created_at: '2026-01-01T00:00:00Z',
    });
    expect(added).toMatchObject({ persons: [{ uuid, hidden: false }] });
    const found = await bench.ask('GET', `/api/projects/2/persons/${uuid}/`);
    expect(found.json).toMatchObject({ created_at: '2026-01-01T00:00:00Z', distinct_ids: ['x'] });
  });

  test('a thousand persons can be added and deleted at once', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({
      project_id: 1,
      distinct_ids: [`many-${index}`],
    }));
    const added = column(at(await bench.control('POST', 'persons', many), 'persons'), 'uuid');
    const answer = await bench.post('/bulk_delete/', { ids: added, delete_events: true });
    expect(answer.json).toMatchObject({ persons_found: 1000, persons_deleted: 1000 });
    expect(at((await bench.get('/?include_total')).json, 'count')).toBe(PERSONS_IN_PROJECT[1]);
  });

  test('the key and the generation of a fresh world come from variables', async () => {
    const other = await launchSandbox({ SANDBOX_API_KEY: 'phx_other', SANDBOX_GENERATION: 'A' });
    try {
      const settings = at(await other.control('GET', 'settings'), 'settings');
      expect(settings).toMatchObject({
        generation: 'A',
        keys: [{ key: 'phx_other', scopes: [] }],
        throttle: true,
      });
    } finally {
      await other.stop();
    }
  });

  test('the root says what this is', async () => {
    expect((await bench.ask('GET', '/', { key: null })).text).toContain('Hedgerow sandbox');
  });
});

describe('the record', () => {
  test('keeps method, raw target, headers, body and status of everything under /api/, refused or not', async () => {
    await bench.get('/?a=1&a=%32&odd=%zz', { key: 'phx_wrong' });
    await bench.post('/bulk_delete', { ids: [ADA.uuid] });
    await bench.ask('GET', '/api/nowhere');
    expect(await received()).toMatchObject([
      {
        method: 'GET',
        target: '/api/projects/1/persons/?a=1&a=%32&odd=%zz',
        status: 401,
        body: '',
        headers: { authorization: 'Bearer phx_wrong' },
      },
      {
        method: 'POST',
        target: '/api/projects/1/persons/bulk_delete',
        status: 202,
        body: JSON.stringify({ ids: [ADA.uuid] }),
      },
      { method: 'GET', target: '/api/nowhere', status: 404 },
    ]);
  });

  test('can be read from a sequence number on, and forgotten', async () => {
    await bench.get('/');
    await bench.get('/activity/');
    const [first] = await received();
    const rest = at(await bench.control('GET', `received?after=${String(at(first, 'seq'))}`), 'received');
    expect(column(rest, 'target')).toEqual(['/api/projects/1/persons/activity/']);
    await bench.control('DELETE', 'received');
    expect(await received()).toEqual([]);
  });
});

/** Orders a fault. */
function order(fault: Record<string, unknown>): Promise<unknown> {
  return bench.control('POST', 'faults', fault);
}

describe('faults', () => {
  test.each([
    [{ kind: 'status' }, '500'],
    [{ kind: 'status', status: 503 }, '503'],
    [{ kind: 'html' }, '200, then no JSON'],
    [{ kind: 'truncated_json' }, '200, then no JSON'],
    [{ kind: 'redirect', location: 'https://elsewhere.test/' }, '302, then no JSON'],
    [{ kind: 'hang_up' }, '200, then a broken body'],
    [{ kind: 'lost_reply' }, 'no answer'],
    [{ kind: 'lost_request' }, 'no answer'],
    [{ kind: 'slow', delay_ms: 1 }, '200'],
    [{ kind: 'huge', bytes: 100_000 }, '200'],
  ])('%j gives a client: %s, once', async (fault, expected) => {
    await order(fault);
    expect(await outcome()).toBe(expected);
    expect(await outcome()).toBe('200');
  });

  test('a 429 names its wait, in the error body too', async () => {
    await order({ kind: 'status', status: 429, retry_after_seconds: 7 });
    const answer = await bench.get('/');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
    expect(at(answer.json, 'detail')).toContain('7 seconds');
  });

  test('a lost reply has done its work, and so has an answer that broke off', async () => {
    for (const [kind, person] of [
      ['lost_reply', ADA],
      ['hang_up', BEN],
    ] as const) {
      await order({ kind, path_contains: 'bulk_delete' });
      const body = JSON.stringify({ ids: [person.uuid] });
      expect(await outcome('/api/projects/1/persons/bulk_delete/', { method: 'POST', body })).not.toBe('202');
      expect((await bench.get(`/${person.id}/`)).status).toBe(404);
    }
    expect(column(await received(), 'status')).toEqual([202, 404, 202, 404]);
  });

  test('a lost request was received, and nothing was done', async () => {
    await order({ kind: 'lost_request' });
    const body = JSON.stringify({ ids: [ADA.uuid] });
    expect(await outcome('/api/projects/1/persons/bulk_delete/', { method: 'POST', body })).toBe('no answer');
    expect(await received()).toMatchObject([{ method: 'POST', body, status: 0 }]);
    expect((await bench.get(`/${ADA.id}/`)).status).toBe(200);
  });

  test('an empty answer can break off too', async () => {
    await bench.reset({ generation: 'A' });
    await order({ kind: 'hang_up' });
    const body = JSON.stringify({ ids: [ADA.uuid] });
    const init = { method: 'POST', body };
    expect(await outcome('/api/projects/1/persons/bulk_delete/', init)).toBe('202, then a broken body');
  });

  test('a status fault does no work', async () => {
    await order({ kind: 'status', status: 502 });
    expect((await bench.post('/bulk_delete/', { ids: [ADA.uuid] })).status).toBe(502);
    expect((await bench.get(`/${ADA.id}/`)).status).toBe(200);
  });

  test('echo_key puts the key into body and headers', async () => {
    for (const status of [200, 400]) {
      await order({ kind: 'echo_key', status });
      const answer = await bench.get('/');
      expect(answer.status).toBe(status);
      expect(answer.text).toContain(KEY);
      expect(answer.headers.get('x-echoed-authorization')).toContain(KEY);
      expect(answer.headers.get('set-cookie')).toContain(KEY);
    }
  });

  test('hit only what they name, as often as they say, and can be listed and taken back', async () => {
    await order({ kind: 'status', method: 'post', path_contains: 'values', times: 2 });
    await order({ kind: 'status', path_contains: 'activity', times: 2 });
    expect((await bench.get('/values/?key=plan')).status).toBe(200);
    expect((await bench.get('/activity/')).status).toBe(500);
    const faults = at(await bench.control('GET', 'faults'), 'faults');
    expect(column(faults, 'remaining')).toEqual([2, 1]);
    await bench.control('DELETE', 'faults');
    expect((await bench.get('/activity/')).status).toBe(200);
  });

  test('a reset takes them back too', async () => {
    await order({ kind: 'status' });
    await bench.reset();
    expect((await bench.get('/')).status).toBe(200);
  });
});
