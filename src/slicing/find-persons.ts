/** Looks up the persons that a bulk delete names, in as few calls as the generation of PostHog allows. */
import type { Generation } from '../catalogue/generation.ts';
import { LIMITS } from '../core/limits.ts';
import { ok, type Result } from '../core/result.ts';
import { findPersons, type IdKind } from '../upstream/persons.ts';
import { concurrently } from './concurrently.ts';
import { callsWithoutBatch, findWithoutBatch } from './find-without-batch.ts';
import type { FoundPerson, PersonLookup } from './lookup.ts';

/** The persons of the ids that PostHog knows, inside the slice or outside. Fails where one look-up does. */
export const findAsked = (
  lookup: PersonLookup,
  kind: IdKind,
  ids: readonly string[],
): Promise<Result<FoundPerson[]>> =>
  lookup.generation === 'A' ? findWithoutBatch(lookup, kind, ids) : findInBatches(lookup, kind, ids);

/** Calls that `findAsked` makes at most. */
export const callsOfFindAsked = (generation: Generation, kind: IdKind, count: number): number =>
  generation === 'A' ? callsWithoutBatch(kind, count) : Math.ceil(count / LIMITS.batchIdsMax);

/** Generations B and C: two hundred at a time. */
async function findInBatches(
  { posthog, projectId, slices }: PersonLookup,
  kind: IdKind,
  ids: readonly string[],
): Promise<Result<FoundPerson[]>> {
  const batches = chunked(ids, LIMITS.batchIdsMax);
  const answers = await concurrently(batches, (batch) =>
    findPersons(posthog, projectId, kind, batch, slices),
  );
  if (!answers.ok) return answers;
  return ok(
    answers.value.flatMap((results, i) =>
      (batches[i] ?? []).flatMap((id) => {
        const person = results.get(id);
        return person === undefined ? [] : [{ ids: [id], person }];
      }),
    ),
  );
}

const chunked = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
