/** Four isolates over the same objects: together they admit what the rate allows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { load, startIsolates } from '../support/isolates/workers.ts';

const { origins, tenants } = await startIsolates(4);

const CALLERS = 256;
const LOADED_MS = 5000;
const READING = ['person:read', 'cohort:read'];

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
