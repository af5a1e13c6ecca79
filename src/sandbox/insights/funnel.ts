import { type Call, merged } from '../call.ts';
import { parseInterval, parseMoment, shift, startOf } from '../filters/dates.ts';
import { unpack } from '../filters/parse.ts';
import { denied, invalid } from '../wire/errors.ts';
import type { Reply } from '../wire/message.ts';
import { int, text } from '../wire/python.ts';
import { actorsPage } from './actors.ts';
import { slice } from './breakdown.ts';
import { cachedPage } from './cache.ts';
import { furthest, parseFunnel, type Run, runs } from './funnel-steps.ts';
import { gather, within } from './scene.ts';

/** GET and POST /funnel/ (PostHog contract §6.4, §8 item 4). */

/** The flag that switches the oldest insights off strikes funnel and trends of the later generations (§3). */
export function refuseWhenSwitchedOff(call: Call): void {
  if (call.generation === 'A' || call.settings.legacy_insights) return;
  throw denied('Legacy insight endpoints are not available for this user.');
}

/** Which of the runs count as answers: by step reached, dropped off before a negative step, or from a list of steps. */
function stepTest(dictionary: Record<string, unknown>): (reached: number) => boolean {
  const custom = unpack(dictionary['funnel_custom_steps'], 'Custom steps');
  if (Array.isArray(custom) && custom.length > 0) {
    const steps = new Set(custom.map((step: unknown) => int(step, 0)));
    return (reached) => steps.has(reached);
  }
  const step = int(dictionary['funnel_step'], 1);
  return step < 0 ? (reached) => reached === -step - 1 && reached > 0 : (reached) => reached >= step;
}

/** The people of one point of a funnel's trend: who set out in that period, and arrived or did not. */
function trendPointTest(
  dictionary: Record<string, unknown>,
  steps: number,
  now: number,
): (run: Run) => boolean {
  const interval = parseInterval(dictionary['interval']);
  const named = parseMoment(text(dictionary['entrance_period_start']), now);
  if (named === undefined) throw invalid('entrance_period_start is required', 'entrance_period_start');
  const start = startOf(named, interval);
  const end = shift(start, 1, interval);
  const from = int(dictionary['funnel_from_step'], 0);
  const to = int(dictionary['funnel_to_step'], steps - 1);
  const droppedOff = text(dictionary['drop_off']) === 'true';
  return (run) => {
    const first = run[0];
    if (first === undefined || first.at < start || first.at >= end || run.length <= from) return false;
    return droppedOff ? run.length <= to : run.length > to;
  };
}

/** Answers the people who got as far as asked. */
export function funnel(call: Call): Reply {
  refuseWhenSwitchedOff(call);
  const dictionary = merged(call);
  return cachedPage(call, 'funnel', dictionary, () => {
    const asked = parseFunnel(dictionary);
    const { actors, range } = gather(call, call.projectId, dictionary);
    const inSlice = slice(dictionary, dictionary['funnel_step_breakdown']);
    const isTrend = dictionary['funnel_viz_type'] === 'trends';
    const reachedFar = isTrend ? () => true : stepTest(dictionary);
    const onPoint = isTrend ? trendPointTest(dictionary, asked.steps.length, call.now) : () => true;
    const matches = actors.filter((actor) => {
      const best = furthest(runs(asked, actor, within(range, actor.deeds)).filter(onPoint));
      const first = best?.[0];
      return best !== undefined && first !== undefined && reachedFar(best.length) && inSlice(actor, first);
    });
    return actorsPage(call, dictionary, matches);
  });
}
