/** What holds an entry back from the PostHog that is configured now: the first time, and every time after. Pure. */
import type { Deletion } from '../../../catalogue/deletion.ts';
import type { Generation } from '../../../catalogue/generation.ts';
import { checkIgnoredFlags } from '../../../catalogue/generation-lacks.ts';
import { failureUntil, type FailureCode } from '../../../core/failure.ts';
import type { Slice } from '../../../policy/slice.ts';
import type { Interpretation } from '../../../upstream/interpret.ts';

/** What an entry has yet to send, and the PostHog it is meant for. */
export interface PendingDeletion {
  readonly deletion: Deletion;
  /** Scheme, host and port of that PostHog. `null` is an entry from before origins were kept: any PostHog fits. */
  readonly origin: string | null;
  /** Which of how many chunks it is, from 0. */
  readonly chunk: number;
  readonly chunks: number;
  /** Attempts so far: of the whole deletion, and of this chunk alone. */
  readonly attempts: number;
  readonly attemptsOfChunk: number;
  /** The slices that its persons must be in when they are sent; null where none is checked. */
  readonly slices: readonly Slice[] | null;
  /** Were all its persons found in the slice before? */
  readonly isResolved: boolean;
  /** When something last happened to the deletion, in milliseconds since 1970. */
  readonly movedAt: number;
}

/**
 * Why an entry is held back: `paced` where it has sent as often as it may, `internal_error` where its row cannot be read,
 * or why a look-up of its persons failed.
 */
export type HoldReason =
  | 'upstream_changed'
  | 'tombstones_full'
  | 'paced'
  | 'fuse'
  | 'fuse_unreachable'
  | FailureCode;

/**
 * Another PostHog has other persons behind the same numbers, and other projects. One that ignores a flag would delete
 * what was to stay. Both reasons end when the configuration goes back.
 */
export function holdReason(
  { deletion, origin }: Pick<PendingDeletion, 'deletion' | 'origin'>,
  posthog: { readonly origin: string; readonly generation: Generation },
): HoldReason | null {
  if (origin !== null && origin !== posthog.origin) return 'upstream_changed';
  return checkIgnoredFlags(deletion, posthog.generation) === null ? null : 'generation_lacks';
}

/** What a caller is told of an entry that is held back: it stands in the log, and may yet be sent. */
export const heldInterpretation = (waitMs: number): Interpretation => ({
  kind: 'failure',
  status: null,
  failure: failureUntil(
    'deletion_unconfirmed',
    'The deletion is written down and was not sent. Its entry says why, and when it is looked at again.',
    Math.ceil(waitMs / 1000),
  ),
});
