/** The alarms of a gateway: what is one alarm, how it is sent until the webhook takes it, and what is kept. */
import { createHmac } from 'node:crypto';
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { describe, expect, vi } from 'vitest';
import type { Condition } from '../../src/core/alarms/condition.ts';
import { DeletionId, TenantId } from '../../src/core/ids.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { OperatorName } from '../../src/core/operators.ts';
import { messageOf } from '../../src/objects/alarms/texts.ts';
import type { Remote } from '../../src/objects/remote.ts';
import {
  deploy,
  foreignRows,
  freshAlarms,
  listed,
  raise,
  receiver,
  restart,
  sameAlarms,
  SECRET,
  status,
  WEBHOOK,
  type Alarms,
  type Received,
  type Stub,
} from '../support/objects/alarms.ts';
import { setTime, testAt } from '../support/objects/clock.ts';

/** Far enough ahead that no alarm of a test ever rings by itself. */
const NOW = Date.parse('2031-05-01T12:00:00.000Z');
const test = testAt(NOW);
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const ALICE = OperatorName.parse('alice');

const ring = (stub: Stub): Promise<boolean> => runDurableObjectAlarm(stub);
const tested = (stub: Stub) => runInDurableObject(stub, (object) => (object as Alarms).sendTest(ALICE));
const states = async (stub: Stub) => (await listed(stub)).rows.map(({ delivery }) => delivery.state);
const bodiesOf = (received: readonly Received[]) =>
  received.map(({ body }) => JSON.parse(body) as { type: string; data: { id: string; count: number } });
const failing = (code = 'upstream_timeout'): { condition: Condition; count: number } => ({
  condition: { kind: 'upstream_failing', code },
  count: 1,
});

/** The check of a receiver, written from the specification and not from the sender. */
function isSigned({ headers, body }: Received, secret: string): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return (headers['webhook-signature'] ?? '').split(' ').includes(expected);
}

async function fresh(...answers: Parameters<typeof receiver>) {
  const stub = freshAlarms();
  const hook = receiver(...answers);
  await deploy(stub, hook.receive);
  return { stub, ...hook };
}

describe('One alarm', () => {
  test('A storm of foreign rows of one tenant is one alarm with a count, and one message', async () => {
    const { stub, received } = await fresh(status(204));
    for (let nth = 0; nth < 50; nth += 1) await raise(stub, foreignRows('acme', 3));
    await ring(stub);
    const { rows } = await listed(stub);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ kind: 'foreign_rows', tenant: 'acme', count: 150 });
    expect(received).toHaveLength(1);
    expect(await ring(stub)).toBe(false);
  });

  test('Another tenant, another kind and another window are other alarms', async () => {
    const { stub } = await fresh(status(204));
    await raise(stub, foreignRows('acme'), foreignRows('birch'), failing());
    setTime(NOW + HOUR - 1);
    await raise(stub, foreignRows('acme'));
    expect((await listed(stub)).rows).toHaveLength(3);
    setTime(NOW + HOUR);
    await raise(stub, foreignRows('acme'));
    expect((await listed(stub)).rows).toHaveLength(4);
  });

  test('A clock that is set back does not make an alarm a second time', async () => {
    const { stub } = await fresh(status(204));
    await raise(stub, foreignRows());
    setTime(NOW - DAY);
    await raise(stub, foreignRows());
    expect((await listed(stub)).rows).toHaveLength(1);
  });
});

