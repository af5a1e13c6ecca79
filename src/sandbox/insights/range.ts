import { DAY_MS, parseMoment, startOf } from '../filters/dates.ts';
import { text, truthy } from '../wire/python.ts';

/** From and to, both inclusive. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

function isDay(value: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(value) || /^-\d+[dwmy]$/.test(value);
}

/**
 * `date_from` and `date_to` (PostHog contract §6.4): the last seven days if nothing is said, `all` from the beginning.
 * Whole days are widened to their ends, unless the dates are explicit.
 */
export function parseRange(dictionary: Record<string, unknown>, now: number): Range {
  const exact = truthy(dictionary['explicit_date']) && dictionary['explicit_date'] !== 'false';
  const [first, last] = [text(dictionary['date_from']) || '-7d', text(dictionary['date_to'])];
  const from = first === 'all' ? 0 : (parseMoment(first, now) ?? now - 7 * DAY_MS);
  const to = (last === '' ? undefined : parseMoment(last, now)) ?? now;
  const wideFrom = !exact && isDay(first) ? startOf(from, 'day') : from;
  const wideTo = !exact && (last === '' || isDay(last)) ? startOf(to, 'day') + DAY_MS - 1 : to;
  return { from: wideFrom, to: wideTo };
}
