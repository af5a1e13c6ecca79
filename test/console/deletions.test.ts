/** Deletions at the console: found, followed, decided about, and taken away as a table. */
import { describe, expect, test } from 'vitest';
import { clientOf } from '../support/client.ts';
import { startConsole } from '../support/console.ts';

const { admin, signedIn, gatewayOrigin, sandbox } = await startConsole({
  gateway: { POSTHOG_GENERATION: 'C' },
});
const ask = clientOf(gatewayOrigin);
await sandbox.reset({ generation: 'C' });

/** A tenant whose deletions wait for an operator, and a token of it. */
async function tenantWith(name: string, deletes: Readonly<Record<string, unknown>>): Promise<string> {
  await admin('PUT', `/admin/v1/tenants/${name}`, {
    name,
    project_id: 1,
    scopes: ['person:read', 'person:delete'],
    deletes,
  });
  const minted = await admin('POST', `/admin/v1/tenants/${name}/tokens`, { name: 'backend' });
  return (minted.json as { token: string }).token;
}
const order = async (token: string, json: unknown, query = ''): Promise<string> =>
  ((await ask('POST', `/v1/deletions${query}`, { token, json })).json as { id: string }).id;

describe('A deletion that waits', () => {
  test('An approval, a rejection and a cancellation are offered where the state allows them, and carried out', async () => {
    const token = await tenantWith('held', { approval_over: 0, hold_seconds: 0 });
    const operator = await signedIn('operator');
    const first = await order(token, { distinct_ids: ['ada@acme.test'] });
    const path = `/tenants/held/deletions/${first}`;
    const page = await operator.get(path);
    expect(page.text).toMatch(/value="approve".*value="reject"/s);
    expect(page.text).not.toContain('value="cancel"');
    const early = await operator.post(`${path}/decide`, { decision: 'reject', reason: '' });
    expect([early.status, early.text.includes('field_invalid')]).toEqual([400, true]);
    expect(
      (await operator.post(`${path}/decide`, { decision: 'reject', reason: 'wrong person' })).status,
    ).toBe(303);
    const ended = await operator.get(path);
    expect(ended.text).toContain('rejected');
    expect(ended.text).not.toContain('/decide"');
    const late = await operator.post(`${path}/decide`, { decision: 'approve' });
    expect([late.status, late.text.includes('deletion_state_conflict')]).toEqual([409, true]);
    expect((await operator.post(`${path}/decide`, { decision: 'explode' })).status).toBe(400);

    const windowed = await tenantWith('windowed', { hold_seconds: 3600 });
    const second = await order(windowed, { distinct_ids: ['ben@acme.test'] });
    const waiting = await operator.get(`/tenants/windowed/deletions/${second}`);
    expect(waiting.text).toContain('value="cancel"');
    expect(waiting.text).not.toContain('value="approve"');
    await operator.post(`/tenants/windowed/deletions/${second}/decide`, { decision: 'cancel' });
    expect((await operator.get(`/tenants/windowed/deletions/${second}`)).text).toContain('cancelled');
  });

  test('A preview shows an operator who would be deleted, and what would happen', async () => {
    const token = await tenantWith('previewing', {});
    const id = await order(token, { distinct_ids: ['ben@acme.test'] }, '?preview=true');
    const { text } = await (await signedIn('viewer')).get(`/tenants/previewing/deletions/${id}`);
    expect(text).toContain('Preview: 1 person');
    expect(text).toContain('ben@acme.test');
    expect(text).toContain('The events of 1 person stay.');
  });
});

