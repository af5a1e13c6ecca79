import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  covers,
  freshClock,
  resume,
  standing,
  strideOf,
  trySpend,
  writeAhead,
  type Clock,
  type WrittenClock,
} from '../../src/objects/tenant/gcra.ts';
import type { Rate } from '../../src/policy/grant.ts';

/** From the environment to try others; fast-check prints it, and the path to the smallest case, when one fails. */
const SEED = Number(process.env['FC_SEED'] ?? 20_261_123);
const RUNS = { seed: SEED, numRuns: 400 };
const START = 1_795_000_000_000;

const rates = fc.oneof(
  fc.record({
    requests_per_minute: fc.integer({ min: 1, max: 600 }),
    burst: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    requests_per_minute: fc.integer({ min: 1, max: 10_000_000 }),
    burst: fc.integer({ min: 1, max: 1_000_000 }),
  }),
);

interface Step {
  readonly waitMs: number;
  readonly cost: number;
}

/** Mostly crowded, sometimes far apart. */
const stepsWith = (wait: fc.Arbitrary<number>): fc.Arbitrary<Step[]> =>
  fc.array(fc.record({ waitMs: wait, cost: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 12 })) }), {
    maxLength: 80,
  });
const forward = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 900 }),
  fc.integer({ min: 0, max: 90_000 }),
);
const anyway = fc.oneof(forward, fc.integer({ min: -5_000, max: 5_000 }));

/** Parts of requests, as exact integers: the bound must hold to the last of them. */
const parts = (requests: number) => BigInt(requests) * 60_000n;

interface Admitted {
  readonly atMs: number;
  readonly cost: number;
}

function expectNoWindowAbove(rate: Rate, admitted: readonly Admitted[]) {
  for (const [from, first] of admitted.entries()) {
    let sum = 0n;
    for (const { atMs, cost } of admitted.slice(from)) {
      sum += parts(cost);
      const most = parts(rate.burst) + BigInt(atMs - first.atMs) * BigInt(rate.requests_per_minute);
      expect(sum <= most).toBe(true);
    }
  }
}

test(`the properties below run with seed ${SEED}`, () => {
  expect(Number.isSafeInteger(SEED)).toBe(true);
});

