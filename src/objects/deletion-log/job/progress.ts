/** How far a deletion has come, in numbers that a bar is drawn from. Pure. */
import type { DeletionEntry, DeletionProgress } from '../../../contract/deletion.ts';
import { isEnd } from './job.ts';

/** What the chunks of a deletion add up to. Times are milliseconds since 1970. */
export interface ChunkTotals {
  /** Ids of all chunks. */
  readonly named: number;
  /** Ids of chunks that PostHog was sent. */
  readonly sent: number;
  /** Ids of chunks that it accepted. */
  readonly accepted: number;
  /** Persons, as PostHog counted them; null where it said nothing. */
  readonly found: number | null;
  readonly confirmed: number | null;
  readonly deletionErrors: number;
  readonly firstSentAt: number | null;
  readonly lastSettledAt: number | null;
}

const MINUTE_MS = 60_000;

export function progressOf(
  entry: Pick<DeletionEntry, 'state' | 'asked' | 'in_slice' | 'sent' | 'chunks'>,
  totals: ChunkTotals,
): DeletionProgress {
  const { state, asked, in_slice, chunks } = entry;
  const perMs = rateOf(totals);
  const left = totals.named - totals.accepted;
  const computable = state === 'sending' && chunks.unknown === 0 && perMs !== null;
  return {
    asked,
    in_slice,
    found: totals.found,
    // Of a chunk that was looked up, only the persons of the slice were sent.
    sent: Math.min(entry.sent, totals.sent),
    confirmed: totals.confirmed,
    failed: (state === 'failed' ? left : 0) + totals.deletionErrors,
    persons_per_minute: perMs === null ? null : Math.round(perMs * MINUTE_MS),
    seconds_left: isEnd(state) ? 0 : computable ? Math.ceil(left / perMs / 1000) : null,
  };
}

/** Persons a millisecond, from the first call to the end of the last; null where nothing was accepted yet. */
function rateOf({ accepted, firstSentAt, lastSettledAt }: ChunkTotals): number | null {
  if (accepted === 0 || firstSentAt === null || lastSettledAt === null) return null;
  const elapsed = lastSettledAt - firstSentAt;
  return elapsed > 0 ? accepted / elapsed : null;
}
