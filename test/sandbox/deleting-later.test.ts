import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { at, type Bench, column, launchBench, listed } from '../support/sandbox/ask.ts';

/** Corrections §1 and §3: what PostHog does after it has answered a deletion, and what it never says about it. */

let bench: Bench;
beforeAll(async () => {
  bench = await launchBench();
});
afterAll(() => bench.stop());

const UNTIL_STEP = { generation: 'C', deletion_delay_ms: null };
const step = (body: unknown = {}): Promise<unknown> => bench.control('POST', 'step', body);
const exists = async (id: number): Promise<boolean> => (await bench.get(`/${id}/`)).status === 200;
const remove = (id: number) => bench.ask('DELETE', `/api/projects/1/persons/${id}/`);
const bulk = async (members: Record<string, unknown>): Promise<unknown> =>
  (await bench.post('/bulk_delete/', members)).json;

/** What the deletion status says of Ada. */
const statusOf = async (): Promise<unknown> =>
  at((await bench.get(`/deletion_status/?person_uuid=${ADA.uuid}`)).json, 'results');
/** How many events project 1 has. */
const countEvents = async (): Promise<unknown> =>
  column(at(await bench.control('GET', 'state'), 'events'), 'count')[0];

describe('The queue of C', () => {
  beforeEach(() => bench.reset(UNTIL_STEP));

  test('A queued person is still found until the queue has run', async () => {
    expect(await bulk({ ids: [ADA.uuid] })).toEqual({
      persons_found: 1,
      persons_deleted: 0,
      persons_queued_for_deletion: 1,
      events_queued_for_deletion: false,
      recordings_queued_for_deletion: false,
      deletion_errors: [],
    });
    expect(listed(await bench.get('/?distinct_id=ada@acme.test'))).toEqual([ADA.uuid]);
    expect(await bulk({ ids: [ADA.uuid] })).toMatchObject({ persons_found: 1 });
    expect(at(await bench.control('GET', 'state'), 'waiting')).toEqual([ADA.id]);
    expect(await step()).toEqual({ waiting: [] });
    expect(await exists(ADA.id)).toBe(false);
    expect(await bulk({ ids: [ADA.uuid] })).toMatchObject({ persons_found: 0 });
  });

  test('A person of the queue that cannot be deleted is dropped, and nothing says so', async () => {
    await bench.control('PATCH', 'settings', { undeletable: [ADA.uuid] });
    const answer = await bulk({ ids: [ADA.uuid, BEN.uuid], delete_events: true });
    expect(answer).toMatchObject({ persons_queued_for_deletion: 2, deletion_errors: [] });
    expect(await step()).toEqual({ waiting: [] });
    expect([await exists(ADA.id), await exists(BEN.id)]).toEqual([true, false]);
    const status = (await bench.get(`/deletion_status/?person_uuid=${ADA.uuid}`)).json;
    expect(at(status, 'results', 0, 'status')).toBe('pending');
  });

  test('A person that cannot be queued is named with the step, and stays', async () => {
    await bench.control('PATCH', 'settings', { unqueueable: [ADA.uuid] });
    expect(await bulk({ ids: [ADA.uuid, BEN.uuid] })).toMatchObject({
      persons_found: 2,
      persons_queued_for_deletion: 1,
      deletion_errors: [{ person_uuid: ADA.uuid, step: 'queue_person' }],
    });
    await step();
    expect([await exists(ADA.id), await exists(BEN.id)]).toEqual([true, false]);
  });

  test('A self-hosted C deletes in the request, and names the failures there', async () => {
    await bench.control('PATCH', 'settings', { async_deletes: false, undeletable: [BEN.uuid] });
    expect(await bulk({ ids: [ADA.uuid, BEN.uuid] })).toMatchObject({
      persons_deleted: 1,
      persons_queued_for_deletion: 0,
      deletion_errors: [{ person_uuid: BEN.uuid, step: 'delete_person' }],
    });
    expect([await exists(ADA.id), await exists(BEN.id)]).toEqual([false, true]);
  });

  test('A single DELETE of C is not queued, and a failed one is a 503', async () => {
    expect((await remove(BEN.id)).status).toBe(202);
    expect(await exists(BEN.id)).toBe(false);
    await bench.control('PATCH', 'settings', { undeletable: [ADA.uuid] });
    const failed = await remove(ADA.id);
    expect(failed.status).toBe(503);
    expect(failed.json).toMatchObject({ code: 'person_deletion_failed' });
    expect(await exists(ADA.id)).toBe(true);
  });
});

test('Generation A takes in its last months the flags of a bulk delete, and its answer is still empty', async () => {
  await bench.reset({ generation: 'A', bulk_delete_flags: true });
  const members = { ids: [ADA.uuid], delete_recordings: true, keep_person: true };
  const answer = await bench.post('/bulk_delete/', members);
  expect([answer.status, answer.text]).toEqual([202, '']);
  expect(await exists(ADA.id)).toBe(true);
  expect(column(at(await bench.control('GET', 'state'), 'deletions'), 'kind')).toContain('recording');
  await bench.control('PATCH', 'settings', { bulk_delete_flags: false });
  await bench.post('/bulk_delete/', members);
  expect(await exists(ADA.id)).toBe(false);
});

describe('Event deletions', () => {
  beforeEach(() => bench.reset());

  test('The batch deletes the events written before the request, and verifies the job', async () => {
    const before = Number(await countEvents());
    await bulk({ ids: [ADA.uuid], delete_events: true });
    expect(await countEvents()).toBe(before);
    await step();
    expect(await statusOf()).toMatchObject([{ status: 'pending' }]);
    await step({ events: true });
    expect(await statusOf()).toMatchObject([{ status: 'completed' }]);
    expect(await countEvents()).toBe(before - 5);
  });

  test('A person created again has the same UUID, and its second erasure deletes no events', async () => {
    await bulk({ ids: [ADA.uuid], delete_events: true });
    await step({ events: true });
    const event = { project_id: 1, distinct_id: 'ada@acme.test', event: 'paid' };
    await bench.control('POST', 'events', event);
    await bench.post('/reset_person_distinct_id/', { distinct_id: event.distinct_id });
    expect(listed(await bench.get(`/?distinct_id=${event.distinct_id}`))).toEqual([ADA.uuid]);
    const again = await bulk({ ids: [ADA.uuid], delete_events: true });
    expect(again).toMatchObject({ persons_deleted: 1, events_queued_for_deletion: true });
    expect(await statusOf()).toMatchObject([{ status: 'completed', created_at: '2026-03-15T12:00:00Z' }]);
    const before = await countEvents();
    await step({ events: true });
    expect(await countEvents()).toBe(before);
  });

  test('A person created again is visible at once where deletions leave tombstones', async () => {
    await bench.control('PATCH', 'settings', { tombstones: true });
    await bulk({ ids: [ADA.uuid] });
    await bench.control('POST', 'events', { project_id: 1, distinct_id: 'ada@acme.test', event: 'paid' });
    expect(listed(await bench.get('/?distinct_id=ada@acme.test'))).toEqual([ADA.uuid]);
  });
});
