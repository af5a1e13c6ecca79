/** The share of PostHog's quota, against PostHog's own way of counting and the promises to tenants. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TenantId } from '../../src/core/ids.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { ReturnedPermits } from '../../src/core/shield/upstream-share.ts';
import type { CeilingKind } from '../../src/objects/shield/share/ceiling.ts';
import { FairShare, type ShareDecision } from '../../src/objects/shield/share/fair-share.ts';

const SEED = Number(process.env['FC_SEED'] ?? 20_261_127);
const START = 1_795_000_000_000;
const MINUTE_MS = 60_000;
/** Between PostHog and the isolate that uses a permit. */
const WAY_MS_MAX = 1900;

interface Asked {
  readonly tenant: string;
  readonly atMs: number;
  state: 'waiting' | 'granted' | 'refused' | 'left';
  decidedMs: number;
  permits: number;
  retryAfterSeconds: number;
}

/** Drives a share as its object does, by a clock of its own. */
class Run {
  readonly share: FairShare;
  readonly asked = new Map<string, Asked>();
  /** When PostHog may be asked with each permit, at the latest moment. */
  readonly sentMs: number[] = [];
  nowMs = START;
  readonly #events: { readonly atMs: number; readonly run: () => void }[] = [];
  readonly #watchers = new Map<string, (asked: Asked) => void>();

  constructor(perMinute: number, ceiling: CeilingKind = 'known') {
    this.share = new FairShare('reads', perMinute, ceiling);
  }

  at(atMs: number, run: () => void): void {
    const index = this.#events.findIndex((event) => event.atMs > atMs);
    this.#events.splice(index === -1 ? this.#events.length : index, 0, { atMs, run });
  }

  ask(
    tenant: string,
    {
      weight = 1,
      want = 1,
      returned = [],
      decided,
    }: {
      weight?: number;
      want?: number;
      returned?: readonly ReturnedPermits[];
      decided?: (asked: Asked) => void;
    } = {},
  ): string {
    const id = String(this.asked.size);
    const ask = { id, tenant: TenantId.parse(tenant), weight, want, returned };
    this.asked.set(id, {
      tenant,
      atMs: this.nowMs,
      state: 'waiting',
      decidedMs: 0,
      permits: 0,
      retryAfterSeconds: 0,
    });
    if (decided !== undefined) this.#watchers.set(id, decided);
    this.decide(this.share.ask(ask, this.nowMs));
    return id;
  }

  decide(decisions: readonly ShareDecision[]): void {
    for (const { id, verdict } of decisions) {
      const asked = this.asked.get(id)!;
      expect(asked.state, 'each wait ends once').toBe('waiting');
      asked.decidedMs = this.nowMs;
      if (verdict.kind === 'granted') {
        expect(verdict.lease.permits).toBeGreaterThanOrEqual(1);
        asked.state = 'granted';
        asked.permits = verdict.lease.permits;
      } else {
        asked.state = 'refused';
        asked.retryAfterSeconds = verdict.retryAfterSeconds;
      }
      this.#watchers.get(id)?.(asked);
    }
  }

  runUntil(untilMs: number): void {
    while (true) {
      const timerMs = this.share.nextMs(this.nowMs) ?? Number.POSITIVE_INFINITY;
      const eventMs = this.#events[0]?.atMs ?? Number.POSITIVE_INFINITY;
      const nextMs = Math.min(timerMs, eventMs);
      if (nextMs > untilMs) break;
      expect(timerMs, 'the timer never rings in the past').toBeGreaterThanOrEqual(this.nowMs);
      this.nowMs = Math.max(this.nowMs, nextMs);
      if (eventMs <= timerMs) this.#events.shift()?.run();
      else this.decide(this.share.advance(this.nowMs));
    }
    this.nowMs = untilMs;
    this.decide(this.share.advance(this.nowMs));
  }

  of(tenant: string): Asked[] {
    return [...this.asked.values()].filter((asked) => asked.tenant === tenant);
  }

