import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, MIA, seededUuid } from '../../src/sandbox/seed/names.ts';
import {
  type Answered,
  at,
  type Bench,
  column,
  launchBench,
  listed,
  SOME_TEXT,
  sorted,
} from '../support/sandbox/ask.ts';

/** PostHog contract §8: what a deletion really takes away, and what upstream says about it. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());
beforeEach(() => bench.reset());

const UNKNOWN = '0190c0de-0009-7000-8000-00000000dead';

/** Is the person still there? */
async function exists(id: number): Promise<boolean> {
  return (await bench.get(`/${id}/`)).status === 200;
}

/** The kinds of deletion queued for a person, as the world has them. */
async function queuedFor(uuid: string): Promise<unknown[]> {
  const deletions = at(await bench.control('GET', 'state'), 'deletions');
  const rows = Array.isArray(deletions)
    ? deletions.filter((row: unknown) => at(row, 'person_uuid') === uuid)
    : [];
  return sorted(column(rows, 'kind'));
}

describe('bulk_delete', () => {
  test('A bulk delete is answered with an empty 202 in A', async () => {
    await bench.reset({ generation: 'A' });
    const answer = await bench.post('/bulk_delete/', { ids: [ADA.uuid] });
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(await exists(ADA.id)).toBe(false);
  });

  test('A bulk delete is answered with a summary in B', async () => {
    const answer = await bench.post('/bulk_delete/', {
      ids: [ADA.uuid, BEN.uuid, UNKNOWN],
      delete_events: true,
    });
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({
      persons_found: 2,
      persons_deleted: 2,
      events_queued_for_deletion: true,
      recordings_queued_for_deletion: false,
      deletion_errors: [],
    });
    expect(await queuedFor(ADA.uuid)).toEqual(['event']);
  });

  test('A bulk delete is answered with a queued summary in C, with none deleted', async () => {
    await bench.reset({ generation: 'C' });
    const answer = await bench.post('/bulk_delete/', { ids: [ADA.uuid, BEN.uuid] });
    expect(answer.json).toEqual({
      persons_found: 2,
      persons_deleted: 0,
      persons_queued_for_deletion: 2,
      events_queued_for_deletion: false,
      recordings_queued_for_deletion: false,
      deletion_errors: [],
    });
    expect(await exists(ADA.id)).toBe(false);
  });

  test('A bulk delete by a distinct id deletes the whole merged person', async () => {
    const answer = await bench.post('/bulk_delete/', { distinct_ids: ['mia@birch.test'] });
    expect(at(answer.json, 'persons_deleted')).toBe(1);
    expect(await exists(MIA.id)).toBe(false);
    expect(listed(await bench.get('/?distinct_id=mia@acme.test'))).toEqual([]);
  });

  test('A repeated bulk delete is a 202 that found no person', async () => {
    await bench.post('/bulk_delete/', { ids: [ADA.uuid] });
    const again = await bench.post('/bulk_delete/', { ids: [ADA.uuid], delete_events: true });
    expect(again.status).toBe(202);
    expect(again.json).toMatchObject({ persons_found: 0, events_queued_for_deletion: false });
  });

  test('A bulk delete takes the string "false" for yes', async () => {
    await bench.post('/bulk_delete/', { ids: [ADA.uuid], delete_events: 'false' });
    expect(await queuedFor(ADA.uuid)).toEqual(['event']);
  });

  test('A bulk delete can keep the person and queue the rest; A knows neither flag', async () => {
    const body = { ids: [ADA.uuid], keep_person: true, delete_recordings: true };
    expect((await bench.post('/bulk_delete/', body)).json).toMatchObject({
      persons_found: 1,
      persons_deleted: 0,
    });
    expect(await exists(ADA.id)).toBe(true);
    expect(await queuedFor(ADA.uuid)).toEqual(['recording']);
    await bench.reset({ generation: 'A' });
    await bench.post('/bulk_delete/', body);
    expect(await exists(ADA.id)).toBe(false);
    expect(await queuedFor(ADA.uuid)).toEqual([]);
  });

  test('A bulk delete ignores the query, where the documentation puts its fields', async () => {
    const answer = await bench.post(`/bulk_delete/?ids=${ADA.uuid}`, {});
    expect(answer.json).toMatchObject({
      code: 'invalid_input',
      detail: 'You need to specify either distinct_ids or ids',
    });
  });

  test('A bulk delete counts at most 1000 on the raw list', async () => {
    const ids = Array.from({ length: 1001 }, () => ADA.uuid);
    const answer = await bench.post('/bulk_delete/', { ids });
    expect(answer.json).toMatchObject({ detail: 'You can only pass 1000 ids in one call' });
    expect((await bench.post('/bulk_delete/', { ids: ids.slice(1) })).status).toBe(202);
    const named = await bench.post('/bulk_delete/', { distinct_ids: ids });
    expect(named.json).toMatchObject({ detail: 'You can only pass 1000 distinct_ids in one call' });
  });

  test('A bulk delete with both lists is refused in B, and distinct_ids wins silently in A', async () => {
    const both = { ids: [ADA.uuid], distinct_ids: ['ben@acme.test'] };
    expect((await bench.post('/bulk_delete/', both)).status).toBe(400);
    await bench.reset({ generation: 'A' });
    expect((await bench.post('/bulk_delete/', both)).status).toBe(202);
    expect([await exists(ADA.id), await exists(BEN.id)]).toEqual([true, false]);
  });

  test('A bulk delete by an id that is no UUID is a server error', async () => {
    expect((await bench.post('/bulk_delete/', { ids: [String(ADA.id)] })).status).toBe(500);
  });

  test('A failure half way is listed under a 202 in B, and is a 500 with some persons gone in A', async () => {
    const body = { ids: [ADA.uuid, BEN.uuid, MIA.uuid] };
    await bench.reset({ undeletable: [BEN.uuid] });
    const answer = await bench.post('/bulk_delete/', body);
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({
      persons_found: 3,
      persons_deleted: 2,
      deletion_errors: [{ person_uuid: BEN.uuid }],
    });
    await bench.reset({ undeletable: [BEN.uuid], generation: 'A' });
    expect((await bench.post('/bulk_delete/', body)).status).toBe(500);
    expect([await exists(ADA.id), await exists(BEN.id), await exists(MIA.id)]).toEqual([false, true, true]);
  });
});

