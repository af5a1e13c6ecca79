/** Looking up the persons a bulk delete names, in as few questions as the generation of PostHog allows. */
import { failure } from '../../core/failure.ts';
import { PersonUuid, type ProjectId } from '../../core/ids.ts';
import { isJsonObject, type Json } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { Grant } from '../../policy/grant.ts';
import { sliceFilters } from '../../policy/slice.ts';
import type { Services } from '../context.ts';
import { distinctIdsOf, findPage, findPerson, findPersons } from '../lookup.ts';

/** What the ids are. */
export type By = 'uuids' | 'distinct_ids';

/** A person, and by which of the ids it was found. */
export interface Found {
  readonly names: readonly string[];
  readonly person: Json;
}

/** Pages of the slice that are gone through where PostHog has no batch look-up: 10,000 persons. */
const SLICE_PAGES_MAX = 10;
/** Ids that are read one by one where the slice is larger than that. */
const SINGLE_READS_MAX = 50;
/** Questions under way at once: the platform allows six connections waiting for an answer. */
const QUESTIONS_AT_ONCE = 5;

/** The persons of the ids that PostHog knows, of whatever slice. Fails where one question does. */
export async function findAsked(
  services: Services,
  projectId: ProjectId,
  by: By,
  ids: readonly string[],
  grant: Grant,
): Promise<Result<Found[]>> {
  return services.config.generation === 'A'
    ? findWithoutBatch(services, projectId, by, ids, grant)
    : findInBatches(services, projectId, by, ids);
}

/** Generations B and C: two hundred at a time. */
async function findInBatches(
  services: Services,
  projectId: ProjectId,
  by: By,
  ids: readonly string[],
): Promise<Result<Found[]>> {
  const batches = chunksOf(ids, LIMITS.batchIdsMax);
  const answers = await inTurns(batches, (batch) => findPersons(services, projectId, by, batch));
  if (!answers.ok) return answers;
  return ok(
    answers.value.flatMap((results, i) =>
      (batches[i] ?? []).flatMap((id) =>
        Object.hasOwn(results, id) ? [{ names: [id], person: results[id] ?? null }] : [],
      ),
    ),
  );
}

/** Generation A: through the whole slice where that is short, one by one where the ids are few, and else not at all. */
async function findWithoutBatch(
  services: Services,
  projectId: ProjectId,
  by: By,
  ids: readonly string[],
  grant: Grant,
): Promise<Result<Found[]>> {
  if (by === 'uuids' && ids.length <= QUESTIONS_AT_ONCE) return findOneByOne(services, projectId, ids);
  const slice = await wholeSlice(services, projectId, grant);
  if (!slice.ok) return slice;
  if (slice.value !== null) {
    const asked = new Set(ids);
    const found = slice.value.map((person) => ({
      person,
      names: namesOf(person, by).filter((name) => asked.has(name)),
    }));
    return ok(found.filter(({ names }) => names.length > 0));
  }
  if (by === 'uuids' && ids.length <= SINGLE_READS_MAX) return findOneByOne(services, projectId, ids);
  return err(tooLarge());
}

function namesOf(row: Json, by: By): string[] {
  if (by === 'distinct_ids') return distinctIdsOf(row);
  const uuid = isJsonObject(row) ? row['uuid'] : undefined;
  return typeof uuid === 'string' ? [uuid.toLowerCase()] : [];
}

async function findOneByOne(
  services: Services,
  projectId: ProjectId,
  ids: readonly string[],
): Promise<Result<Found[]>> {
  const uuids = ids.map((id) => PersonUuid.parse(id));
  const answers = await inTurns(uuids, (uuid) => findPerson(services, projectId, uuid));
  if (!answers.ok) return answers;
  return ok(
    answers.value.flatMap((person, i) => (person === null ? [] : [{ names: [ids[i] ?? ''], person }])),
  );
}

/** Every person of the slice, or `null` where there are more than is worth asking for. */
async function wholeSlice(
  services: Services,
  projectId: ProjectId,
  grant: Grant,
): Promise<Result<Json[] | null>> {
  const filters = sliceFilters(grant.slices);
  if (filters.covers !== 'some') return ok([]);
  const rows: Json[] = [];
  for (let page = 0; page < SLICE_PAGES_MAX; page += 1) {
    const found = await findPage(services, projectId, filters.leaves, page * LIMITS.pageRowsMax);
    if (!found.ok) return found;
    rows.push(...found.value.rows);
    if (!found.value.more) return ok(rows);
  }
  return ok(null);
}

/** Asks for each, a few at a time; the first failure is the failure of all. */
async function inTurns<T, R>(
  items: readonly T[],
  askFor: (item: T) => Promise<Result<R>>,
): Promise<Result<R[]>> {
  const answers: R[] = [];
  for (const turn of chunksOf(items, QUESTIONS_AT_ONCE)) {
    for (const answer of await Promise.all(turn.map((item) => askFor(item)))) {
      if (!answer.ok) return answer;
      answers.push(answer.value);
    }
  }
  return ok(answers);
}

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

const tooLarge = () =>
  failure(
    'slice_lookup_too_large',
    `This PostHog has no batch look-up and the slice is large: name at most ${SINGLE_READS_MAX} persons, by UUID.`,
    'ids',
  );
