/** The queue of queries, against a simple model of what it promises. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { PermitQueue, type Decision } from '../../src/objects/shield/permit-queue.ts';
import { RequestWindow, WINDOW_MS } from '../../src/objects/shield/request-window.ts';
import { steadyClock } from '../../src/objects/shield/steady-clock.ts';

const SEED = Number(process.env['FC_SEED'] ?? 20_261_126);
const RUNS = { seed: SEED, numRuns: 400 };
const START = 1_795_000_000_000;
const HOLD_MS = 35_000;

type Step =
  | { readonly kind: 'ask' }
  | { readonly kind: 'leave'; readonly nth: number }
  | { readonly kind: 'pause'; readonly ms: number }
  | { readonly kind: 'wait'; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step>({ kind: 'ask' }) },
    { weight: 3, arbitrary: fc.nat(60).map((nth): Step => ({ kind: 'leave', nth })) },
    { weight: 1, arbitrary: fc.nat(15_000).map((ms): Step => ({ kind: 'pause', ms })) },
    {
      weight: 4,
      arbitrary: fc
        .oneof(fc.nat(900), fc.nat(12_000), fc.nat(HOLD_MS))
        .map((ms): Step => ({ kind: 'wait', ms })),
    },
  ),
  { maxLength: 120 },
);

interface Asked {
  readonly atMs: number;
  state: 'waiting' | 'running' | 'over';
  grantedMs: number;
}

/** Drives a queue as its object does, and checks every decision as it is made. */
class Run {
  readonly queue = new PermitQueue();
  readonly asked: Asked[] = [];
  nowMs = START;
  #pausedUntilMs = 0;

  do(step: Step): void {
    switch (step.kind) {
      case 'ask':
        this.asked.push({ atMs: this.nowMs, state: 'waiting', grantedMs: 0 });
        return this.#decided(this.queue.ask(String(this.asked.length - 1), HOLD_MS, this.nowMs));
      case 'leave': {
        const left = this.asked[step.nth];
        if (left !== undefined) left.state = 'over';
        return this.#decided(this.queue.leave(String(step.nth), this.nowMs));
      }
      case 'pause':
        this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.nowMs + step.ms);
        return this.#decided(this.queue.pause(step.ms, this.nowMs));
      case 'wait':
        return this.#wait(this.nowMs + step.ms);
    }
  }

  /** Time goes by, and the timer rings whenever the queue wants it to. */
  #wait(untilMs: number): void {
    for (let next = this.queue.nextMs(this.nowMs); next !== null; next = this.queue.nextMs(this.nowMs)) {
      if (next > untilMs) break;
      expect(next, 'the timer never rings in the past').toBeGreaterThan(this.nowMs);
      this.nowMs = next;
      this.#decided(this.queue.advance(this.nowMs));
    }
    this.nowMs = untilMs;
    this.#decided(this.queue.advance(this.nowMs));
  }

  #decided(decisions: readonly Decision[]): void {
    for (const asked of this.asked) {
      if (asked.state === 'running' && asked.grantedMs + HOLD_MS <= this.nowMs) asked.state = 'over';
    }
    for (const { id, verdict } of decisions) {
      const asked = this.asked[Number(id)]!;
      expect(asked.state, 'each wait ends once').toBe('waiting');
      expect(this.nowMs - asked.atMs).toBeLessThanOrEqual(LIMITS.queryWaitMsMax);
      if (verdict.kind === 'refused') {
        expect(Number.isSafeInteger(verdict.retryAfterSeconds)).toBe(true);
        expect(verdict.retryAfterSeconds).toBeGreaterThanOrEqual(1);
        asked.state = 'over';
        continue;
      }
      const earlier = this.asked.slice(0, Number(id)).filter(({ state }) => state === 'waiting');
      expect(earlier, 'permits are given in the order of asking').toEqual([]);
      expect(this.nowMs).toBeGreaterThanOrEqual(this.#pausedUntilMs);
      asked.state = 'running';
      asked.grantedMs = this.nowMs;
    }
    this.#check();
  }

  #check(): void {
    const count = (wanted: Asked['state']) => this.asked.filter(({ state }) => state === wanted).length;
    expect(count('running')).toBeLessThanOrEqual(LIMITS.queriesAtOnceMax);
    expect(count('waiting')).toBeLessThanOrEqual(LIMITS.queriesWaitingMax);
    if (this.#pausedUntilMs <= this.nowMs && count('running') < LIMITS.queriesAtOnceMax)
      expect(count('waiting')).toBe(0);
  }
}

const verdicts = (decisions: readonly Decision[]) => decisions.map(({ id, verdict }) => [id, verdict.kind]);
const filled = (): PermitQueue => {
  const queue = new PermitQueue();
  queue.ask('a', HOLD_MS, START);
  queue.ask('b', HOLD_MS, START);
  return queue;
};

