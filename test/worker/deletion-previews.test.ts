/** Deletions that are looked at before they are carried out, and those whose persons are named by a filter. */
import { beforeEach, describe, expect, test } from 'vitest';
import { ADA, BEN, CYD, seededUuid } from '../../src/sandbox/seed/names.ts';
import { until, type Answer } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { startStack } from '../support/stack.ts';

const { get, send, admin, sandbox, tenants } = await startStack();
const ACME = { slice: { property: 'tenant_id', value: 'acme' } };

beforeEach(async () => {
  await sandbox.reset();
});

interface Shown {
  readonly id: string;
  readonly state: string;
  readonly preview: {
    readonly digest: string;
    readonly persons: number;
    readonly sample: readonly Record<string, unknown>[];
    readonly consequences: readonly string[];
  } | null;
}

const preview = (token: string, json: unknown): Promise<Answer> =>
  send('POST', '/v1/deletions?preview=true', { token, json });
const create = (token: string, json: unknown): Promise<Answer> =>
  send('POST', '/v1/deletions', { token, json });
const confirm = (token: string, { id, preview: shown }: Shown, digest = shown?.digest): Promise<Answer> =>
  send('POST', `/v1/deletions/${id}/confirm`, { token, json: { digest } });
const shownBy = (answer: Answer): Shown => answer.json as Shown;
const living = async (): Promise<string[]> => (await sandbox.state()).persons.map(({ uuid }) => uuid);
const deletes = async () => (await sandbox.received()).filter(({ target }) => target.includes('bulk_delete'));
const become = (token: string, id: string, state: string) =>
  until(`${id} is ${state}`, async () => {
    const { json } = await get(token, `/v1/deletions/${id}`);
    return (json as { state: string }).state === state ? json : undefined;
  });
/** UUIDs of the persons of the tenant acme in project 1. */
const own = async (): Promise<string[]> =>
  (await sandbox.state()).persons
    .filter(({ project_id: project, properties }) => project === 1 && properties['tenant_id'] === 'acme')
    .map(({ uuid }) => uuid);

