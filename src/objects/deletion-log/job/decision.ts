/** What a person decides about a deletion, and whether its state allows it. Pure. */
import { failure, type Failure } from '../../../core/failure.ts';
import type { DeletionEntry } from '../entry.ts';
import type { Hold } from './holds.ts';
import { nextIfPossible, type JobState } from './job.ts';

/** `cancelled` by its tenant or the operator; the others by the operator alone. */
export type Decision = 'cancelled' | 'approved' | 'rejected' | 'abandoned';

/** A deletion that was decided about, and the state it was in before. */
export interface DecidedDeletion {
  before: JobState;
  entry: DeletionEntry;
}

/** The refusal of a decision that comes too late, too early or twice; null where it can be carried out. */
export function checkDecision(
  decision: Decision,
  state: JobState,
  holds: readonly Hold[],
  { chunks, attempts }: Pick<DeletionEntry, 'chunks' | 'attempts'>,
): Failure | null {
  if (decision === 'approved' || decision === 'rejected') {
    if (state === 'held' && holds.some(({ kind }) => kind === 'approval')) return null;
    return conflict(`It does not wait for an approval: it is ${state}.`);
  }
  if (nextIfPossible(state, decision) !== null) return null;
  if (decision === 'abandoned')
    return conflict(`Only a deletion that is being sent can be abandoned: it is ${state}.`);
  return attempts > 0
    ? conflict(
        `It cannot be cancelled any more: it is ${state}, and PostHog accepted ${chunks.accepted} of its ${chunks.total} calls.`,
      )
    : conflict(`It cannot be cancelled any more: it is ${state}.`);
}

const conflict = (detail: string): Failure => failure('deletion_state_conflict', detail);

export const beingSent = (): Failure => conflict('It is being worked on right now. Try again in a moment.');
