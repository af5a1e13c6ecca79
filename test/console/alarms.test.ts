/** Alarms at the console: what the gateway has raised, whether anybody was told, and a test of the way there. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { clientOf, until } from '../support/client.ts';
import { startConsole } from '../support/console.ts';
import { startReceiver, WEBHOOK_SECRET } from '../support/webhook.ts';

const receiver = await startReceiver();
afterAll(() => receiver.stop());
const { admin, signedIn, gatewayOrigin, sandbox, changes } = await startConsole({
  gateway: {
    ALARM_WEBHOOK_URL: receiver.url,
    ALARM_WEBHOOK_SECRETS: WEBHOOK_SECRET,
    DELETION_LOOK_SECONDS: '1',
  },
});
const ask = clientOf(gatewayOrigin);

/** The text of a part of a page, without its markup. */
function partOf(page: string, id: string): string {
  const [, part = ''] = new RegExp(`<section [^>]*id="${id}"[^>]*>(.*?)</section>`, 's').exec(page) ?? [];
  return part.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

async function tokenOf(tenant: string, record: Readonly<Record<string, unknown>> = {}): Promise<string> {
  await admin('PUT', `/admin/v1/tenants/${tenant}`, {
    name: tenant,
    project_id: 1,
    scopes: ['person:read', 'person:delete'],
    ...record,
  });
  const minted = await admin('POST', `/admin/v1/tenants/${tenant}/tokens`, { name: 'backend' });
  return (minted.json as { token: string }).token;
}

beforeEach(() => receiver.answers(204));

describe('The alarms of the overview', () => {
  test('A gateway that has noticed nothing says so', async () => {
    const { text } = await (await signedIn('viewer')).get('/');
    expect(partOf(text, 'alarms')).toContain('Within 7 days nothing was noticed that needs somebody.');
  });

  test('A PostHog that fails is shown with since when, what to do, and whether the webhook was told', async () => {
    receiver.answers(500);
    const token = await tokenOf('failing');
    await sandbox.fault({ kind: 'status', status: 500, times: 50 });
    for (let asked = 0; asked < 5; asked += 1)
      await ask('GET', '/api/projects/1/persons/?limit=1', { token });
    await sandbox.reset();
    const viewer = await signedIn('viewer');
    const shown = await until('the alarm was sent once, and not taken', async () => {
      const part = partOf((await viewer.get('/')).text, 'alarms');
      return part.includes('answered 500') ? part : undefined;
    });
    expect(shown).toMatch(/PostHog fails (?:now|\d+ s ago) ?, 5 times/);
    expect(shown).toContain('not delivered yet, the webhook answered 500, again in');
    expect(shown).toContain('the last one with upstream_error.');
    expect(shown).toContain('npx hedgerow doctor finds out more.');
    receiver.answers(204);
    await until('the alarm is delivered', async () => {
      const part = partOf((await viewer.get('/')).text, 'alarms');
      return /(?<!not )delivered(?! yet)/.test(part) ? part : undefined;
    });
  });

  test('An alarm of a tenant leads to what it is about, and a deletion that ended well is on the whole list alone', async () => {
    const token = await tokenOf('spender', { deletes: { persons_per_day: 5 } });
    const made = await ask('POST', '/v1/deletions', {
      token,
      json: { distinct_ids: ['ada@acme.test', 'ben@acme.test', 'cyd@acme.test', 'dora@acme.test'] },
    });
    const { id } = made.json as { id: string };
    const viewer = await signedIn('viewer');
    const { text } = await until('the budget is nearly spent', async () => {
      const page = await viewer.get('/');
      return page.text.includes('budget nearly spent') ? page : undefined;
    });
    expect(partOf(text, 'alarms')).toContain('The tenant spender has 1 left of the 5 persons');
    expect(text).toContain('href="/tenants/spender/deletions">Look at what it deletes');
    const all = await until('the deletion has ended', async () => {
      const page = await viewer.get('/alarms?kind=deletion_ended');
      return page.text.includes(id) ? page : undefined;
    });
    expect(all.text).toContain(`href="/tenants/spender/deletions/${id}">Look at the deletion`);
    expect(partOf(all.text, 'alarms')).not.toContain('budget nearly spent');
    expect(partOf((await viewer.get('/')).text, 'alarms')).not.toContain('deletion ended');
  });
});

describe('A test alarm', () => {
  test('An operator sends one and is told what the webhook answered, and it is in the audit log', async () => {
    const operator = await signedIn('operator');
    expect((await operator.get('/')).text).toContain('Send a test alarm');
    const taken = await operator.post('/alarms/test');
    expect(taken.text).toContain('The webhook took it (204).');
    expect(partOf(taken.text, 'alarms')).toContain('A test that olga asked for. Nothing is wrong.');
    expect(partOf((await operator.get('/')).text, 'alarms')).not.toContain('A test that olga');
    receiver.answers(503);
    expect((await operator.post('/alarms/test')).text).toContain(
      'The webhook did not take it (503). It is sent again like any alarm.',
    );
    expect((await changes())[0]).toMatchObject({
      operator: 'olga',
      action: 'admin_test_alarm',
      outcome: 'made',
    });
    expect((await operator.get('/audit')).text).toContain('sent a test alarm');
  });

  test('A viewer is offered none, and may send none', async () => {
    const viewer = await signedIn('viewer');
    for (const path of ['/', '/alarms'])
      expect((await viewer.get(path)).text).not.toContain('Send a test alarm');
    const known = receiver.arrivals.length;
    expect((await viewer.post('/alarms/test')).status).toBe(403);
    expect(receiver.arrivals.length).toBe(known);
  });
});
