/** What deletes a grant allows beyond its scope, and what holds them before they are sent. */
import * as z from 'zod/mini';
import { failure, type Failure } from '../core/failure.ts';
import { LIMITS } from '../core/limits.ts';

const members = {
  /** Persons named for deletion in any 24 hours. */
  persons_per_day: z.int().check(z.minimum(0), z.maximum(LIMITS.personsPerDayMax)),
  /** Calls a minute that PostHog is sent, of a thousand persons at most. */
  calls_per_minute: z.int().check(z.minimum(1), z.maximum(LIMITS.deletingCallsPerMinuteMax)),
  /** May events be deleted along? */
  events: z.boolean(),
  /** May recordings be deleted along? */
  recordings: z.boolean(),
  /** Seconds in which a deletion can be cancelled, because nothing of it is sent before. */
  hold_seconds: z.int().check(z.minimum(0), z.maximum(LIMITS.holdSecondsMax)),
  /** A deletion of more persons than this waits for the operator's approval. */
  approval_over: z.int().check(z.minimum(0), z.maximum(LIMITS.personsPerDayMax)),
  /** A deletion of more persons than this has to be previewed and confirmed. */
  preview_over: z.int().check(z.minimum(0), z.maximum(LIMITS.personsPerDayMax)),
};

export const DEFAULT_PERSONS_PER_DAY = 1000;

/** As an operator registers them of a tenant. */
export const DeleteRules = z.strictObject({
  persons_per_day: z._default(members.persons_per_day, DEFAULT_PERSONS_PER_DAY),
  calls_per_minute: z.optional(members.calls_per_minute),
  events: z._default(members.events, false),
  recordings: z._default(members.recordings, false),
  hold_seconds: z._default(members.hold_seconds, 0),
  approval_over: z.optional(members.approval_over),
  preview_over: z.optional(members.preview_over),
  /** Days after its end until the ids of a deletion are replaced by digests in the log. Left out: they are kept. */
  keep_ids_days: z.optional(z.int().check(z.minimum(1), z.maximum(LIMITS.keepIdsDaysMax))),
});
type TenantDeleteRules = z.output<typeof DeleteRules>;

/** What a grant says of deletes. How long the log keeps ids is the tenant's matter, and no token's. */
export type DeleteRules = Omit<TenantDeleteRules, 'keep_ids_days'>;

/** As a token narrows them. */
export const NarrowerDeleteRules = z.partial(z.strictObject(members));
export type NarrowerDeleteRules = z.output<typeof NarrowerDeleteRules>;

const lower = (parent: number | undefined, by: number | undefined): number | undefined =>
  parent === undefined || by === undefined ? (parent ?? by) : Math.min(parent, by);

/** Never wider than `parent` in any member: smaller numbers, fewer flags, a longer hold. */
export const narrowDeletes = (parent: DeleteRules, by: NarrowerDeleteRules = {}): DeleteRules => ({
  persons_per_day: Math.min(parent.persons_per_day, by.persons_per_day ?? Number.POSITIVE_INFINITY),
  calls_per_minute: lower(parent.calls_per_minute, by.calls_per_minute),
  events: parent.events && (by.events ?? true),
  recordings: parent.recordings && (by.recordings ?? true),
  hold_seconds: Math.max(parent.hold_seconds, by.hold_seconds ?? 0),
  approval_over: lower(parent.approval_over, by.approval_over),
  preview_over: lower(parent.preview_over, by.preview_over),
});

/** The first member that asks for more than the parent has, with what the parent has; null where none does. */
export function widerDeletes(
  parent: DeleteRules,
  by: NarrowerDeleteRules,
): { readonly member: keyof DeleteRules; readonly has: string } | null {
  for (const member of ['persons_per_day', 'calls_per_minute', 'approval_over', 'preview_over'] as const) {
    const [asked, has] = [by[member], parent[member]];
    if (asked !== undefined && has !== undefined && asked > has) return { member, has: String(has) };
  }
  if (by.hold_seconds !== undefined && by.hold_seconds < parent.hold_seconds) {
    return { member: 'hold_seconds', has: String(parent.hold_seconds) };
  }
  for (const member of ['events', 'recordings'] as const) {
    if (by[member] === true && !parent[member]) return { member, has: 'false' };
  }
  return null;
}

/** With every flag: what a grant lets a deletion take along holds deletions that are yet to be made, and none that was. */
export const withEveryFlag = <G extends { readonly deletes: DeleteRules }>(grant: G): G => ({
  ...grant,
  deletes: { ...grant.deletes, events: true, recordings: true },
});

/** The refusal of a deletion of so many persons that was not previewed; null where none has to be. */
export const checkPreviewed = (previewOver: number | null | undefined, persons: number): Failure | null =>
  previewOver === null || previewOver === undefined || persons <= previewOver
    ? null
    : failure(
        'deletion_preview_required',
        `A deletion of more than ${previewOver} persons has to be previewed and confirmed: ` +
          'POST /v1/deletions?preview=true, then POST /v1/deletions/:id/confirm with the digest of the preview.',
      );
