import { serverError } from '../wire/errors.ts';
import { text } from '../wire/python.ts';
import { parseMoment } from './dates.ts';

/** One operator: does the property's value satisfy the wanted one? A missing property arrives as undefined. */
type Operator = (found: unknown, wanted: unknown, now: number) => boolean;

function equal(found: unknown, wanted: unknown): boolean {
  if (found === undefined || found === null) return false;
  const options: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  return options.some((option) => text(option) === text(found));
}

function contains(found: unknown, wanted: unknown): boolean {
  if (found === undefined || found === null) return false;
  const options: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  return options.some((option) => text(found).toLowerCase().includes(text(option).toLowerCase()));
}

function matches(found: unknown, wanted: unknown): boolean {
  if (found === undefined || found === null) return false;
  try {
    return new RegExp(text(wanted)).test(text(found));
  } catch {
    return false;
  }
}

function compared(test: (found: number, wanted: number) => boolean): Operator {
  return (found, wanted) => {
    const [a, b] = [Number(text(found)), Number(text(wanted))];
    return text(found) !== '' && !Number.isNaN(a) && !Number.isNaN(b) && test(a, b);
  };
}

function dated(test: (found: number, wanted: number) => boolean): Operator {
  return (found, wanted, now) => {
    const [a, b] = [parseMoment(text(found), now), parseMoment(text(wanted), now)];
    return a !== undefined && b !== undefined && test(a, b);
  };
}

const DAY_MS = 86_400_000;

function sameDay(found: number, wanted: number): boolean {
  return Math.floor(found / DAY_MS) === Math.floor(wanted / DAY_MS);
}

function isSet(found: unknown): boolean {
  return found !== undefined && found !== null;
}

/** The operators this endpoint documents (PostHog contract §6.2). */
const OPERATORS: Readonly<Record<string, Operator>> = {
  exact: equal,
  is_not: (found, wanted) => !equal(found, wanted),
  in: equal,
  not_in: (found, wanted) => !equal(found, wanted),
  icontains: contains,
  not_icontains: (found, wanted) => !contains(found, wanted),
  regex: matches,
  not_regex: (found, wanted) => !matches(found, wanted),
  gt: compared((a, b) => a > b),
  gte: compared((a, b) => a >= b),
  lt: compared((a, b) => a < b),
  lte: compared((a, b) => a <= b),
  is_set: isSet,
  is_not_set: (found) => !isSet(found),
  is_date_exact: dated(sameDay),
  is_date_after: dated((a, b) => a > b),
  is_date_before: dated((a, b) => a < b),
};

/** Applies an operator by name; one nobody implemented is an unhandled exception upstream. */
export function apply(operator: string, found: unknown, wanted: unknown, now: number): boolean {
  const known = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (known === undefined) throw serverError();
  return known(found, wanted, now);
}
