/** Deletes whose entry stays open. They have a gateway of their own, as their alarms send them again. */
import { beforeEach, expect, test } from 'vitest';
import { ADA, BEN, CYD } from '../../src/sandbox/seed/names.ts';
import { until } from '../support/client.ts';
import { startStack } from '../support/stack.ts';

const { get, send, sandbox, tenants } = await startStack();

beforeEach(() => sandbox.reset());

const bulk = (token: string) =>
  send('POST', '/api/projects/1/persons/bulk_delete/', { token, json: { ids: [CYD.uuid, ADA.uuid] } });

test('A bulk delete that PostHog does half of says so, and its entry stays open for the other half', async () => {
  await sandbox.change({ undeletable: [ADA.uuid] });
  const { token } = await tenants.fresh();
  const answer = await bulk(token);
  expect(answer.json).toMatchObject({ persons_deleted: 1, deletion_errors: [{ person_uuid: ADA.uuid }] });
  const entry = await get(token, answer.headers['location'] ?? '');
  expect(entry.json).toMatchObject({
    state: 'sending',
    last_problem: 'persons_not_deleted',
    not_deleted: 1,
    outcome: null,
  });
});

test.each([408, 409, 425, 499, 500, 502, 503, 504, 520])(
  'A bulk delete that meets a %i is accepted with its state and its address, and nobody is told to ask again',
  async (status) => {
    await sandbox.fault({ kind: 'status', status });
    const { token } = await tenants.fresh();
    const answer = await bulk(token);
    expect(answer.status).toBe(202);
    expect(answer.headers['retry-after']).toBeUndefined();
    const { deletion, ...summary } = answer.json as Record<string, unknown>;
    expect(summary).toEqual({
      persons_found: 2,
      persons_deleted: 0,
      persons_queued_for_deletion: 2,
      events_queued_for_deletion: false,
      recordings_queued_for_deletion: false,
      deletion_errors: [],
    });
    const location = answer.headers['location'] ?? '';
    const id = answer.headers['hedgerow-deletion'];
    expect(deletion).toMatchObject({ id, state: 'sending', last_problem: 'upstream_error', location });
    const entry = await get(token, location);
    expect(entry.json).toMatchObject({ state: 'sending', last_problem: 'upstream_error', outcome: null });
  },
);

test('A delete of one person that C could not do is unknown, and is sent again until PostHog has done it', async () => {
  await sandbox.change({ generation: 'C', undeletable: [BEN.uuid] });
  const { token } = await tenants.fresh();
  const answer = await send('DELETE', `/api/projects/1/persons/${BEN.uuid}/`, { token });
  expect(answer.status).toBe(202);
  const path = answer.headers['location'] ?? '';
  const { json } = await get(token, path);
  expect(json).toMatchObject({
    state: 'sending',
    attempts: 1,
    last_problem: 'upstream_error',
    outcome: null,
  });
  expect((json as { next_attempt_at: string | null }).next_attempt_at).not.toBeNull();
  await sandbox.change({ undeletable: [] });
  const settled = await until('the alarm has sent it again', async () => {
    const entry = (await get(token, path)).json as { state: string };
    return entry.state === 'sending' ? undefined : entry;
  });
  expect(settled).toMatchObject({ state: 'settling', attempts: 2 });
  const sent = (await sandbox.received()).filter(({ method }) => method === 'DELETE');
  expect(sent.map(({ status }) => status)).toEqual([503, 202]);
  expect((await sandbox.state()).persons.map(({ uuid }) => uuid)).not.toContain(BEN.uuid);
});
