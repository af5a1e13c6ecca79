/** What "accepted" is worth under a slice: PostHog says yes before it is done, and sometimes although it never will be. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { PERSONS, SLICE, startWorlds } from '../support/generations.ts';

const worlds = await startWorlds();
const EVENTS = { deletes: { persons_per_day: 1000, events: true, recordings: false } } as const;

describe.each(worlds)('in generation $generation', ({ generation, send, get, sandbox, tenants, reset }) => {
  let token = '';
  let tenant = '';
  beforeEach(async () => {
    ({ token, tenant } = await tenants.fresh({ ...SLICE, ...EVENTS }));
    await reset();
  });
  const bulk = (json: unknown) => send('POST', `${PERSONS}/bulk_delete/`, { token, json });
  const resetId = (id: string) =>
    send('POST', `${PERSONS}/reset_person_distinct_id/`, { token, json: { distinct_id: id } });

  test('trap 11: a person is gone at once, its events later: the log says what was asked, never that it is done', async () => {
    const answer = await bulk({ ids: [ADA.uuid], delete_events: true });
    expect(answer.status, answer.text).toBe(202);
    expect((await get(token, `${PERSONS}/${ADA.uuid}/`)).status).toBe(404);
    const { deletions } = await sandbox.state();
    expect(deletions).toContainEqual(
      expect.objectContaining({ person_uuid: ADA.uuid, kind: 'event', verified_at: null }),
    );
    expect((await tenants.log(tenant))[0]).toMatchObject({ state: 'accepted', delete_events: true });
  });

  test('trap 12: a distinct id is reset where the own log shows it deleted, before that it is nobody’s', async () => {
    const id = BEN.distinctIds[0] ?? '';
    expect((await resetId(id)).status).toBe(404);
    expect((await bulk({ distinct_ids: [id] })).status).toBe(202);
    expect((await resetId(id)).status).toBe(202);
  });

  test('trap 13: 202 with nobody deleted yet is normal, and the entry is settled by it', async () => {
    const answer = await bulk({ ids: [ADA.uuid] });
    expect(answer.status).toBe(202);
    const [entry] = await tenants.log(tenant);
    expect(entry).toMatchObject({ state: 'accepted', attempts: 1 });
    const counts = {
      A: { persons_found: null, persons_deleted: null },
      B: { persons_found: 1, persons_deleted: 1 },
      C: { persons_found: 1, persons_deleted: 0, persons_queued_for_deletion: 1 },
    };
    expect(entry).toMatchObject({ outcome: { status: 202, ...counts[generation] } });
  });

  test('trap 16: a change is passed on as accepted, with nothing that says it was made', async () => {
    const json = { properties: { plan: 'team' } };
    const answer = await send('PATCH', `${PERSONS}/${ADA.uuid}/`, { token, json });
    expect([answer.status, answer.text]).toEqual([202, '']);
  });
});
