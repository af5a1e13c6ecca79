/** What is decided about a deletion when it is written down: its chunks, and what holds it before it is sent. Pure. */
import type { DeletionTarget } from '../../../catalogue/deletion.ts';
import type { Generation } from '../../../catalogue/generation.ts';
import { LIMITS } from '../../../core/limits.ts';
import { distinct } from '../digest.ts';
import { slicesOf, type DeletionOrder } from '../entry.ts';
import { LONGEST_WAIT_MS, overdueAfter } from './backoff.ts';
import type { JobFacts } from '../storage/jobs.ts';

/** The distinct ids of each call that the deletion takes; one empty list where there are none. */
export function chunksOf({ ids }: DeletionTarget): readonly (readonly string[])[] {
  const once = distinct(ids);
  const count = Math.max(1, Math.ceil(once.length / LIMITS.bulkIdsMax));
  return Array.from({ length: count }, (_, chunk) =>
    once.slice(chunk * LIMITS.bulkIdsMax, (chunk + 1) * LIMITS.bulkIdsMax),
  );
}

/** `persons` is how many distinct ids it names, `now` milliseconds since 1970; `isFused` where the fuse has to let it through. */
export function factsOf(
  order: Pick<DeletionOrder, 'resolved' | 'slices' | 'holds'>,
  persons: number,
  chunks: number,
  { generation, isFused }: { readonly generation: Generation; readonly isFused: boolean },
  now: number,
): JobFacts {
  const { holds } = order;
  const holdUntil = persons > 0 && holds.holdSeconds > 0 ? now + holds.holdSeconds * 1000 : null;
  const needsApproval = holds.approvalOver !== null && persons > holds.approvalOver;
  return {
    began: holdUntil !== null || needsApproval || (isFused && persons > 0) ? 'held' : 'sending',
    generation,
    chunks,
    holdUntil,
    needsApproval,
    slices: slicesOf(order),
  };
}

/** When the deletion is looked at, in milliseconds since 1970, where the request that made it does not live to send it. */
export const firstDue = (facts: JobFacts, now: number, timeoutMs: number): number =>
  mustWait(facts) ? (facts.holdUntil ?? now + LONGEST_WAIT_MS) : now + overdueAfter(timeoutMs);

/** True where an undo window or an approval holds it. Whether the fuse does is only known once it is asked. */
export const mustWait = ({ holdUntil, needsApproval }: Pick<JobFacts, 'holdUntil' | 'needsApproval'>) =>
  holdUntil !== null || needsApproval;
