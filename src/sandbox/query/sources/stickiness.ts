import type { Call } from '../../call.ts';
import { parseInterval } from '../../filters/dates.ts';
import type { Match } from '../../insights/actors.ts';
import { stickinessMatches } from '../../insights/stickiness.ts';
import { serverError } from '../../wire/errors.ts';
import type { InsightActorsQuery, StickinessActorsQuery } from '../schema/actors.ts';
import type { StickinessQuery } from '../schema/insights.ts';
import { aggregationOf } from './aggregation.ts';
import { entityOf, sceneOf } from './entities.ts';
import type { Found } from './found.ts';

/** StickinessActorsQuery, or in older versions InsightActorsQuery, over a StickinessQuery (query contract §3.4). */

function isWanted(node: StickinessActorsQuery | InsightActorsQuery): (intervals: number) => boolean {
  const { day } = node;
  if (day === null || day === undefined) return () => true;
  const wanted = Number(day);
  if (!Number.isInteger(wanted)) throw serverError();
  const operator = node.kind === 'StickinessActorsQuery' ? node.operator : undefined;
  if (operator === 'gte') return (intervals) => intervals >= wanted;
  if (operator === 'lte') return (intervals) => intervals <= wanted;
  return (intervals) => intervals === wanted;
}

/** The actors of stickiness: those of each series, joined by OR, and those of the period before where it is compared. */
export function stickinessActors(
  call: Call,
  node: StickinessActorsQuery | InsightActorsQuery,
  query: StickinessQuery,
): Found {
  const aggregation = aggregationOf(call, query);
  const scene = sceneOf(call, query, aggregation);
  const interval = parseInterval(query.interval);
  const { from, to } = scene.range;
  const earlier = { from: from - (to - from) - 1, to: from - 1 };
  const ranges = query.compareFilter?.compare === true ? [scene.range, earlier] : [scene.range];
  const matches = new Map<string, Match>();
  for (const series of query.series) {
    const entity = entityOf(call, series);
    for (const range of ranges) {
      for (const match of stickinessMatches({ ...scene, range }, [entity], interval, isWanted(node)))
        matches.set(match.person.uuid, match);
    }
  }
  return { matches: [...matches.values()], aggregation, isCounted: false };
}
