/** The arithmetic of leases: whatever is spent, given back or lost, the rate holds to the last part of a request. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { requestsToLease } from '../../src/objects/tenant/lease-book.ts';
import {
  covers,
  emptyBucket,
  lend,
  resume,
  settle,
  trySpend,
  writeAhead,
} from '../../src/objects/tenant/gcra.ts';
import type { Rate } from '../../src/policy/grant.ts';
import { RateInNode, type Admitted } from '../support/model/tenant-rate.ts';

const SEED = Number(process.env['FC_SEED'] ?? 20_261_128);
const RUNS = { seed: SEED, numRuns: Number(process.env['FC_RUNS'] ?? 400) };
const START = 1_795_000_000_000;
const DAY_MS = 86_400_000;
const ISOLATES = 3;
/** More than most bursts of these properties. */
const FLOOD = 60;

const rate = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      requests_per_minute: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 3000 })),
      burst: fc.integer({ min: 8, max: 60 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      requests_per_minute: fc.integer({ min: 1, max: 10_000_000 }),
      burst: fc.integer({ min: 1, max: 1_000_000 }),
    }),
  },
);
const rates = fc.array(rate, { minLength: 1, maxLength: 2 });

type Step =
  /** So many requests, one after the other, in one isolate. */
  | { readonly kind: 'requests'; readonly isolate: number; readonly times: number; readonly cost: number }
  | { readonly kind: 'everywhere'; readonly times: number }
  /** A question that is long under way, and requests of the same isolate meanwhile. */
  | {
      readonly kind: 'late';
      readonly isolate: number;
      readonly cost: number;
      readonly times: number;
      readonly beforeMs: number;
      readonly afterMs: number;
    }
  /** A question that is answered later, or never. */
  | { readonly kind: 'ask'; readonly isolate: number; readonly cost: number }
  | { readonly kind: 'arrive' | 'deliver' | 'lose'; readonly nth: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'restart' }
  | { readonly kind: 'forget'; readonly isolate: number }
  | { readonly kind: 'jump'; readonly ms: number }
  | { readonly kind: 'isolate jumps'; readonly isolate: number; readonly ms: number };

const isolate = fc.nat(ISOLATES - 1);
const cost = fc.oneof({ weight: 5, arbitrary: fc.constant(1) }, fc.integer({ min: 0, max: 9 }));
const usual: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('requests'),
      isolate,
      cost,
      times: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 40 })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('everywhere'), times: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('late'),
      isolate,
      cost,
      times: fc.nat(5),
      beforeMs: fc.nat(900),
      afterMs: fc.nat(900),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ask'), isolate, cost }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('arrive', 'deliver', 'lose'), nth: fc.nat(5) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait'),
      ms: fc.oneof(
        { weight: 6, arbitrary: fc.nat(300) },
        { weight: 4, arbitrary: fc.integer({ min: 600, max: 1100 }) },
        { weight: 1, arbitrary: fc.nat(20_000) },
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget'), isolate }) },
];
const restarting: fc.WeightedArbitrary<Step> = {
  weight: 1,
  arbitrary: fc.record({ kind: fc.constant('restart') }),
};
/** Set back so far that it is seen, or ahead. */
const jumping: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('jump'),
      ms: fc.oneof(
        fc.integer({ min: -2000, max: 2000 }),
        fc.integer({ min: -DAY_MS, max: DAY_MS }),
        fc.constantFrom(-DAY_MS, DAY_MS),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('isolate jumps'),
      isolate,
      ms: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.constant(-DAY_MS)),
    }),
  },
];
const stepsOf = (...kinds: fc.WeightedArbitrary<Step>[]) => fc.array(fc.oneof(...kinds), { maxLength: 60 });