describe('Queue of queries', () => {
  test('A queue keeps its bounds, its order and its promises to those who wait, whatever happens', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const run = new Run();
        for (const step of all) run.do(step);
      }),
      RUNS,
    );
  });

  test('A third query waits, and the place of one that has ended goes to the query that waits longest', () => {
    const queue = filled();
    expect(queue.ask('c', HOLD_MS, START)).toEqual([]);
    expect(queue.ask('d', HOLD_MS, START)).toEqual([]);
    expect(verdicts(queue.leave('a', START + 5))).toEqual([['c', 'granted']]);
  });

  test('A tenant with many queries keeps no other from a place to wait, nor from its turn', () => {
    const queue = new PermitQueue();
    for (let nth = 0; nth < LIMITS.queriesAtOnceMax + LIMITS.queriesWaitingMax; nth += 1)
      queue.ask(`greedy ${nth}`, HOLD_MS, START, 'greedy');
    const last = LIMITS.queriesAtOnceMax + LIMITS.queriesWaitingMax - 1;
    expect(queue.ask('more', HOLD_MS, START, 'greedy')).toMatchObject([
      { id: 'more', verdict: { reason: 'crowded' } },
    ]);
    expect(queue.ask('one', HOLD_MS, START, 'modest')).toMatchObject([
      { id: `greedy ${last}`, verdict: { reason: 'crowded' } },
    ]);
    queue.ask('two', HOLD_MS, START, 'modest');
    queue.ask('three', HOLD_MS, START, 'other');
    const turns = ['greedy 0', 'greedy 1', 'one', 'three', 'greedy 2'].flatMap((id) =>
      queue.leave(id, START),
    );
    expect(verdicts(turns)).toEqual([
      ['one', 'granted'],
      ['three', 'granted'],
      ['greedy 2', 'granted'],
      ['two', 'granted'],
      ['greedy 3', 'granted'],
    ]);
  });

  test('The permit of a caller that died ends by itself, and its place goes on', () => {
    const queue = filled();
    expect(queue.nextMs(START)).toBe(START + HOLD_MS);
    queue.ask('c', HOLD_MS, START + HOLD_MS - 1);
    expect(verdicts(queue.advance(START + HOLD_MS))).toEqual([['c', 'granted']]);
  });

  test('A caller that hangs up while it waits leaves its place to the next, and never gets a permit', () => {
    const queue = filled();
    queue.ask('c', HOLD_MS, START);
    queue.ask('d', HOLD_MS, START);
    expect(queue.leave('c', START)).toEqual([]);
    expect(verdicts(queue.leave('a', START))).toEqual([['d', 'granted']]);
  });

  test('A query that finds the queue full is refused at once, and one that waited long enough is refused then', () => {
    const queue = filled();
    for (let nth = 0; nth < LIMITS.queriesWaitingMax; nth += 1) queue.ask(`w${nth}`, HOLD_MS, START);
    expect(queue.ask('late', HOLD_MS, START)).toMatchObject([
      { id: 'late', verdict: { kind: 'refused', reason: 'crowded' } },
    ]);
    const over = queue.advance(START + LIMITS.queryWaitMsMax);
    expect(over).toHaveLength(LIMITS.queriesWaitingMax);
    expect(over[0]).toMatchObject({ id: 'w0', verdict: { kind: 'refused', reason: 'waited' } });
    queue.ask('later', HOLD_MS, START + LIMITS.queryWaitMsMax);
    expect(queue.advance(START + 2 * LIMITS.queryWaitMsMax + 700), 'the timer rings late').toMatchObject([
      { id: 'later', verdict: { kind: 'refused', reason: 'waited' } },
    ]);
  });

  test('A pause that is longer than a wait refuses at once and says when it is over; a shorter one is waited for', () => {
    const queue = new PermitQueue();
    queue.pause(42_000, START);
    expect(queue.ask('a', HOLD_MS, START + 1000)).toEqual([
      { id: 'a', verdict: { kind: 'refused', reason: 'throttled', retryAfterSeconds: 41 } },
    ]);
    expect(queue.ask('b', HOLD_MS, START + 40_000)).toEqual([]);
    expect(queue.nextMs(START + 40_000)).toBe(START + 42_000);
    expect(verdicts(queue.advance(START + 42_000))).toEqual([['b', 'granted']]);
  });
});

describe('Window of requests', () => {
  test('A window counts exactly the requests of its minute, give or take those of one second', () => {
    const gaps = fc.array(fc.oneof(fc.nat(500), fc.nat(30_000)), { maxLength: 60 });
    fc.assert(
      fc.property(gaps, (waits) => {
        const window = new RequestWindow();
        const sent: number[] = [];
        let nowMs = START;
        for (const wait of waits) {
          nowMs += wait;
          const within = (ms: number) => sent.filter((atMs) => atMs > nowMs - ms).length;
          expect(window.count(nowMs)).toBeGreaterThanOrEqual(within(WINDOW_MS));
          expect(window.count(nowMs)).toBeLessThanOrEqual(within(WINDOW_MS + 1000));
          const freeMs = window.msUntilBelow(5, nowMs);
          expect(window.count(nowMs) < 5).toBe(freeMs === 0);
          sent.push(nowMs);
          window.add(1, nowMs);
        }
        const freeMs = window.msUntilBelow(5, nowMs);
        expect(window.count(nowMs + freeMs)).toBeLessThan(5);
      }),
      RUNS,
    );
  });

  test('What is taken out of a window was never in it, and no more than was put in can be taken out', () => {
    const window = new RequestWindow();
    window.add(3, START);
    window.add(4, START + 5000);
    window.remove(2, START);
    expect(window.count(START + 5000)).toBe(5);
    window.remove(9, START);
    expect(window.count(START + 5000)).toBe(4);
    window.remove(4, START + 2500);
    expect(window.count(START + 5000)).toBe(4);
  });
});

describe('Steady clock', () => {
  test('A steady clock never runs back, and runs as fast as the clock behind it', () => {
    const jumps = fc.array(fc.integer({ min: -86_400_000, max: 86_400_000 }));
    fc.assert(
      fc.property(jumps, (moves) => {
        let readMs = START;
        const clock = steadyClock(() => readMs);
        for (const move of moves) {
          const before = clock();
          readMs += move;
          expect(clock() - before).toBe(Math.max(0, move));
        }
      }),
      RUNS,
    );
  });
});