describe('A preview', () => {
  test('A preview says how many persons it is, shows some, and nothing is sent or spent', async () => {
    const { token } = await tenants.fresh({ ...ACME, properties: { hidden: ['email'] } });
    const answer = await preview(token, { ids: [ADA.uuid, CYD.uuid, BEN.uuid], delete_events: true });
    expect(answer).toMatchObject({
      status: 202,
      json: { state: 'previewed', asked: 3, in_slice: 2, sent: 0, preview: { persons: 2 } },
    });
    const { id, preview: shown } = shownBy(answer);
    expect(answer.headers['location']).toBe(`/v1/deletions/${id}`);
    expect(shown?.sample.map(({ uuid }) => uuid).toSorted()).toEqual([ADA.uuid, BEN.uuid].toSorted());
    expect(shown?.consequences.join(' ')).toMatch(
      /profiles of 2 persons are deleted.*events of 2 persons are queued/s,
    );
    expect(answer.text).not.toContain(CYD.distinctIds[0]);
    expect(JSON.stringify(shown?.sample)).not.toContain('"email"');
    expect((await get(token, `/v1/deletions/${id}/preview`)).json).toEqual(shown);
    expect((await get(token, '/v1/whoami')).json).toMatchObject({
      deletion_budgets: [{ more_in_seconds: null }],
    });
    expect(await deletes()).toEqual([]);
  });

  test('A preview is carried out once its digest is confirmed, and not twice', async () => {
    const { token } = await tenants.fresh();
    const shown = shownBy(await preview(token, { ids: [ADA.uuid, BEN.uuid] }));
    expect(await confirm(token, shown)).toMatchObject({ status: 200, json: { id: shown.id, state: 'held' } });
    await become(token, shown.id, 'settling');
    const left = await living();
    expect([ADA, BEN, CYD].map(({ uuid }) => left.includes(uuid))).toEqual([false, false, true]);
    problem(await confirm(token, shown), 'deletion_state_conflict');
    problem(await get(token, `/v1/deletions/${shown.id}/preview`), 'deletion_state_conflict');
    expect(await deletes()).toHaveLength(1);
  });

  test('A preview whose persons have changed is not carried out, and shows the new ones', async () => {
    const { token } = await tenants.fresh(ACME);
    const filter = { email: 'somebody@acme.test' };
    const someone = { project_id: 1, properties: { tenant_id: 'acme', email: filter.email } };
    await sandbox.addPersons([{ ...someone, distinct_ids: ['someone-1'] }]);
    const shown = shownBy(await preview(token, { filter }));
    expect(shown.preview?.persons).toBe(1);
    await sandbox.addPersons([{ ...someone, distinct_ids: ['someone-2'] }]);
    problem(await confirm(token, shown), 'deletion_preview_changed', 'digest');
    const anew = (await get(token, `/v1/deletions/${shown.id}/preview`)).json as NonNullable<
      Shown['preview']
    >;
    expect(anew.persons).toBe(2);
    problem(await confirm(token, shown), 'deletion_preview_changed', 'digest');
    expect(await deletes()).toEqual([]);
    expect(await confirm(token, shown, anew.digest)).toMatchObject({ status: 200 });
    await become(token, shown.id, 'settling');
    expect(JSON.parse((await deletes())[0]?.body ?? '')).toMatchObject({ ids: { length: 2 } });
  });

  test('A preview that is cancelled cannot be confirmed', async () => {
    const { token } = await tenants.fresh();
    const shown = shownBy(await preview(token, { ids: [ADA.uuid] }));
    expect((await send('POST', `/v1/deletions/${shown.id}/cancel`, { token })).status).toBe(200);
    problem(await confirm(token, shown), 'deletion_state_conflict');
    expect(await deletes()).toEqual([]);
  });

  test.each([{}, { digest: '' }, { digest: 'x' }, { digest: `sha256:${'A'.repeat(64)}` }, { digest: 7 }])(
    'A confirmation of %j is refused, and nothing is sent',
    async (json) => {
      const { token } = await tenants.fresh();
      const { id } = shownBy(await preview(token, { ids: [ADA.uuid] }));
      problem(await send('POST', `/v1/deletions/${id}/confirm`, { token, json }), 'field_invalid', 'digest');
      expect(await deletes()).toEqual([]);
    },
  );

  test('A preview of another tenant is refused as one that there is not', async () => {
    const { token } = await tenants.fresh();
    const shown = shownBy(await preview(token, { ids: [ADA.uuid] }));
    const other = await tenants.fresh();
    problem(await confirm(other.token, shown), 'record_unknown', 'id');
    problem(await get(other.token, `/v1/deletions/${shown.id}/preview`), 'record_unknown', 'id');
    problem(await confirm(other.token, { ...shown, id: 'x' }), 'record_unknown', 'id');
  });

  test('A confirmation takes a grant that may delete what was previewed, as it is now', async () => {
    const { tenant, token } = await tenants.fresh({ deletes: { persons_per_day: 9, events: true } });
    const shown = shownBy(await preview(token, { ids: [ADA.uuid, BEN.uuid], delete_events: true }));
    const reader = await tenants.derive(token, { scopes: ['person:read'] });
    problem(await confirm(reader.token, shown), 'scope_missing');
    await admin('PATCH', `/${tenant}`, { deletes: { events: false } });
    problem(await confirm(token, shown), 'delete_flag_not_granted', 'delete_events');
    await admin('PATCH', `/${tenant}`, { deletes: { events: true, persons_per_day: 1 } });
    problem(await confirm(token, shown), 'deletion_exceeds_budget');
    await admin('PATCH', `/${tenant}`, { deletes: { persons_per_day: 9, approval_over: 1 } });
    expect(await confirm(token, shown)).toMatchObject({ status: 200, json: { state: 'held' } });
    expect(await deletes()).toEqual([]);
  });

  test('A preview takes a token that may read persons', async () => {
    const { tenant, token } = await tenants.fresh();
    const blind = await tenants.derive(token, { scopes: ['person:delete'] });
    problem(await preview(blind.token, { ids: [ADA.uuid] }), 'scope_missing');
    expect(await tenants.log(tenant)).toEqual([]);
    expect(await sandbox.received()).toEqual([]);
  });

  test('A request with the key of a preview is that preview, and no deletion', async () => {
    const { token } = await tenants.fresh();
    const headers = { 'idempotency-key': '"one"' };
    const json = { ids: [ADA.uuid] };
    const first = await send('POST', '/v1/deletions?preview=true', { token, headers, json });
    const again = await send('POST', '/v1/deletions?preview=true', { token, headers, json });
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(shownBy(again)).toMatchObject({ id: shownBy(first).id, preview: shownBy(first).preview });
    problem(
      await send('POST', '/v1/deletions', { token, headers, json }),
      'idempotency_key_reused',
      'Idempotency-Key',
    );
    expect(await deletes()).toEqual([]);
  });
});