  grantedBetween(tenant: string, fromMs: number, toMs: number): number {
    return this.of(tenant).filter(
      ({ state, decidedMs }) => state === 'granted' && decidedMs >= fromMs && decidedMs < toMs,
    ).length;
  }
}

/** The most that arrived within any minute. */
function mostInAMinute(arrivals: readonly number[]): number {
  const sorted = arrivals.toSorted((a, b) => a - b);
  let from = 0;
  let most = 0;
  for (const [at, ms] of sorted.entries()) {
    while (ms - sorted[from]! >= MINUTE_MS) from += 1;
    most = Math.max(most, at - from + 1);
  }
  return most;
}

/** So many callers of a tenant. Each asks again as soon as it was answered. */
function greedy(run: Run, tenant: string, callers: number, arrivals: number[] = [], weight = 1): void {
  const again = (): void => {
    run.ask(tenant, {
      weight,
      decided: (asked) => {
        if (asked.state === 'granted') arrivals.push(run.nowMs);
        const pauseMs = asked.state === 'granted' ? 20 : 1000;
        run.at(run.nowMs + pauseMs, again);
      },
    });
  };
  for (let nth = 0; nth < callers; nth += 1) run.at(run.nowMs, again);
}

describe('Fair share', () => {
  test.each([
    ['all at the same moments', () => 0],
    ['spread over the time', (nth: number) => nth * 555],
  ])(
    'Nine tenants that ask for half their share are served within a second beside one with 200 callers, %s',
    (_, offsetOf) => {
      const run = new Run(240);
      const arrivals: number[] = [];
      greedy(run, 'greedy', 200, arrivals);
      for (let nth = 0; nth < 9; nth += 1) {
        for (let at = 0; at < 36; at += 1) {
          run.at(START + offsetOf(nth) + 500 + at * 5000, () =>
            run.ask(`tenant${nth}`, { decided: () => arrivals.push(run.nowMs) }),
          );
        }
      }
      run.runUntil(START + 3 * MINUTE_MS);
      for (let nth = 0; nth < 9; nth += 1) {
        const asked = run.of(`tenant${nth}`);
        const prompt = asked.filter(
          ({ state, atMs, decidedMs }) => state === 'granted' && decidedMs - atMs <= 1000,
        );
        expect(prompt.length / asked.length).toBeGreaterThanOrEqual(0.99);
      }
      expect(mostInAMinute(arrivals)).toBeLessThanOrEqual(240);
      const lent = run.grantedBetween('greedy', START + MINUTE_MS, START + 3 * MINUTE_MS);
      expect(lent, 'what is left over is lent out').toBeGreaterThanOrEqual(2 * (190 - 108));
    },
  );

  test('Tenants that all want more than there is get it by their weights', () => {
    const run = new Run(240);
    for (const [tenant, weight] of [
      ['one', 1],
      ['two', 2],
      ['five', 5],
    ] as const) {
      greedy(run, tenant, 40, [], weight);
    }
    run.runUntil(START + 6 * MINUTE_MS);
    const had = (tenant: string) => run.grantedBetween(tenant, START + 2 * MINUTE_MS, run.nowMs);
    expect(had('two') / had('one')).toBeGreaterThan(1.7);
    expect(had('two') / had('one')).toBeLessThan(2.3);
    expect(had('five') / had('one')).toBeGreaterThan(4.3);
    expect(had('five') / had('one')).toBeLessThan(5.7);
    expect(had('one'), 'no tenant starves').toBeGreaterThan(0);
  });

  test.each([1, 2, 3, 10, 240, 5000])(
    'A tenant that is alone and always wants more gets most of %i requests a minute, and never more',
    (perMinute) => {
      const run = new Run(perMinute);
      const arrivals: number[] = [];
      greedy(run, 'alone', 50, arrivals);
      run.runUntil(START + 6 * MINUTE_MS);
      expect(mostInAMinute(arrivals)).toBeLessThanOrEqual(perMinute);
      const inFive = run.grantedBetween('alone', START + MINUTE_MS, run.nowMs);
      expect(inFive / 5).toBeGreaterThanOrEqual(perMinute < 10 ? perMinute * 0.5 : perMinute * 0.78);
    },
  );

  test('A tenant that is alone gets a third of the quota at once, and another one is still served then', () => {
    const run = new Run(240);
    for (let nth = 0; nth < 76; nth += 1) run.ask('first');
    expect(run.of('first').every(({ state }) => state === 'granted')).toBe(true);
    for (let nth = 0; nth < 200; nth += 1) run.ask('first');
    for (let nth = 0; nth < 10; nth += 1) run.ask('second');
    expect(run.of('second').every(({ state }) => state === 'granted')).toBe(true);
  });

  test('A request is refused when it has waited as long as one may, and more than a queue holds are refused at once', () => {
    const run = new Run(10);
    for (let nth = 0; nth < LIMITS.shareWaitingMax + 50; nth += 1) run.ask('greedy');
    const atOnce = run.of('greedy').filter(({ state }) => state === 'refused');
    const granted = run.of('greedy').filter(({ state }) => state === 'granted');
    expect(atOnce).toHaveLength(50 - granted.length);
    run.runUntil(START + LIMITS.shareWaitMsMax);
    for (const { state, atMs, decidedMs, retryAfterSeconds } of run.of('greedy')) {
      expect(state).not.toBe('waiting');
      expect(decidedMs - atMs).toBeLessThanOrEqual(LIMITS.shareWaitMsMax);
      if (state === 'refused') expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
    }
  });

  test('A wait that ends late is one for its share, and says nothing of a pause of PostHog', () => {
    const share = new FairShare('reads', 1);
    const ask = { tenant: TenantId.parse('tenant'), weight: 1, want: 1, returned: [] };
    share.ask({ ...ask, id: 'first' }, START);
    share.ask({ ...ask, id: 'second' }, START);
    expect(share.advance(START + LIMITS.shareWaitMsMax + 700)).toMatchObject([
      { id: 'second', verdict: { kind: 'refused', reason: 'waited' } },
    ]);
  });

  test('A caller that hangs up while it waits makes room for the next one', () => {
    const run = new Run(10);
    const ids = Array.from({ length: LIMITS.shareWaitingMax + 20 }, () => run.ask('greedy'));
    const first = ids.find((id) => run.asked.get(id)?.state === 'waiting')!;
    run.decide(run.share.cancel(first, run.nowMs));
    run.asked.get(first)!.state = 'left';
    expect(run.asked.get(run.ask('greedy'))?.state).toBe('waiting');
  });

  test('Deletes never wait, and what is reserved for them is left even where tenants want everything', () => {
    const run = new Run(240);
    const arrivals: number[] = [];
    greedy(run, 'greedy', 200, arrivals);
    for (let at = 0; at < 90; at += 1) {
      run.at(START + MINUTE_MS + at * 5000, () => {
        run.share.spendReserved(1, run.nowMs);
        arrivals.push(run.nowMs);
      });
    }
    run.runUntil(START + 8 * MINUTE_MS);
    expect(mostInAMinute(arrivals)).toBeLessThanOrEqual(240);
    expect(run.share.snapshot(run.nowMs).reservedPerMinute).toBe(12);
  });

  test('Deletes beyond their reserved part leave less for tenants', () => {
    const run = new Run(240);
    run.share.spendReserved(240, run.nowMs);
    run.ask('tenant');
    expect(run.of('tenant')[0]?.state).toBe('waiting');
  });

  test('A PostHog that refuses everything halves the share, which recovers by itself, and holds no request for long', () => {
    const run = new Run(240);
    const learned = () => run.share.snapshot(run.nowMs).learnedPerMinute;
    run.decide(run.share.throttle(30_000, run.nowMs));
    run.decide(run.share.throttle(30_000, run.nowMs));
    expect(learned(), 'requests that are refused together halve it once').toBe(120);
    const refused = run.asked.get(run.ask('tenant'));
    expect(refused).toMatchObject({ state: 'refused', retryAfterSeconds: 30 });
    run.runUntil(START + 27_000);
    const id = run.ask('tenant');
    run.runUntil(START + 31_000);
    expect(run.asked.get(id), 'the end of the pause is waited for').toMatchObject({
      state: 'granted',
      decidedMs: START + 30_000,
    });
    run.decide(run.share.throttle(1000, run.nowMs));
    expect(learned()).toBe(60);
    run.runUntil(run.nowMs + 3 * MINUTE_MS + 1000);
    expect(learned()).toBe(240);
  });

  test('A permit counts until PostHog has forgotten the request that used it last', () => {
    const run = new Run(3);
    for (let nth = 0; nth < 3; nth += 1) run.ask(`tenant${nth}`);
    run.runUntil(START + MINUTE_MS + LIMITS.permitTermMs);
    const used = run.share.snapshot(run.nowMs).used;
    expect(used).toBe([...run.asked.values()].filter(({ state }) => state === 'granted').length);
    run.runUntil(START + MINUTE_MS + LIMITS.permitTermMs + LIMITS.shareWaitMsMax + 2000);
    expect(run.share.snapshot(run.nowMs).used).toBe(0);
  });

  test('Permits that come back can be used again, once', () => {
    const run = new Run(240);
    const lease = run.ask('tenant', { want: 8 });
    expect(run.asked.get(lease)?.permits).toBe(8);
    const used = () => run.share.snapshot(run.nowMs).used;
    run.share.giveBack([{ lease, permits: 5 }], run.nowMs);
    expect(used()).toBe(3);
    run.share.giveBack([{ lease, permits: 5 }], run.nowMs);
    run.share.giveBack([{ lease: 'unknown', permits: 5 }], run.nowMs);
    expect(used()).toBe(3);
    expect(run.share.snapshot(run.nowMs).tenants).toMatchObject([{ tenant: 'tenant', used: 3 }]);
  });

  test('A lease has a quarter of what its tenant has left at most', () => {
    const run = new Run(240);
    expect(run.asked.get(run.ask('tenant', { want: 1000 }))?.permits).toBe(19);
  });
});

