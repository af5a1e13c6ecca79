/** What PostHog says it did: nothing (generation A), a summary (B), or a summary of queued work (C); contract §8, 2. */
import * as z from 'zod';
import type { Json } from '../../core/json.ts';

/** PostHog's own numbers. Null where it did not say, or said something that is no such number. */
export interface Summary {
  readonly persons_found: number | null;
  readonly persons_deleted: number | null;
  readonly persons_queued_for_deletion: number | null;
  readonly events_queued_for_deletion: boolean | null;
  readonly recordings_queued_for_deletion: boolean | null;
  /** How many persons PostHog reports it failed on. It names them, and still answers 202. */
  readonly deletion_errors: number | null;
}

const count = z.int().min(0).nullable().catch(null);
const flag = z.boolean().nullable().catch(null);

const SummaryReply = z.object({
  persons_found: count,
  persons_deleted: count,
  persons_queued_for_deletion: count,
  events_queued_for_deletion: flag,
  recordings_queued_for_deletion: flag,
  deletion_errors: z
    .array(z.unknown())
    .transform((errors) => errors.length)
    .nullable()
    .catch(null),
});

/** PostHog said nothing of what it did. */
export const NO_SUMMARY: Summary = SummaryReply.parse({});

/** A deletion that named nobody: known without PostHog. */
export const NOBODY_SUMMARY: Summary = {
  persons_found: 0,
  persons_deleted: 0,
  persons_queued_for_deletion: 0,
  events_queued_for_deletion: false,
  recordings_queued_for_deletion: false,
  deletion_errors: 0,
};

/** Reads the numbers of a success body; an empty body, a missing member and one of another kind are all null. */
export const summaryOf = (json: Json | undefined): Summary => SummaryReply.safeParse(json).data ?? NO_SUMMARY;
