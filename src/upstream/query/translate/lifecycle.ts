/** Lifecycles as `InsightActorsQuery` (query contract §3.3). */
import { absoluteMoment } from '../../../catalogue/fields/moments.ts';
import type { LifecycleInput } from '../../../catalogue/persons/insight-inputs.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { decidingInterval, sharedIn } from './common.ts';
import { dateRangeOf } from './dates.ts';
import { conflict, invalid, type Flaw } from './flaw.ts';
import type { DateRange, Interval, LifecycleActorsQuery, SeriesNode } from './nodes.ts';
import { noMath, seriesOf } from './series.ts';

export function lifecycleSource(input: LifecycleInput): Result<LifecycleActorsQuery, Flaw> {
  const series = onlySeries(input);
  if (!series.ok) return series;
  const interval = decidingInterval(input);
  if (!interval.ok) return interval;
  const day = dayOf(input.target_date, interval.value);
  if (!day.ok) return day;
  const dateRange = rangeAround(day.value, input);
  if (!dateRange.ok) return dateRange;
  return ok({
    kind: 'InsightActorsQuery',
    day: day.value,
    status: input.lifecycle_type,
    source: {
      kind: 'LifecycleQuery',
      series: [series.value],
      ...sharedIn(dateRange.value, input),
      interval: interval.value,
    },
  });
}

/** PostHog joins several with AND. */
function onlySeries(input: LifecycleInput): Result<SeriesNode, Flaw> {
  const series = seriesOf(input, noMath);
  if (!series.ok) return series;
  const [first, ...others] = series.value;
  return first === undefined || others.length > 0
    ? err(invalid('events', 'must hold one event, or actions one action: a lifecycle is of one'))
    : ok(first.node);
}

/** The start of the interval that the date lies in, in the time zone of the project. */
function dayOf(text: string, interval: Interval): Result<string, Flaw> {
  const moment = absoluteMoment(text);
  if (moment === null) return err(invalid('target_date', 'must be a date like 2026-01-05'));
  const { date, time, zone } = moment;
  switch (interval) {
    case 'hour':
      return zone === null
        ? ok(`${date} ${(time ?? '00').slice(0, 2)}:00:00`)
        : err(
            invalid(
              'target_date',
              'must be in the time zone of the project, without Z, like 2026-01-05 10:00:00',
            ),
          );
    case 'day':
      return ok(date);
    case 'week':
      return startsWeek(date)
        ? ok(date)
        : err(
            invalid(
              'target_date',
              'must be the first day of a week: a Sunday, or a Monday if the project says so',
            ),
          );
    case 'month':
      return ok(`${date.slice(0, 7)}-01`);
  }
}

const SUNDAY = 0;
const MONDAY = 1;

const startsWeek = (date: string): boolean =>
  [SUNDAY, MONDAY].includes(new Date(`${date}T00:00:00Z`).getUTCDay());

/** PostHog finds no person on a day outside the range. Where no range is given, it is the day. */
function rangeAround(day: string, input: LifecycleInput): Result<DateRange, Flaw> {
  const date = day.slice(0, 10);
  if (input.date_from === undefined && input.date_to === undefined)
    return ok({ date_from: date, date_to: date });
  const range = dateRangeOf(input);
  if (!range.ok) return range;
  const from = absoluteMoment(input.date_from ?? '')?.date ?? date;
  return input.interval !== 'week' && input.interval !== 'month' && date < from
    ? err(conflict('target_date', 'must not be before date_from'))
    : range;
}
