/** What operators changed, as the audit log shows it over real HTTP. */
import { describe, expect, test } from 'vitest';
import { CONTROL_ROUTES } from '../../src/contract/routes.ts';
import type { ControlRoute } from '../../src/contract/control-route.ts';
import { ADA, BEN, CYD, DOV } from '../../src/sandbox/seed/names.ts';
import type { Answer } from '../support/client.ts';
import { readCsv } from '../support/csv.ts';
import { problem } from '../support/problem.ts';
import { ADMIN_TOKEN } from '../support/secrets.ts';
import { startStack } from '../support/stack.ts';

const ALICE = 'alices-token-of-the-tests-77120';
const CAROL = 'carols-token-of-the-tests-00911';
const BOB = 'bobs-token-of-the-tests-3344120';
const { send, recorder, sandbox } = await startStack({
  bindings: { ADMIN_TOKENS: `alice:${ALICE},bob/viewer:${BOB},carol/operator:${CAROL}` },
});
recorder.secret('the token of alice', ALICE);
recorder.secret('the token of bob', BOB);
recorder.secret('the token of carol', CAROL);

type Row = Readonly<Record<string, unknown>>;
interface Page {
  readonly results: readonly Row[];
  readonly next: string | null;
}
const audit = async (query = '', token = BOB): Promise<Page> => {
  const answer = await send('GET', `/admin/v1/audit${query}`, { token });
  expect(answer.status, answer.text).toBe(200);
  return answer.json as Page;
};
const change = (method: string, path: string, json?: unknown, token = ALICE): Promise<Answer> =>
  send(method, `/admin/v1${path}`, { token, ...(json === undefined ? {} : { json }) });
const rowOf = async ({ headers }: Answer): Promise<Row | undefined> =>
  (await audit('?limit=1000')).results.find((row) => row['request_id'] === headers['x-request-id']);

const RECORD = { name: 'Acme', project_id: 1, scopes: ['person:read', 'person:delete'] };

describe('Changes', () => {
  test('Every kind of change is one row, with the operator, the request and what became other', async () => {
    const T = '/tenants/audited';
    const seen = new Set<string>();
    const expectRow = async (answer: Answer, action: string, row: Row) => {
      expect(answer.status, answer.text).toBeLessThan(300);
      seen.add(action);
      expect(await rowOf(answer)).toMatchObject({
        action,
        operator: 'alice',
        role: 'owner',
        outcome: 'made',
        code: null,
        at: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
        ended_at: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
        ...row,
      });
    };
    const tenant = 'audited';
    await expectRow(
      await change('PUT', T, { ...RECORD, deletes: { persons_per_day: 9, approval_over: 1 } }),
      'admin_put_tenant',
      {
        tenant,
        subject: null,
        before: null,
        after: expect.objectContaining({ name: 'Acme', suspended: false, weight: 1 }) as unknown,
      },
    );
    await expectRow(await change('PATCH', T, { weight: 3 }), 'admin_patch_tenant', {
      tenant,
      before: { weight: 1 },
      after: { weight: 3 },
    });
    const suspension = { tenant, before: { suspended: false }, after: { suspended: true } };
    await expectRow(await change('POST', `${T}/suspend`), 'admin_suspend_tenant', suspension);
    await expectRow(await change('POST', `${T}/resume`), 'admin_resume_tenant', {
      before: { suspended: true },
      after: { suspended: false },
    });
    const minted = await change('POST', `${T}/tokens`, { name: 'backend', expires_in: 600 });
    const { token, id } = minted.json as { token: string; id: string };
    await expectRow(minted, 'admin_mint_token', {
      tenant,
      before: null,
      after: expect.objectContaining({ id, name: 'backend' }) as unknown,
    });
    for (const [decision, persons] of [
      ['approve', [ADA.uuid, BEN.uuid]],
      ['reject', [CYD.uuid, DOV.uuid]],
      ['cancel', [CYD.uuid, DOV.uuid]],
    ] as const) {
      const made = await send('POST', '/v1/deletions', { token, json: { ids: persons } });
      expect(made.json, made.text).toMatchObject({ state: 'held' });
      const { id: deletion } = made.json as { id: string };
      const decided = await change(
        'POST',
        `${T}/deletions/${deletion}/${decision}`,
        { reason: 'agreed on' },
        CAROL,
      );
      await expectRow(decided, `admin_${decision}_deletion`, {
        tenant,
        operator: 'carol',
        role: 'operator',
        subject: deletion,
        ...(decision === 'approve'
          ? { before: {}, after: {} }
          : { before: { state: 'held' }, after: { state: 'cancelled' } }),
      });
    }
    // The approved deletion must not meet the fault that is meant for the next one.
    const sent = async () => (await sandbox.received()).some(({ target }) => target.includes('bulk_delete'));
    await expect.poll(sent).toBe(true);
    await sandbox.fault({ kind: 'status', status: 500, path_contains: 'bulk_delete', times: 1 });
    const { headers } = await send('POST', '/api/projects/1/persons/bulk_delete/', {
      token,
      json: { ids: [CYD.uuid] },
    });
    const unknown = headers['hedgerow-deletion'] ?? '';
    await expectRow(
      await change('POST', `${T}/deletions/${unknown}/abandon`, { reason: 'x' }),
      'admin_abandon_deletion',
      { subject: unknown, before: { state: 'sending' }, after: { state: 'failed' } },
    );
    const replaced = await change('POST', `${T}/tokens/${id}/replace`, { expires_in: 600 });
    await expectRow(replaced, 'admin_replace_token', {
      tenant,
      subject: id,
      before: { id },
      after: expect.objectContaining({ name: 'backend', minted_by: 'alice' }) as unknown,
    });
    await expectRow(await change('POST', '/alarms/test'), 'admin_test_alarm', { tenant: null });
    await expectRow(await change('DELETE', `${T}/tokens/${id}`), 'admin_revoke_token', {
      tenant,
      subject: id,
    });
    await expectRow(await change('POST', '/fuse/reset', { reason: 'x' }), 'admin_reset_fuse', {
      tenant: null,
    });
    await expectRow(await change('DELETE', T), 'admin_delete_tenant', {
      tenant,
      before: expect.objectContaining({ name: 'Acme', weight: 3 }) as unknown,
      after: null,
    });

    const changing = Object.entries<ControlRoute>(CONTROL_ROUTES).flatMap(([name, { plane, method }]) =>
      plane === 'admin' && method !== 'GET' ? [name] : [],
    );
    expect([...seen].toSorted()).toEqual(changing.toSorted());
    const all = JSON.stringify(await audit('?limit=1000'));
    for (const secret of ['hgr_', token, ALICE, ADMIN_TOKEN]) expect(all).not.toContain(secret);
  });

  test('A change that is refused has a row with its code, and what was never understood has none', async () => {
    const missing = await change('PATCH', '/tenants/not-there', { name: 'x' });
    problem(missing, 'record_unknown', 'tenant');
    expect(await rowOf(missing)).toMatchObject({
      outcome: 'refused',
      code: 'record_unknown',
      tenant: 'not-there',
    });
    for (const refused of [
      await change('PATCH', '/tenants/not-there', { odd: true }),
      await change('PATCH', '/tenants/not-there', { name: 'x' }, BOB),
      await change('PATCH', '/tenants/not-there', { name: 'x' }, 'nobodys-token-of-the-tests'),
      await change('GET', '/tenants/not-there'),
    ]) {
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(await rowOf(refused)).toBeUndefined();
    }
  });
});

