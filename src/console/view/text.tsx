/** Small pieces of text: names, ids, counts and times. */
import type { Child } from 'hono/jsx';

/** A text that somebody else chose. It keeps its own direction, and turns nothing around it. */
export const Name = ({ children }: { readonly children: Child }) => <bdi>{children}</bdi>;

export const Id = ({ children }: { readonly children: string }) => <code class="id">{children}</code>;

const COUNT = new Intl.NumberFormat('en');
/** Digits in groups of three. */
export const count = (value: number): string => COUNT.format(value);

/** `1 person`, `2 persons`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

const DAY = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const YEAR = new Intl.DateTimeFormat('en', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });

const YEAR_MS = 300 * 86_400_000;

/** `27 Nov, 09:12`; with the year where it is long ago or far ahead. */
export function moment(ms: number, nowMs: number): string {
  const day = Math.abs(ms - nowMs) > YEAR_MS ? YEAR : DAY;
  const parts = new Map(day.formatToParts(ms).map(({ type, value }) => [type, value]));
  const date = [parts.get('day'), parts.get('month'), parts.get('year')].filter((part) => part !== undefined);
  return `${date.join(' ')}, ${CLOCK.format(ms)}`;
}

export const clock = (ms: number): string => CLOCK.format(ms);
export const dayOf = (ms: number): string => DAY.format(ms);

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** `3 min`, `2 h`, `5 d`: the largest unit that fits. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [unit, size] = UNITS.find(([, length]) => whole >= length) ?? ['s', 1];
  return `${count(Math.round(whole / size))} ${unit}`;
}

/** How long ago something was, or in how long it will be. The whole time is in the title. */
export function Ago({ at, nowMs }: { readonly at: string; readonly nowMs: number }) {
  const ms = Date.parse(at);
  const seconds = (nowMs - ms) / 1000;
  const text = Math.abs(seconds) < 1 ? 'now' : seconds > 0 ? `${span(seconds)} ago` : `in ${span(-seconds)}`;
  return (
    <time datetime={at} title={`${moment(ms, nowMs)} UTC`}>
      {text}
    </time>
  );
}

export function At({ at, nowMs }: { readonly at: string; readonly nowMs: number }) {
  return (
    <time datetime={at} title={at}>
      {moment(Date.parse(at), nowMs)}
    </time>
  );
}
