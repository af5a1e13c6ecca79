/** PostHog's quota, shared by the tenants of a project over four isolates, in front of a PostHog that throttles. */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { startWorker } from '../../scripts/worker.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { clientOf, parsed, until } from '../support/client.ts';
import { problem } from '../support/problem.ts';
import { sandboxControl } from '../support/sandbox.ts';
import { ADMIN_TOKEN, KEY, SECRETS } from '../support/secrets.ts';
import { launch, UNHURRIED } from '../support/stack.ts';
import { tenantsOf, type Tenants } from '../support/tenants.ts';

const PER_MINUTE = Number(process.env['SHARE_PER_MINUTE'] ?? 1200);
const SECONDS = Number(process.env['SHARE_SECONDS'] ?? 12);
const ISOLATES = 4;
const LIST = '/api/projects/1/persons/?limit=1';

const sandboxWorker = await launch('src/sandbox/wrangler.toml', { SANDBOX_API_KEY: KEY });
const sandbox = sandboxControl(sandboxWorker.origin);

const gateway = await startWorker({
  config: 'wrangler.toml',
  port: 0,
  bindings: {
    ...SECRETS,
    ...UNHURRIED,
    UPSTREAM_REQUESTS_PER_MINUTE: String(PER_MINUTE),
    POSTHOG_HOST: sandboxWorker.origin,
  },
  stateFolder: null,
  onLine: () => undefined,
  isolates: ISOLATES,
});
const sends = gateway.origins.map((origin) => clientOf(origin));
const [send] = sends;
if (send === undefined) throw new Error('There is no isolate.');
const admin: Parameters<typeof tenantsOf>[0] = (method, path, json) =>
  send(method, `/admin/v1/tenants${path}`, { token: ADMIN_TOKEN, ...(json === undefined ? {} : { json }) });
const tenants: Tenants = tenantsOf(admin, send);
const agent = new Agent({ keepAlive: true });

afterAll(async () => {
  agent.destroy();
  await Promise.all([gateway.stop(), sandboxWorker.stop()]);
});

beforeEach(() => sandbox.reset({ throttle: { per_minute: PER_MINUTE } }));

interface Called {
  readonly status: number;
  readonly code: unknown;
  readonly ms: number;
}

/** Asks an isolate for a page, on a connection that stays open. */
function call(nth: number, token: string): Promise<Called> {
  const sentMs = performance.now();
  const url = `${gateway.origins[nth % ISOLATES] ?? ''}${LIST}`;
  return new Promise((resolve, reject) => {
    const asked = httpRequest(url, { agent, headers: { authorization: `Bearer ${token}` } }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const body = parsed(text) as { code?: unknown };
        resolve({ status: incoming.statusCode ?? 0, code: body.code, ms: performance.now() - sentMs });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

const throttled = async () => (await sandbox.received()).filter(({ status }) => status === 429);

describe('Tenants of one project', () => {
  test('Nine tenants that ask for half their share get it beside one with 200 callers, and PostHog refuses nothing', async () => {
    const greedy = await tenants.fresh();
    const modest = await Promise.all(Array.from({ length: 9 }, () => tenants.fresh()));
    const endMs = performance.now() + SECONDS * 1000;
    const ofGreedy: Called[] = [];
    const caller = async (nth: number): Promise<void> => {
      while (performance.now() < endMs) {
        const called = await call(nth, greedy.token);
        ofGreedy.push(called);
        if (called.status !== 200) await sleep(500);
      }
    };
    const everyMs = 60_000 / (PER_MINUTE / 10 / 2);
    const asking = async (token: string, offset: number): Promise<Called[]> => {
      await sleep(((offset + 1) * everyMs) / 10);
      const calls: Promise<Called>[] = [];
      while (performance.now() < endMs) {
        calls.push(call(offset + calls.length, token));
        await sleep(everyMs);
      }
      return Promise.all(calls);
    };
    const [all] = await Promise.all([
      Promise.all(modest.map(({ token }, nth) => asking(token, nth))),
      ...Array.from({ length: 200 }, (_, nth) => caller(nth)),
    ]);
    for (const calls of all) {
      const served = calls.filter(({ status }) => status === 200);
      expect(calls.length).toBeGreaterThan(2);
      expect(served.length / calls.length).toBeGreaterThanOrEqual(0.99);
    }
    expect(await throttled()).toEqual([]);
    const refused = ofGreedy.filter(({ status }) => status !== 200);
    expect(new Set(refused.map(({ code }) => code))).toEqual(
      new Set(refused.length === 0 ? [] : ['upstream_share_exhausted']),
    );
    const lent = ofGreedy.length - refused.length;
    expect(lent, 'what is left over is lent out').toBeGreaterThan(((PER_MINUTE * SECONDS) / 60) * 0.3);
    // A measurement by hand: `SHARE_PER_MINUTE=240 SHARE_SECONDS=75`. A busy machine says nothing of the share.
    if (process.env['SHARE_SECONDS'] !== undefined) {
      const waits = all
        .flat()
        .map(({ ms }) => ms)
        .toSorted((a, b) => a - b);
      const prompt = waits.filter((ms) => ms <= 1000).length / waits.length;
      const measured = { asked: waits.length, prompt, worstMs: waits.at(-1), lent, refused: refused.length };
      process.stdout.write(`${JSON.stringify(measured)}\n`);
    }
  });

  test('A PostHog that says 429 is left alone by every isolate, until it may be asked again', async () => {
    const { token } = await tenants.fresh();
    await sandbox.fault({ kind: 'status', status: 429, retry_after_seconds: 30 });
    problem(await send('GET', LIST, { token }), 'upstream_rate_limited');
    await until('the shield has heard of it', async () => {
      const answer = await send('GET', LIST, { token });
      return Number(answer.headers['retry-after'] ?? 0) > LIMITS.shareWaitMsMax / 1000 ? answer : undefined;
    });
    await sandbox.forget();
    for (const ask of sends) {
      const answer = await ask('GET', LIST, { token });
      problem(answer, 'upstream_rate_limited');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(LIMITS.shareWaitMsMax / 1000);
    }
    expect(await sandbox.received()).toEqual([]);
  });
});
