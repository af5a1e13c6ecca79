import * as z from 'zod/mini';
import { text as wellFormed } from '../catalogue/fields/values.ts';
import { ProjectId, type TokenId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { ScopeList, type Scope } from '../core/scopes.ts';
import { DeleteRules, NarrowerDeleteRules } from './delete-rules.ts';
import { Origin, OriginOrPattern, OwnOriginRules } from './origins/own.ts';
import type { Slice } from './slice.ts';
import { distinct, EACH_ONCE, WireSlice } from './wire-slice.ts';

const PropertyName = wellFormed();

const PropertyNames = z.array(PropertyName).check(z.maxLength(200), z.refine(distinct, EACH_ONCE));

/**
 * What of a person may leave: all properties but `hidden`, and only `visible` where that is given.
 * Distinct ids are often e-mail addresses, so they can be hidden as well.
 */
export const PropertyRule = z.strictObject({
  hidden: z.optional(PropertyNames),
  visible: z.optional(PropertyNames),
  distinct_ids: z.optional(z.literal('hidden')),
});
export type PropertyRule = z.output<typeof PropertyRule>;

/** Requests a minute in the long run, and how many may come at once. */
export const Rate = z.strictObject({
  requests_per_minute: z.int().check(z.minimum(1), z.maximum(LIMITS.requestsPerMinuteMax)),
  burst: z.int().check(z.minimum(1), z.maximum(LIMITS.burstMax)),
});
export type Rate = z.output<typeof Rate>;

const listOf = <S extends z.ZodMiniType<string>>(origin: S) =>
  z.array(origin).check(z.maxLength(LIMITS.originsMax));

export const Origins = listOf(Origin);

/** How a tenant's reads are answered. */
export const ReadRules = z.strictObject({
  /** Seconds for which an answer may be given again without asking PostHog; 0 asks each time. */
  remember_seconds: z._default(z.int().check(z.minimum(0), z.maximum(LIMITS.rememberSecondsMax)), 0),
});

export const DEFAULT_RATE: Rate = { requests_per_minute: 120, burst: 30 };

/** What an operator registers of a tenant: the widest grant any of its tokens can have. Unknown members are refused. */
export const TenantRecord = z.strictObject({
  name: z
    .string()
    .check(z.minLength(1), z.maxLength(LIMITS.nameCharsMax))
    .register(z.globalRegistry, { examples: ['Acme'] }),
  project_id: ProjectId.clone().register(z.globalRegistry, { examples: [1] }),
  scopes: ScopeList.clone().register(z.globalRegistry, { examples: [['person:read']] }),
  slice: z.optional(WireSlice),
  properties: z.optional(PropertyRule),
  /** May a split leave distinct ids behind that are no longer in the slice? */
  split_out_of_slice: z._default(z.boolean(), false),
  rate: z._default(Rate, DEFAULT_RATE),
  /** Its share of PostHog's quota, beside the other tenants of the project. */
  weight: z._default(z.int().check(z.minimum(1), z.maximum(LIMITS.weightMax)), 1).register(z.globalRegistry, {
    description:
      "The tenant's share of what PostHog takes a minute, beside those of the project's other tenants.",
  }),
  deletes: z.prefault(DeleteRules, {}),
  reads: z.prefault(ReadRules, {}),
  /** A pattern among them is met by every page whose origin it matches. */
  origins: z._default(listOf(OriginOrPattern), []),
  own_origins: z.prefault(OwnOriginRules, {}),
  suspended: z._default(z.boolean(), false),
});
export type TenantRecord = z.output<typeof TenantRecord>;

/** The members by which a token may be narrower than its parent. Left out means "as the parent has it". */
export const Narrowing = z.strictObject({
  scopes: z.optional(ScopeList),
  slice: z.optional(WireSlice),
  properties: z.optional(PropertyRule),
  split_out_of_slice: z.optional(z.boolean()),
  rate: z.optional(Rate),
  deletes: z.optional(NarrowerDeleteRules),
  origins: z.optional(Origins),
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
  /** Origins, and patterns of them where no token of the chain lists its own. */
  readonly origins: readonly string[];
}

/** The limits of one token of a chain. Its descendants spend from them too. */
export interface TokenLimits {
  readonly id: TokenId;
  readonly rate?: Rate | undefined;
  readonly persons_per_day?: number | undefined;
  readonly calls_per_minute?: number | undefined;
}
