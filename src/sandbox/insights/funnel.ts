import { type Call, merged } from '../call.ts';
import { parseInterval, parseMoment, shift, startOf } from '../filters/dates.ts';
import { unpack } from '../filters/parse.ts';
import type { Happening } from '../store/events.ts';
import { invalid } from '../wire/errors.ts';
import type { Reply } from '../wire/message.ts';
import { int, text } from '../wire/python.ts';
import { actorsPage, type Match } from './actors.ts';
import { slice } from './breakdown.ts';
import { cachedPage } from './cache.ts';
import { type Funnel, furthest, parseFunnel, type Run, runs } from './funnel-steps.ts';
import { type Actor, gatherLegacy, type Scene, within } from './scene.ts';

/** GET and POST /funnel/ (PostHog contract §6.4, §8 item 4). */

/** Which ways through are answers: those that reached the step, or ended just before a negative one. */
export function stepTest(step: number): (reached: number) => boolean {
  return step < 0 ? (reached) => reached === -step - 1 && reached > 0 : (reached) => reached >= step;
}

function legacyStepTest(dictionary: Record<string, unknown>): (reached: number) => boolean {
  const custom = unpack(dictionary['funnel_custom_steps'], 'Custom steps');
  if (Array.isArray(custom) && custom.length > 0) {
    const steps = new Set(custom.map((step: unknown) => int(step, 0)));
    return (reached) => steps.has(reached);
  }
  return stepTest(int(dictionary['funnel_step'], 1));
}

/** One point of a funnel's trend. */
export interface TrendPoint {
  /** Start and end of the period in which the first step was taken. */
  readonly period: readonly [number, number];
  /** Positions of two steps, counted from zero: reached the first, and the second or not. */
  readonly between: readonly [number, number];
  readonly droppedOff: boolean;
}

/** Which runs may be the answer, and whether the furthest of them is one. */
export interface RunTest {
  readonly isAsked: (run: Run) => boolean;
  readonly isAnswer: (reached: number) => boolean;
}

/**
 * A point of a trend: of the runs that set out in its period, the furthest decides whether the person arrived. The later
 * events of who arrived begin shorter runs, and those are no drop-offs (corrections §6, 9).
 */
export function pointTest({ period, between, droppedOff }: TrendPoint): RunTest {
  const [from, to] = between;
  return {
    isAsked: ([first]) => first !== undefined && first.at >= period[0] && first.at < period[1],
    isAnswer: (reached) => reached > from && (droppedOff ? reached <= to : reached > to),
  };
}

/** A step of a funnel: every run may be the answer. */
export function anyRun(isAnswer: RunTest['isAnswer']): RunTest {
  return { isAsked: () => true, isAnswer };
}

function legacyPointTest(dictionary: Record<string, unknown>, steps: number, now: number): RunTest {
  const interval = parseInterval(dictionary['interval']);
  const named = parseMoment(text(dictionary['entrance_period_start']), now);
  if (named === undefined) throw invalid('entrance_period_start is required', 'entrance_period_start');
  const start = startOf(named, interval);
  return pointTest({
    period: [start, shift(start, 1, interval)],
    between: [int(dictionary['funnel_from_step'], 0), int(dictionary['funnel_to_step'], steps - 1)],
    droppedOff: text(dictionary['drop_off']) === 'true',
  });
}

/** A funnel, and which ways through it are asked for. */
export interface FunnelQuestion {
  readonly funnel: Funnel;
  readonly test: RunTest;
  /** Asked about the first step that was taken. */
  readonly inSlice: (actor: Actor, first: Happening) => boolean;
}

/** The people who got as far as asked. */
export function funnelMatches({ actors, range }: Scene, question: FunnelQuestion): Match[] {
  const { test, inSlice } = question;
  return actors.filter((actor) => {
    const best = furthest(runs(question.funnel, actor, within(range, actor.deeds)).filter(test.isAsked));
    const first = best?.[0];
    return best !== undefined && first !== undefined && test.isAnswer(best.length) && inSlice(actor, first);
  });
}

/** Answers the people who got as far as asked. */
export function funnel(call: Call): Reply {
  const dictionary = merged(call);
  return cachedPage(call, 'funnel', dictionary, () => {
    const asked = parseFunnel(dictionary);
    const isTrend = dictionary['funnel_viz_type'] === 'trends';
    const matches = funnelMatches(gatherLegacy(call, call.projectId, dictionary), {
      funnel: asked,
      test: isTrend
        ? legacyPointTest(dictionary, asked.steps.length, call.now)
        : anyRun(legacyStepTest(dictionary)),
      inSlice: slice(dictionary, dictionary['funnel_step_breakdown']),
    });
    return actorsPage(call, dictionary, matches);
  });
}
