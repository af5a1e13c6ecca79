/** The date range of a query (query contract §3.0). Defaults are written out, so that PostHog's cannot differ. */
import { absoluteMoment, type AbsoluteMoment } from '../../../catalogue/fields/moments.ts';
import type { InsightInput } from '../../../catalogue/persons/insight-inputs.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { conflict, invalid, type Flaw } from './flaw.ts';
import type { DateRange } from './nodes.ts';

const DEFAULT_FROM = '-7d';

export type DatesInput = Pick<InsightInput, 'date_from' | 'date_to' | 'explicit_date'>;

/**
 * The range from `date_from` to `date_to`. PostHog widens both to whole days unless the range is explicit: with a time of
 * day in one of them the range is made explicit, and the other is widened here.
 */
export function dateRangeOf(input: DatesInput): Result<DateRange, Flaw> {
  const { date_from: from = DEFAULT_FROM, date_to: to } = input;
  if (to === 'all')
    return err(invalid('date_to', 'must be like -1d or 2026-01-01: only date_from can be all'));
  if (isAfter(from, to)) return err(conflict('date_to', 'must not be before date_from'));
  if (input.explicit_date === true) return ok({ ...bounds(from, to), explicitDate: true });
  if (!hasTime(from) && !hasTime(to)) return ok(bounds(from, to));
  return ok({
    ...bounds(widened(from, 'Start'), to === undefined ? to : widened(to, 'End')),
    explicitDate: true,
  });
}

const bounds = (from: string, to: string | undefined): DateRange =>
  to === undefined ? { date_from: from } : { date_from: from, date_to: to };

const hasTime = (text: string | undefined): boolean =>
  text !== undefined && (absoluteMoment(text)?.time ?? null) !== null;

const WHOLE_DAYS = /^-?[0-9]{1,4}[dwmqy]$/;
const EDGES = { Start: 'T00:00:00', End: 'T23:59:59.999999' } as const;

/** A bound of whole days, as the moment it begins or ends. */
function widened(text: string, edge: 'Start' | 'End'): string {
  const moment = absoluteMoment(text);
  if (moment !== null) return moment.time === null ? `${moment.date}${EDGES[edge]}` : text;
  return WHOLE_DAYS.test(text) ? `${text}${edge}` : text;
}

/** Is the first certainly after the second? Not known where one is relative, or one has a time zone and the other has none. */
function isAfter(from: string, to: string | undefined): boolean {
  const [start, end] = [absoluteMoment(from), to === undefined ? null : absoluteMoment(to)];
  if (start === null || end === null || (start.zone === null) !== (end.zone === null)) return false;
  return atMs(start, '00:00') > atMs(end, '23:59:59.999');
}

/** Milliseconds; wall-clock time where there is no zone. */
function atMs({ date, time, zone }: AbsoluteMoment, otherwise: string): number {
  const offset = (zone ?? 'Z').replace(/^(.[0-9]{2})([0-9]{2})$/, '$1:$2');
  return Date.parse(`${date}T${time ?? otherwise}${offset}`);
}
