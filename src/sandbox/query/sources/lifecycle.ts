import type { Call } from '../../call.ts';
import { type Interval, parseInterval, parseMoment, shift, startOf } from '../../filters/dates.ts';
import { lifecycleMatches } from '../../insights/lifecycle.ts';
import type { Range } from '../../insights/range.ts';
import { serverError } from '../../wire/errors.ts';
import type { InsightActorsQuery } from '../schema/actors.ts';
import type { LifecycleQuery } from '../schema/insights.ts';
import { aggregationOf } from './aggregation.ts';
import { entityOf, sceneOf } from './entities.ts';
import type { Found } from './found.ts';

/** InsightActorsQuery over a LifecycleQuery (PostHog query contract §3.3). */

/** How many intervals of a range are looked at when no day is named. */
const INTERVALS_MAX = 1000;

/** The starts of the intervals of a range that are asked about: all, or the one that starts at the day. */
function targetsOf(call: Call, day: unknown, interval: Interval, range: Range): number[] {
  if (day !== null && day !== undefined) {
    const named = typeof day === 'string' ? parseMoment(day, call.now) : undefined;
    if (named === undefined) throw serverError();
    const isStart = startOf(named, interval) === named;
    return isStart && named >= startOf(range.from, interval) && named <= range.to ? [named] : [];
  }
  const targets: number[] = [];
  let at = startOf(range.to, interval);
  while (at >= startOf(range.from, interval) && targets.length < INTERVALS_MAX) {
    targets.push(at);
    at = startOf(shift(at, -1, interval), interval);
  }
  return targets;
}

/** The actors of a lifecycle. A missing day or status restricts nothing, and several series are joined by AND. */
export function lifecycleActors(call: Call, node: InsightActorsQuery, query: LifecycleQuery): Found {
  const aggregation = aggregationOf(call, query);
  const scene = sceneOf(call, query, aggregation);
  const interval = parseInterval(query.interval);
  const { status } = node;
  const matches = lifecycleMatches(scene, {
    entities: query.series.map((series) => entityOf(call, series)),
    interval,
    targets: targetsOf(call, node.day, interval, scene.range),
    isWanted: (kind) => status === null || status === undefined || kind === status,
  });
  return { matches, aggregation, isCounted: false };
}
