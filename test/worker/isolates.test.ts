/**
 * Four isolates over the same objects: together they admit what the rate allows, and what is revoked, suspended or narrowed
 * is so in each of them when it is answered. `ISOLATE_ROUNDS` sets how often that is tried.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { load, startIsolates, type Called } from '../support/isolates.ts';
import { together } from '../support/client.ts';

const { origins, admin, tenants, crash } = await startIsolates(4);

const ROUNDS = Number(process.env['ISOLATE_ROUNDS'] ?? 20);
const SEED = Number(process.env['FC_SEED'] ?? 20_261_128);
/** Rounds at once: each has a tenant of its own. */
const AT_ONCE = 4;
const CALLERS = 256;
const LOADED_MS = 5000;
const READING = ['person:read', 'cohort:read'];

/** The largest prime below 2^31 and a generator of it. */
function* randomFrom(seed: number): Generator<number, never> {
  let state = (seed % 2_147_483_646) + 1;
  for (;;) {
    state = (state * 48_271) % 2_147_483_647;
    yield state / 2_147_483_647;
  }
}

describe('The rate over four isolates', () => {
  test('Callers of four isolates are admitted no more than the rate allows, and almost all of it', async () => {
    // The burst is that of the whole time: a machine that stands still for a while loses none of it.
    const rate = { requests_per_minute: 3600, burst: 300 };
    const { token } = await tenants.fresh({ scopes: READING, rate });
    // A caller that is refused comes back sooner than a request is paid off for it, so that the rate is always used up.
    const callers = load(origins, token, CALLERS, ({ status }) => (status === 200 ? 0 : 200));
    const startedMs = performance.now();
    await sleep(LOADED_MS);
    const loadedMs = performance.now() - startedMs;
    const called = await callers.stop();
    const endedMs = performance.now() - startedMs;
    const admitted = called.filter(({ status }) => status === 200).length;
    const allowed = (ms: number) => rate.burst + ((ms + 2) * rate.requests_per_minute) / 60_000;
    expect(new Set(called.map(({ status }) => status))).toEqual(new Set([200, 429]));
    expect(admitted).toBeLessThanOrEqual(allowed(endedMs));
    expect(admitted).toBeGreaterThanOrEqual(0.95 * allowed(loadedMs));
  });
});

interface Change {
  readonly make: (tenant: string, id: string) => Promise<{ status: number }>;
  /** True for an answer that no isolate may give any more. */
  readonly forbids: (called: Called) => boolean;
}

const CHANGES: readonly Change[] = [
  {
    make: (tenant, id) => admin('DELETE', `/${tenant}/tokens/${id}`),
    forbids: ({ code }) => code !== 'token_revoked',
  },
  {
    make: (tenant) => admin('POST', `/${tenant}/suspend`),
    forbids: ({ code }) => code !== 'tenant_suspended',
  },
  {
    make: (tenant) => admin('PATCH', `/${tenant}`, { scopes: ['cohort:read'] }),
    forbids: ({ status, scopes }) => status !== 200 || scopes.includes('person:read'),
  },
];

interface Round {
  /** Answers to requests that were sent after the change was answered. */
  readonly after: readonly Called[];
  readonly forbidden: readonly Called[];
  /** Answers before, and those of them that came from a lease. */
  readonly before: number;
  readonly leased: number;
}

/** The change is asked for until it is answered: an object that restarts in between answers nobody. */
async function round(nth: number): Promise<Round> {
  const random = randomFrom(SEED + nth * 7919);
  const { make, forbids } = CHANGES[nth % CHANGES.length]!;
  // So slow that an answer by the object leaves less than the one before.
  const rate = { requests_per_minute: 1, burst: 1_000_000 };
  const { tenant, token, id } = await tenants.fresh({ scopes: READING, rate });
  const callers = load(origins, token, 8, () => 1);
  await sleep(300 + random.next().value * 1200);
  // An object that has just restarted has given no lease yet, and those from before may still be used.
  if (random.next().value < 0.4) await crash(tenant);
  let isAnswered = false;
  const crashing = random.next().value < 0.4;
  const delayMs = random.next().value * LIMITS.leaseTermMs;
  const changing = (async () => {
    while (!isAnswered) isAnswered = (await make(tenant, id)).status < 300;
    return performance.now();
  })();
  if (crashing) {
    await sleep(delayMs);
    if (!isAnswered) await crash(tenant);
  }
  const answeredMs = await changing;
  await sleep(LIMITS.leaseTermMs + 300);
  const called = await callers.stop();
  const after = called.filter(({ sentMs }) => sentMs > answeredMs);
  const before = called.filter(({ sentMs }) => sentMs <= answeredMs);
  const leased = before.filter(
    ({ remaining }, at) => remaining !== null && remaining === before[at - 1]?.remaining,
  );
  return { after, forbidden: after.filter(forbids), before: before.length, leased: leased.length };
}

describe('Changes under load', () => {
  test(
    `What is revoked, suspended or narrowed ${ROUNDS} times is so in every isolate once it is answered, wherever objects restart`,
    async () => {
      const rounds = await together(Array.from({ length: ROUNDS }), (_, nth) => round(nth), AT_ONCE);
      for (const { after, forbidden, before } of rounds) {
        expect(forbidden).toEqual([]);
        expect([after.length > 0, before > 0]).toEqual([true, true]);
      }
      expect(rounds.reduce((sum, { leased }) => sum + leased, 0)).toBeGreaterThan(10 * ROUNDS);
    },
    600_000 + ROUNDS * 5000,
  );
});
