/** What a preview shows of its persons, and what carrying it out would do, in plain words. */
import * as z from 'zod/mini';
import type { DeletionFlags } from '../../../catalogue/deletion.ts';
import type { PersonUuid, ProjectId } from '../../../core/ids.ts';
import type { Json, JsonObject } from '../../../core/json.ts';
import { lazily } from '../../../core/lazily.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { redactorOf, type ShownBy } from '../../../policy/redact-answer.ts';
import { concurrently } from '../../../slicing/concurrently.ts';
import { readPerson } from '../../../upstream/persons.ts';
import type { Upstream } from '../send.ts';

/** Persons that a preview shows. */
const SAMPLE_PERSONS = 10;
/** Characters of one person's JSON, and of its list of distinct ids. A larger profile is shown by its UUID alone. */
const SAMPLE_CHARS_MAX = 20_000;

/** A person of a sample. */
export interface SampledPerson {
  /** As the grant may see it. */
  readonly person: JsonObject;
  /** All of them, also those that the grant may not see: a tombstone may name any. */
  readonly distinctIds: readonly string[];
}

/** The first persons of the set. One that is gone by now, or has more distinct ids than can be kept, is left out. */
export async function readSample(
  persons: readonly PersonUuid[],
  projectId: ProjectId,
  shownBy: ShownBy,
  { posthog }: Upstream,
): Promise<Result<SampledPerson[]>> {
  const redact = redactorOf('person', shownBy);
  const read = await concurrently(persons.slice(0, SAMPLE_PERSONS), async (uuid) => {
    const person = await readPerson(posthog, projectId, uuid, LIMITS.replyBytesMax);
    if (!person.ok) return err(person.failure);
    const shown = person.value === null ? null : redact(person.value);
    const distinctIds = DistinctIds().safeParse(person.value?.['distinct_ids']);
    if (shown === null || !distinctIds.success || !isKeepable(distinctIds.data)) return ok(null);
    return ok({ person: isKeepable(shown) ? shown : { uuid }, distinctIds: distinctIds.data });
  });
  return read.ok ? ok(read.value.flatMap((person) => (person === null ? [] : [person]))) : read;
}

const DistinctIds = lazily(() => z.readonly(z.array(z.string())));

const isKeepable = (value: Json): boolean => JSON.stringify(value).length <= SAMPLE_CHARS_MAX;

/** One sentence for each thing that happens, or does not. */
export function consequencesOf(flags: DeletionFlags, persons: number): readonly string[] {
  const whose = persons === 1 ? 'of 1 person' : `of ${persons} persons`;
  return [
    flags.keep_person
      ? `The profiles ${whose} stay.`
      : `The profiles ${whose} are deleted, with all their distinct ids. An event that arrives later under one of these ids makes a new person.`,
    flags.delete_events
      ? `The events ${whose} are queued for deletion. PostHog deletes them in batches, which can take days.`
      : `The events ${whose} stay.`,
    flags.delete_recordings
      ? `The recordings ${whose} are queued for deletion.`
      : `The recordings ${whose} stay.`,
  ];
}
