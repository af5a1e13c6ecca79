import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  covers,
  emptyBucket,
  resume,
  rewound,
  statusOf,
  strideOf,
  trySpend,
  writeAhead,
  type Bucket,
  type StoredBucket,
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

const status = (bucket: Bucket, rate: Rate, nowMs: number) => statusOf('tenant', bucket, rate, nowMs);

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
/** As a clock moves that is corrected by a second at most. */
const corrected = fc.oneof(forward, fc.integer({ min: -1000, max: 5_000 }));
const DAY_MS = 86_400_000;
const jumpingSteps = fc.array(
  fc.record({
    waitMs: forward,
    jumpMs: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      fc.integer({ min: -2_000, max: 2_000 }),
      fc.integer({ min: -DAY_MS, max: DAY_MS }),
      fc.constantFrom(-DAY_MS, DAY_MS),
    ),
    cost: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 12 })),
  }),
  { maxLength: 80 },
);

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

test(`The properties of this file run with seed ${SEED}`, () => {
  expect(Number.isSafeInteger(SEED)).toBe(true);
});

describe('Rate', () => {
  test('The rate never allows more than the burst and what time brings, in any window, to the last part of a request', () => {
    fc.assert(
      fc.property(rates, stepsWith(forward), (rate, steps) => {
        let bucket = emptyBucket(START);
        let nowMs = START;
        const admitted: Admitted[] = [];
        for (const { waitMs, cost } of steps) {
          nowMs += waitMs;
          const spending = trySpend(bucket, rate, cost, nowMs);
          if (!spending.allowed) continue;
          bucket = spending.bucket;
          admitted.push({ atMs: nowMs, cost });
        }
        expectNoWindowAbove(rate, admitted);
      }),
      RUNS,
    );
  });

  test('Jumps of the clock allow at most what each jump ahead is worth, and a burst for each', () => {
    fc.assert(
      fc.property(rates, jumpingSteps, (rate, steps) => {
        let bucket = emptyBucket(START);
        let trueMs = START;
        let nowMs = START;
        let sum = 0n;
        let jumps = 0n;
        for (const { waitMs, jumpMs, cost } of steps) {
          trueMs += waitMs;
          nowMs += waitMs + jumpMs;
          const ahead = BigInt(Math.max(0, jumpMs)) * BigInt(rate.requests_per_minute);
          jumps += ahead < parts(rate.burst) ? ahead : parts(rate.burst);
          bucket = rewound(bucket, nowMs) ?? bucket;
          const spending = trySpend(bucket, rate, cost, nowMs);
          if (!spending.allowed) continue;
          bucket = spending.bucket;
          sum += parts(cost);
          const time = BigInt(trueMs - START) * BigInt(rate.requests_per_minute);
          expect(sum <= parts(rate.burst) + time + jumps).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test('A clock that jumped refuses for no longer than a full bucket takes to pay off and a second', () => {
    fc.assert(
      fc.property(rates, jumpingSteps, (rate, steps) => {
        let bucket = emptyBucket(START);
        let nowMs = START;
        for (const { waitMs, jumpMs, cost } of steps) {
          nowMs += waitMs + jumpMs;
          bucket = rewound(bucket, nowMs) ?? bucket;
          const spending = trySpend(bucket, rate, cost, nowMs);
          if (spending.allowed) bucket = spending.bucket;
          else
            expect(spending.retryAfterSeconds).toBeLessThanOrEqual(
              status(bucket, rate, nowMs).windowSeconds + 1,
            );
        }
      }),
      RUNS,
    );
  });

  test('The remaining number is never negative, it fits, and one more does not', () => {
    fc.assert(
      fc.property(rates, stepsWith(corrected), (rate, steps) => {
        let bucket = emptyBucket(START);
        let nowMs = START;
        for (const { waitMs, cost } of steps) {
          nowMs += waitMs;
          bucket = rewound(bucket, nowMs) ?? bucket;
          const { remaining, resetSeconds, quota } = status(bucket, rate, nowMs);
          expect(remaining).toBeGreaterThanOrEqual(0);
          expect(remaining).toBeLessThanOrEqual(quota);
          expect(trySpend(bucket, rate, remaining, nowMs).allowed).toBe(true);
          expect(trySpend(bucket, rate, remaining + 1, nowMs).allowed).toBe(false);
          expect(status(bucket, rate, nowMs + resetSeconds * 1000).remaining).toBe(quota);
          const spending = trySpend(bucket, rate, cost, nowMs);
          if (spending.allowed) bucket = spending.bucket;
        }
      }),
      RUNS,
    );
  });

  test('The named wait is enough for the same request, and no whole second longer than needed', () => {
    fc.assert(
      fc.property(rates, stepsWith(corrected), (rate, steps) => {
        let bucket = emptyBucket(START);
        let nowMs = START;
        for (const { waitMs, cost } of steps) {
          nowMs += waitMs;
          bucket = rewound(bucket, nowMs) ?? bucket;
          const spending = trySpend(bucket, rate, cost, nowMs);
          if (spending.allowed) {
            bucket = spending.bucket;
            continue;
          }
          expect(spending.retryAfterSeconds).toBeGreaterThanOrEqual(1);
          if (cost > rate.burst) continue;
          const wait = spending.retryAfterSeconds * 1000;
          expect(trySpend(bucket, rate, cost, nowMs + wait).allowed).toBe(true);
          if (wait > 1000) expect(trySpend(bucket, rate, cost, nowMs + wait - 1000).allowed).toBe(false);
        }
      }),
      RUNS,
    );
  });

  test('A changed rate is no fresh burst: what was spent stays spent', () => {
    fc.assert(
      fc.property(rates, rates, fc.integer({ min: 0, max: 60 }), (before, after, spent) => {
        const all = trySpend(emptyBucket(START), before, Math.min(spent, before.burst), START);
        if (!all.allowed) throw new Error('Within the burst.');
        const left = Math.max(0, after.burst - Math.min(spent, before.burst));
        expect(status(all.bucket, after, START).remaining).toBe(left);
      }),
      RUNS,
    );
  });

  test('A cost above the burst is refused now and always', () => {
    const rate = { requests_per_minute: 60, burst: 3 };
    const spending = trySpend(emptyBucket(START), rate, 4, START);
    expect(spending).toEqual({ allowed: false, retryAfterSeconds: 1 });
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'A cost of %s is refused as a defect',
    (cost) => {
      expect(() => trySpend(emptyBucket(START), { requests_per_minute: 1, burst: 1 }, cost, START)).toThrow(
        RangeError,
      );
    },
  );
});

interface Cached {
  bucket: Bucket;
  stored: StoredBucket | null;
}

/** What an object does with a bucket: spend in memory, write ahead where the stored one no longer covers it. */
function spendAndWrite(
  cached: Cached,
  rate: Rate,
  cost: number,
  nowMs: number,
): { allowed: boolean; wrote: boolean } {
  const spending = trySpend(cached.bucket, rate, cost, nowMs);
  if (!spending.allowed) return { allowed: false, wrote: false };
  cached.bucket = spending.bucket;
  const wrote = cached.stored === null || !covers(cached.stored, cached.bucket, rate);
  if (wrote) cached.stored = writeAhead(cached.bucket, rate);
  return { allowed: true, wrote };
}

describe('Stored level', () => {
  test('The stored level owes at least as much as the lost one at any later time, and more by less than a stride', () => {
    fc.assert(
      fc.property(rates, stepsWith(forward), forward, (rate, steps, laterMs) => {
        const cached: Cached = { bucket: emptyBucket(START), stored: null };
        let nowMs = START;
        for (const { waitMs, cost } of steps) {
          nowMs += waitMs;
          spendAndWrite(cached, rate, cost, nowMs);
          if (cached.stored === null) continue;
          for (const whenMs of [nowMs, nowMs + laterMs]) {
            const lost = status(cached.bucket, rate, whenMs).remaining;
            const left = status(resume(cached.stored, rate, whenMs), rate, whenMs).remaining;
            expect(left).toBeLessThanOrEqual(lost);
            expect(lost - left).toBeLessThan(strideOf(rate));
          }
        }
      }),
      RUNS,
    );
  });

  test('The rate holds when memory is lost at any moment, however often', () => {
    const moments = fc.array(fc.boolean(), { minLength: 80, maxLength: 80 });
    fc.assert(
      fc.property(rates, stepsWith(forward), moments, (rate, steps, lost) => {
        let cached: Cached = { bucket: emptyBucket(START), stored: null };
        let nowMs = START;
        const admitted: Admitted[] = [];
        for (const [index, { waitMs, cost }] of steps.entries()) {
          nowMs += waitMs;
          const { stored } = cached;
          if (lost[index] === true && stored !== null)
            cached = { bucket: resume(stored, rate, nowMs), stored };
          if (spendAndWrite(cached, rate, cost, nowMs).allowed) admitted.push({ atMs: nowMs, cost });
        }
        expectNoWindowAbove(rate, admitted);
      }),
      RUNS,
    );
  });

  test('The level is stored at most once for every stride of requests and once a minute, dense or sparse', () => {
    const waits = fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 2_000 }),
      fc.integer({ min: 0, max: 20_000 }),
    );
    fc.assert(
      fc.property(rates, fc.array(waits, { maxLength: 200 }), (rate, all) => {
        const cached: Cached = { bucket: emptyBucket(START), stored: null };
        let nowMs = START;
        let spent = 0;
        let rows = 0;
        for (const waitMs of all) {
          nowMs += waitMs;
          const { allowed, wrote } = spendAndWrite(cached, rate, 1, nowMs);
          if (allowed) spent += 1;
          if (wrote) rows += 1;
        }
        expect(rows).toBeLessThanOrEqual(1 + spent / strideOf(rate) + (nowMs - START) / 60_000);
      }),
      RUNS,
    );
  });
});
