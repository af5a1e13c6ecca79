/** Lives of the deletion log: random orders, decisions, faults and deaths, against what must always be true of it. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PersonUuid, type DeletionId } from '../../src/core/ids.ts';
import type { DeletionEntry } from '../../src/objects/deletion-log/deletion-log.ts';
import type { Decision } from '../../src/objects/deletion-log/job/decision.ts';
import {
  isEnd,
  nextIfPossible,
  type JobEvent,
  type JobState,
} from '../../src/objects/deletion-log/job/job.ts';
import { LogInNode, START, type Holds } from '../support/model/log.ts';
import type { Mood } from '../support/model/posthog.ts';

const SEED = { seed: 20_261_126, numRuns: 5000 };
const BUDGET = 12;
const DAY = 86_400_000;

const MOODS: Mood[] = [
  'well',
  'half',
  'drops',
  'throttled',
  'failing',
  'forbidden',
  'lost before',
  'lost after',
  'dies before',
  'dies after',
];
const order = fc.record({
  kind: fc.constantFrom('create' as const, 'carry out' as const),
  persons: fc.integer({ min: 1, max: 6 }),
  /** Some of the ids belong to nobody. */
  unknown: fc.integer({ min: 0, max: 2 }),
  holdSeconds: fc.constantFrom(0, 0, 60),
  approvalOver: fc.constantFrom(null, null, 3),
});
const step = fc.oneof(
  { weight: 4, arbitrary: order },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ring' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1000, 60_000, DAY) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      which: fc.nat(5),
      decision: fc.constantFrom<Decision>('cancelled', 'approved', 'rejected', 'abandoned'),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What was asked for under an entry, and what the log said of decisions about it. */
interface Known {
  readonly id: DeletionId;
  readonly ids: readonly string[];
  readonly at: number;
  /** Nothing may be sent before. */
  readonly heldUntil: number;
  approved: boolean;
  stopped: boolean;
}

const madeNow = (log: LogInNode, { holdSeconds, approvalOver }: Holds, ids: readonly string[]) => ({
  ids,
  at: log.nowMs,
  heldUntil: log.nowMs + holdSeconds * 1000,
  approved: approvalOver === null || ids.length <= approvalOver,
  stopped: false,
});

async function play(log: LogInNode, steps: readonly Step[]): Promise<Known[]> {
  const known: Known[] = [];
  for (const each of steps) {
    switch (each.kind) {
      case 'create':
      case 'carry out': {
        const ids = log.newPersons(each.persons, each.unknown);
        const before = new Set(log.states().map(({ id }) => id));
        await log.order(
          each.kind,
          ids.map((id) => PersonUuid.parse(id)),
          BUDGET,
          each,
        );
        for (const { id } of log.states())
          if (!before.has(id)) known.push({ id, ...madeNow(log, each, ids) });
        break;
      }
      case 'ring':
        await log.ring();
        break;
      case 'wait':
        log.wait(each.ms);
        break;
      case 'die':
        log.restart();
        break;
      case 'decide': {
        const one = known[each.which];
        if (one === undefined) break;
        const calls = log.callsFor(one.ids);
        const decided = await log.decide(one.id, each.decision);
        if (decided && each.decision === 'approved') one.approved = true;
        else if (decided) one.stopped = true;
        if (decided && each.decision !== 'approved' && each.decision !== 'abandoned') expect(calls).toBe(0);
        break;
      }
    }
    check(log, known);
  }
  return known;
}

/** What must be true after every step. */
function check(log: LogInNode, known: readonly Known[]): void {
  for (const entry of log.states()) {
    const { ids } = known.find(({ id }) => id === entry.id) ?? { ids: [] };
    expect(replay(log.events(entry.id))).toBe(entry.state);
    if (entry.state === 'cancelled' || entry.state === 'held') expect(log.callsFor(ids)).toBe(0);
    if (entry.state === 'done') expect(ids.filter((id) => log.posthog.persons.has(id))).toEqual([]);
    if (entry.reason === 'refused') expect(ids.filter((id) => log.posthog.deletedAt.has(id))).toEqual([]);
    if (!isEnd(entry.state)) expect(log.disk.alarm).not.toBeNull();
  }
  const asked = new Map(known.flatMap((one) => one.ids.map((id) => [id, one] as const)));
  for (const { ids, at } of log.posthog.calls) {
    for (const id of ids) {
      const { heldUntil = Infinity, approved = false } = asked.get(id) ?? {};
      expect([at >= heldUntil, approved]).toEqual([true, true]);
    }
  }
  for (const { at } of known) {
    const inADay = known.filter((one) => one.at <= at && one.at > at - DAY);
    const gone = inADay.flatMap(({ ids }) => ids.filter((id) => log.posthog.deletedAt.has(id)));
    expect(gone.length).toBeLessThanOrEqual(BUDGET);
  }
  for (const left of log.charges()) expect(left).toBeGreaterThanOrEqual(0);
}

/** The state that the rows of the log lead to. */
const replay = ({ began, events }: { began: JobState; events: readonly JobEvent[] }): JobState | null =>
  events.reduce<JobState | null>(
    (state, event) => (state === null ? null : nextIfPossible(state, event)),
    began,
  );

/** Everything that is not held by a person comes to an end once PostHog is well. */
async function drain(log: LogInNode): Promise<DeletionEntry[]> {
  log.posthog.moods = [];
  for (let rings = 0; rings < 60; rings += 1) {
    const open = log.states().filter(({ state }) => !isEnd(state) && state !== 'held');
    if (open.length === 0) break;
    await log.ring();
  }
  return log.entries();
}

test('Whatever happens to a deletion log, nothing is sent that was cancelled, budgets hold, and the rows lead to the state', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.array(fc.constantFrom(...MOODS), { maxLength: 8 }),
      async (steps, moods) => {
        const log = await LogInNode.open(START);
        log.posthog.moods = [...moods];
        try {
          const known = await play(log, steps);
          const settled = await drain(log);
          check(log, known);
          for (const { id, state, reason } of settled) {
            seen.add(reason ?? state);
            const { ids = [], stopped = false } = known.find((one) => one.id === id) ?? {};
            if (stopped) continue;
            expect(['done', 'failed', 'held']).toContain(state);
            if (state === 'done') expect(log.callsFor(ids)).toBeGreaterThan(0);
          }
        } finally {
          log.close();
        }
      },
    ),
    SEED,
  );
  expect([...seen].toSorted()).toEqual(
    expect.arrayContaining(['abandoned', 'cancelled', 'done', 'held', 'refused', 'rejected']),
  );
}, 300_000);
