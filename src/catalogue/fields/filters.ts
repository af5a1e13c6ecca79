/**
 * Property filters, strictly. PostHog drops a filter element it cannot build and answers as if it had not been there
 * (PostHog contract §6.2), so here every element is complete or refused. `hogql` is free SQL over the whole project,
 * `cohort` and `group` describe more than persons: neither gets in.
 */
import * as z from 'zod';
import { none, propertyOfType } from './reference-rules.ts';
import { refersTo } from './references.ts';
import { json, oneOf, text } from './values.ts';

const FILTERS_MAX = 100;
const VALUES_MAX = 1000;
const VALUE_CHARS_MAX = 4000;

const scalar = z.union([text(VALUE_CHARS_MAX), z.number(), z.boolean()], {
  error: 'must be text, a number or a boolean',
});

/** Operators that compare with any of several values. */
const LISTING = ['exact', 'is_not', 'in', 'not_in'] as const;
const COMPARING = [
  'icontains',
  'not_icontains',
  'regex',
  'not_regex',
  'gt',
  'gte',
  'lt',
  'lte',
  'is_date_exact',
  'is_date_after',
  'is_date_before',
] as const;
const EXISTING = ['is_set', 'is_not_set'] as const;

const OPERATORS = [...LISTING, ...COMPARING, ...EXISTING] as const;

const isOneOf = (words: readonly string[], word: string): boolean => words.includes(word);

const leafOf = <const T extends readonly [string, ...string[]]>(types: T) =>
  z
    .strictObject({
      key: refersTo(propertyOfType('type'), text(400)),
      // PostHog takes a filter without a type for an event's: it has to be said.
      type: refersTo(none, oneOf(types)),
      operator: refersTo(none, oneOf(OPERATORS)).default('exact'),
      value: refersTo(
        none,
        z.union([scalar, z.array(scalar).min(1).max(VALUES_MAX)], {
          error: 'must be text, a number or a boolean, or a list of them',
        }),
      ).optional(),
      negation: refersTo(none, z.boolean()).optional(),
    })
    .superRefine(({ operator, value }, context) => {
      const problem = valueProblem(operator, value);
      if (problem !== null) context.addIssue({ code: 'custom', path: ['value'], message: problem });
    })
    // The value of these says nothing, but PostHog would drop an element without one.
    .transform((leaf) => (isOneOf(EXISTING, leaf.operator) ? { ...leaf, value: leaf.operator } : leaf));

function valueProblem(operator: string, value: unknown): string | null {
  if (isOneOf(EXISTING, operator)) return null;
  if (value === undefined) return `is needed with the operator ${operator}`;
  return Array.isArray(value) && !isOneOf(LISTING, operator)
    ? `must be one value with the operator ${operator}`
    : null;
}

const PersonFilter = leafOf(['person']).meta({ id: 'PersonFilter' });
const InsightFilter = leafOf(['person', 'event']).meta({ id: 'InsightFilter' });

/** Filters on persons: a flat list, all of which must hold. The one form every generation's list understands. */
export const personFilters = () => json(z.array(PersonFilter).min(1).max(FILTERS_MAX));

/** Filters of one step of an insight. */
export const InsightFilterList = z.array(InsightFilter).min(1).max(FILTERS_MAX);

const FilterGroup = z
  .strictObject({
    type: refersTo(none, oneOf(['AND', 'OR'])),
    // Groups and leaves may not be mixed in one list (PostHog contract §6.2).
    get values() {
      return z.union([InsightFilterList, z.array(FilterGroup).min(1).max(FILTERS_MAX)], {
        error: `must be a list of 1 to ${FILTERS_MAX}, of filters or of groups`,
      });
    },
  })
  .meta({ id: 'FilterGroup' });

/** Filters of a whole insight: a flat list, or groups. */
export const insightFilters = () =>
  json(z.union([InsightFilterList, FilterGroup], { error: 'must be a list of filters, or a group of them' }));
