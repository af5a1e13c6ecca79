/** Four isolates over the same objects: together they admit what the rate allows. */
import { describe, expect, test } from 'vitest';
import { until } from '../support/client.ts';
import { load, startIsolates, type Called } from '../support/isolates/workers.ts';

const ISOLATES = 4;
const { origins, tenants } = await startIsolates(ISOLATES);

const CALLERS = 64;
const READING = ['person:read', 'cohort:read'];
/** Milliseconds: a part of a lease's term. */
const WINDOW_MS = 250;
/** Windows of a used-up rate that have to be seen. */
const WINDOWS = 12;

/** Milliseconds that a machine may take which stands still again and again. */
const PATIENCE_MS = 150_000;

const windowOf = (ms: number, startedMs: number) => Math.floor((ms - startedMs) / WINDOW_MS);

/**
 * The windows in which the rate was used up: each isolate refused somebody, and had no lease left, in them and in those
 * beside. A machine that stands still for a while has fewer of them.
 */
function usedUp(called: readonly Called[], startedMs: number): Set<number> {
  const refusing = new Map<number, Set<number>>();
  for (const { isolate, answeredMs } of called.filter(({ status }) => status === 429)) {
    const at = windowOf(answeredMs, startedMs);
    refusing.set(at, (refusing.get(at) ?? new Set()).add(isolate));
  }
  const isFull = (at: number) => refusing.get(at)?.size === ISOLATES;
  return new Set([...refusing.keys()].filter((at) => isFull(at - 1) && isFull(at) && isFull(at + 1)));
}

describe('The rate over four isolates', () => {
  test(
    'Callers of four isolates are admitted no more than the rate allows, and almost all of it',
    async () => {
      const rate = { requests_per_minute: 3600, burst: 300 };
      const { token } = await tenants.fresh({ scopes: READING, rate });
      // A caller that is refused comes back sooner than a request is paid off for it, so that the rate is always used up.
      const startedMs = performance.now();
      const { called, stop } = load(origins, token, CALLERS, ({ status }) => (status === 200 ? 0 : 200));
      await until(
        'the rate is used up for long enough',
        () => (usedUp(called, startedMs).size >= WINDOWS ? true : undefined),
        PATIENCE_MS,
      );
      await stop();
      const paidOff = (ms: number) => (ms * rate.requests_per_minute) / 60_000;
      const endedMs = performance.now() - startedMs;
      const admitted = called.filter(({ status }) => status === 200);
      expect(new Set(called.map(({ status }) => status))).toEqual(new Set([200, 429]));
      expect(admitted.length).toBeGreaterThanOrEqual(rate.burst);
      expect(admitted.length).toBeLessThanOrEqual(rate.burst + paidOff(endedMs + 2));
      const windows = usedUp(called, startedMs);
      const inThem = admitted.filter(({ answeredMs }) => windows.has(windowOf(answeredMs, startedMs)));
      // What is admitted at the end of a window may be answered behind it.
      const ends = [...windows].filter((at) => !windows.has(at + 1)).length;
      expect(inThem.length).toBeGreaterThanOrEqual(0.95 * paidOff((windows.size - ends) * WINDOW_MS));
    },
    2 * PATIENCE_MS,
  );
});
