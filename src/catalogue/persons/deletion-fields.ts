/** What a deletion of several persons is asked for with, on the mirror plane and by `/v1/deletions`. */
import * as z from 'zod/mini';
import { failure } from '../../core/failure.ts';
import type { PersonUuid } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { DeletionFlags, DeletionTarget } from '../deletion.ts';
import { none } from '../fields/reference-rules.ts';
import { refersTo } from '../fields/references.ts';
import { flag } from '../fields/values.ts';

export const NO_FLAGS: DeletionFlags = { delete_events: false, delete_recordings: false, keep_person: false };

export const flagFields = () => ({
  delete_events: z.optional(refersTo(none, flag())),
  delete_recordings: z.optional(refersTo(none, flag())),
  keep_person: z.optional(refersTo(none, flag())),
});

/** A flag that is left out is off. */
export const flagsOf = (input: { [K in keyof DeletionFlags]?: boolean | undefined }): DeletionFlags => ({
  delete_events: input.delete_events ?? false,
  delete_recordings: input.delete_recordings ?? false,
  keep_person: input.keep_person ?? false,
});

interface Lists {
  readonly ids?: readonly PersonUuid[] | undefined;
  readonly distinct_ids?: readonly string[] | undefined;
}

/** Exactly one list: generation A lets `distinct_ids` win without a word where both are there (PostHog contract §4). */
export function listOf({ ids, distinct_ids: distinctIds }: Lists, idsMax: number): Result<DeletionTarget> {
  if (ids !== undefined && distinctIds !== undefined) {
    return err(failure('input_conflict', 'Give ids or distinct_ids, not both.', 'distinct_ids'));
  }
  if (ids !== undefined) return ok({ kind: 'uuids', ids });
  if (distinctIds !== undefined) return ok({ kind: 'distinct_ids', ids: distinctIds });
  return err(
    failure('field_invalid', `Give ids (person UUIDs) or distinct_ids, 1 to ${idsMax} of them.`, 'ids'),
  );
}
