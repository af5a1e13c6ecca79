/** What holds an entry back from the PostHog that is configured now: the first time, and every time after. Pure. */
import type { Deletion } from '../../catalogue/deletion.ts';
import type { Generation } from '../../catalogue/generation.ts';
import { checkIgnoredFlags } from '../../catalogue/generation-lacks.ts';
import { failureUntil } from '../../core/failure.ts';
import type { Interpretation } from '../../upstream/interpret.ts';

/** What an entry has yet to send, and the PostHog it is meant for. */
export interface PendingDeletion {
  readonly deletion: Deletion;
  /** Scheme, host and port of that PostHog. `null` is an entry from before origins were kept: any PostHog fits. */
  readonly origin: string | null;
}

/** Why an entry is held back. `internal_error` where its row cannot be read. */
export type HoldReason = 'upstream_changed' | 'generation_lacks' | 'internal_error';

/**
 * Another PostHog has other persons behind the same numbers, and other projects. One that ignores a flag would delete
 * what was to stay. Both reasons end when the configuration goes back.
 */
export function holdReason(
  { deletion, origin }: PendingDeletion,
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
