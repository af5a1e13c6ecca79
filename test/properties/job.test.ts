/** The life of a deletion: which events can happen in which state, and where they lead. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isEnd,
  isUnsent,
  JOB_EVENTS,
  JOB_STATES,
  next,
  nextIfPossible,
  type JobEvent,
  type JobState,
} from '../../src/objects/deletion-log/job/job.ts';

const SEED = { seed: 20_261_126, numRuns: 2000 };
const events = fc.array(fc.constantFrom(...JOB_EVENTS), { maxLength: 20 });
const first = fc.constantFrom<JobState>('resolving', 'held', 'sending');

/** The states that a deletion goes through, where events that cannot happen are ignored. */
function wayOf(from: JobState, all: readonly JobEvent[]): JobState[] {
  const way = [from];
  for (const event of all) {
    const now = way.at(-1) ?? from;
    way.push(nextIfPossible(now, event) ?? now);
  }
  return way;
}

test('A deletion that may have been sent is never cancelled, whatever happens to it', () => {
  fc.assert(
    fc.property(first, events, (from, all) => {
      const way = wayOf(from, all);
      const sent = way.findIndex((state) => state === 'sending');
      if (sent >= 0) expect(way.slice(sent)).not.toContain('cancelled');
    }),
    SEED,
  );
});

test('A deletion that has ended stays as it is, whatever happens to it', () => {
  for (const state of JOB_STATES.filter(isEnd)) {
    for (const event of JOB_EVENTS) expect(nextIfPossible(state, event)).toBeNull();
  }
  expect(JOB_STATES.filter(isEnd)).toEqual(['done', 'nobody', 'failed', 'cancelled']);
});

test('Every state can be reached, and every state leads to an end', () => {
  const reached = new Set<JobState>(['resolving', 'held', 'sending']);
  for (const state of reached) {
    for (const event of JOB_EVENTS) {
      const after = nextIfPossible(state, event);
      if (after !== null) reached.add(after);
    }
  }
  expect([...reached].toSorted()).toEqual(JOB_STATES.toSorted());
  const leads = new Set<JobState>(JOB_STATES.filter(isEnd));
  for (const _ of JOB_STATES) {
    for (const state of JOB_STATES) {
      const after = JOB_EVENTS.map((event) => nextIfPossible(state, event));
      if (after.some((one) => one !== null && leads.has(one))) leads.add(state);
    }
  }
  expect(leads.size).toBe(JOB_STATES.length);
});

test('Only a deletion of which nothing was sent is unsent', () => {
  expect(JOB_STATES.filter(isUnsent)).toEqual(['resolving', 'previewed', 'held', 'cancelled']);
});

test('An event that cannot happen in a state is a defect of its caller, and does not compile', () => {
  // @ts-expect-error -- a deletion that is being sent cannot be cancelled
  expect(() => next('sending', 'cancelled')).toThrow('a deletion that is sending cannot be cancelled');
  // @ts-expect-error -- nothing happens to a deletion that is done
  expect(() => next('done', 'approved')).toThrow('cannot be approved');
  expect(next('held', 'released')).toBe('sending');
});
