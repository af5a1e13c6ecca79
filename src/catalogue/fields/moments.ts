/** Moments as PostHog reads them (PostHog contract §6.4). One that it cannot read would widen an insight without a word. */
import * as z from 'zod/mini';

const MOMENT_CHARS_MAX = 40;

const DATE = '[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])';
const TIME = '(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,6})?)?';
const ZONE = 'Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]';
const RELATIVE = 'all|-?[0-9]{1,4}[hdwmqy](?:Start|End)?|[dwmy](?:Start|End)';

const ABSOLUTE = new RegExp(`^(${DATE})(?:[T ](${TIME})(${ZONE})?)?$`);
const MOMENT_FORM = new RegExp(`^(?:${RELATIVE}|${DATE}(?:[T ]${TIME}(?:${ZONE})?)?)$`);
const DAY_OR_HOUR_FORM = new RegExp(`^${DATE}(?:[T ]${TIME}Z?)?$`);
const BY_CALENDAR = /^[0-9]{4}-/;

const MOMENT = 'must be like -7d, 2026-01-01, 2026-01-01T10:00:00Z or all';
const DAY = 'must be a date like 2026-01-05';

/** A moment by the calendar, in its parts as they are written. */
export interface AbsoluteMoment {
  /** `2026-01-05` */
  readonly date: string;
  /** `10:00`, `10:00:00` or with a fraction; `null` for a whole day. */
  readonly time: string | null;
  /** `Z` or an offset; `null` is the time zone of the project. */
  readonly zone: string | null;
}

/** The parts of a moment by the calendar; `null` for relative ones, and for days and times that do not exist. */
export function absoluteMoment(text: string): AbsoluteMoment | null {
  const [, date, time = null, zone = null] = ABSOLUTE.exec(text) ?? [];
  if (date === undefined) return null;
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(date)) return null;
  return Number.isNaN(Date.parse(`${date}T${time ?? '00:00'}${withColon(zone ?? 'Z')}`))
    ? null
    : { date, time, zone };
}

const withColon = (zone: string): string => zone.replace(/^(.[0-9]{2})([0-9]{2})$/, '$1:$2');

const exists = (text: string): boolean => !BY_CALENDAR.test(text) || absoluteMoment(text) !== null;

/** `-7d`, `2026-01-01`, an ISO time, or `all`. */
export const moment = () =>
  z
    .string()
    .check(z.maxLength(MOMENT_CHARS_MAX), z.regex(MOMENT_FORM, MOMENT), z.refine(exists, { error: MOMENT }));

/** A day, or an hour of it. */
export const dayOrHour = () =>
  z
    .string()
    .check(z.maxLength(MOMENT_CHARS_MAX), z.regex(DAY_OR_HOUR_FORM, DAY), z.refine(exists, { error: DAY }));
