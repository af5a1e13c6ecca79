/** The operators of property filters: which values they take, and how each is sent to PostHog (contract §6.2, corrections §2). */
import type { Json, JsonObject } from '../../core/json.ts';

/** Operators that compare with any of several values. */
const LISTING = ['exact', 'is_not', 'in', 'not_in'] as const;
/** Operators that look for a text, or for any of several from generation B on. */
const SEARCHING = ['icontains', 'not_icontains', 'regex', 'not_regex'] as const;
const COMPARING = ['gt', 'gte', 'lt', 'lte', 'is_date_exact', 'is_date_after', 'is_date_before'] as const;
const EXISTING = ['is_set', 'is_not_set'] as const;
const RANGING = ['between', 'not_between'] as const;
const SEVERAL = ['icontains_multi', 'not_icontains_multi'] as const;

export const OPERATORS = [
  ...LISTING,
  ...SEARCHING,
  ...COMPARING,
  ...EXISTING,
  ...RANGING,
  ...SEVERAL,
] as const;
type Operator = (typeof OPERATORS)[number];

type Scalar = string | number | boolean;
type Value = Scalar | Scalar[];

const isOneOf = (words: readonly string[], word: string): boolean => words.includes(word);
const isList = (value: Value): value is Scalar[] => Array.isArray(value);

const TAKE_LISTS = [...LISTING, ...SEARCHING, ...SEVERAL];

/** What is wrong with a value under an operator, as a predicate; `null` where nothing is. */
export function valueProblem(operator: Operator, value: Value | undefined): string | null {
  if (isOneOf(EXISTING, operator)) return null;
  if (value === undefined) return `is needed with the operator ${operator}`;
  if (isOneOf(RANGING, operator)) {
    return isRange(value) ? null : `must be a list of two numbers, the smaller first, with ${operator}`;
  }
  return isList(value) && value.length > 1 && !isOneOf(TAKE_LISTS, operator)
    ? `must be one value with the operator ${operator}`
    : null;
}

const NUMERIC = /^-?[0-9]+(?:\.[0-9]+)?$/;

/** PostHog fails on anything but two numbers in order, which may be written as texts. */
function isRange(value: Value): boolean {
  if (!isList(value) || value.length !== 2) return false;
  const [least = '', most = ''] = value;
  return [least, most].every((bound) => NUMERIC.test(String(bound))) && Number(least) <= Number(most);
}

/** An operator that finds the others, where there is one. */
const OPPOSITES: Readonly<Partial<Record<Operator, Operator>>> = {
  exact: 'is_not',
  is_not: 'exact',
  in: 'not_in',
  not_in: 'in',
  icontains: 'not_icontains',
  not_icontains: 'icontains',
  regex: 'not_regex',
  not_regex: 'regex',
  gt: 'lte',
  gte: 'lt',
  lt: 'gte',
  lte: 'gt',
  is_set: 'is_not_set',
  is_not_set: 'is_set',
  between: 'not_between',
  not_between: 'between',
  icontains_multi: 'not_icontains_multi',
  not_icontains_multi: 'icontains_multi',
};

/** What to send in place of a negation, as the end of a sentence. */
export function insteadOf(operator: Operator): string {
  const opposite = OPPOSITES[operator];
  return opposite === undefined ? '' : `. Use the operator ${opposite}`;
}

/** Operators that PostHog fails on with one value, or has in its latest generations only, by one that means the same. */
const PLAINER: Readonly<Partial<Record<Operator, { readonly one: Operator; readonly several: Operator }>>> = {
  in: { one: 'exact', several: 'in' },
  not_in: { one: 'is_not', several: 'not_in' },
  icontains_multi: { one: 'icontains', several: 'icontains' },
  not_icontains_multi: { one: 'not_icontains', several: 'not_icontains' },
};

/** Operator and value as PostHog is sent them: what the client means, in words that every generation has if there are any. */
export function plainest(operator: Operator, value: Value | undefined): { operator: Operator; value: Value } {
  // The value of these says nothing, but PostHog would drop an element without one.
  if (value === undefined || isOneOf(EXISTING, operator)) return { operator, value: operator };
  const [only] = isList(value) ? (value.length === 1 ? value : []) : [value];
  if (only === undefined) return { operator: PLAINER[operator]?.several ?? operator, value };
  const plain = PLAINER[operator]?.one ?? operator;
  // Both forms work with these, so the client's is kept.
  return { operator: plain, value: operator === plain && isOneOf(LISTING, plain) ? value : only };
}

/** Does generation A not know the filter? It would be dropped there, or match what it should not. */
export const isNewer = (leaf: JsonObject): string | null => {
  const { operator, value } = leaf;
  if (typeof operator !== 'string') return null;
  if (isOneOf(RANGING, operator)) return `the operator ${operator}`;
  return isOneOf(SEARCHING, operator) && isSeveral(value) ? `${operator} with a list of values` : null;
};

const isSeveral = (value: Json | undefined): boolean => Array.isArray(value);
