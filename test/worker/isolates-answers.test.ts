/**
 * Four isolates over the same objects give answers again: one call to PostHog for many readers, and after a change none of
 * them gives what was true before it. `ISOLATE_ROUNDS` sets how often that is tried.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startWorker } from '../../scripts/worker.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { clientOf, letPass, together, type Answer } from '../support/client.ts';
import { sandboxControl } from '../support/sandbox.ts';
import { ADMIN_TOKEN, KEY, SECRETS } from '../support/secrets.ts';
import { launch, UNHURRIED } from '../support/stack.ts';
import { tenantsOf } from '../support/tenants.ts';

const ROUNDS = Number(process.env['ISOLATE_ROUNDS'] ?? 20);
/** Twenty of each thing, where nothing is said. */
const READS = 100 * ROUNDS;
const ISOLATES = 4;
const PERSONS = '/api/projects/1/persons';
const FUNNEL = {
  events: [
    { id: '$pageview', type: 'events', order: 0 },
    { id: 'paid', type: 'events', order: 1 },
  ],
  funnel_step: 1,
  date_from: '-30d',
};
const REMEMBERS = { reads: { remember_seconds: 60 } } as const;

const sandboxWorker = await launch('src/sandbox/wrangler.toml', {
  SANDBOX_API_KEY: KEY,
  SANDBOX_GENERATION: 'B',
});
const sandbox = sandboxControl(sandboxWorker.origin);
const gateway = await startWorker({
  config: 'wrangler.toml',
  port: 0,
  bindings: { ...SECRETS, ...UNHURRIED, POSTHOG_HOST: sandboxWorker.origin, POSTHOG_GENERATION: 'B' },
  stateFolder: null,
  onLine: () => undefined,
  isolates: ISOLATES,
});
const sends = gateway.origins.map((origin) => clientOf(origin));
const sendAt = (nth: number) => {
  const send = sends[nth % sends.length];
  if (send === undefined) throw new Error('There is no isolate.');
  return send;
};
const send = sendAt(0);
const admin = (method: string, path: string, json?: unknown): Promise<Answer> =>
  send(method, `/admin/v1/tenants${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });
const tenants = tenantsOf(admin, send);
const evictShield = () =>
  gateway.miniflare.unsafeEvictDurableObject('hedgerow', 'Shield', { name: '1' }).catch(() => undefined);

afterAll(() => Promise.all([gateway.stop(), sandboxWorker.stop()]));
beforeEach(() => sandbox.reset({ generation: 'B' }));

const uuidOf = (nth: number): string => `0000000a-0000-4000-8000-${nth.toString(16).padStart(12, '0')}`;
const person = (nth: number, state = 'first') => ({
  project_id: 1,
  distinct_ids: [`one-${nth}`],
  uuid: uuidOf(nth),
  properties: { state },
});

describe('Readers of four isolates', () => {
  test('A hundred things that two hundred tokens of twenty tenants read again and again are a hundred calls to PostHog', async () => {
    await sandbox.addPersons(Array.from({ length: 100 }, (_, nth) => person(nth)));
    const tokens = (
      await together(
        Array.from({ length: 20 }),
        async () => {
          const { tenant } = await tenants.fresh(REMEMBERS);
          return Promise.all(Array.from({ length: 10 }, () => tenants.mint(tenant)));
        },
        4,
      )
    ).flat();
    await sandbox.forget();
    let late = 0;
    const read = async (nth: number): Promise<Answer> => {
      const sentMs = performance.now();
      const path = `${PERSONS}/${uuidOf((nth * 37) % 100)}/`;
      const answer = await sendAt(nth)('GET', path, {
        token: tokens[(nth * 7) % tokens.length]?.token ?? '',
      });
      if (performance.now() - sentMs >= LIMITS.tombstoneLeaseMs) late += 1;
      return answer;
    };
    const answers = await together(Array.from({ length: READS }), (_, nth) => read(nth), 16);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    for (const [nth, { text }] of answers.entries()) expect(text).toContain(uuidOf((nth * 37) % 100));
    // A read that hears too late of the epoch asks PostHog by itself, so that a machine that stands still costs calls.
    expect((await sandbox.received()).length).toBeLessThanOrEqual(100 + late);
    expect(late).toBeLessThan(READS / 2);
  }, 300_000);
});

describe('Callers of four isolates who let nothing be remembered', () => {
  test('The same query by forty callers at the same time is asked once', async () => {
    const { token } = await tenants.fresh();
    await together([0, 1, 2, 3], (nth) => sendAt(nth)('GET', `${PERSONS}/?limit=1`, { token }), 4);
    await sandbox.forget();
    await sandbox.hold();
    const ask = (isolate: number, json: object) =>
      sendAt(isolate)('POST', `${PERSONS}/funnel/`, { token, json });
    const asking = Array.from({ length: 40 }, (_, nth) => ask(nth, FUNNEL));
    await sandbox.arrived(1);
    for (let isolate = 0; isolate < ISOLATES; isolate += 1)
      await letPass((nth) => ask(isolate, { ...FUNNEL, date_from: `-${10 * isolate + nth}d` }));
    const sent = (await sandbox.received()).map(({ body }) => body);
    await sandbox.release();
    const answers = await Promise.all(asking);
    // Links lead to the isolate that was asked.
    const texts = answers.map(({ text }) => text.replaceAll(/127\.0\.0\.1:\d+/g, 'here'));
    expect(new Set(texts).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(new Set(sent).size).toBe(sent.length);
    expect(await sandbox.received()).toHaveLength(sent.length);
  });
});

describe('Readers while the shield restarts', () => {
  test('A reader who waits for another is given the answer to its own read, whatever was asked before the restart', async () => {
    const [before, after] = [await tenants.fresh(REMEMBERS), await tenants.fresh(REMEMBERS)];
    const read = (isolate: number, token: string, nth: number) =>
      sendAt(isolate)('GET', `${PERSONS}/${uuidOf(nth)}/`, { token });
    await sandbox.addPersons([person(0), person(1)]);
    await evictShield();
    await sandbox.forget();
    await sandbox.hold({ path_contains: uuidOf(0) });
    const early = read(0, before.token, 0);
    await sandbox.arrived(1);
    await evictShield();
    // Long enough for the other readers to come and wait for the first.
    await sandbox.fault({ kind: 'slow', delay_ms: 3000, path_contains: uuidOf(1) });
    const leading = read(1, after.token, 1);
    await sandbox.arrived(2);
    const waiting = [2, 3].map((isolate) => read(isolate, after.token, 1));
    await sleep(1000);
    await sandbox.release();
    expect((await early).text).toContain(uuidOf(0));
    for (const { status, text } of [await leading, ...(await Promise.all(waiting))]) {
      expect(status).toBe(200);
      expect(text).toContain(uuidOf(1));
      expect(text).not.toContain(uuidOf(0));
    }
    expect((await sandbox.received()).length).toBe(2);
  });
});

/** Changes of one person, and what tells an answer from before the change. */
const CHANGES = [
  {
    what: 'changed',
    make: (token: string, nth: number, isolate: number) =>
      sendAt(isolate)('POST', `${PERSONS}/${uuidOf(nth)}/update_property/`, {
        token,
        json: { key: 'state', value: `second-${nth}` },
      }),
    isOld: ({ status, text }: Answer, nth: number) => status !== 200 || !text.includes(`second-${nth}`),
  },
  {
    what: 'deleted',
    make: (token: string, nth: number, isolate: number) =>
      sendAt(isolate)('POST', `${PERSONS}/bulk_delete/`, { token, json: { ids: [uuidOf(nth)] } }),
    isOld: ({ text }: Answer, nth: number) => text.includes(`one-${nth}`),
  },
] as const;

describe('Changes while answers are given again', () => {
  test.each(CHANGES)(
    `A person who is $what ${ROUNDS} times is shown by no isolate as before once that is answered, wherever the shield restarts`,
    async ({ make, isOld }) => {
      const readers = await Promise.all(Array.from({ length: 8 }, () => tenants.fresh(REMEMBERS)));
      const writer = await tenants.fresh();
      let old = 0;
      let remembered = 0;
      for (let nth = 0; nth < ROUNDS; nth += 1) {
        await sandbox.addPersons([person(nth)]);
        let answered = false;
        const read = async (isolate: number): Promise<void> => {
          for (let left = 6; left > 0;) {
            // Whether the change was answered is known before the read is sent.
            const isAfter = answered;
            if (isAfter) left -= 1;
            const token = readers[isolate % readers.length]?.token ?? '';
            const answer = await sendAt(isolate)('GET', `${PERSONS}/${uuidOf(nth)}/`, { token });
            if (answer.headers['age'] !== undefined) remembered += 1;
            if (isAfter && isOld(answer, nth)) old += 1;
          }
        };
        const reading = Promise.all(Array.from({ length: 8 }, (_, isolate) => read(isolate)));
        if (nth % 4 === 1) await evictShield();
        const changed = await make(writer.token, nth, nth);
        expect([200, 202], changed.text).toContain(changed.status);
        answered = true;
        if (nth % 4 === 2) await evictShield();
        await reading;
      }
      expect(old).toBe(0);
      expect(remembered).toBeGreaterThan(0);
    },
    120_000 + ROUNDS * 5000,
  );
});
