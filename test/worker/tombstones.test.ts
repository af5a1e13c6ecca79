/** Persons whose deletion was sent are shown to nobody, although PostHog, whose queue they are in, still has them. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ScopeName } from '../../src/core/scopes.ts';
import { checkAbsent } from '../../src/catalogue/generation-lacks.ts';
import { ADA, BEN } from '../../src/sandbox/seed/names.ts';
import { callOf, everyCall, inQuery, type Call } from '../support/calls.ts';
import { PERSONS, SLICE, startWorlds } from '../support/generations.ts';
import { happen, KEY_SCOPES, QUESTIONS, requestsOf } from '../support/insight-world.ts';
import { problem } from '../support/problem.ts';
import { KEY } from '../support/secrets.ts';

const [newest] = await startWorlds(undefined, ['C']);
const { sandbox, send, get, tenants } = newest;

/** PostHog's deletions wait until a test lets them happen. */
beforeEach(async () => {
  await newest.reset({
    deletion_delay_ms: null,
    throttle: false,
    nested_quirks: false,
    keys: [{ key: KEY, scopes: KEY_SCOPES }],
  });
  await happen(sandbox);
});

const sendCall = (token: string, { method, target, json }: Call) =>
  send(method, target, { token, ...(json === undefined ? {} : { json }) });

/** What was done to persons is about the past, and says what was done: deletions among it. */
const OF_THE_PAST = new Set(['persons_activity', 'persons_deletion_status', 'persons_values']);
const args = {
  persons_cohorts: { person_id: ADA.uuid },
  persons_batch_by_uuids: { uuids: [ADA.uuid, BEN.uuid] },
  persons_batch_by_distinct_ids: { distinct_ids: [...ADA.distinctIds, ...BEN.distinctIds] },
  persons_properties_at_time: { person_id: ADA.uuid, timestamp: '2030-01-06T00:00:00Z' },
} as const;
const isKnown = (id: string): id is keyof typeof args => Object.hasOwn(args, id);

/** Reads that have to do with Ada: every operation that reads, and every insight that finds her. */
const READS: readonly Call[] = [
  ...everyCall()
    .filter(
      ({ operation: { effect, id }, operation }) =>
        effect === 'read' && !OF_THE_PAST.has(id) && checkAbsent(operation, 'C') === null,
    )
    .map(({ operation, method }) =>
      callOf(operation, method, isKnown(operation.id) ? { args: args[operation.id] } : {}),
    ),
  ...QUESTIONS.filter(([, , found]) => found.includes('ADA')).flatMap(([id, asked]) => requestsOf(id, asked)),
];

const WAYS = [
  ['by UUID', 'POST', `${PERSONS}/bulk_delete/`, { ids: [ADA.uuid.toUpperCase()] }],
  ['by one of two distinct ids', 'POST', `${PERSONS}/bulk_delete/`, { distinct_ids: [ADA.distinctIds[1]] }],
] as const;

interface Preview {
  readonly sample: readonly { readonly uuid: string }[];
}
const uuidsIn = ({ sample }: Preview): string[] => sample.map(({ uuid }) => uuid).toSorted();