const bulk = (token: string, ids: readonly string[]) =>
  send('POST', '/api/projects/1/persons/bulk_delete/', { token, json: { ids } });
const uuids = (count: number) => Array.from({ length: count }, (_, n) => seededUuid(1, n + 1));

test('An operator sees the preview of a tenant whole, and until it is confirmed', async () => {
  const { token, tenant } = await tenants.fresh({ ...ACME, properties: { hidden: ['email'] } });
  const shown = shownBy(await preview(token, { ids: [ADA.uuid, CYD.uuid, BEN.uuid] }));
  const path = `/${tenant}/deletions/${shown.id}/preview`;
  const { json } = await admin('GET', path);
  expect(json).toMatchObject({ digest: shown.preview?.digest, persons: shown.preview?.persons });
  expect((json as NonNullable<Shown['preview']>).sample).toHaveLength(shown.preview?.sample.length ?? -1);
  expect((await confirm(token, shown)).status).toBeLessThan(300);
  // Else it is sent while the next test counts what PostHog receives.
  await become(token, shown.id, 'settling');
  problem(await admin('GET', path), 'deletion_state_conflict');
  problem(await admin('GET', `/${tenant}/deletions/del_${'A'.repeat(22)}/preview`), 'record_unknown', 'id');
});

describe('A tenant that has to preview', () => {
  test('A deletion of more persons is refused on both planes, explained, and possible by preview', async () => {
    const { tenant, token } = await tenants.fresh({ deletes: { persons_per_day: 100, preview_over: 2 } });
    problem(await bulk(token, uuids(3)), 'deletion_preview_required');
    problem(await create(token, { ids: uuids(3) }), 'deletion_preview_required');
    const described = {
      method: 'POST',
      path: '/api/projects/1/persons/bulk_delete/',
      body: { ids: uuids(3) },
    };
    expect((await send('POST', '/v1/explain', { token, json: described })).json).toMatchObject({
      allowed: false,
      reason: { code: 'deletion_preview_required' },
    });
    expect(await tenants.log(tenant)).toEqual([]);
    expect(await sandbox.received()).toEqual([]);
    expect((await bulk(token, uuids(2))).status).toBe(202);
    const shown = shownBy(await preview(token, { ids: uuids(4) }));
    expect((await confirm(token, shown)).status).toBe(200);
    await become(token, shown.id, 'settling');
  });

  test('A filter that names more persons ends as failed, and nothing is sent', async () => {
    const { token } = await tenants.fresh({ ...ACME, deletes: { persons_per_day: 100, preview_over: 1 } });
    const { id } = shownBy(await create(token, { filter: { all: true } }));
    expect(await become(token, id, 'failed')).toMatchObject({ reason: 'preview_required' });
    expect(await deletes()).toEqual([]);
  });
});

