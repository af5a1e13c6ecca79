import * as z from 'zod';
import { text as wellFormed } from '../catalogue/fields/values.ts';
import { ProjectId, type TokenId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { ScopeList, type Scope } from '../core/scopes.ts';
import { DeleteRules, NarrowerDeleteRules } from './delete-rules.ts';
import { originProblem } from './origin.ts';
import type { Slice } from './slice.ts';
import { distinct, EACH_ONCE, WireSlice } from './wire-slice.ts';

const PropertyName = wellFormed();

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

const Origin = z
  .string()
  .max(LIMITS.nameCharsMax)
  .superRefine((text, context) => {
    const message = originProblem(text);
    if (message !== null) context.addIssue({ code: 'custom', message });
  });
export const Origins = z.array(Origin).max(LIMITS.originsMax);

/** How a tenant's reads are answered. */
export const ReadRules = z.strictObject({
  /** Seconds for which an answer may be given again without asking PostHog; 0 asks each time. */
  remember_seconds: z.int().min(0).max(LIMITS.rememberSecondsMax).default(0),
});

export const DEFAULT_RATE: Rate = { requests_per_minute: 120, burst: 30 };

/** What an operator registers of a tenant: the widest grant any of its tokens can have. Unknown members are refused. */
export const TenantRecord = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(LIMITS.nameCharsMax)
    .meta({ examples: ['Acme'] }),
  project_id: ProjectId.meta({ examples: [1] }),
  scopes: ScopeList.meta({ examples: [['person:read']] }),
  slice: WireSlice.optional(),
  properties: PropertyRule.optional(),
  /** May a split leave distinct ids behind that are no longer in the slice? */
  split_out_of_slice: z.boolean().default(false),
  rate: Rate.default(DEFAULT_RATE),
  /** Its share of PostHog's quota, beside the other tenants of the project. */
  weight: z.int().min(1).max(LIMITS.weightMax).default(1).meta({
    description:
      "The tenant's share of what PostHog takes a minute, beside those of the project's other tenants.",
  }),
  deletes: DeleteRules.prefault({}),
  reads: ReadRules.prefault({}),
  origins: Origins.default([]),
  suspended: z.boolean().default(false),
});
export type TenantRecord = z.output<typeof TenantRecord>;

/** The members by which a token may be narrower than its parent. Left out means "as the parent has it". */
export const Narrowing = z.strictObject({
  scopes: ScopeList.optional(),
  slice: WireSlice.optional(),
  properties: PropertyRule.optional(),
  split_out_of_slice: z.boolean().optional(),
  rate: Rate.optional(),
  deletes: NarrowerDeleteRules.optional(),
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
   * All of them must hold, each property once. Empty: the whole project. A slice without values covers no person:
   * that is left when a token was narrowed to a value that its tenant no longer has.
   */
  readonly slices: readonly Slice[];
  readonly hidden: readonly string[];
  readonly visible: readonly string[] | null;
  readonly distinct_ids_hidden: boolean;
  readonly split_out_of_slice: boolean;
  readonly rate: Rate;
  readonly deletes: DeleteRules;
  readonly origins: readonly string[];
}

/** The limits of one token of a chain. Its descendants spend from them too. */
export interface TokenLimits {
  readonly id: TokenId;
  readonly rate?: Rate | undefined;
  readonly persons_per_day?: number | undefined;
  readonly calls_per_minute?: number | undefined;
}
