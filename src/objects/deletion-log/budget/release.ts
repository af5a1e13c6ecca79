/** What a deletion gives back of its charge. Pure. Only evidence that nobody was deleted gives anything back. */
import type { Settled } from '../job/settle.ts';

/** Why persons are given back: outside the slice, unknown to PostHog, or in calls that are never made. */
export type ReleaseReason = 'not_in_slice' | 'not_found' | 'not_sent';

/**
 * Persons that a chunk was charged and that PostHog says it did not delete. Only a first attempt can say so: what an
 * earlier one deleted, a later one does not find.
 */
export function notSpent({ state, summary }: Settled, persons: number, ofChunk: number): number {
  if (ofChunk !== 1) return 0;
  if (state === 'refused') return persons;
  return summary.persons_found === null ? 0 : Math.max(0, persons - summary.persons_found);
}