type Step =
  | {
      readonly kind: 'ask';
      readonly tenant: number;
      readonly want: number;
      readonly wait: boolean;
      readonly unused: number;
    }
  | { readonly kind: 'cancel'; readonly nth: number }
  | { readonly kind: 'delete' }
  | { readonly kind: 'wait'; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .record({
          kind: fc.constant('ask' as const),
          tenant: fc.nat(4),
          want: fc.integer({ min: 1, max: 9 }),
          wait: fc.boolean(),
          unused: fc.nat(9),
        })
        .map((ask): Step => ask),
    },
    { weight: 2, arbitrary: fc.nat(100).map((nth): Step => ({ kind: 'cancel', nth })) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'delete' }) },
    {
      weight: 8,
      arbitrary: fc
        .oneof(fc.nat(100), fc.nat(3000), fc.nat(MINUTE_MS))
        .map((ms): Step => ({ kind: 'wait', ms })),
    },
  ),
  { minLength: 20, maxLength: 150 },
);

describe('Fair share, whatever happens', () => {
  test('PostHog is never asked more than its quota within a minute, however late permits are used, and no wait is too long', () => {
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 1, max: 40 }),
        fc.infiniteStream(fc.nat()),
        (run, perMinute, chance) => {
          const world = new Run(perMinute);
          const arrivals: number[] = [];
          const returns: ReturnedPermits[] = [];
          const someMs = (max: number) => (chance.next().value ?? 0) % (max + 1);
          let deletes = 0;
          const use = (permits: number, lease: string, unused: number): void => {
            for (let nth = 0; nth < permits - unused; nth += 1) {
              arrivals.push(world.nowMs + someMs(LIMITS.permitTermMs) + someMs(WAY_MS_MAX));
            }
            if (unused > 0) returns.push({ lease, permits: unused });
          };
          for (const step of run) {
            switch (step.kind) {
              case 'ask': {
                const returned = returns.splice(0);
                const tenant = `tenant${step.tenant}`;
                const weight = step.tenant + 1;
                if (step.wait) {
                  const lease = String(world.asked.size);
                  world.ask(tenant, {
                    weight,
                    want: step.want,
                    returned,
                    decided: ({ state, permits }) => {
                      if (state === 'granted') use(permits, lease, Math.min(step.unused, permits));
                    },
                  });
                } else {
                  const id = `offered${arrivals.length}-${world.nowMs}`;
                  const lease = world.share.offer(
                    { id, tenant: TenantId.parse(tenant), weight, want: step.want, returned },
                    world.nowMs,
                  );
                  if (lease !== null) use(lease.permits, id, Math.min(step.unused, lease.permits));
                }
                break;
              }
              case 'cancel': {
                const asked = world.asked.get(String(step.nth));
                if (asked?.state !== 'waiting') break;
                asked.state = 'left';
                world.decide(world.share.cancel(String(step.nth), world.nowMs));
                break;
              }
              case 'delete':
                if (deletes >= Math.floor(perMinute / 20)) break;
                deletes += 1;
                world.share.spendReserved(1, world.nowMs);
                arrivals.push(world.nowMs);
                break;
              case 'wait':
                world.runUntil(world.nowMs + step.ms);
            }
          }
          world.runUntil(world.nowMs + LIMITS.shareWaitMsMax);
          expect(mostInAMinute(arrivals)).toBeLessThanOrEqual(perMinute);
          for (const { state, atMs, decidedMs } of world.asked.values()) {
            expect(state).not.toBe('waiting');
            if (state !== 'left') expect(decidedMs - atMs).toBeLessThanOrEqual(LIMITS.shareWaitMsMax);
          }
          const { used } = world.share.snapshot(world.nowMs);
          expect(used).toBeGreaterThanOrEqual(0);
        },
      ),
      { seed: SEED, numRuns: 400 },
    );
  });

  test('A request waits only where nothing is left, and is served when it comes again as its refusal says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3), fc.nat(4000)), { maxLength: 120 }),
        fc.integer({ min: 1, max: 120 }),
        (asks, perMinute) => {
          const run = new Run(perMinute);
          for (const [tenant, waitMs] of asks) {
            run.runUntil(run.nowMs + waitMs);
            run.ask(`tenant${tenant}`);
          }
          run.runUntil(run.nowMs + LIMITS.shareWaitMsMax);
          const last = run.ask('late');
          if (run.asked.get(last)?.state === 'granted') return;
          run.runUntil(run.nowMs + LIMITS.shareWaitMsMax);
          const { state, retryAfterSeconds } = run.asked.get(last)!;
          if (state === 'granted') return;
          run.runUntil(run.nowMs + retryAfterSeconds * 1000);
          const again = run.ask('late');
          expect(run.asked.get(again)?.state).toBe('granted');
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('A PostHog whose limits may be switched off', () => {
  test('Everything is granted at once until PostHog refuses a request, and its published limit is kept from then on', () => {
    const run = new Run(240, 'untried');
    for (let nth = 0; nth < 5000; nth += 1) run.ask(`tenant-${nth % 20}`);
    expect(new Set([...run.asked.values()].map(({ state }) => state))).toEqual(new Set(['granted']));
    run.decide(run.share.throttle(10_000, run.nowMs));
    const refusedMs = run.nowMs;
    for (let second = 0; second < 300; second += 1)
      run.at(refusedMs + second * 1000, () => {
        for (let nth = 0; nth < 20; nth += 1) run.ask(`tenant-${nth}`);
      });
    run.runUntil(refusedMs + 300_000);
    const later = (fromMs: number, toMs: number) =>
      [...run.asked.values()].filter(
        ({ state, decidedMs }) =>
          state === 'granted' && decidedMs > refusedMs + fromMs && decidedMs <= refusedMs + toMs,
      ).length;
    expect(later(0, 10_000)).toBe(0);
    for (let minute = 2; minute < 5; minute += 1) {
      const granted = later(minute * MINUTE_MS, (minute + 1) * MINUTE_MS);
      expect(granted).toBeLessThanOrEqual(240);
      expect(granted).toBeGreaterThan(120);
    }
  });
});