describe('What an operator sees before it approves', () => {
  test('A deletion that waits says what approving it does, and names its ids', async () => {
    const token = await tenantWith('explained', { approval_over: 0, events: true });
    const id = await order(token, { distinct_ids: ['gus@acme.test'], delete_events: true });
    const { text } = await (await signedIn('operator')).get(`/tenants/explained/deletions/${id}`);
    expect(text).toContain('The profiles of the persons behind 1 distinct id are deleted');
    expect(text).toContain('Their events are queued for deletion.');
    expect(text).toContain('Their recordings stay.');
    expect(text).toContain('gus@acme.test');
    await admin('POST', `/admin/v1/tenants/explained/deletions/${id}/reject`, { reason: 'a test' });
    const ended = await (await signedIn('operator')).get(`/tenants/explained/deletions/${id}`);
    expect(ended.text).not.toContain('What approving it does');
  });

  test('A deletion of more ids than one call takes shows the first of them, and has all of them as a file', async () => {
    const token = await tenantWith('large', { approval_over: 0, persons_per_day: 5000 });
    const odd = 'person-1@acme.test\nben@acme.test';
    const ids = [...Array.from({ length: 1300 }, (_, at) => `person-${at}@acme.test`), odd];
    const id = await order(token, { distinct_ids: ids });
    const viewer = await signedIn('viewer');
    const path = `/tenants/large/deletions/${id}`;
    const { text } = await viewer.get(path);
    expect(text).toContain('The first 1,000 of 1,301 ids');
    expect(text).toContain('person-11@acme.test');
    expect(text).toContain(`href="${path}/ids"`);
    const file = await viewer.get(`${path}/ids`);
    expect(file.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(file.headers['content-disposition']).toBe(`attachment; filename="${id}.txt"`);
    expect(file.text.trimEnd().split('\n').toSorted()).toEqual(
      ids.map((one) => (one === odd ? JSON.stringify(odd) : one)).toSorted(),
    );
    expect((await viewer.get('/tenants/large/deletions/none/ids')).status).toBeGreaterThanOrEqual(400);
  });
});

describe('A stream of events', () => {
  test('The events of a deletion are handed on until its end, to operators alone', async () => {
    const token = await tenantWith('followed', { hold_seconds: 3600 });
    const id = await order(token, { distinct_ids: ['dora@acme.test'] });
    const operator = await signedIn('operator');
    await operator.post(`/tenants/followed/deletions/${id}/decide`, { decision: 'cancel' });
    const path = `/tenants/followed/deletions/${id}/events`;
    const events = await operator.get(path);
    expect(events.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(events.text).toMatch(/^id: end\nevent: end\ndata: \{.*"state":"cancelled"/);
    expect((await operator.get(path, { 'last-event-id': 'end' })).status).toBe(204);
    expect((await operator.get(path, { cookie: '' })).status).toBe(303);
  });
});

describe('The log', () => {
  test('Filters find deletions by state, person and time, and a filter that does not fit is said beside them', async () => {
    const token = await tenantWith('searched', { approval_over: 1 });
    const held = await order(token, { distinct_ids: ['erin@acme.test', 'finn@acme.test'] });
    const viewer = await signedIn('viewer');
    const list = async (query: string) => (await viewer.get(`/tenants/searched/deletions?${query}`)).text;
    expect(await list('state=held')).toContain(held);
    expect(await list('state=done')).not.toContain(held);
    expect(await list('distinct_id=erin%40acme.test')).toContain(held);
    expect(await list('distinct_id=ada%40acme.test')).not.toContain(held);
    expect(await list('from=2020-01-01')).toContain(held);
    expect(await list('to=2020-01-01')).not.toContain(held);
    expect((await viewer.get('/deletions?state=held')).text).toContain(held);
    const odd = await viewer.get('/tenants/searched/deletions?person=nobody');
    expect([odd.status, odd.text.includes('<code>person</code>')]).toEqual([400, true]);
  });

  test('The export is one table with every matching deletion, and its columns once', async () => {
    const token = await tenantWith('exported', { hold_seconds: 3600, persons_per_day: 100_000 });
    const ids = await Promise.all(
      Array.from({ length: 20 }, (_, at) => order(token, { distinct_ids: [`nobody-${at}`] })),
    );
    const viewer = await signedIn('viewer');
    const answer = await viewer.get('/tenants/exported/export?state=held');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['content-disposition']).toBe('attachment; filename="deletions-exported.csv"');
    const [head, ...rows] = answer.text.trim().split('\n');
    expect(head).toMatch(/^id,state,/);
    expect(new Set(rows.map((row) => row.split(',')[0]))).toEqual(new Set(ids));
    expect((await viewer.get('/tenants/exported/export?state=done')).text.trim().split('\n')).toHaveLength(1);
    const all = await viewer.get('/deletions/export?state=held');
    for (const id of ids) expect(all.text).toContain(id);
    expect(all.text.match(/^id,state,/gm)).toHaveLength(1);
  });

  test('A log of a tenant that was removed can be read still', async () => {
    const token = await tenantWith('removed', { approval_over: 0 });
    const id = await order(token, { distinct_ids: ['ada@acme.test'] });
    await admin('DELETE', '/admin/v1/tenants/removed');
    const viewer = await signedIn('viewer');
    expect((await viewer.get('/tenants/removed/deletions')).text).toContain(id);
    expect((await viewer.get(`/tenants/removed/deletions/${id}`)).status).toBe(200);
  });
});

describe('Trying a request', () => {
  test('A request is explained as the tenant or one of its tokens would send it, and nothing is sent', async () => {
    const token = await tenantWith('tried', { persons_per_day: 3 });
    const derived = await ask('POST', '/v1/tokens', {
      token,
      json: { name: 'reader', scopes: ['person:read'] },
    });
    const { id } = derived.json as { id: string };
    await sandbox.forget();
    const viewer = await signedIn('viewer');
    const say = async (query: Readonly<Record<string, string>>) =>
      (await viewer.get(`/tenants/tried/try?${new URLSearchParams(query).toString()}`)).text;
    const bulk = {
      method: 'POST',
      path: '/api/projects/1/persons/bulk_delete/',
      body: '{"distinct_ids":["a"]}',
    };
    expect(await say(bulk)).toContain('>allowed<');
    expect(await say(bulk)).toContain('has 3 persons left of 3 persons a day');
    expect(await say({ ...bulk, token: id })).toContain('<code>scope_missing</code>');
    expect(await say({ ...bulk, body: '{' })).toContain('The body is no JSON.');
    expect(await say({ method: 'GET', path: '/api/projects/2/persons/' })).toContain(
      '<code>project_not_granted</code>',
    );
    expect(await sandbox.received()).toEqual([]);
  });
});
