import * as z from 'zod';
import { ProjectId, type TokenId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { ScopeList, type Scope } from '../core/scopes.ts';

const PropertyName = z.string().min(1).max(LIMITS.nameCharsMax);
const SliceValue = z.union([z.string().min(1).max(LIMITS.nameCharsMax), z.int(), z.boolean()]);

/** The part of a project's persons a grant covers: those whose property has the value, or one of the values. */
export const Slice = z.strictObject({
  property: PropertyName,
  value: z.union([SliceValue, z.array(SliceValue).min(1).max(50)]),
});
export type Slice = z.output<typeof Slice>;

/** Which person properties may leave: all but `hidden`, and only `visible` where that is given. */
export const PropertyRule = z.strictObject({
  hidden: z.array(PropertyName).max(200).optional(),
  visible: z.array(PropertyName).max(200).optional(),
});
export type PropertyRule = z.output<typeof PropertyRule>;

/** Requests a minute in the long run, and how many may come at once. */
export const Rate = z.strictObject({
  requests_per_minute: z.int().min(1).max(LIMITS.requestsPerMinuteMax),
  burst: z.int().min(1).max(LIMITS.burstMax),
});
export type Rate = z.output<typeof Rate>;

/** A browser origin exactly as browsers send it: scheme, host and, unless it is the scheme's own, port. No wildcards. */
const Origin = z
  .string()
  .max(LIMITS.nameCharsMax)
  .refine((text) => /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text, {
    error: 'must be an origin as a browser sends it, like https://app.example.com',
  });
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
  /** All of them must hold. Empty: the whole project. */
  readonly slices: readonly Slice[];
  readonly hidden: readonly string[];
  readonly visible: readonly string[] | null;
  readonly rate: Rate;
  readonly deletes: {
    readonly persons_per_day: number;
    readonly events: boolean;
    readonly recordings: boolean;
  };
  readonly origins: readonly string[];
}

/** Limits that one token of a chain brought in; its descendants spend from them too. */
export interface ChainLink {
  readonly id: TokenId;
  readonly rate?: Rate | undefined;
  readonly persons_per_day?: number | undefined;
}
