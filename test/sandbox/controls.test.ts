import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KEY_SCOPES } from '../support/insight-world.ts';
import { ADA, PERSONS_IN_PROJECT, WELL_KNOWN } from '../../src/sandbox/seed/names.ts';
import { at, type Bench, column, launchBench, listed, NOW } from '../support/sandbox/ask.ts';
import { launchSandbox } from '../support/sandbox/launch.ts';

/** The control plane: what makes the sandbox a test bench. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

/** Everybody in the fresh world of a seed number. */
async function persons(seed: number): Promise<unknown> {
  await bench.reset({ seed });
  return at(await bench.control('GET', 'state'), 'persons');
}

describe('Worlds', () => {
  test('The same seed and moment give the same world, and another seed gives another', async () => {
    const first = await persons(7);
    expect(await persons(7)).toEqual(first);
    expect(await persons(8)).not.toEqual(first);
    expect(first).toHaveLength(PERSONS_IN_PROJECT[1] + PERSONS_IN_PROJECT[2]);
  });

  test('Every well-known person is in every world', async () => {
    expect(column(await persons(12345), 'uuid')).toEqual(
      expect.arrayContaining(WELL_KNOWN.map((person) => person.uuid)),
    );
    for (const { id, projectId, uuid, distinctIds, properties } of WELL_KNOWN) {
      const found = await bench.ask('GET', `/api/projects/${projectId}/persons/${id}/`);
      expect(found.json).toMatchObject({ uuid, properties });
      expect(at(found.json, 'distinct_ids')).toEqual([...distinctIds]);
    }
  });

  test('Settings change without a new world', async () => {
    await bench.post('/bulk_delete/', { ids: [ADA.uuid] });
    const changed = await bench.control('PATCH', 'settings', { generation: 'C' });
    expect(changed).toMatchObject({ settings: { generation: 'C', seed: 1, throttle: false, now: NOW } });
    expect((await bench.get(`/${ADA.id}/`)).status).toBe(404);
  });

  test('A mistake in a control request is a 400 and changes nothing', async () => {
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

  test('A person can be added with a UUID and a creation time', async () => {
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

  test('A thousand persons can be added and deleted at once', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({
      project_id: 1,
      distinct_ids: [`many-${index}`],
    }));
    const added = column(at(await bench.control('POST', 'persons', many), 'persons'), 'uuid');
    const answer = await bench.post('/bulk_delete/', { ids: added, delete_events: true });
    expect(answer.json).toMatchObject({ persons_found: 1000, persons_deleted: 1000 });
    expect(at((await bench.get('/?include_total')).json, 'count')).toBe(PERSONS_IN_PROJECT[1]);
  });

  test('The key and the generation of a fresh world come from variables', async () => {
    const other = await launchSandbox({ SANDBOX_API_KEY: 'phx_other', SANDBOX_GENERATION: 'A' });
    try {
      const settings = at(await other.control('GET', 'settings'), 'settings');
      expect(settings).toMatchObject({
        generation: 'A',
        keys: [{ key: 'phx_other', scopes: KEY_SCOPES }],
        nested_quirks: true,
        throttle: true,
      });
    } finally {
      await other.stop();
    }
  });

  test('The root says what the sandbox is', async () => {
    expect((await bench.ask('GET', '/', { key: null })).text).toContain('Hedgerow sandbox');
  });
});

describe('Received requests', () => {
  test('The record keeps method, raw target, headers, body and status of everything under /api/, refused or not', async () => {
    await bench.get('/?a=1&a=%32&odd=%zz', { key: 'phx_wrong' });
    await bench.post('/bulk_delete', { ids: [ADA.uuid] });
    await bench.ask('GET', '/api/nowhere');
    expect(await bench.received()).toMatchObject([
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

  test('The record can be read from a sequence number on, and forgotten', async () => {
    await bench.get('/');
    await bench.get('/activity/');
    const [first] = await bench.received();
    const rest = at(await bench.control('GET', `received?after=${String(at(first, 'seq'))}`), 'received');
    expect(column(rest, 'target')).toEqual(['/api/projects/1/persons/activity/']);
    await bench.control('DELETE', 'received');
    expect(await bench.received()).toEqual([]);
  });
});
