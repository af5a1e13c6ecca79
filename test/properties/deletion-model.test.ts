/** Lives of the deletion log: random orders, decisions, faults and deaths, against what must always be true of it. */
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { PersonUuid, type DeletionId } from '../../src/core/ids.ts';
import type { DeletionEntry } from '../../src/objects/deletion-log/deletion-log.ts';
import type { Decision } from '../../src/objects/deletion-log/job/decision.ts';
import { isFuseBlown } from '../../src/objects/deletion-log/job/holds.ts';
import {
  isEnd,
  nextIfPossible,
  type JobEvent,
  type JobState,
} from '../../src/objects/deletion-log/job/job.ts';
import { LogInNode, START, type Holds } from '../support/model/log.ts';
import type { FuseMood, LetThrough } from '../support/model/fuse.ts';
import type { Mood } from '../support/model/posthog.ts';

const SEED = { seed: 20_261_126, numRuns: Number(process.env['DELETION_RUNS'] ?? 1500) };
const BUDGET = 12;
const FUSE = 10;
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
const FUSE_MOODS: FuseMood[] = ['well', 'well', 'lost before', 'lost after', 'dies before', 'dies after'];
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
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset the fuse' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('end the fuse' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('another tenant' as const),
      persons: fc.integer({ min: 1, max: 6 }),
    }),
  },
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
  /** When the fuse, if any, let it through to be sent. */
  letThrough: Omit<LetThrough, 'persons'> | null;
}

const madeNow = (log: LogInNode, { holdSeconds, approvalOver }: Holds, ids: readonly string[]) => ({
  ids,
  at: log.nowMs,
  heldUntil: log.nowMs + holdSeconds * 1000,
  approved: approvalOver === null || ids.length <= approvalOver,
  stopped: false,
  letThrough: null,
});

async function play(log: LogInNode, steps: readonly Step[], watch: FuseWatch): Promise<Known[]> {
  const known: Known[] = [];
  for (const each of steps) {
    watch.before();
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
      case 'reset the fuse':
        log.fuse?.reset();
        break;
      case 'end the fuse':
        log.fuse?.restart();
        break;
      case 'another tenant':
        log.fuse?.takeForOthers(each.persons);
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
    watch.after(known);
    check(log, known);
  }
  return known;
}

/** Sees when the fuse lets a deletion through, and that it lets none through while it is tripped. */
function watchFuse(log: LogInNode) {
  const { fuse } = log;
  const taken = new Map<DeletionId, number>();
  let wasTripped = false;
  let hadTaken = new Set<DeletionId>();
  return {
    before: () => {
      wasTripped = fuse?.isTripped ?? false;
      hadTaken = new Set(fuse?.charges().keys());
    },
    after: (known: readonly Known[]) => {
      if (fuse === null) return;
      // A reset lets nothing count, so that what counts was taken since.
      for (const [id, persons] of fuse.charges()) if (persons > 0) taken.set(id, fuse.period);
      for (const one of known) {
        if (one.letThrough !== null || !log.events(one.id).events.includes('released')) continue;
        expect(wasTripped && !hadTaken.has(one.id)).toBe(false);
        one.letThrough = { at: log.nowMs, period: taken.get(one.id) ?? fuse.period };
      }
    },
  };
}

type FuseWatch = ReturnType<typeof watchFuse>;

/** Of all tenants together no more persons are deleted than the fuse lets through in a day. */
function checkFuse(log: LogInNode, known: readonly Known[]): void {
  const { fuse } = log;
  if (fuse === null) return;
  for (const { ids, letThrough } of known) if (letThrough === null) expect(log.callsFor(ids)).toBe(0);
  const own = known.flatMap(({ ids, letThrough }) =>
    letThrough === null
      ? []
      : [{ ...letThrough, persons: ids.filter((id) => log.posthog.deletedAt.has(id)).length }],
  );
  const all = [...own, ...fuse.others];
  for (const { at, period } of all) {
    const inADay = all.filter((one) => one.period === period && one.at <= at && one.at > at - DAY);
    expect(inADay.reduce((sum, { persons }) => sum + persons, 0)).toBeLessThanOrEqual(FUSE);
  }
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
  const goneAt = known.flatMap(({ ids }) => ids.flatMap((id) => log.posthog.deletedAt.get(id) ?? []));
  for (const at of goneAt)
    expect(goneAt.filter((one) => one <= at && one > at - DAY).length).toBeLessThanOrEqual(BUDGET);
  checkFuse(log, known);
  for (const { left } of log.charges()) expect(left).toBeGreaterThanOrEqual(0);
}

/** The state that the rows of the log lead to. */
const replay = ({ began, events }: { began: JobState; events: readonly JobEvent[] }): JobState | null =>
  events.reduce<JobState | null>(
    (state, event) => (state === null ? null : nextIfPossible(state, event)),
    began,
  );

/** Everything that is not held by a person comes to an end once PostHog is well and the operator resets the fuse. */
async function drain(log: LogInNode, known: readonly Known[], watch: FuseWatch): Promise<DeletionEntry[]> {
  log.posthog.moods = [];
  if (log.fuse !== null) log.fuse.moods = [];
  for (let rings = 0; rings < 90; rings += 1) {
    const blown = known.filter(({ id }) => isFuseBlown(log.events(id).events));
    const isOpen = log.states().some(({ state }) => !isEnd(state) && state !== 'held');
    if (!isOpen && log.notGivenBack() === 0 && !blown.some(({ stopped }) => !stopped)) break;
    if (rings % 3 === 2) log.fuse?.reset();
    watch.before();
    await log.ring();
    watch.after(known);
  }
  return log.entries();
}

/** What was not deleted counts neither for the fuse, whatever was lost on the way to it. */
function checkGivenBack(log: LogInNode, known: readonly Known[]): void {
  expect(log.notGivenBack()).toBe(0);
  if (log.fuse === null || log.fuse.period > 0) return;
  const counted = log.fuse.charges();
  for (const { id, left } of log.charges()) {
    const one = known.find((each) => each.id === id);
    if (one === undefined || (one.letThrough === null && !one.stopped)) continue;
    expect(counted.get(id) ?? 0).toBeLessThanOrEqual(left);
    if (counted.has(id) && one.letThrough !== null) expect(counted.get(id)).toBe(left);
  }
}

test('Whatever happens to a deletion log, nothing is sent that was cancelled, budgets and the fuse hold, and the rows lead to the state', async () => {
  const seen = new Set<string>();
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.array(fc.constantFrom(...MOODS), { maxLength: 8 }),
      fc.option(fc.array(fc.constantFrom(...FUSE_MOODS), { maxLength: 6 })),
      async (steps, moods, fuseMoods) => {
        const log = await LogInNode.open(START, fuseMoods === null ? null : FUSE);
        log.posthog.moods = [...moods];
        if (log.fuse !== null) log.fuse.moods = [...(fuseMoods ?? [])];
        try {
          const watch = watchFuse(log);
          const known = await play(log, steps, watch);
          const settled = await drain(log, known, watch);
          check(log, known);
          checkGivenBack(log, known);
          for (const { id, state, reason } of settled) {
            seen.add(reason ?? state);
            if (log.events(id).events.includes('fuse_reset')) seen.add('fuse_reset');
            expect(reason).not.toBe('fuse');
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
    expect.arrayContaining(['abandoned', 'cancelled', 'done', 'fuse_reset', 'held', 'refused', 'rejected']),
  );
}, 300_000);
