/** Usage through isolates and the object of a tenant: nothing is counted twice, and without losses nothing is missing. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenId } from '../../src/core/ids.ts';
import type { RefusedRequest } from '../../src/core/usage/refused-request.ts';
import {
  addUsage,
  DAY_MS,
  HOUR_MS,
  hourOf,
  NO_USAGE,
  refusedOf,
  usageOf,
  type CountedRequest,
  type UsageCounts,
  type UsageReport,
} from '../../src/core/usage/usage.ts';
import { TENANT_STEPS } from '../../src/objects/tenant/schema.ts';
import { UsageBook } from '../../src/objects/tenant/usage/usage-book.ts';
import { readUsage, type UsageAsk } from '../../src/objects/tenant/usage/usage-reader.ts';
import { principal } from '../support/model/tenant-rate.ts';
import { Database } from '../support/model/database.ts';

const SEED = Number(process.env['FC_SEED'] ?? 20_261_129);
const RUNS = { seed: SEED, numRuns: Number(process.env['FC_RUNS'] ?? 300) };
const START = Date.parse('2026-11-23T22:40:00Z');
const TOKENS = ['a', 'b', 'c'].map((letter) => TokenId.parse(`tok_${letter.repeat(22)}`));
const CODES = [null, null, 'rate_limited', 'scope_missing'] as const;

type Step =
  | { readonly kind: 'request'; readonly token: number; readonly code: number; readonly calls: number }
  | { readonly kind: 'report' | 'twice' | 'lose' | 'restart' }
  | { readonly kind: 'wait'; readonly ms: number };

const weighted = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });
const only = (kind: 'report' | 'twice' | 'lose' | 'restart') => fc.constant<Step>({ kind });

const usual = [
  weighted(
    8,
    fc.record({
      kind: fc.constant('request'),
      token: fc.nat(TOKENS.length - 1),
      code: fc.nat(CODES.length - 1),
      calls: fc.nat(3),
    }),
  ),
  weighted(4, only('report')),
  weighted(1, only('twice')),
  weighted(
    3,
    fc.oneof(fc.nat(30_000), fc.nat(HOUR_MS), fc.nat(DAY_MS)).map((ms): Step => ({ kind: 'wait', ms })),
  ),
];
const steps = (more: readonly ReturnType<typeof weighted>[]) =>
  fc.array(fc.oneof(...usual, ...more), { minLength: 1, maxLength: 60 });

/** One isolate's reports and one object's lives over the same storage. */
class World {
  nowMs = START;
  readonly #database = new Database(TENANT_STEPS);
  readonly #timers: { atMs: number; life: number; ring: () => void }[] = [];
  /** How often each row was written in each hour. */
  readonly writes = new Map<string, number>();
  #life = 0;
  #reports = 0;
  #hours: UsageReport['hours'][number][] = [];
  #book = this.#newBook();

  #newBook(): UsageBook {
    const life = this.#life;
    const { sql } = this.#database;
    const storage = {
      transactionSync: this.#database.transactionSync,
      sql: {
        exec: (query: string, ...bindings: (string | number | null)[]) => {
          if (query.startsWith('INSERT INTO usage ')) {
            const key = [hourOf(this.nowMs), ...bindings.slice(0, 2)].join(' ');
            this.writes.set(key, (this.writes.get(key) ?? 0) + 1);
          }
          return sql.exec(query, ...bindings);
        },
      },
    };
    return new UsageBook(storage as unknown as DurableObjectStorage, {
      lineageOf: () => ({ name: 'a token', ancestors: [] }),
      nowMs: () => this.nowMs,
      pause: (ms) => new Promise((ring) => this.#timers.push({ atMs: this.nowMs + ms, life, ring })),
    });
  }

  count(request: CountedRequest): void {
    const { token, startedMs } = request;
    this.#hours.push({ hour: hourOf(startedMs), token, counts: usageOf(request) });
  }