describe('Messages', () => {
  test('A message is signed as Standard Webhooks has it, and says what the list says', async () => {
    const { stub, received } = await fresh(status(200));
    await raise(stub, foreignRows('acme', 2));
    await ring(stub);
    const [message] = received;
    const [alarm] = (await listed(stub)).rows;
    if (message === undefined || alarm === undefined) throw new Error('no message');
    const { delivery, ...told } = alarm;
    expect(JSON.parse(message.body)).toEqual({ type: 'alarm.foreign_rows', timestamp: alarm.at, data: told });
    expect(delivery).toEqual({ state: 'delivered', attempts: 1, last_status: 200, next_attempt_at: null });
    expect(message.url).toBe(WEBHOOK.ALARM_WEBHOOK_URL);
    expect(message.redirect).toBe('manual');
    expect(message.headers).toMatchObject({
      'webhook-id': alarm.id,
      'webhook-timestamp': String(NOW / 1000),
      'content-type': 'application/json',
    });
    expect(isSigned(message, SECRET)).toBe(true);
    expect(isSigned({ ...message, body: `${message.body} ` }, SECRET)).toBe(false);
  });

  test('A message is signed with each of several secrets, so that one can be replaced', async () => {
    const { stub, received, receive } = await fresh(status(200));
    const newer = `whsec_${btoa('another one of thirty-two bytes!')}`;
    await deploy(stub, receive, { ...WEBHOOK, ALARM_WEBHOOK_SECRETS: `${newer}, ${SECRET}` });
    await raise(stub, foreignRows());
    await ring(stub);
    const [message] = received;
    if (message === undefined) throw new Error('no message');
    expect([newer, SECRET].map((secret) => isSigned(message, secret))).toEqual([true, true]);
    expect(isSigned(message, `whsec_${btoa('a third of thirty-two bytes, not')}`)).toBe(false);
  });

  test('No alarm has a member that a condition does not name', async () => {
    const { stub } = await fresh(status(204));
    await raise(stub, foreignRows(), failing(), {
      condition: { kind: 'key_refused', scope: 'person:read' },
      count: 1,
    });
    const details = (await listed(stub)).rows.map((alarm) => alarm.details);
    expect(details).toEqual([
      { scope: 'person:read' },
      { code: 'upstream_timeout' },
      { route: 'persons_list' },
    ]);
  });
});

describe('Delivery', () => {
  test('A webhook that is down is told again at growing intervals by the same id and in the same words, until it is up', async () => {
    const { stub, received } = await fresh(status(500), status(503), status(204));
    await raise(stub, foreignRows());
    await ring(stub);
    // What is counted meanwhile changes nothing of the message.
    await raise(stub, foreignRows('acme', 7));
    setTime(NOW + 5 * SECOND);
    await ring(stub);
    setTime(NOW + 5 * SECOND + 5 * MINUTE - 1);
    await ring(stub);
    expect(received).toHaveLength(2);
    setTime(NOW + 5 * SECOND + 5 * MINUTE);
    await ring(stub);
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(received.map(({ headers }) => headers['webhook-timestamp'])).toEqual(
      [0, 5, 305].map((seconds) => String(NOW / 1000 + seconds)),
    );
    const [alarm] = (await listed(stub)).rows;
    expect(alarm).toMatchObject({
      count: 8,
      delivery: { state: 'delivered', attempts: 3, last_status: 204, next_attempt_at: null },
    });
  });

  test('A webhook that never takes it is given up after ten attempts in three days', async () => {
    const { stub, received } = await fresh(status(500));
    await raise(stub, foreignRows());
    let now = NOW;
    for (;;) {
      await ring(stub);
      const [alarm] = (await listed(stub)).rows;
      const next = alarm?.delivery.next_attempt_at ?? null;
      if (next === null) break;
      now = Date.parse(next);
      setTime(now);
    }
    expect(received).toHaveLength(10);
    expect(await states(stub)).toEqual(['given_up']);
    expect(now - NOW).toBeGreaterThan(3 * DAY);
    expect(now - NOW).toBeLessThan(4 * DAY);
    expect(await ring(stub)).toBe(false);
  });

  test('A webhook that says when to come back is asked then, and within a day', async () => {
    const { stub } = await fresh(
      status(429, { 'retry-after': '120' }),
      status(503, { 'retry-after': '999999999' }),
    );
    await raise(stub, foreignRows());
    await ring(stub);
    const due = async () => Date.parse((await listed(stub)).rows[0]?.delivery.next_attempt_at ?? '');
    expect(await due()).toBe(NOW + 120 * SECOND);
    setTime(NOW + 120 * SECOND);
    await ring(stub);
    expect(await due()).toBe(NOW + 120 * SECOND + DAY);
  });

  test.each([301, 302, 307, 308])('A redirect by %d is a refusal, and is not followed', async (code) => {
    const { stub, received } = await fresh(status(code, { location: 'https://elsewhere.example/' }));
    await raise(stub, foreignRows());
    await ring(stub);
    expect(received.map(({ url }) => url)).toEqual([WEBHOOK.ALARM_WEBHOOK_URL]);
    expect((await listed(stub)).rows[0]?.delivery).toMatchObject({ state: 'pending', last_status: code });
  });

  test('An endpoint that answers 410 gets nothing more until it is configured otherwise', async () => {
    const { stub, received, receive } = await fresh(status(410), status(204));
    await raise(stub, foreignRows('acme'));
    await ring(stub);
    await raise(stub, foreignRows('birch'));
    await restart(stub, receive);
    await raise(stub, foreignRows('cedar'));
    await ring(stub);
    expect(received).toHaveLength(1);
    expect(await states(stub)).toEqual(['endpoint_gone', 'endpoint_gone', 'endpoint_gone']);
    await restart(stub, receive, { ...WEBHOOK, ALARM_WEBHOOK_URL: 'https://alarms.example/other' });
    await raise(stub, foreignRows('dill'));
    await ring(stub);
    expect(received.map(({ url }) => url)).toEqual([
      'https://alarms.example/hook',
      'https://alarms.example/other',
    ]);
  });

  test('An object that ends in the middle of an attempt sends the message again by the same id', async () => {
    const stub = freshAlarms();
    const flags = { arrived: false, released: false };
    const { received, receive } = receiver(async () => {
      flags.arrived = true;
      while (!flags.released) await scheduler.wait(1);
      return new Response(null, { status: 204 });
    }, status(204));
    await deploy(stub, receive);
    const ended = (stub as unknown as Remote<Alarms>).sendTest(ALICE).catch(() => 'died');
    await vi.waitUntil(() => flags.arrived, { timeout: 10_000, interval: 1 });
    await abortAllDurableObjects();
    expect(await ended).toBe('died');
    flags.released = true;
    const again = sameAlarms(stub);
    await deploy(again, receive);
    const due = (await listed(again)).rows[0]?.delivery.next_attempt_at ?? '';
    setTime(Date.parse(due));
    expect(await ring(again)).toBe(true);
    expect(received).toHaveLength(2);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await states(again)).toEqual(['delivered']);
  });

  test('Many alarms go out a few at a time, each once', async () => {
    const { stub, received } = await fresh(status(204));
    await raise(stub, ...Array.from({ length: 12 }, (_, nth) => foreignRows(`t${nth}`)));
    while (await ring(stub));
    expect(new Set(bodiesOf(received).map(({ data }) => data.id)).size).toBe(12);
    expect(received).toHaveLength(12);
  });
});

