import * as z from 'zod';
import { text as wellFormed } from '../catalogue/fields/values.ts';
import { ProjectId, type TokenId } from '../core/ids.ts';
import { parseJson } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { ScopeList, type Scope } from '../core/scopes.ts';
import { originProblem } from './origin.ts';

const SLICE_VALUES_MAX = 50;

/** Why a number or a boolean cannot tell tenants apart, and what can. */
const NOT_TEXT =
  'must be text, or a list of texts: PostHog may compare numbers and booleans as something else, ' +
  'so use a value like acme or t_42';

const EDGES = /^\s|\s$/u;
const LETTER = /\p{L}/u;
const WORDS = /^[+-]?(?:true|false|null|none|nan|inf|infinity)$/i;
const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.,]*(?:Z|[+-][0-9:]+)?)?$/i;
const CONTROL = /\p{Cc}/u;

/**
 * Which properties and values a slice can be made of. PostHog compares as text unless a property is declared numeric,
 * boolean or a time, and its older filters read a value as JSON where they can: `007` may equal 7, `"acme"` may equal
 * acme, and `["acme","bolt"]` either. Such a value would mean one thing here and another there, so it is refused.
 */
function sliceValueProblem(value: string): string | null {
  if (!value.isWellFormed() || CONTROL.test(value))
    return 'must be well-formed Unicode without control characters';
  if (EDGES.test(value)) return 'must not start or end with white space';
  if (!LETTER.test(value)) {
    return 'must hold a letter: PostHog may compare digits as a number, so that 007 equals 7. Use a value like t_42';
  }
  return WORDS.test(value) ||
    MOMENT.test(value) ||
    !Number.isNaN(Number(value)) ||
    parseJson(value) !== undefined
    ? 'must not read as a number, a boolean, a time or JSON: PostHog would compare it as that. Use a value like t_42'
    : null;
}

function slicePropertyProblem(property: string): string | null {
  if (EDGES.test(property) || CONTROL.test(property)) {
    return 'must not start or end with white space, nor hold control characters';
  }
  if (property.startsWith('$')) return 'must not start with $: PostHog writes those properties itself';
  return property === 'distinct_id' ? 'must be a property of the person, and distinct_id is none' : null;
}

/** A check of a schema, from a function that says what is wrong. */
const saying =
  (problemOf: (text: string) => string | null) =>
  (text: string, context: z.RefinementCtx<string>): void => {
    const message = problemOf(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  };

const PropertyName = wellFormed();

/** Each name or value once: one said twice is a slip, and the list is not what its writer believes. */
const distinct = (items: readonly string[]): boolean => new Set(items).size === items.length;
const EACH_ONCE = { error: 'must not name the same thing twice' };

const SliceProperty = PropertyName.superRefine(saying(slicePropertyProblem));
const SliceValue = z
  .string({ error: NOT_TEXT })
  .min(1)
  .max(LIMITS.nameCharsMax)
  .superRefine(saying(sliceValueProblem));
const SliceValues = z.array(SliceValue).min(1).max(SLICE_VALUES_MAX).refine(distinct, EACH_ONCE);

/** The part of a project's persons a grant covers: those whose property has the value, or one of the values. */
export const Slice = z.strictObject({
  property: SliceProperty,
  value: z.union([SliceValue, SliceValues], { error: NOT_TEXT }),
});
export type Slice = z.output<typeof Slice>;

const PropertyNames = z.array(PropertyName).max(200).refine(distinct, EACH_ONCE);

/**
 * What of a person may leave: all properties but `hidden`, and only `visible` where that is given.
 * Distinct ids are often e-mail addresses, so they can be hidden as well.
 */
export const PropertyRule = z.strictObject({
  hidden: PropertyNames.optional(),
  visible: PropertyNames.optional(),
  distinct_ids: z.literal('hidden').optional(),
});
export type PropertyRule = z.output<typeof PropertyRule>;

/** Requests a minute in the long run, and how many may come at once. */
export const Rate = z.strictObject({
  requests_per_minute: z.int().min(1).max(LIMITS.requestsPerMinuteMax),
  burst: z.int().min(1).max(LIMITS.burstMax),
});
export type Rate = z.output<typeof Rate>;

const Origin = z.string().max(LIMITS.nameCharsMax).superRefine(saying(originProblem));
export const Origins = z.array(Origin).max(LIMITS.originsMax);

/** What deletes a grant allows beyond its scope. */
const deleteRules = {
  /** Persons named for deletion in any 24 hours. */
  persons_per_day: z.int().min(0).max(LIMITS.personsPerDayMax),
  /** May events be deleted along? */
  events: z.boolean(),
  /** May recordings be deleted along? */
  recordings: z.boolean(),
};

export const DEFAULT_RATE: Rate = { requests_per_minute: 120, burst: 30 };
export const DEFAULT_PERSONS_PER_DAY = 1000;

/** What an operator registers of a tenant: the widest grant any of its tokens can have. Unknown members are refused. */
export const TenantRecord = z.strictObject({
  name: z.string().min(1).max(LIMITS.nameCharsMax),
  project_id: ProjectId,
  scopes: ScopeList,
  slice: Slice.optional(),
  properties: PropertyRule.optional(),
  /** May a split leave distinct ids behind that are no longer in the slice? */
  split_out_of_slice: z.boolean().default(false),
  rate: Rate.default(DEFAULT_RATE),
  deletes: z
    .strictObject({
      persons_per_day: deleteRules.persons_per_day.default(DEFAULT_PERSONS_PER_DAY),
      events: deleteRules.events.default(false),
      recordings: deleteRules.recordings.default(false),
    })
    .prefault({}),
  origins: Origins.default([]),
  suspended: z.boolean().default(false),
});
export type TenantRecord = z.output<typeof TenantRecord>;

/** The members by which a token may be narrower than its parent. Left out means "as the parent has it". */
export const Narrowing = z.strictObject({
  scopes: ScopeList.optional(),
  slice: Slice.optional(),
  properties: PropertyRule.optional(),
  split_out_of_slice: z.boolean().optional(),
  rate: Rate.optional(),
  deletes: z
    .strictObject({
      persons_per_day: deleteRules.persons_per_day.optional(),
      events: deleteRules.events.optional(),
      recordings: deleteRules.recordings.optional(),
    })
    .optional(),
  origins: Origins.optional(),
});
export type Narrowing = z.output<typeof Narrowing>;

/**
 * What one token may do, all narrowing applied: the tenant as it is now, and every ancestor.
 * `rate` and `deletes.persons_per_day` are the tightest of the chain, for showing; each link is counted on its own.
 */
export interface Grant {
  readonly project_id: ProjectId;
  readonly scopes: readonly Scope[];
  /**
   * All of them must hold, each property once. Empty: the whole project. One whose `value` is an empty list: nobody,
   * which is what is left when a token was narrowed to a value its tenant no longer has.
   */
  readonly slices: readonly Slice[];
  readonly hidden: readonly string[];
  readonly visible: readonly string[] | null;
  readonly distinct_ids_hidden: boolean;
  readonly split_out_of_slice: boolean;
  readonly rate: Rate;
  readonly deletes: {
    readonly persons_per_day: number;
    readonly events: boolean;
    readonly recordings: boolean;
  };
  readonly origins: readonly string[];
}

/** The limits of one token of a chain. Its descendants spend from them too. */
export interface TokenLimits {
  readonly id: TokenId;
  readonly rate?: Rate | undefined;
  readonly persons_per_day?: number | undefined;
}