function take(world: RateInNode, step: Step): void {
  switch (step.kind) {
    case 'requests':
      for (let sent = 0; sent < step.times; sent += 1) world.ask(step.isolate, step.cost);
      return;
    case 'everywhere':
      for (let nth = 0; nth < ISOLATES; nth += 1)
        take(world, { kind: 'requests', isolate: nth, times: step.times, cost: 1 });
      return;
    case 'late': {
      const late = world.request(step.isolate, step.cost);
      world.nowMs += step.beforeMs;
      if (late === null) return;
      take(world, { ...step, kind: 'requests', cost: 1 });
      world.arrive(late);
      world.nowMs += step.afterMs;
      return world.deliver(late);
    }
    case 'ask':
      world.request(step.isolate, step.cost);
      return;
    case 'arrive':
    case 'deliver':
    case 'lose': {
      const question = world.pending(step.nth);
      if (question === undefined) return;
      if (step.kind === 'lose') return world.lose(question);
      if (question.admission === null) world.arrive(question);
      return step.kind === 'deliver' ? world.deliver(question) : undefined;
    }
    case 'wait':
      world.nowMs += step.ms;
      return;
    case 'restart':
      return world.restart();
    case 'forget':
      return world.forget(step.isolate);
    case 'jump':
      world.aheadMs += step.ms;
      return;
    case 'isolate jumps':
      return world.moveClockOf(step.isolate, step.ms);
  }
}

/**
 * Lives through the steps, and looks after each. At the end every isolate uses what is leased to it and asks for all that is
 * left: what was given too much shows then.
 */
function live(
  given: readonly Rate[],
  steps: readonly Step[],
  look: (world: RateInNode, step: Step) => void,
): RateInNode {
  const world = new RateInNode(given, ISOLATES, START);
  try {
    for (const step of steps) {
      take(world, step);
      look(world, step);
    }
    for (const wait of [0, 900, 200]) {
      take(world, { kind: 'wait', ms: wait });
      for (let nth = 0; nth < ISOLATES; nth += 1) {
        const flood: Step = { kind: 'requests', isolate: nth, times: FLOOD, cost: 1 };
        take(world, flood);
        look(world, flood);
      }
    }
    return world;
  } finally {
    world.close();
  }
}

const parts = (requests: number) => BigInt(requests) * 60_000n;

function expectNoWindowAbove({ burst, requests_per_minute }: Rate, admitted: readonly Admitted[]) {
  for (const [from, first] of admitted.entries()) {
    let sum = 0n;
    for (const { atMs, cost: spent } of admitted.slice(from)) {
      sum += parts(spent);
      const most = parts(burst) + BigInt(atMs - first.atMs) * BigInt(requests_per_minute);
      if (sum > most) expect.fail(`${sum} parts from ${first.atMs} to ${atMs}, ${most} are allowed`);
    }
  }
}

test(`The properties of leases run with seed ${SEED}`, () => {
  expect(Number.isSafeInteger(SEED)).toBe(true);
});

describe('The rate of a leased token', () => {
  test('Leases admit no more than the burst and what time brings, in any window, in all isolates together', () => {
    let byLease = 0;
    fc.assert(
      fc.property(rates, stepsOf(...usual), (given, steps) => {
        const world = live(given, steps, () => undefined);
        byLease += world.byLease;
        for (const one of given) expectNoWindowAbove(one, world.admitted);
      }),
      RUNS,
    );
    expect(byLease).toBeGreaterThan(RUNS.numRuns);
  });

  test('Leases admit no more where the object restarts at any moment, however often', () => {
    fc.assert(
      fc.property(rates, stepsOf(...usual, restarting), (given, steps) => {
        const world = live(given, steps, () => undefined);
        for (const one of given) expectNoWindowAbove(one, world.admitted);
      }),
      RUNS,
    );
  });

  test('Jumps of clocks allow at most what each jump ahead of the object is worth, and a burst for each', () => {
    fc.assert(
      fc.property(rates, stepsOf(...usual, ...jumping), (given, steps) => {
        const worth = given.map(() => 0n);
        live(given, steps, (world, step) => {
          for (const [nth, { requests_per_minute, burst }] of given.entries()) {
            if (step.kind === 'jump') {
              const ahead = BigInt(Math.max(0, step.ms)) * BigInt(requests_per_minute);
              worth[nth]! += ahead < parts(burst) ? ahead : parts(burst);
            }
            const time = BigInt(world.nowMs - START) * BigInt(requests_per_minute);
            const sum = world.admitted.reduce((all, { cost: spent }) => all + parts(spent), 0n);
            expect(sum <= parts(burst) + time + worth[nth]!).toBe(true);
          }
        });
      }),
      RUNS,
    );
  });
});

