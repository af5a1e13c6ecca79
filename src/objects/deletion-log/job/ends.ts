/** When a deletion that comes to no end is given up. Pure; all times in milliseconds since 1970. */
import type { EventIn } from './job.ts';

/** Milliseconds for which PostHog is sent one chunk again and again: longer than any outage that was heard of. */
export const DRIVEN_MS_MAX = 604_800_000;

/** How long a chunk has been driven, and whether any attempt of it may have deleted somebody. */
export interface Driven {
  /** When its turn came. */
  readonly since: number;
  readonly mayHaveWorked: boolean;
}

/** When the chunk is looked at for the last time. */
export const lastLookAt = ({ since }: Driven): number => since + DRIVEN_MS_MAX;

/** When the next look is, which would be at `dueAt`: at the last one at the latest; null where that has passed. */
export const nextLook = (driven: Driven, dueAt: number, now: number): number | null =>
  now >= lastLookAt(driven) ? null : Math.min(dueAt, lastLookAt(driven));

/** How the deletion ends then. `given_up` says that nothing of what is left was deleted. */
export const endOf = ({ mayHaveWorked }: Driven): EventIn<'sending'> & ('undecided' | 'given_up') =>
  mayHaveWorked ? 'undecided' : 'given_up';
