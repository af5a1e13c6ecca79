/** Resolves a deletion of a sliced grant again, right before it is sent: persons may have left the slice since. */
import type { Deletion } from '../../../catalogue/deletion.ts';
import type { PersonUuid } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { ok, type Result } from '../../../core/result.ts';
import type { Slice } from '../../../policy/slice.ts';
import { recheckDeletion } from '../../../slicing/recheck-deletion.ts';
import { distinct } from '../digest.ts';
import { distinctIdHasher, type DistinctIdKey } from '../distinct-id-key.ts';
import type { PendingDeletion } from '../job/hold.ts';
import { rememberedKeys } from '../reset-scope.ts';
import type { Upstream } from '../send.ts';

/** The part of a chunk that is sent, by what PostHog says of its persons now. */
export interface Recheck {
  /** Names the persons in the slice, which may be none. */
  readonly deletion: Deletion;
  /** Is it less than what was pending, or named otherwise? */
  readonly differs: boolean;
  /** Persons that were in the slice when they were resolved before, and were found outside now. */
  readonly left: readonly PersonUuid[];
  /** The keys by which the distinct ids of these persons are remembered. */
  readonly keys: readonly DistinctIdKey[];
}

/** Fails where a look-up does: then nothing may be sent. */
export async function recheck(
  { deletion, isResolved }: Pick<PendingDeletion, 'deletion' | 'isResolved'>,
  slices: readonly Slice[],
  { posthog, generation, keyring }: Upstream,
): Promise<Result<Recheck>> {
  const { projectId } = deletion;
  const singleReadsMax = LIMITS.bulkIdsMax;
  const lookup = { posthog, generation, projectId, slices, singleReadsMax };
  const checked = await recheckDeletion(lookup, deletion);
  if (!checked.ok) return checked;
  const { target, distinctIds, outside } = checked.value;
  const narrowed = { ...deletion, target };
  return ok({
    deletion: narrowed,
    differs: target.kind !== deletion.target.kind || notInSlice(deletion, narrowed) > 0,
    // A client learns nothing of ids that were never in its slice.
    left: isResolved ? outside : [],
    keys: await rememberedKeys(narrowed, distinctIds, await distinctIdHasher(keyring)),
  });
}

/** How many ids of the chunk are not sent. */
export const notInSlice = (pending: Deletion, narrowed: Deletion): number =>
  distinct(pending.target.ids).length - distinct(narrowed.target.ids).length;
