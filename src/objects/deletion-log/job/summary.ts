/** PostHog's summary of a bulk delete: none (generation A), of what it did (B), or of what it queued (C); contract §8, 2. */
import * as z from 'zod/mini';
import type { Deletion } from '../../../catalogue/deletion.ts';
import { PersonUuid } from '../../../core/ids.ts';
import type { Json } from '../../../core/json.ts';
import { lazily } from '../../../core/lazily.ts';

/** PostHog's own numbers. Null where it did not say. */
export interface Summary {
  readonly persons_found: number | null;
  readonly persons_deleted: number | null;
  readonly persons_queued_for_deletion: number | null;
  readonly events_queued_for_deletion: boolean | null;
  readonly recordings_queued_for_deletion: boolean | null;
  /** How many persons PostHog reports it failed on. It names them, and still answers 202. */
  readonly deletion_errors: number | null;
}

const count = z.int().check(z.minimum(0));
const maybe = <T extends z.ZodMiniType>(schema: T) => z._default(z.nullable(schema), null);

/** The members that generations B and C share are required: a body without them is no summary. */
const SummaryBody = lazily(() =>
  z.object({
    persons_found: count,
    persons_deleted: count,
    persons_queued_for_deletion: maybe(count),
    events_queued_for_deletion: z.boolean(),
    recordings_queued_for_deletion: maybe(z.boolean()),
    deletion_errors: z.pipe(
      z.array(z.unknown()),
      z.transform((errors) => errors.length),
    ),
  }),
);

/** Reads a success body; null where it is no summary. */
export const readSummary = (json: Json | undefined): Summary | null =>
  SummaryBody().safeParse(json).data ?? null;

const Errors = lazily(() =>
  z.object({
    deletion_errors: z.array(
      z.pipe(
        z.object({ person_uuid: PersonUuid }),
        z.transform((error) => error.person_uuid),
      ),
    ),
  }),
);

/**
 * The persons that a summary names as not deleted. Null where it does not say which, or names others than were sent:
 * then nothing less than the whole deletion may be sent again.
 */
export function notDeleted({ target }: Deletion, json: Json | undefined): readonly PersonUuid[] | null {
  const named = new Set(Errors().safeParse(json).data?.deletion_errors);
  if (named.size === 0 || named.size > target.ids.length || target.kind === 'person') return null;
  const sent = target.kind === 'uuids' ? new Set(target.ids) : null;
  return sent === null || named.isSubsetOf(sent) ? [...named] : null;
}

/** PostHog said nothing of what it did. */
export const NO_SUMMARY: Summary = {
  persons_found: null,
  persons_deleted: null,
  persons_queued_for_deletion: null,
  events_queued_for_deletion: null,
  recordings_queued_for_deletion: null,
  deletion_errors: null,
};

/** A deletion that named no persons: known without PostHog. */
export const EMPTY_SUMMARY: Summary = {
  persons_found: 0,
  persons_deleted: 0,
  persons_queued_for_deletion: 0,
  events_queued_for_deletion: false,
  recordings_queued_for_deletion: false,
  deletion_errors: 0,
};

/** The numbers of attempts in their order, each made for what the one before had left. */
export const combined = (summaries: readonly Summary[]): Summary =>
  summaries.reduce((earlier, later) => ({
    persons_found: earlier.persons_found ?? later.persons_found,
    persons_deleted: sum(earlier.persons_deleted, later.persons_deleted),
    persons_queued_for_deletion: sum(earlier.persons_queued_for_deletion, later.persons_queued_for_deletion),
    events_queued_for_deletion: either(earlier.events_queued_for_deletion, later.events_queued_for_deletion),
    recordings_queued_for_deletion: either(
      earlier.recordings_queued_for_deletion,
      later.recordings_queued_for_deletion,
    ),
    deletion_errors: later.deletion_errors,
  }));

/** The numbers of several chunks, each of other persons. */
export const total = (summaries: readonly Summary[]): Summary =>
  summaries.reduce((left, right) => ({
    persons_found: sum(left.persons_found, right.persons_found),
    persons_deleted: sum(left.persons_deleted, right.persons_deleted),
    persons_queued_for_deletion: sum(left.persons_queued_for_deletion, right.persons_queued_for_deletion),
    events_queued_for_deletion: either(left.events_queued_for_deletion, right.events_queued_for_deletion),
    recordings_queued_for_deletion: either(
      left.recordings_queued_for_deletion,
      right.recordings_queued_for_deletion,
    ),
    deletion_errors: sum(left.deletion_errors, right.deletion_errors),
  }));

const sum = (a: number | null, b: number | null): number | null =>
  a === null && b === null ? null : (a ?? 0) + (b ?? 0);
const either = (a: boolean | null, b: boolean | null): boolean | null =>
  a === null && b === null ? null : (a ?? false) || (b ?? false);
