/**
 * From the ids a sliced bulk delete names to the persons that are in the slice. Each is judged on its own, by what the
 * person database says; if one question goes unanswered nothing is deleted.
 */
import { PersonUuid, type ProjectId } from '../core/ids.ts';
import type { DeletionTarget } from '../catalogue/deletion.ts';
import { failure } from '../core/failure.ts';
import { isJsonObject, type Json } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { Grant } from '../policy/grant.ts';
import { sliceFilters } from '../policy/slice.ts';
import type { Gateway } from './exchange.ts';
import { findPage, findPerson, findPersons } from './lookup.ts';
import { isOwn } from './ownership.ts';

/** The persons in the slice, and the distinct ids PostHog showed of them. */
export interface Resolved {
  readonly persons: readonly PersonUuid[];
  readonly distinctIds: readonly string[];
}

/** Pages of the slice that are gone through where PostHog has no batch look-up: 10,000 persons. */
const SLICE_PAGES_MAX = 10;
/** Ids that are read one by one where the slice is larger than that. */
const SINGLE_READS_MAX = 50;
/** Questions under way at once: the platform allows six connections waiting for an answer. */
const QUESTIONS_AT_ONCE = 5;

/** Resolves the ids of a bulk delete. Five questions for 1,000 ids in generations B and C. */
export async function resolve(
  gateway: Gateway,
  projectId: ProjectId,
  target: DeletionTarget,
  grant: Grant,
): Promise<Result<Resolved>> {
  const ids = [...new Set<string>(target.ids)];
  const by = target.kind === 'distinct_ids' ? 'distinct_ids' : 'uuids';
  const found =
    gateway.config.generation === 'A'
      ? await findWithoutBatch(gateway, projectId, by, ids, grant)
      : await findInBatches(gateway, projectId, by, ids);
  return found.ok ? ok(ownOf(found.value, grant)) : found;
}

function ownOf(persons: readonly Json[], grant: Grant): Resolved {
  const own = persons.filter((person) => isOwn(person, grant)).filter((person) => isJsonObject(person));
  const uuids = own
    .map((person) => PersonUuid.safeParse(person['uuid']))
    .flatMap((uuid) => (uuid.success ? [uuid.data] : []));
  return {
    persons: [...new Set(uuids)],
    distinctIds: [...new Set(own.flatMap((person) => textsOf(person['distinct_ids'])))],
  };
}

const textsOf = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((item: Json) => typeof item === 'string') : [];

type By = 'uuids' | 'distinct_ids';

async function findInBatches(
  gateway: Gateway,
  projectId: ProjectId,
  by: By,
  ids: readonly string[],
): Promise<Result<Json[]>> {
  const batches = chunksOf(ids, LIMITS.batchIdsMax);
  const answers = await inTurns(batches, (batch) => findPersons(gateway, projectId, by, batch));
  if (!answers.ok) return answers;
  return ok(
    answers.value.flatMap((results, i) =>
      (batches[i] ?? []).flatMap((id) => (Object.hasOwn(results, id) ? [results[id] ?? null] : [])),
    ),
  );
}

/** Generation A: through the whole slice where that is short, one by one where the ids are few, and else not at all. */
async function findWithoutBatch(
  gateway: Gateway,
  projectId: ProjectId,
  by: By,
  ids: readonly string[],
  grant: Grant,
): Promise<Result<Json[]>> {
  if (by === 'uuids' && ids.length <= QUESTIONS_AT_ONCE) return findOneByOne(gateway, projectId, ids);
  const slice = await wholeSlice(gateway, projectId, grant);
  if (!slice.ok) return slice;
  if (slice.value !== null) {
    const asked = new Set(ids);
    return ok(slice.value.filter((row) => namesOf(row, by).some((name) => asked.has(name))));
  }
  if (by === 'uuids' && ids.length <= SINGLE_READS_MAX) return findOneByOne(gateway, projectId, ids);
  return no(tooLarge());
}

const namesOf = (row: Json, by: By): string[] =>
  !isJsonObject(row) ? [] : by === 'uuids' ? textsOf([row['uuid'] ?? null]) : textsOf(row['distinct_ids']);

async function findOneByOne(
  gateway: Gateway,
  projectId: ProjectId,
  ids: readonly string[],
): Promise<Result<Json[]>> {
  const uuids = ids.map((id) => PersonUuid.parse(id));
  const answers = await inTurns(uuids, (uuid) => findPerson(gateway, projectId, uuid));
  return answers.ok ? ok(answers.value.filter((person) => person !== null)) : answers;
}

/** Every person of the slice, or `null` where there are more than is worth asking for. */
async function wholeSlice(
  gateway: Gateway,
  projectId: ProjectId,
  grant: Grant,
): Promise<Result<Json[] | null>> {
  const filters = sliceFilters(grant.slices);
  if (filters.covers !== 'some') return ok([]);
  const rows: Json[] = [];
  for (let page = 0; page < SLICE_PAGES_MAX; page += 1) {
    const found = await findPage(gateway, projectId, filters.leaves, page * LIMITS.pageRowsMax);
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
