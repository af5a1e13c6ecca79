/**
 * What PostHog answers to a bulk delete of ids it does not know (contract §8, 2), byte for byte. A sliced grant that
 * asked for nobody in its slice gets it without PostHog being asked, and cannot tell foreign ids from unknown ones.
 */
import type { Generation } from '../../catalogue/generation.ts';
import type { Json } from '../../core/json.ts';
import type { Interpretation } from '../../upstream/interpret.ts';

/** By generation. The order of the members is PostHog's. */
const NOBODY_FOUND: { readonly [G in Generation]: Json | undefined } = {
  A: undefined,
  B: {
    persons_found: 0,
    persons_deleted: 0,
    events_queued_for_deletion: false,
    recordings_queued_for_deletion: false,
    deletion_errors: [],
  },
  C: {
    persons_found: 0,
    persons_queued_for_deletion: 0,
    persons_deleted: 0,
    events_queued_for_deletion: false,
    deletion_errors: [],
  },
};

export function nobodyFound(generation: Generation): Extract<Interpretation, { kind: 'success' }> {
  const json = NOBODY_FOUND[generation];
  return { kind: 'success', status: 202, text: json === undefined ? '' : JSON.stringify(json), json };
}