describe('GET /admin/v1/audit', () => {
  test('The log is read a page at a time, by tenant, operator and time, as JSON and as a table, by every role', async () => {
    for (const [token, name] of [
      [ALICE, 'alice'],
      [ADMIN_TOKEN, 'admin'],
    ] as const) {
      await change('PUT', `/tenants/paged-${name}`, { ...RECORD, name }, token);
      await change('PATCH', `/tenants/paged-${name}`, { name: 'Later' }, token);
    }
    const first = await audit('?tenant=paged-alice&limit=1');
    expect(first.results.map((row) => row['action'])).toEqual(['admin_patch_tenant']);
    const { pathname, search } = new URL(first.next ?? '');
    expect(pathname).toBe('/admin/v1/audit');
    const second = await audit(search);
    expect(second.results.map((row) => row['action'])).toEqual(['admin_put_tenant']);
    expect(second.next).toBeNull();

    const byAdmin = (await audit('?operator=admin&limit=1000')).results;
    expect(new Set(byAdmin.map((row) => row['operator']))).toEqual(new Set(['admin']));
    expect(byAdmin).toHaveLength(2);
    const at = String(byAdmin.at(-1)?.['at']);
    const since = (await audit(`?from=${at}&operator=admin`)).results;
    expect(since).toEqual(byAdmin);
    expect((await audit(`?to=${at}&operator=admin`)).results).toEqual([]);

    const table = await send('GET', '/admin/v1/audit?format=csv&operator=admin', { token: BOB });
    const [columns, ...rows] = readCsv(table.text);
    expect(columns).toEqual(Object.keys(byAdmin[0] ?? {}));
    expect(rows).toHaveLength(2);
    problem(
      await send('GET', '/admin/v1/audit?operator=Bob', { token: BOB }),
      'parameter_invalid',
      'operator',
    );
    problem(await send('GET', '/admin/v1/audit?cursor=x', { token: BOB }), 'parameter_invalid', 'cursor');
    problem(await send('GET', '/admin/v1/audit?who=x', { token: BOB }), 'parameter_unknown', 'who');
    problem(await send('GET', '/admin/v1/audit'), 'admin_token_missing');
  });
});
