/** Deletes whose entry stays open. They have a gateway of their own, as their alarms send them again. */
import { beforeEach, expect, test } from 'vitest';
import { ADA, BEN, CYD } from '../../src/sandbox/seed/names.ts';
import { until } from '../support/client.ts';
import { problem } from '../support/problem.ts';
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
    state: 'unknown',
    last_problem: 'persons_not_deleted',
    not_deleted: 1,
    outcome: null,
  });
});

test.each([408, 409, 425, 499, 500, 502, 504, 520])(
  'A bulk delete that meets a %i is not answered as refused, and its entry is unknown',
  async (status) => {
    await sandbox.fault({ kind: 'status', status });
    const { token } = await tenants.fresh();
    const answer = await bulk(token);
    expect(answer.status).toBe(502);
    problem(answer, 'upstream_error');
    const entry = await get(token, answer.headers['location'] ?? '');
    expect(entry.json).toMatchObject({ state: 'unknown', last_problem: 'upstream_error', outcome: null });
  },
);

test('A delete of one person that C could not do is unknown, and is sent again until PostHog has done it', async () => {
  await sandbox.change({ generation: 'C', undeletable: [BEN.uuid] });
  const { token } = await tenants.fresh();
  const answer = await send('DELETE', `/api/projects/1/persons/${BEN.uuid}/`, { token });
  expect(answer.status).toBe(502);
  problem(answer, 'upstream_error');
  const path = answer.headers['location'] ?? '';
  const { json } = await get(token, path);
  expect(json).toMatchObject({
    state: 'unknown',
    attempts: 1,
    last_problem: 'upstream_error',
    outcome: null,
  });
  expect((json as { next_attempt_at: string | null }).next_attempt_at).not.toBeNull();
  await sandbox.change({ undeletable: [] });
  const settled = await until('the alarm has sent it again', async () => {
    const entry = (await get(token, path)).json as { state: string };
    return entry.state === 'unknown' ? undefined : entry;
  });
  expect(settled).toMatchObject({ state: 'accepted', attempts: 2 });
  const sent = (await sandbox.received()).filter(({ method }) => method === 'DELETE');
  expect(sent.map(({ status }) => status)).toEqual([503, 202]);
  expect((await sandbox.state()).persons.map(({ uuid }) => uuid)).not.toContain(BEN.uuid);
});
