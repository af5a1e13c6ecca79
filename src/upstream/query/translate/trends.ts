/** Trends as `InsightActorsQuery` (query contract §3.5). */
import { absoluteMoment } from '../../../catalogue/fields/moments.ts';
import type { TrendsInput } from '../../../catalogue/persons/insight-inputs.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { breakdownOf, decidingInterval, idleInterval, sharedOf } from './common.ts';
import { invalid, type Flaw } from './flaw.ts';
import type { Interval, TrendsActorsQuery } from './nodes.ts';
import type { MathRule } from './series.ts';
import { targetOf } from './target.ts';

/** Counts that are made of the values of a property. */
const OF_PROPERTY = new Set(['avg', 'sum', 'min', 'max', 'median', 'p75', 'p90', 'p95', 'p99']);

const trendsMath: MathRule = ({ math = 'total', math_property: property }, attr) => {
  if (!OF_PROPERTY.has(math)) return ok({ math });
  return property === undefined
    ? err(invalid(`${attr}.math_property`, `is needed with the math ${math}: the name of an event property`))
    : ok({ math, math_property: property });
};

/** The persons of the whole range, as the legacy endpoint gave them, or those of a point that PostHog has no range for. */
export function trendsSource(input: TrendsInput): Result<TrendsActorsQuery, Flaw> {
  const target = targetOf(input, trendsMath);
  if (!target.ok) return target;
  const breakdown = breakdownOf(input, 'breakdown_value', input.breakdown_value);
  if (!breakdown.ok) return breakdown;
  const shared = sharedOf(input);
  if (!shared.ok) return shared;
  const form = formOf(input, target.value.math);
  if (!form.ok) return form;
  const { day, interval } = form.value;
  return ok({
    kind: 'InsightActorsQuery',
    series: 0,
    ...(day === null ? {} : { day }),
    ...(breakdown.value === null ? {} : { breakdown: breakdown.value.value }),
    source: {
      kind: 'TrendsQuery',
      series: [target.value],
      ...shared.value,
      interval,
      ...(day === null ? { trendsFilter: { display: 'ActionsBarValue' } } : {}),
      ...(breakdown.value === null ? {} : { breakdownFilter: breakdown.value.filter }),
    },
  });
}

interface Form {
  /** The start of the one interval that is asked for; `null` asks for the range. */
  readonly day: string | null;
  readonly interval: Interval;
}

/** Who was active in the seven or thirty days before can be told of one interval only. */
function formOf(input: TrendsInput, math: string | undefined): Result<Form, Flaw> {
  if (math !== 'weekly_active' && math !== 'monthly_active') {
    return ok({ day: null, interval: idleInterval(input) });
  }
  const interval = decidingInterval(input);
  if (!interval.ok) return interval;
  const [from, to] = [absoluteMoment(input.date_from ?? ''), absoluteMoment(input.date_to ?? '')];
  return interval.value === 'day' && from !== null && from.date === to?.date
    ? ok({ day: from.date, interval: interval.value })
    : err(invalid('date_from', `must be one day, and date_to the same one, with the math ${math} by day`));
}
