import * as z from 'zod';

/** Property filters as nodes spell them. Each type is a model of its own, and none takes an unknown field. */

const OPERATORS = [
  ...(['exact', 'is_not', 'icontains', 'not_icontains', 'regex', 'not_regex'] as const),
  ...(['gt', 'gte', 'lt', 'lte', 'is_set', 'is_not_set', 'in', 'not_in'] as const),
  ...(['is_date_exact', 'is_date_before', 'is_date_after', 'between', 'not_between'] as const),
  ...(['min', 'max', 'is_cleaned_path_exact', 'flag_evaluates_to'] as const),
  ...(['icontains_multi', 'not_icontains_multi'] as const),
] as const;

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const value = z.union([scalar, z.array(scalar)]).nullish();
const label = z.string().nullish();
const operator = z.enum(OPERATORS);

const eventLeaf = z.strictObject({
  type: z.literal('event').default('event'),
  key: z.string(),
  operator: operator.nullish(),
  value,
  label,
});
// Of a person's property the operator is required (PostHog query contract §2).
const personLeaf = z.strictObject({ type: z.literal('person'), key: z.string(), operator, value, label });
const cohortLeaf = z.strictObject({
  type: z.literal('cohort'),
  key: z.literal('id').default('id'),
  operator: operator.nullish(),
  value: z.int(),
  cohort_name: z.string().nullish(),
  label,
});
const groupLeaf = z.strictObject({
  type: z.literal('group'),
  key: z.string(),
  operator,
  value,
  group_type_index: z.int().nullish(),
  label,
});
const hogqlLeaf = z.strictObject({ type: z.literal('hogql'), key: z.string(), value, label });
const flagLeaf = z.strictObject({
  type: z.literal('flag'),
  key: z.string(),
  operator: z.literal('flag_evaluates_to').default('flag_evaluates_to'),
  value: z.union([z.string(), z.boolean()]),
  label,
});
const emptyLeaf = z.strictObject({ type: z.literal('empty').optional() });
/** Types upstream evaluates and the sandbox does not. */
const otherLeaf = z.strictObject({
  type: z.enum([
    'session',
    'element',
    'event_metadata',
    'feature',
    'recording',
    'log_entry',
    'data_warehouse',
  ]),
  key: z.string(),
  operator: operator.nullish(),
  value,
  label,
});

/** One condition. */
export const leaf = z.union([
  eventLeaf,
  personLeaf,
  cohortLeaf,
  groupLeaf,
  hogqlLeaf,
  flagLeaf,
  emptyLeaf,
  otherLeaf,
]);
/** One condition. */
export type FilterLeaf = z.infer<typeof leaf>;

/** Conditions joined by one word. */
export interface FilterGroup {
  readonly type: 'AND' | 'OR';
  readonly values: readonly (FilterLeaf | FilterGroup)[];
}

/** A group whose values may be conditions or groups: what an ActorsQuery takes beside a list. */
export const innerGroup: z.ZodType<FilterGroup> = z.strictObject({
  type: z.enum(['AND', 'OR']),
  get values() {
    return z.array(z.union([innerGroup, leaf]));
  },
});

/** A group whose values must be groups: the first level of an insight's properties (PostHog query contract §3.0). */
export const outerGroup: z.ZodType<FilterGroup> = z.strictObject({
  type: z.enum(['AND', 'OR']),
  values: z.array(innerGroup),
});

/** Conditions that all have to hold. */
export const leaves = z.array(leaf);
