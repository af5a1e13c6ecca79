import type { Call } from '../../call.ts';
import { parseInterval, parseMoment, shift, startOf } from '../../filters/dates.ts';
import { anyRun, funnelMatches, pointTest, type RunTest, stepTest } from '../../insights/funnel.ts';
import type { Funnel } from '../../insights/funnel-steps.ts';
import { invalid, serverError } from '../../wire/errors.ts';
import type { FunnelsActorsQuery } from '../schema/actors.ts';
import type { FunnelsQuery } from '../schema/insights.ts';
import { unsupported } from '../unsupported.ts';
import type { Found } from './found.ts';
import { aggregationOf } from './aggregation.ts';
import { sliceTest } from './breakdown.ts';
import { entityOf, sceneOf } from './entities.ts';

/** FunnelsActorsQuery (PostHog query contract §3.1). */

/** Reads a funnel, or refuses it as upstream's rules for funnels do. */
export function funnelOf(call: Call, query: FunnelsQuery): Funnel {
  const filter = query.funnelsFilter ?? {};
  const count = query.series.length;
  if (count === 0 || (count < 2 && call.generation !== 'A')) {
    throw invalid('Funnels require at least two steps.');
  }
  const exclusions = filter.exclusions ?? [];
  for (const { funnelFromStep: from, funnelToStep: to } of exclusions) {
    if (from < 0 || to >= count) throw invalid('Exclusion steps are out of range.');
    if (from >= to)
      throw invalid('Exclusion event range is invalid. End of range should be greater than start.');
  }
  const unit = filter.funnelWindowIntervalUnit ?? 'day';
  if (unit === 'second') throw unsupported('computes no windows in seconds');
  return {
    steps: query.series.map((series) => entityOf(call, series)),
    exclusions: exclusions.map((exclusion) => entityOf(call, exclusion)),
    order: filter.funnelOrderType ?? 'ordered',
    window: [filter.funnelWindowInterval ?? 14, unit],
  };
}

/** Which point of a trend; both what it began with and how it ended are required. */
function pointOf(call: Call, node: FunnelsActorsQuery): RunTest {
  const { interval, funnelsFilter, series } = node.source;
  const [started, droppedOff] = [node.funnelTrendsEntrancePeriodStart, node.funnelTrendsDropOff];
  if (typeof started !== 'string' || typeof droppedOff !== 'boolean') {
    throw invalid('Actors of funnel trends need funnelTrendsDropOff and funnelTrendsEntrancePeriodStart.');
  }
  const [from, to] = [funnelsFilter?.funnelFromStep ?? 0, funnelsFilter?.funnelToStep ?? series.length - 1];
  if (from < 0 || to >= series.length || from >= to) {
    throw invalid('funnelFromStep and funnelToStep are out of range.');
  }
  const start = parseMoment(started, call.now);
  if (start === undefined) throw serverError();
  const unit = parseInterval(interval);
  // Compared with the starts of the buckets: any other moment begins nothing.
  if (startOf(start, unit) !== start) return { isAsked: () => false, isAnswer: () => false };
  return pointTest({ period: [start, shift(start, 1, unit)], between: [from, to], droppedOff });
}

function reachedFar(node: FunnelsActorsQuery): (reached: number) => boolean {
  const { funnelStep: step, funnelCustomSteps: custom } = node;
  if (custom !== null && custom !== undefined && custom.length > 0)
    return (reached) => custom.includes(reached);
  // Nothing checks these before an assertion fails on them (PostHog query contract §3.1).
  if (step === null || step === undefined || step === 0 || step === -1) throw serverError();
  return stepTest(step);
}

/** The actors of a funnel. */
export function funnelActors(call: Call, node: FunnelsActorsQuery): Found {
  const query = node.source;
  const funnel = funnelOf(call, query);
  const aggregation = aggregationOf(call, query);
  const isTrend = query.funnelsFilter?.funnelVizType === 'trends';
  const matches = funnelMatches(sceneOf(call, query, aggregation), {
    funnel,
    test: isTrend ? pointOf(call, node) : anyRun(reachedFar(node)),
    inSlice: sliceTest(query.breakdownFilter, node.funnelStepBreakdown),
  });
  return { matches, aggregation, isCounted: false };
}
