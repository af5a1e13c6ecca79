import type { Call } from '../../call.ts';
import { DAY_MS, parseInterval, parseMoment, shift } from '../../filters/dates.ts';
import type { Range } from '../../insights/range.ts';
import { trendsMatches } from '../../insights/trends.ts';
import { serverError } from '../../wire/errors.ts';
import type { InsightActorsQuery } from '../schema/actors.ts';
import { TOTALS, type TrendsQuery } from '../schema/insights.ts';
import type { Series } from '../schema/series.ts';
import { unsupported } from '../unsupported.ts';
import { aggregationOf } from './aggregation.ts';
import { sliceTest } from './breakdown.ts';
import { entityOf, sceneOf } from './entities.ts';
import type { Found } from './found.ts';

/** InsightActorsQuery over a TrendsQuery (PostHog query contract §3.5). */

/** How many days before its end an active-users count looks back; undefined for other maths. */
function lookBackDays(series: Series): number | undefined {
  if (series.math === 'weekly_active') return 7;
  return series.math === 'monthly_active' ? 30 : undefined;
}

/** The point asked about: the whole range for displays of one value, one bucket for the others. Never both. */
function pointOf(call: Call, query: TrendsQuery, day: unknown, range: Range): Range {
  const display = query.trendsFilter?.display;
  const isTotal = TOTALS.some((total) => total === display);
  const hasDay = day !== null && day !== undefined;
  if (isTotal === hasDay) throw serverError();
  if (isTotal) return range;
  const start = typeof day === 'string' ? parseMoment(day, call.now) : undefined;
  if (start === undefined) throw serverError();
  const end = shift(start, 1, parseInterval(query.interval)) - 1;
  return { from: Math.max(start, range.from), to: Math.min(end, range.to) };
}

/** The actors of trends, each with the number of its events. */
export function trendsActors(call: Call, node: InsightActorsQuery, query: TrendsQuery): Found {
  const series = query.series[node.series ?? 0];
  if (series === undefined) throw serverError();
  if (node.compare === 'previous') throw unsupported('computes no previous periods');
  const aggregation = aggregationOf(call, query);
  const scene = sceneOf(call, query, aggregation);
  const point = pointOf(call, query, node.day, scene.range);
  const days = lookBackDays(series);
  const range = days === undefined ? point : { from: point.to + 1 - days * DAY_MS, to: point.to };
  const inSlice = sliceTest(query.breakdownFilter, node.breakdown);
  const matches = trendsMatches({ ...scene, range }, entityOf(call, series), inSlice);
  return { matches, aggregation, isCounted: true };
}