describe('Without a webhook', () => {
  test('An alarm is listed and nothing is sent, not even once there is a webhook', async () => {
    const stub = freshAlarms();
    const { received, receive } = receiver(status(204));
    await deploy(stub, receive, { ALARM_WEBHOOK_URL: '' });
    await raise(stub, foreignRows());
    expect(await ring(stub)).toBe(false);
    expect(await states(stub)).toEqual(['not_configured']);
    await restart(stub, receive);
    await raise(stub, foreignRows());
    await ring(stub);
    expect(received).toEqual([]);
  });

  test('What waits is not sent any more once the webhook is taken away, and waits while it is set wrong', async () => {
    const { stub, received, receive } = await fresh(status(500));
    await raise(stub, foreignRows());
    await ring(stub);
    vi.spyOn(console, 'error').mockReturnValue();
    await restart(stub, receive, { ...WEBHOOK, ALARM_WEBHOOK_SECRETS: '' });
    setTime(NOW + HOUR);
    await ring(stub);
    expect(await states(stub)).toEqual(['pending']);
    await restart(stub, receive, {});
    await ring(stub);
    expect(await states(stub)).toEqual(['not_configured']);
    expect(received).toHaveLength(1);
  });
});

describe('A test', () => {
  test('A test is sent at once, each is an alarm of its own, and the answer is told', async () => {
    const { stub, received } = await fresh(status(204), status(401), status(302));
    expect(await tested(stub)).toMatchObject({
      alarm: { kind: 'test', details: { operator: 'alice' }, delivery: { state: 'delivered' } },
      answer: { status: 204, problem: null },
    });
    expect((await tested(stub)).answer).toEqual({ status: 401, problem: 'refused' });
    expect((await tested(stub)).answer).toEqual({ status: 302, problem: 'redirect' });
    expect(received).toHaveLength(3);
    expect((await listed(stub)).rows).toHaveLength(3);
  });

  test('A test says that nobody answered', async () => {
    const stub = freshAlarms();
    const { receive } = receiver(() => Promise.reject(new TypeError('Network connection lost.')));
    await deploy(stub, receive);
    expect((await tested(stub)).answer).toEqual({ status: null, problem: 'unreachable' });
  });

  test('A test without a webhook is listed and says that nothing was sent', async () => {
    const stub = freshAlarms();
    await deploy(stub, receiver(status(204)).receive, {});
    expect(await tested(stub)).toMatchObject({
      alarm: { delivery: { state: 'not_configured', attempts: 0 } },
      answer: null,
    });
  });
});