describe('What the object says under leases', () => {
  test('The named wait and the named reset are enough, while leases are out', () => {
    fc.assert(
      fc.property(rates, stepsOf(...usual), isolate, (given, steps, asking) => {
        live(given, steps, (world) => {
          const { nowMs } = world;
          const answer = world.ask(asking, 1);
          if (answer === 'leased') return;
          if (answer.verdict === 'refused') {
            world.nowMs += (answer.failure.retryAfterSeconds ?? 0) * 1000;
            const again = world.ask(asking, 1);
            expect(again === 'leased' ? again : again.verdict).not.toBe('refused');
          } else if (answer.limits.every(({ resetSeconds }) => resetSeconds < 1000)) {
            const longest = Math.max(...answer.limits.map(({ resetSeconds }) => resetSeconds));
            world.nowMs += longest * 1000;
            const full = world.ask(asking, 0);
            if (full === 'leased') return;
            for (const { remaining, quota } of full.limits) expect(remaining).toBe(quota);
          }
          expect(world.nowMs).toBeGreaterThanOrEqual(nowMs);
        });
      }),
      RUNS,
    );
  });

  test('A lease and the request that asks take at most a quarter of what was left, or the request alone', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(20), fc.nat(4000), (used, spent, left) => {
        const leased = requestsToLease(used, spent, left);
        expect(leased).toBeGreaterThanOrEqual(0);
        if (leased > 0) {
          expect(spent + leased).toBeLessThanOrEqual(left / 4);
          expect(spent + leased).toBeLessThanOrEqual(used);
        }
      }),
      RUNS,
    );
  });
});

describe('One isolate alone', () => {
  const single: Rate = { requests_per_minute: 60, burst: 100 };

  test('An isolate that asks for everything is admitted the whole burst, and not one more', () => {
    const world = new RateInNode([single], 1, START);
    const answers = Array.from({ length: 200 }, () => world.ask(0, 1));
    world.close();
    const admitted = answers.filter((answer) => answer === 'leased' || answer.verdict === 'admitted');
    expect(admitted).toHaveLength(100);
    expect(answers.filter((answer) => answer === 'leased').length).toBeGreaterThan(30);
  });

  test('A quiet token asks each time, and leases nothing', () => {
    const world = new RateInNode([single], 1, START);
    for (let second = 0; second < 60; second += 1) {
      const answer = world.ask(0, 1);
      expect(answer === 'leased' ? null : answer.verdict === 'admitted' && answer.lease).toBeNull();
      world.nowMs += 2 * LIMITS.leaseTermMs;
    }
    world.close();
  });

  test('What was not used comes back with the next question, and is left again', () => {
    const world = new RateInNode([single], 1, START);
    for (let sent = 0; sent < 20; sent += 1) world.ask(0, 1);
    const wasLeasing = world.isLeasing;
    // It costs more than the lease has left, and less than the burst has.
    const answer = world.ask(0, 30);
    world.close();
    expect(wasLeasing).toBe(true);
    if (answer === 'leased') throw new Error('so many are not leased');
    expect(answer.limits[0]?.remaining).toBe(100 - 20 - 30);
  });

  test('What was leased and not used is lost at the end of the term, and never comes back', () => {
    const world = new RateInNode([{ requests_per_minute: 1, burst: 100 }], 1, START);
    for (let sent = 0; sent < 10; sent += 1) world.ask(0, 1);
    world.nowMs += LIMITS.leaseTermMs;
    const before = world.admitted.length;
    const answer = world.ask(0, 0);
    world.close();
    if (answer === 'leased') throw new Error('the lease has ended');
    expect(answer.limits[0]?.remaining).toBeLessThanOrEqual(100 - before);
  });

  test('A lease that is being given back is used no more, whenever the question arrives', () => {
    const world = new RateInNode([single], 1, START);
    for (let sent = 0; sent < 20; sent += 1) world.ask(0, 1);
    const question = world.request(0, 30);
    if (question === null) throw new Error('so many are not leased');
    const before = world.byLease;
    const meanwhile = world.ask(0, 1);
    world.arrive(question);
    world.deliver(question);
    world.close();
    expect(question.asking.ask?.returned?.unused).toBeGreaterThan(0);
    expect([meanwhile === 'leased', world.byLease]).toEqual([false, before]);
  });
});

