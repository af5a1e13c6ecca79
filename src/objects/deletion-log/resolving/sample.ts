/** What a preview shows of its persons, and what carrying it out would do, in plain words. */
import type { DeletionFlags } from '../../../catalogue/deletion.ts';
import type { PersonUuid, ProjectId } from '../../../core/ids.ts';
import type { JsonObject } from '../../../core/json.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { redactorOf, type ShownBy } from '../../../policy/redact-answer.ts';
import { concurrently } from '../../../slicing/concurrently.ts';
import { readPerson } from '../../../upstream/persons.ts';
import type { Upstream } from '../send.ts';

/** Persons that a preview shows. */
const SAMPLE_PERSONS = 10;
/** Characters of one person's JSON. A larger profile is shown by its UUID alone. */
const SAMPLE_CHARS_MAX = 20_000;

/** The first persons of the set, as the grant may see them. One that is gone by now is left out. */
export async function readSample(
  persons: readonly PersonUuid[],
  projectId: ProjectId,
  shownBy: ShownBy,
  { posthog }: Upstream,
): Promise<Result<JsonObject[]>> {
  const redact = redactorOf('person', shownBy);
  const read = await concurrently(persons.slice(0, SAMPLE_PERSONS), async (uuid) => {
    const person = await readPerson(posthog, projectId, uuid, LIMITS.replyBytesMax);
    if (!person.ok) return err(person.failure);
    const shown = person.value === null ? null : redact(person.value);
    return ok(shown === null || JSON.stringify(shown).length <= SAMPLE_CHARS_MAX ? shown : { uuid });
  });
  return read.ok ? ok(read.value.flatMap((person) => (person === null ? [] : [person]))) : read;
}

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
