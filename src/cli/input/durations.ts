/** Spans of time as people write them. */
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const isUnit = (text: string): text is keyof typeof SECONDS => Object.hasOwn(SECONDS, text);

/** `15m`, `12h`, `30d`, `90s`, or seconds. */
export function secondsIn(text: string): number {
  const [, digits = '', unit = ''] = /^([1-9][0-9]{0,9})([a-z]?)$/.exec(text) ?? [];
  const factor = unit === '' ? 1 : isUnit(unit) ? SECONDS[unit] : null;
  if (digits === '' || factor === null)
    throw new CliError(EXIT.usage, `${text} is no span of time: it has to be like 15m, 12h or 30d.`);
  return Number(digits) * factor;
}

/** A whole number from 1 on. */
export function countIn(text: string, what: string): number {
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  throw new CliError(EXIT.usage, `${what} has to be a whole number from 1 on, not ${text}.`);
}