describe('An object that restarts while leases are out', () => {
  /** In a term it pays off more than a stride. */
  const fast: Rate = { requests_per_minute: 6000, burst: 40 };

  /** Every isolate has a lease, and everything else was paid off again. */
  function leasing(): RateInNode {
    const world = new RateInNode([fast], ISOLATES, START);
    for (const each of [5, 1]) {
      for (let nth = 0; nth < ISOLATES; nth += 1) world.ask(nth, each);
      world.nowMs += each === 5 ? 400 : 0;
    }
    return world;
  }

  test.each([0, 100, 500, 900])(
    'An object that restarted %i ms ago admits no more, although it does not know its leases',
    (ms) => {
      const world = leasing();
      world.restart();
      world.nowMs += ms;
      const before = world.byLease;
      for (let nth = 0; nth < ISOLATES; nth += 1) {
        for (let sent = 0; sent < FLOOD; sent += 1) world.ask(nth, 1);
      }
      world.close();
      expect(world.byLease).toBeGreaterThan(before);
      expectNoWindowAbove(fast, world.admitted);
    },
  );

  test('An object that restarted takes no lease back that it gave before', () => {
    const world = leasing();
    world.restart();
    for (let nth = 1; nth < ISOLATES; nth += 1) for (let sent = 0; sent < 6; sent += 1) world.ask(nth, 1);
    const { remaining } = world;
    const question = world.request(0, 5);
    if (question === null) throw new Error('so many are not leased');
    world.arrive(question);
    world.close();
    expect(question.asking.ask?.returned).toMatchObject({ unused: 4 });
    expect([world.isLeasing, question.admission?.limits[0]?.remaining]).toEqual([true, remaining - 5]);
  });

  test('A stored level that covers what was spent is stored anew where it does not cover a lease until its end', () => {
    fc.assert(
      fc.property(
        rate,
        fc.nat(40),
        fc.nat(900),
        fc.integer({ min: 1, max: 10 }),
        (given, spent, ms, leased) => {
          const before = trySpend(emptyBucket(START), given, Math.min(spent, given.burst), START);
          if (!before.allowed) throw new Error('within the burst');
          const stored = writeAhead(before.bucket, given);
          const bucket = lend(
            settle(before.bucket, given, START + ms),
            leased,
            START + ms + LIMITS.leaseTermMs,
          );
          const kept = covers(stored, bucket, given) ? stored : writeAhead(bucket, given);
          for (const later of [0, LIMITS.leaseTermMs / 2, LIMITS.leaseTermMs]) {
            const resumed = resume(kept, given, START + ms + later);
            expect(resumed.owed).toBeGreaterThanOrEqual(bucket.owed);
          }
        },
      ),
      RUNS,
    );
  });
});
