/** The budget under a clock that jumps, over the cache that the log keeps of what storage holds. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBudgets, WINDOW_MS, type Charge } from '../../src/objects/deletion-log/budget/budget.ts';
import { ChargeCache } from '../../src/objects/deletion-log/budget/charges.ts';
import { firstNumberAt, nextNumber } from '../../src/objects/deletion-log/id.ts';

const SEED = { seed: 20_261_126, numRuns: 500 };
const START = Date.parse('2026-11-26T00:00:00.000Z');
const HOUR = 3_600_000;
const BUDGET = 10;

/** A log as far as its budget goes: rows as the store keeps them, read through the cache. */
function budgetOf() {
  const rows: (Charge & { readonly number: number })[] = [];
  const make = () =>
    new ChargeCache((afterMs, since) =>
      rows.filter(({ number }) => number >= Math.max(since, firstNumberAt(afterMs))),
    );
  let cache = make();
  return {
    restart: () => {
      cache = make();
    },
    spend: (persons: number, now: number): boolean => {
      const limit = { holder: 'tenant', persons_per_day: BUDGET } as const;
      if (checkBudgets([limit], cache.current(now, 0), persons, now) !== null) return false;
      const number = nextNumber(rows.at(-1)?.number ?? null, now);
      const charge = { number, at: now, persons, tokens: [] };
      rows.push(charge);
      cache.add(charge);
      return true;
    },
  };
}

/** Time that passes in truth, what the clock is off by, and the persons that are asked for. */
const step = fc.record({
  passes: fc.integer({ min: 0, max: 8 * HOUR }),
  off: fc.constantFrom(0, 0, 0, 24, -24, 30, -30, 24 * 365, -24 * 365),
  persons: fc.integer({ min: 1, max: BUDGET + 1 }),
  restarts: fc.boolean(),
});

/** Persons spent in the day before each spending, by true time: the most of all. */
function mostInADay(spent: readonly { at: number; persons: number }[]): number {
  const sums = spent.map(({ at }) =>
    spent
      .filter((one) => one.at <= at && one.at > at - WINDOW_MS)
      .reduce((sum, { persons }) => sum + persons, 0),
  );
  return Math.max(0, ...sums);
}

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Plays the steps; `whileOff` says how many persons are asked for while the clock is off. */
function play(steps: readonly Step[], whileOff: 'more than the budget' | 'any') {
  const log = budgetOf();
  const spent: { at: number; persons: number }[] = [];
  let [at, before, leaps] = [START, 0, 0];
  for (const { passes, off, persons, restarts } of steps) {
    at += passes;
    if (restarts) log.restart();
    if (off > before) leaps += 1;
    before = off;
    const asked = off !== 0 && whileOff === 'more than the budget' ? BUDGET + 1 : persons;
    if (log.spend(asked, at + off * HOUR)) spent.push({ at, persons: asked });
  }
  return { most: mostInADay(spent), leaps };
}

test('A refused deletion while the clock is off changes nothing: no true day has more than the budget', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      expect(play(steps, 'more than the budget').most).toBeLessThanOrEqual(BUDGET);
    }),
    SEED,
  );
});

test('Each leap of the clock ahead admits one more budget at most, and a clock set back admits nothing more', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { most, leaps } = play(steps, 'any');
      expect(most).toBeLessThanOrEqual(BUDGET * (1 + leaps));
    }),
    SEED,
  );
});

test('Deletions before and during a leap of the clock count once the clock is back', () => {
  const log = budgetOf();
  expect(log.spend(BUDGET, START)).toBe(true);
  expect(log.spend(BUDGET + 1, START + 25 * HOUR)).toBe(false);
  expect(log.spend(1, START + HOUR)).toBe(false);
  expect(log.spend(BUDGET, START + 25 * HOUR)).toBe(true);
  expect(log.spend(1, START + 2 * HOUR)).toBe(false);
});

test('Deletions after a leap of the clock count for a day, and not until a day after the leap', () => {
  const log = budgetOf();
  expect(log.spend(1, START + 24 * 365 * HOUR)).toBe(true);
  expect(log.spend(BUDGET - 1, START)).toBe(true);
  expect(log.spend(BUDGET - 1, START + WINDOW_MS - 1)).toBe(false);
  expect(log.spend(BUDGET - 1, START + WINDOW_MS)).toBe(true);
});