describe('What is kept', () => {
  test('Pages give every alarm once, newest first, by kind, tenant and time', async () => {
    const { stub } = await fresh(status(204));
    await raise(stub, foreignRows('acme'), foreignRows('birch'));
    setTime(NOW + HOUR);
    await raise(stub, foreignRows('acme'), failing());
    const kinds = async (page: Parameters<typeof listed>[1]) =>
      (await listed(stub, page)).rows.map(({ kind, tenant }) => `${kind} ${tenant}`);
    expect(await kinds({ tenant: foreignRowsTenant('acme') })).toHaveLength(2);
    expect(await kinds({ kind: 'upstream_failing' })).toEqual(['upstream_failing null']);
    expect(await kinds({ since: NOW + 1 })).toEqual(['upstream_failing null', 'foreign_rows acme']);
    const first = await listed(stub, { limit: 3 });
    const second = await listed(stub, { limit: 3, before: first.next });
    expect([...first.rows, ...second.rows].map(({ id }) => id)).toEqual(
      (await listed(stub)).rows.map(({ id }) => id),
    );
    expect(second.next).toBeNull();
  });

  test('An alarm is kept for 30 days', async () => {
    const { stub } = await fresh(status(204));
    await raise(stub, foreignRows('acme'));
    setTime(NOW + 30 * DAY - 1);
    await raise(stub, foreignRows('birch'));
    expect((await listed(stub)).rows).toHaveLength(2);
    setTime(NOW + 30 * DAY);
    await raise(stub, foreignRows('cedar'));
    expect((await listed(stub)).rows.map(({ tenant }) => tenant)).toEqual(['cedar', 'birch']);
  });

  test('No more alarms are kept than are allowed, and the newest stay', async () => {
    const { stub } = await fresh(status(204));
    await raise(stub, foreignRows('oldest'));
    await runInDurableObject(stub, (_object, { storage }) => {
      storage.sql.exec(
        `INSERT INTO alarms (seq, id, kind, subject, at, count, message, details, state)
         SELECT value, 'alm_' || value, 'test', value, ?, 1, '', '{}', 'delivered'
         FROM json_each(?)`,
        NOW,
        JSON.stringify(Array.from({ length: LIMITS.alarmsMax - 1 }, (_row, nth) => nth + 2)),
      );
    });
    await raise(stub, foreignRows('newest'));
    const [row] = await runInDurableObject(stub, (_object, { storage }) =>
      storage.sql.exec('SELECT count(*) AS count, min(seq) AS oldest FROM alarms').toArray(),
    );
    expect(row).toEqual({ count: LIMITS.alarmsMax, oldest: 2 });
  });
});

function foreignRowsTenant(name: string) {
  const { condition } = foreignRows(name);
  if (condition.kind !== 'foreign_rows') throw new Error('not about foreign rows');
  return condition.tenant;
}

describe('Texts of alarms', () => {
  test.each([
    ['done', 'ended', 'is done.'],
    ['nobody', 'matched_none', 'matched nobody: nothing was sent.'],
    ['cancelled', 'rejected', 'was cancelled (rejected): nothing was sent.'],
    ['failed', 'refused', 'failed (refused). Its entry in the deletion log says what became of each call.'],
  ])('The alarm of a deletion that is %s by %s says so in a sentence', (state, reason, end) => {
    const deletion = DeletionId.parse('del_AAAAAAAAAAAAAAAAAAAAAA');
    const tenant = TenantId.parse('acme');
    const text = messageOf({ kind: 'deletion_ended', tenant, deletion, state, reason, persons: 1 });
    expect(text).toBe(`The deletion ${deletion} of the tenant acme ${end}`);
  });
});