describe('A deletion by a filter', () => {
  const PRO = { properties: [{ key: 'plan', type: 'person', operator: 'exact', value: 'pro' }] };

  test('The persons of the slice that the filter names are deleted, and no others', async () => {
    const { token } = await tenants.fresh(ACME);
    const before = await living();
    const state = await sandbox.state();
    const named = new Set(
      state.persons
        .filter(({ project_id: project, properties }) => project === 1 && properties['tenant_id'] === 'acme')
        .filter(({ properties }) => properties['plan'] === 'pro')
        .map(({ uuid }) => uuid),
    );
    const answer = await create(token, { filter: PRO });
    expect(answer).toMatchObject({ status: 202, json: { state: 'resolving', preview: null } });
    const done = await become(token, shownBy(answer).id, 'settling');
    expect(done).toMatchObject({ asked: named.size, in_slice: named.size, sent: named.size });
    expect(named.size).toBeGreaterThan(0);
    expect(await living()).toEqual(before.filter((uuid) => !named.has(uuid)));
  });

  test('Everybody of the slice is deleted where all is said aloud', async () => {
    const { token } = await tenants.fresh(ACME);
    const everybody = await own();
    const { id } = shownBy(await create(token, { filter: { all: true } }));
    await become(token, id, 'settling');
    expect(everybody.length).toBeGreaterThan(1);
    expect(await own()).toEqual([]);
  });

  test('A filter that matches nobody ends as nobody, and nothing is sent', async () => {
    const { token } = await tenants.fresh();
    const { id } = shownBy(await create(token, { filter: { email: 'nobody@example.test' } }));
    expect(await become(token, id, 'nobody')).toMatchObject({ asked: 0, sent: 0 });
    expect(await deletes()).toEqual([]);
  });

  test('A filter that in fact names everybody is no way around all: it fails, its preview too, and nothing is sent', async () => {
    const { token } = await tenants.fresh(ACME);
    const everybody = await own();
    const unset = { type: 'person', key: 'nosuch', operator: 'is_not_set', value: 'x' };
    const json = { filter: { properties: [unset] } };
    const note: unknown = expect.stringContaining('"all": true');
    const told = { reason: 'matched_all', note, sent: 0 };
    const { id } = shownBy(await create(token, json));
    expect(await become(token, id, 'failed')).toMatchObject(told);
    const seen = await preview(token, json);
    expect(seen).toMatchObject({ status: 202, json: { state: 'failed', preview: null, ...told } });
    const { digest } = seen.json as { digest: string };
    problem(await confirm(token, shownBy(seen), digest), 'deletion_state_conflict');
    expect(await deletes()).toEqual([]);
    expect(await own()).toEqual(everybody);
    const aloud = shownBy(await create(token, { filter: { ...json.filter, all: true } }));
    await become(token, aloud.id, 'settling');
    expect(await own()).toEqual([]);
  });

  test.each<[unknown, string, string]>([
    [{ filter: {} }, 'field_invalid', 'filter'],
    [{ filter: { all: false } }, 'field_invalid', 'filter'],
    [{ filter: { all: 'true' } }, 'field_invalid', 'filter'],
    [{ filter: { search: '' } }, 'field_invalid', 'filter'],
    [{ filter: { properties: [] } }, 'field_invalid', 'filter'],
    [{ filter: { limit: 5 } }, 'field_invalid', 'filter'],
    [{ filter: { properties: [{ key: 'plan', value: 'pro' }] } }, 'field_invalid', 'filter'],
    [{ filter: { email: 'a@b.test' }, ids: [ADA.uuid] }, 'input_conflict', 'filter'],
    [{ filter: { email: 'a@b.test' }, distinct_ids: ['x'] }, 'input_conflict', 'filter'],
  ])('The body %j is refused, and nothing is sent or written', async (json, code, attr) => {
    const { tenant, token } = await tenants.fresh();
    for (const ask of [create, preview]) {
      const answer = await ask(token, json);
      expect(answer).toMatchObject({ status: 400, json: { code } });
      expect((answer.json as { attr: string }).attr).toMatch(new RegExp(`^${attr}`));
    }
    expect(await tenants.log(tenant)).toEqual([]);
    expect(await sandbox.received()).toEqual([]);
  });

  test('A filter asks about nothing that the token does not show, and takes the scope to read', async () => {
    const { tenant, token } = await tenants.fresh({ properties: { hidden: ['plan'] } });
    problem(await create(token, { filter: PRO }), 'property_hidden', 'plan');
    const blind = await tenants.derive(token, { scopes: ['person:delete'] });
    problem(await create(blind.token, { filter: { email: 'a@b.test' } }), 'scope_missing');
    const without = await tenants.fresh({ properties: { distinct_ids: 'hidden' } });
    problem(await create(without.token, { filter: { distinct_id: 'a' } }), 'property_hidden', 'distinct_id');
    problem(await create(without.token, { filter: { search: 'a' } }), 'property_hidden', 'search');
    expect(await tenants.log(tenant)).toEqual([]);
    expect(await sandbox.received()).toEqual([]);
  });
});
