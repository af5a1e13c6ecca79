/** Moments as the filters spell them (PostHog contract §6.4): `-7d`, `2026-01-01`, ISO. All in UTC. */

/** Milliseconds of a day. */
export const DAY_MS = 86_400_000;

type Unit = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

const LETTERS: Readonly<Record<string, Unit>> = {
  h: 'hour',
  d: 'day',
  w: 'week',
  m: 'month',
  y: 'year',
};

const FIXED_MS: Readonly<Record<'minute' | 'hour' | 'day' | 'week', number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};

/** The moment a number of units away; months and years go by the calendar. */
export function shift(at: number, count: number, unit: Unit): number {
  if (unit !== 'month' && unit !== 'year') return at + count * FIXED_MS[unit];
  const date = new Date(at);
  if (unit === 'month') date.setUTCMonth(date.getUTCMonth() + count);
  else date.setUTCFullYear(date.getUTCFullYear() + count);
  return date.getTime();
}

/** The start of the interval a moment lies in; weeks start on Sunday. */
export function startOf(at: number, unit: Unit): number {
  const date = new Date(at);
  if (unit === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
  if (unit === 'year') return Date.UTC(date.getUTCFullYear(), 0, 1);
  if (unit === 'week') return startOf(at, 'day') - date.getUTCDay() * DAY_MS;
  return Math.floor(at / FIXED_MS[unit]) * FIXED_MS[unit];
}

/** A relative or absolute moment, or undefined if it is neither. */
export function parseMoment(value: string, now: number): number | undefined {
  const relative = /^-(\d+)([hdwmy])(Start|End)?$/.exec(value);
  const unit = LETTERS[relative?.[2] ?? ''];
  if (relative !== null && unit !== undefined) {
    const at = shift(now, -Number(relative[1]), unit);
    if (relative[3] === 'Start') return startOf(at, unit);
    return relative[3] === 'End' ? shift(startOf(at, unit), 1, unit) - 1 : at;
  }
  if (!/^\d{4}-\d\d-\d\d/.test(value)) return undefined;
  const spelled = value.replace(' ', 'T');
  const zoned = spelled.length === 10 || /(Z|[+-]\d\d:?\d\d)$/.test(spelled) ? spelled : `${spelled}Z`;
  const at = Date.parse(zoned);
  return Number.isNaN(at) ? undefined : at;
}

/** The units an `interval` parameter may name. */
export type Interval = 'minute' | 'hour' | 'day' | 'week' | 'month';

const INTERVALS: readonly Interval[] = ['minute', 'hour', 'day', 'week', 'month'];

/** Reads `interval`; `day` if it names none. */
export function parseInterval(value: unknown): Interval {
  return INTERVALS.find((interval) => interval === value) ?? 'day';
}
