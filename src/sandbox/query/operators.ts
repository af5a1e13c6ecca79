import { parseMoment } from '../filters/dates.ts';
import { containsLike } from '../filters/like.ts';
import type { Generation } from '../store/settings.ts';
import { serverError } from '../wire/errors.ts';
import { text } from '../wire/python.ts';
import { unsupported } from './unsupported.ts';

/**
 * The operators as the query engine has them (corrections §2.14). They differ from the legacy ones: `%` and `_` are
 * wildcards, numbers compare as text unless the project declared the property numeric, a date is a moment and not a day.
 */

/** Does a property's value pass? A missing property arrives as undefined. */
export type ValueTest = (found: unknown) => boolean;

/** What an operator has to know beside its value. */
export interface OperatorContext {
  readonly now: number;
  readonly generation: Generation;
  /** True: the project declared the property numeric. */
  readonly isNumeric: boolean;
}

function expressionOf(pattern: string): (value: string) => boolean {
  try {
    const expression = new RegExp(pattern);
    return (value) => expression.test(value);
  } catch {
    throw unsupported(`cannot read the regular expression ${pattern}`);
  }
}

const isMissing = (found: unknown): boolean => found === undefined || found === null;

/** True for a value that passes one of the tests; never for a missing one. */
function some(tests: readonly ((value: string) => boolean)[]): ValueTest {
  return (found) => !isMissing(found) && tests.some((test) => test(text(found)));
}

/** A missing property passes a negated test. */
function not(test: ValueTest): ValueTest {
  return (found) => !test(found);
}

function ordered(
  context: OperatorContext,
  wanted: unknown,
  test: (comparison: number) => boolean,
): ValueTest {
  const bound = text(wanted);
  return (found) => {
    if (isMissing(found)) return false;
    const value = text(found);
    if (!context.isNumeric) return test(value < bound ? -1 : value > bound ? 1 : 0);
    const difference = Number(value) - Number(bound);
    return value !== '' && !Number.isNaN(difference) && test(difference);
  };
}

function dated(now: number, wanted: unknown, test: (found: number, wanted: number) => boolean): ValueTest {
  const bound = parseMoment(text(wanted), now);
  return (found) => {
    const at = isMissing(found) ? undefined : parseMoment(text(found), now);
    return at !== undefined && bound !== undefined && test(at, bound);
  };
}

/** A list of one value takes another way in the engine, and breaks there (corrections §2.14). */
function checkMembers(context: OperatorContext, wanted: unknown): void {
  const isSingle = !Array.isArray(wanted) || wanted.length < 2;
  if (isSingle && context.generation !== 'A') throw serverError();
}

function between(context: OperatorContext, options: readonly unknown[]): ValueTest {
  if (options.length !== 2) throw unsupported('between takes two values');
  const above = ordered(context, options[0], (comparison) => comparison >= 0);
  const below = ordered(context, options[1], (comparison) => comparison <= 0);
  return (found) => above(found) && below(found);
}

/** Makes the test of an operator and its value; a value that is missing, or an empty list, restricts nothing. */
export function valueTest(operator: string, wanted: unknown, context: OperatorContext): ValueTest {
  if (operator === 'is_set') return (found) => !isMissing(found);
  if (operator === 'is_not_set') return isMissing;
  const options: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  if (isMissing(wanted) || options.length === 0) return () => true;
  const equals = some(options.map((option) => (value) => value === text(option)));
  const contains = (): ValueTest => some(options.map((option) => containsLike(text(option))));
  const matches = (): ValueTest => some(options.map((option) => expressionOf(text(option))));
  switch (operator) {
    case 'exact':
      return equals;
    case 'is_not':
      return not(equals);
    case 'in':
      checkMembers(context, wanted);
      return equals;
    case 'not_in':
      checkMembers(context, wanted);
      return not(equals);
    case 'icontains':
    case 'icontains_multi':
      return contains();
    case 'not_icontains':
    case 'not_icontains_multi':
      return not(contains());
    case 'regex':
      return matches();
    case 'not_regex':
      return not(matches());
    case 'gt':
      return ordered(context, wanted, (comparison) => comparison > 0);
    case 'gte':
    case 'min':
      return ordered(context, wanted, (comparison) => comparison >= 0);
    case 'lt':
      return ordered(context, wanted, (comparison) => comparison < 0);
    case 'lte':
    case 'max':
      return ordered(context, wanted, (comparison) => comparison <= 0);
    case 'between':
      return between(context, options);
    case 'not_between':
      return not(between(context, options));
    case 'is_date_exact':
      return dated(context.now, wanted, (found, bound) => found === bound);
    case 'is_date_after':
      return dated(context.now, wanted, (found, bound) => found > bound);
    case 'is_date_before':
      return dated(context.now, wanted, (found, bound) => found < bound);
    default:
      throw unsupported(`evaluates no operator ${operator}`);
  }
}