  report(times: number): void {
    const report = { id: `report ${(this.#reports += 1)}`, hours: this.#hours };
    this.#hours = [];
    for (let sent = 0; sent < times; sent += 1) this.#book.take(report);
  }

  restart(): void {
    this.#life += 1;
    this.#book = this.#newBook();
  }

  async wait(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const { atMs, life, ring } of this.#timers) if (life === this.#life && atMs <= this.nowMs) ring();
    await new Promise(setImmediate);
  }

  read(more: Partial<UsageAsk> = {}) {
    const all: UsageAsk = {
      fromMs: 0,
      toMs: this.nowMs + DAY_MS,
      by: 'hour',
      seenBy: null,
      token: null,
      after: null,
      limit: 100_000,
      ...more,
    };
    return readUsage(this.#database.sql as unknown as SqlStorage, this.#book.unwritten, all);
  }
}

const refusedWith = (token: TokenId, code: string | null, atMs: number): RefusedRequest | null =>
  code === null
    ? null
    : {
        refused_at: new Date(atMs).toISOString(),
        token,
        request_id: 'req_of-the-test',
        method: 'GET',
        route: 'persons_list',
        code,
        attr: null,
        missing_scopes: null,
        origin: null,
        limit: null,
      };

async function run(taken: readonly Step[], world: World) {
  const made = new Map<string, UsageCounts>();
  for (const step of taken) {
    if (step.kind === 'request') {
      const token = TOKENS[step.token] ?? TOKENS[0];
      if (token === undefined) throw new Error('there are tokens');
      const { tenant } = principal();
      const request = {
        tenant,
        token,
        startedMs: world.nowMs,
        refused: refusedWith(token, CODES[step.code] ?? null, world.nowMs),
        upstreamCalls: step.calls,
        remembered: step.calls === 3,
      };
      const key = `${hourOf(world.nowMs) * HOUR_MS} ${token}`;
      made.set(key, addUsage(made.get(key) ?? NO_USAGE, usageOf(request)));
      world.count(request);
    } else if (step.kind === 'wait') {
      // Whatever is older than a day when it is reported counts for another hour.
      world.report(1);
      await world.wait(step.ms);
    } else if (step.kind === 'restart') world.restart();
    else world.report({ report: 1, twice: 2, lose: 0 }[step.kind]);
  }
  return made;
}

const keyed = (rows: ReturnType<World['read']>) =>
  new Map(rows.map(({ startsMs, token, counts }) => [`${startsMs} ${token}`, counts]));

const plain = (all: ReadonlyMap<string, UsageCounts>) => Object.fromEntries(all);

describe('Usage', () => {
  test('Every hour of every token is exact where no report is lost, however reports are cut and repeated', async () => {
    await fc.assert(
      fc.asyncProperty(steps([]), async (taken) => {
        const world = new World();
        const made = await run(taken, world);
        world.report(1);
        expect(plain(keyed(world.read()))).toEqual(plain(made));
      }),
      RUNS,
    );
  });

  test('Nothing is counted twice, whatever reports and memories are lost', async () => {
    await fc.assert(
      fc.asyncProperty(steps([weighted(1, only('lose')), weighted(2, only('restart'))]), async (taken) => {
        const world = new World();
        const made = await run(taken, world);
        for (const [key, shown] of keyed(world.read())) {
          const most = made.get(key) ?? NO_USAGE;
          expect(shown.admitted).toBeLessThanOrEqual(most.admitted);
          expect(shown.upstreamCalls).toBeLessThanOrEqual(most.upstreamCalls);
          expect(shown.remembered).toBeLessThanOrEqual(most.remembered);
          for (const [code, count] of Object.entries(shown.refused))
            expect(count).toBeLessThanOrEqual(most.refused[code] ?? 0);
        }
      }),
      RUNS,
    );
  });

  test('An object that restarts when its timers have run loses nothing', async () => {
    await fc.assert(
      fc.asyncProperty(steps([]), async (taken) => {
        const world = new World();
        const made = await run(taken, world);
        world.report(1);
        await world.wait(60_000);
        world.restart();
        expect(plain(keyed(world.read()))).toEqual(plain(made));
      }),
      RUNS,
    );
  });

  test('The row of a token and day is written at most once an hour', async () => {
    await fc.assert(
      fc.asyncProperty(steps([weighted(1, only('restart'))]), async (taken) => {
        const world = new World();
        await run(taken, world);
        expect([...world.writes].filter(([, times]) => times > 1)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('Days are sums of their hours, and pages of any size are the whole list', async () => {
    await fc.assert(
      fc.asyncProperty(steps([]), fc.integer({ min: 1, max: 5 }), async (taken, limit) => {
        const world = new World();
        await run(taken, world);
        const sums = new Map<string, UsageCounts>();
        for (const { startsMs, token, counts } of world.read()) {
          const key = `${Math.floor(startsMs / DAY_MS) * DAY_MS} ${token}`;
          sums.set(key, addUsage(sums.get(key) ?? NO_USAGE, counts));
        }
        expect(plain(keyed(world.read({ by: 'day' })))).toEqual(plain(sums));
        const whole = world.read();
        const paged: typeof whole = [];
        for (;;) {
          const page = world.read({ limit, after: paged.at(-1) ?? null });
          paged.push(...page);
          if (page.length < limit) break;
        }
        expect(paged).toEqual(whole);
      }),
      RUNS,
    );
  });

  test('Adding is the same in any order, and a request is either admitted or refused', () => {
    const counts = fc.record({
      admitted: fc.nat(9),
      refused: fc.dictionary(fc.constantFrom('rate_limited', 'scope_missing'), fc.nat(9)),
      upstreamCalls: fc.nat(9),
      remembered: fc.nat(9),
    });
    fc.assert(
      fc.property(counts, counts, counts, (one, two, three) => {
        expect(addUsage(addUsage(one, two), three)).toEqual(addUsage(addUsage(three, one), two));
        expect(refusedOf(addUsage(one, two))).toBe(refusedOf(one) + refusedOf(two));
      }),
      RUNS,
    );
  });
});