describe.each([
  ['a whole project', {}],
  ['a slice', SLICE],
])('Persons who are being deleted, for readers of %s', (_, record) => {
  test.each(WAYS)('After a delete %s no operation shows the person', async (_way, method, target, json) => {
    const deleter = await tenants.fresh(SLICE);
    const reader = await tenants.fresh(record);
    const shown = new Set<string>();
    for (const call of READS) {
      const before = await sendCall(reader.token, call);
      if (before.status === 200 && before.text.includes(ADA.uuid)) shown.add(call.operation.id);
    }
    expect(shown.size).toBeGreaterThan(8);
    expect((await send(method, target, { token: deleter.token, json })).status).toBe(202);
    for (const call of READS) {
      const answer = await sendCall(reader.token, call);
      expect([200, 404], `${call.name} ${answer.text}`).toContain(answer.status);
      expect(answer.text, call.name).not.toContain(ADA.uuid);
      for (const id of ADA.distinctIds) {
        if (!call.target.includes(encodeURIComponent(id))) expect(answer.text, call.name).not.toContain(id);
      }
    }
  });

  test('Others are shown as before, on JSON and CSV pages alike', async () => {
    const { token } = await tenants.fresh(record);
    const query = inQuery({ search: 'acme.test', limit: 100 });
    const uuidsOf = async (): Promise<string[]> => {
      const { json } = await get(token, `${PERSONS}/?${query}`);
      return (json as { results: { uuid: string }[] }).results.map(({ uuid }) => uuid);
    };
    const before = await uuidsOf();
    expect(before).toContain(ADA.uuid);
    await send('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids: [ADA.uuid] } });
    expect(await uuidsOf()).toEqual(before.filter((uuid) => uuid !== ADA.uuid));
    const { text } = await get(token, `${PERSONS}/?${query}&format=csv`);
    expect(text).toContain(BEN.uuid);
    expect(text).not.toContain(ADA.uuid);
  });

  test('A person who is being deleted can be changed by nobody, and PostHog is asked to change nothing', async () => {
    const { token } = await tenants.fresh(record);
    await send('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids: [ADA.uuid] } });
    await sandbox.forget();
    const json = { properties: { plan: 'free' } };
    problem(await send('PATCH', `${PERSONS}/${ADA.uuid}/`, { token, json }), 'not_found');
    expect((await sandbox.received()).map(({ method }) => method)).not.toContain('PATCH');
  });
});

describe.each([
  ['the distinct ids', {}],
  ['no distinct ids', { properties: { distinct_ids: 'hidden' } }],
])('Previews, for readers who may see %s', (_, rules) => {
  test.each(WAYS)(
    'A preview shows no person who was deleted %s after it was made',
    async (_way, method, target, json) => {
      const deleter = await tenants.fresh();
      const { token } = await tenants.fresh({ ...SLICE, ...rules });
      const made = await send('POST', '/v1/deletions?preview=true', {
        token,
        json: { ids: [ADA.uuid, BEN.uuid] },
      });
      expect(uuidsIn((made.json as { preview: Preview }).preview)).toEqual([ADA.uuid, BEN.uuid].toSorted());
      expect((await send(method, target, { token: deleter.token, json })).status).toBe(202);
      const shown = await get(token, `${made.headers['location'] ?? ''}/preview`);
      expect(uuidsIn(shown.json as Preview)).toEqual([BEN.uuid]);
    },
  );
});

describe('Persons whose deletion keeps the profile, or does not happen', () => {
  test('Persons are shown where only their events are deleted', async () => {
    const { token } = await tenants.fresh();
    await send('POST', `${PERSONS}/${ADA.uuid}/delete_events/`, { token });
    await send('POST', `${PERSONS}/bulk_delete/`, {
      token,
      json: { ids: [BEN.uuid], keep_person: true, delete_events: true },
    });
    for (const { uuid } of [ADA, BEN]) expect((await get(token, `${PERSONS}/${uuid}/`)).status).toBe(200);
  });

  test('Persons whose deletion PostHog refuses are shown again', async () => {
    const { token } = await tenants.fresh();
    await sandbox.fault({ kind: 'status', status: 400, path_contains: 'bulk_delete' });
    const answer = await send('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids: [ADA.uuid] } });
    expect(answer.status).toBe(400);
    expect((await get(token, `${PERSONS}/${ADA.uuid}/`)).status).toBe(200);
  });

  test('The persons of one project are shown in another, under whatever names they have there', async () => {
    const { token } = await tenants.fresh();
    const other = await tenants.fresh({ project_id: 2, scopes: ScopeName.options });
    await send('POST', `${PERSONS}/bulk_delete/`, { token, json: { distinct_ids: [ADA.distinctIds[0]] } });
    const page = await get(other.token, `/api/projects/2/persons/?distinct_id=ada%40acme.test`);
    expect((page.json as { results: unknown[] }).results).toHaveLength(1);
  });
});
