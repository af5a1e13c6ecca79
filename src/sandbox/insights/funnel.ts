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

/** Which runs belong to a point: those of who set out in that period, and arrived or did not. */
export function pointTest({ period, between, droppedOff }: TrendPoint): (run: Run) => boolean {
  const [from, to] = between;
  return (run) => {
    const first = run[0];
    if (first === undefined || first.at < period[0] || first.at >= period[1] || run.length <= from)
      return false;
    return droppedOff ? run.length <= to : run.length > to;
  };
}

function legacyPointTest(
  dictionary: Record<string, unknown>,
  steps: number,
  now: number,
): (run: Run) => boolean {
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
  readonly onPoint: (run: Run) => boolean;
  readonly reachedFar: (reached: number) => boolean;
  /** Asked about the first step that was taken. */
  readonly inSlice: (actor: Actor, first: Happening) => boolean;
}

/** The people who got as far as asked. */
export function funnelMatches({ actors, range }: Scene, question: FunnelQuestion): Match[] {
  const { onPoint, reachedFar, inSlice } = question;
  return actors.filter((actor) => {
    const best = furthest(runs(question.funnel, actor, within(range, actor.deeds)).filter(onPoint));
    const first = best?.[0];
    return best !== undefined && first !== undefined && reachedFar(best.length) && inSlice(actor, first);
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
      onPoint: isTrend ? legacyPointTest(dictionary, asked.steps.length, call.now) : () => true,
      reachedFar: isTrend ? () => true : legacyStepTest(dictionary),
      inSlice: slice(dictionary, dictionary['funnel_step_breakdown']),
    });
    return actorsPage(call, dictionary, matches);
  });
}
