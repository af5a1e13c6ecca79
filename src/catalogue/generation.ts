import { failure, type Failure } from '../core/failure.ts';
import type { Deletion } from './deletion.ts';

/** PostHog's generations (PostHog contract §1b): A is the oldest, C what its Cloud runs. */
export const GENERATIONS = ['A', 'B', 'C'] as const;
export type Generation = (typeof GENERATIONS)[number];

/**
 * Refuses flags the generation would ignore. Generation A knows neither of these in a bulk delete, and leaving
 * `keep_person` unread means deleting the person (PostHog contract §8, 2 and 13).
 */
export function checkIgnoredFlags(deletion: Deletion, generation: Generation): Failure | null {
  if (generation !== 'A') return null;
  const { operation, flags } = deletion;
  const single = operation !== 'persons_bulk_delete' && operation !== 'persons_destroy';
  if (single) return null;
  if (flags.keep_person) return lacks('keep_person');
  return flags.delete_recordings && operation === 'persons_bulk_delete' ? lacks('delete_recordings') : null;
}

const lacks = (flag: string): Failure =>
  failure('generation_lacks', `The PostHog behind this gateway would ignore ${flag}. Leave it out.`, flag);