describe('the rate', () => {
  test('never allows more than the burst and what time brings, in any window, to the last part of a request', () => {
    fc.assert(
      fc.property(rates, stepsWith(forward), (rate, steps) => {
        let clock = freshClock(START);
        let nowMs = START;
        const admitted: Admitted[] = [];
        for (const { waitMs, cost } of steps) {
          nowMs += waitMs;
          const spending = trySpend(clock, rate, cost, nowMs);
          if (!spending.allowed) continue;
          clock = spending.clock;
          admitted.push({ atMs: nowMs, cost });
        }
        expectNoWindowAbove(rate, admitted);
      }),
      RUNS,
    );
  });

  test('never allows more when time jumps back, measured by the latest time it ever saw', () => {
    fc.assert(
      fc.property(rates, stepsWith(anyway), (rate, steps) => {
        let clock = freshClock(START);
        let nowMs = START;
        let latestMs = START;
        const admitted: Admitted[] = [];
        for (const { waitMs, cost } of steps) {
          nowMs += waitMs;
          latestMs = Math.max(latestMs, nowMs);
          const spending = trySpend(clock, rate, cost, nowMs);
          if (!spending.allowed) continue;
          clock = spending.clock;
          admitted.push({ atMs: latestMs, cost });
        }
        expectNoWindowAbove(rate, admitted);
      }),
      RUNS,
    );
  });

  test('shows a remaining that is never negative, that fits, and that one more than it does not', () => {
    fc.assert(
      fc.property(rates, stepsWith(anyway), (rate, steps) => {
        let clock = freshClock(START);
        let nowMs = START;
        for (const { waitMs, cost } of steps) {
          nowMs += waitMs;
          const { remaining, resetSeconds, quota } = standing(clock, rate, nowMs);
          expect(remaining).toBeGreaterThanOrEqual(0);
          expect(remaining).toBeLessThanOrEqual(quota);
          expect(trySpend(clock, rate, remaining, nowMs).allowed).toBe(true);
          expect(trySpend(clock, rate, remaining + 1, nowMs).allowed).toBe(false);
          expect(standing(clock, rate, nowMs + resetSeconds * 1000).remaining).toBe(quota);
          const spending = trySpend(clock, rate, cost, nowMs);
          if (spending.allowed) clock = spending.clock;
        }
      }),
      RUNS,
    );
  });

  test('names a wait after which the same is allowed, and no whole second longer than needed', () => {
    fc.assert(
      fc.property(rates, stepsWith(anyway), (rate, steps) => {
        let clock = freshClock(START);
        let nowMs = START;
        for (const { waitMs, cost } of steps) {
          nowMs += waitMs;
          const spending = trySpend(clock, rate, cost, nowMs);
          if (spending.allowed) {
            clock = spending.clock;
            continue;
          }
          expect(spending.retryAfterSeconds).toBeGreaterThanOrEqual(1);
          if (cost > rate.burst) continue;
          const wait = spending.retryAfterSeconds * 1000;
          expect(trySpend(clock, rate, cost, nowMs + wait).allowed).toBe(true);
          if (wait > 1000) expect(trySpend(clock, rate, cost, nowMs + wait - 1000).allowed).toBe(false);
        }
      }),
      RUNS,
    );
  });

  test('is no fresh burst when it changes: what was spent stays spent', () => {
    fc.assert(
      fc.property(rates, rates, fc.integer({ min: 0, max: 60 }), (before, after, spent) => {
        const all = trySpend(freshClock(START), before, Math.min(spent, before.burst), START);
        if (!all.allowed) throw new Error('Within the burst.');
        const left = Math.max(0, after.burst - Math.min(spent, before.burst));
        expect(standing(all.clock, after, START).remaining).toBe(left);
      }),
      RUNS,
    );
  });

  test('refuses a cost above the burst, now and always', () => {
    const rate = { requests_per_minute: 60, burst: 3 };
    const spending = trySpend(freshClock(START), rate, 4, START);
    expect(spending).toEqual({ allowed: false, retryAfterSeconds: 1 });
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('takes no cost of %s', (cost) => {
    expect(() => trySpend(freshClock(START), { requests_per_minute: 1, burst: 1 }, cost, START)).toThrow(
      RangeError,
    );
  });
});

interface Kept {
  clock: Clock;
  written: WrittenClock | null;
}

/** What an object does with a clock: spend in memory, write ahead where the written one no longer covers it. */
function spendAndWrite(
  kept: Kept,
  rate: Rate,
  cost: number,
  nowMs: number,
): { allowed: boolean; wrote: boolean } {
  const spending = trySpend(kept.clock, rate, cost, nowMs);
  if (!spending.allowed) return { allowed: false, wrote: false };
  kept.clock = spending.clock;
  const wrote = kept.written === null || !covers(kept.written, kept.clock, rate);
  if (wrote) kept.written = writeAhead(kept.clock, rate);
  return { allowed: true, wrote };
}

describe('the clock written ahead', () => {
  test('owes at least as much as the lost one at any later time, and more by less than a stride', () => {
    fc.assert(
      fc.property(rates, stepsWith(forward), forward, (rate, steps, laterMs) => {
        const kept: Kept = { clock: freshClock(START), written: null };
        let nowMs = START;
        for (const { waitMs, cost } of steps) {
          nowMs += waitMs;
          spendAndWrite(kept, rate, cost, nowMs);
          if (kept.written === null) continue;
          for (const whenMs of [nowMs, nowMs + laterMs]) {
            const lost = standing(kept.clock, rate, whenMs).remaining;
            const left = standing(resume(kept.written, rate, whenMs), rate, whenMs).remaining;
            expect(left).toBeLessThanOrEqual(lost);
            expect(lost - left).toBeLessThan(strideOf(rate));
          }
        }
      }),
      RUNS,
    );
  });

  test('keeps the rate when memory is lost at any moment, however often', () => {
    const moments = fc.array(fc.boolean(), { minLength: 80, maxLength: 80 });
    fc.assert(
      fc.property(rates, stepsWith(forward), moments, (rate, steps, lost) => {
        let kept: Kept = { clock: freshClock(START), written: null };
        let nowMs = START;
        const admitted: Admitted[] = [];
        for (const [index, { waitMs, cost }] of steps.entries()) {
          nowMs += waitMs;
          const { written } = kept;
          if (lost[index] === true && written !== null)
            kept = { clock: resume(written, rate, nowMs), written };
          if (spendAndWrite(kept, rate, cost, nowMs).allowed) admitted.push({ atMs: nowMs, cost });
        }
        expectNoWindowAbove(rate, admitted);
      }),
      RUNS,
    );
  });

  test('is written at most once for every stride of requests and once a minute, dense or sparse', () => {
    const waits = fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 2_000 }),
      fc.integer({ min: 0, max: 20_000 }),
    );
    fc.assert(
      fc.property(rates, fc.array(waits, { maxLength: 200 }), (rate, all) => {
        const kept: Kept = { clock: freshClock(START), written: null };
        let nowMs = START;
        let spent = 0;
        let rows = 0;
        for (const waitMs of all) {
          nowMs += waitMs;
          const { allowed, wrote } = spendAndWrite(kept, rate, 1, nowMs);
          if (allowed) spent += 1;
          if (wrote) rows += 1;
        }
        expect(rows).toBeLessThanOrEqual(1 + spent / strideOf(rate) + (nowMs - START) / 60_000);
      }),
      RUNS,
    );
  });
});