/** Sends a DELETE. */
function remove(path: string): Promise<Answered> {
  return bench.ask('DELETE', `/api/projects/1/persons${path}`);
}

describe('DELETE', () => {
  test('DELETE is an empty 202, and a 404 the second time', async () => {
    const answer = await remove(`/${ADA.id}/`);
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect((await remove(`/${ADA.id}/`)).status).toBe(404);
  });

  test('DELETE reads its flags by presence: ?delete_events=false deletes events', async () => {
    await remove(`/${ADA.uuid}/?delete_events=false`);
    expect(await queuedFor(ADA.uuid)).toEqual(['event']);
  });

  test('The flag keep_person keeps the person in B and means nothing in A', async () => {
    await remove(`/${ADA.id}/?keep_person&delete_recordings`);
    expect(await exists(ADA.id)).toBe(true);
    expect(await queuedFor(ADA.uuid)).toEqual(['recording']);
    await bench.reset({ generation: 'A' });
    await remove(`/${ADA.id}/?keep_person`);
    expect(await exists(ADA.id)).toBe(false);
  });

  test('A failed DELETE is a 202 in B and a 500 in A', async () => {
    await bench.reset({ undeletable: [ADA.uuid] });
    expect((await remove(`/${ADA.id}/`)).status).toBe(202);
    expect(await exists(ADA.id)).toBe(true);
    await bench.control('PATCH', 'settings', { generation: 'A' });
    expect((await remove(`/${ADA.id}/`)).status).toBe(500);
  });

  test('DELETE of events or recordings alone keeps the profile', async () => {
    expect((await bench.post(`/${ADA.id}/delete_events/`, {})).status).toBe(202);
    expect((await bench.post(`/${ADA.id}/delete_recordings/`, {})).status).toBe(202);
    expect(await exists(ADA.id)).toBe(true);
    expect(await queuedFor(ADA.uuid)).toEqual(['event', 'recording']);
    expect((await bench.post('/424242/delete_events/', {})).status).toBe(404);
  });
});

describe('deletion_status', () => {
  test('The deletion status shows event deletions, newest first, by status and by person', async () => {
    await bench.post('/bulk_delete/', { ids: [ADA.uuid], delete_events: true, delete_recordings: true });
    const answer = await bench.get('/deletion_status/');
    expect(answer.json).toMatchObject({ count: 2, next: null, previous: null });
    expect(at(answer.json, 'results')).toMatchObject([
      { person_uuid: ADA.uuid, status: 'pending', delete_verified_at: null },
      { person_uuid: seededUuid(1, 900), status: 'completed', delete_verified_at: SOME_TEXT },
    ]);
    expect((await bench.get('/deletion_status/?status=completed')).json).toMatchObject({ count: 1 });
    expect((await bench.get(`/deletion_status/?person_uuid=${ADA.uuid}`)).json).toMatchObject({ count: 1 });
    expect((await bench.get('/deletion_status/?status=done')).status).toBe(400);
    expect((await bench.get('/deletion_status/?person_uuid=ada')).status).toBe(400);
  });

  test('The deletion status has pages with a count, and drops the offset on the way back to the first page', async () => {
    await bench.post('/bulk_delete/', { ids: [ADA.uuid], delete_events: true });
    const base = `${bench.url}/api/projects/1/persons/deletion_status/`;
    expect((await bench.get('/deletion_status/?limit=1')).json).toMatchObject({
      count: 2,
      next: `${base}?limit=1&offset=1`,
    });
    expect((await bench.get('/deletion_status/?offset=1&limit=1')).json).toMatchObject({
      next: null,
      previous: `${base}?limit=1`,
    });
  });
});
