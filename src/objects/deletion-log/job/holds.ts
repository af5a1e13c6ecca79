/** What keeps a deletion that was written down from being sent. Pure; all times are milliseconds since 1970. */
import { LONGEST_WAIT_MS } from './backoff.ts';
import type { JobEvent } from './job.ts';

export type Hold =
  /** It can be cancelled until then. */
  | { readonly kind: 'window'; readonly until: number }
  /** The operator has to approve it. */
  | { readonly kind: 'approval' }
  /** The gateway has deleted as many persons today as its operator allows, over all tenants. */
  | { readonly kind: 'fuse' };

/** What was decided about holds when the deletion was written down. */
export interface HoldRules {
  readonly holdUntil: number | null;
  readonly needsApproval: boolean;
}

/** What holds a deletion at `now`, by its rules and by what has happened to it since. */
export function holdsOf(rules: HoldRules | null, events: readonly JobEvent[], now: number): readonly Hold[] {
  const { holdUntil, needsApproval } = rules ?? { holdUntil: null, needsApproval: false };
  const fuse = events.findLast((event) => event === 'fuse_blown' || event === 'fuse_reset');
  return [
    ...(holdUntil !== null && now < holdUntil ? [{ kind: 'window', until: holdUntil } as const] : []),
    ...(needsApproval && !events.includes('approved') ? [{ kind: 'approval' } as const] : []),
    ...(fuse === 'fuse_blown' ? [{ kind: 'fuse' } as const] : []),
  ];
}

/** When a held deletion is looked at again. A hold without a time ends by a decision, which makes the deletion due at once. */
export const lookAgainAt = (holds: readonly Hold[], now: number): number =>
  Math.max(...holds.map((hold) => (hold.kind === 'window' ? hold.until : now + LONGEST_WAIT_MS)));
