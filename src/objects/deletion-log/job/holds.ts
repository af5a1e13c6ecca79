/** What keeps a deletion that was written down from being sent. Pure; all times are milliseconds since 1970. */
import { LONGEST_WAIT_MS } from './backoff.ts';
import type { JobEvent } from './job.ts';

export type Hold =
  /** It can be cancelled until then. */
  | { readonly kind: 'window'; readonly until: number }
  /** The operator has to approve it. */
  | { readonly kind: 'approval' };

/** What was decided about holds when the deletion was written down. */
export interface HoldRules {
  readonly holdUntil: number | null;
  readonly needsApproval: boolean;
}

/** What a deletion's own rules hold it by at `now`, after what has happened to it since. The fuse is apart. */
export function holdsOf(rules: HoldRules | null, events: readonly JobEvent[], now: number): readonly Hold[] {
  const { holdUntil, needsApproval } = rules ?? { holdUntil: null, needsApproval: false };
  return [
    ...(holdUntil !== null && now < holdUntil ? [{ kind: 'window', until: holdUntil } as const] : []),
    ...(needsApproval && !events.includes('approved') ? [{ kind: 'approval' } as const] : []),
  ];
}

/** Did the operator's fuse not let it through when it was asked last? */
export const isFuseBlown = (events: readonly JobEvent[]): boolean =>
  events.findLast((event) => event === 'fuse_blown' || event === 'fuse_reset') === 'fuse_blown';

/** When a held deletion is looked at again. A hold without a time ends by a decision, which makes the deletion due at once. */
export const lookAgainAt = (holds: readonly Hold[], now: number): number =>
  Math.max(...holds.map((hold) => (hold.kind === 'window' ? hold.until : now + LONGEST_WAIT_MS)));
