/** Reads persons from PostHog before the gateway acts on them: the person database has the last word on a slice. */
import { failure, type Failure } from '../core/failure.ts';
import { PersonUuid, type PersonRef, type ProjectId } from '../core/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Slice } from '../policy/slice.ts';
import type { PostHogClient } from './client.ts';
import { readPersons, type EachPerson, type PersonsAt, type PickedPerson } from './page/persons.ts';
import { PageFlaw } from './page/window.ts';
import type { PersonsRequest } from './request.ts';

/** How a look-up names persons. */
export type IdKind = 'uuids' | 'distinct_ids';

type Question = Pick<PersonsRequest, 'method' | 'segments' | 'query' | 'body'>;

/** What a person is read for: only these properties are picked, besides UUID and distinct ids. */
type Conditions = readonly Pick<Slice, 'property'>[];

/**
 * The person of that number or UUID, or `null` where PostHog has none. What a person of another UUID has says nothing of
 * the one that was asked for, and so is no answer.
 */
export async function findPerson(
  posthog: PostHogClient,
  projectId: ProjectId,
  person: PersonRef,
  slices: Conditions,
): Promise<Result<PickedPerson | null>> {
  const found: PickedPerson[] = [];
  const question = { method: 'GET', segments: [person], query: [], body: null } as const;
  const asked = await ask(posthog, projectId, question, 'person', slices, (picked) => found.push(picked));
  if (!asked.ok) return asked;
  return found.every((picked) => mayBe(person, picked)) ? ok(found[0] ?? null) : err(unreadable());
}

/** False for a person of another UUID. */
function mayBe(person: PersonRef, { uuid }: PickedPerson): boolean {
  const asked = PersonUuid.safeParse(person);
  return !asked.success || typeof uuid !== 'string' || uuid.toLowerCase() === asked.data;
}

/** The persons of up to 200 ids, by id; unknown ids are left out. Generation B on (PostHog contract §8, 24 and 25). */
export async function findPersons(
  posthog: PostHogClient,
  projectId: ProjectId,
  kind: IdKind,
  ids: readonly string[],
  slices: Conditions,
): Promise<Result<ReadonlyMap<string, PickedPerson>>> {
  const asked = new Set(ids);
  const found = new Map<string, PickedPerson>();
  const question = {
    method: 'POST',
    segments: [`batch_by_${kind}`],
    query: [],
    body: { [kind]: ids },
  } as const;
  const read = await ask(posthog, projectId, question, 'map', slices, (picked, id) => {
    if (id !== null && asked.has(id)) found.set(id, picked);
  });
  if (!read.ok) return read;
  return read.value === null ? err(unreadable()) : ok(found);
}

/** The persons that a distinct id belongs to: one, or none. Works in every generation. */
export async function findByDistinctId(
  posthog: PostHogClient,
  projectId: ProjectId,
  distinctId: string,
  slices: Conditions,
): Promise<Result<readonly PickedPerson[]>> {
  const page = await askPage(posthog, projectId, [['distinct_id', distinctId]], 2, slices);
  return page.ok ? ok(page.value.rows) : page;
}

/** One page of persons under filters: its rows, and whether PostHog has more. */
export async function findPage(
  posthog: PostHogClient,
  projectId: ProjectId,
  filters: readonly JsonObject[],
  offset: number,
  slices: Conditions,
): Promise<Result<PersonPage>> {
  const query = [['properties', JSON.stringify(filters)]] as const;
  return findListed(posthog, projectId, query, offset, slices);
}

/** One page of persons of a list under a query without a page. */
export const findListed = (
  posthog: PostHogClient,
  projectId: ProjectId,
  query: PersonsRequest['query'],
  offset: number,
  slices: Conditions,
): Promise<Result<PersonPage>> =>
  askPage(posthog, projectId, [...query, ['offset', String(offset)]], LIMITS.pageRowsMax, slices);

/** A person with the whole profile, for showing; `null` where PostHog has none. */
export async function readPerson(
  posthog: PostHogClient,
  projectId: ProjectId,
  person: PersonRef,
  maxBytes: number,
): Promise<Result<JsonObject | null>> {
  const question = { method: 'GET', segments: [person], query: [], body: null } as const;
  const meaning = await posthog.ask(
    { ...question, resource: 'persons', projectId, delivery: 'idempotent' },
    maxBytes,
  );
  switch (meaning.kind) {
    case 'failure':
      return err(meaning.failure);
    case 'refusal':
      return meaning.status === 404 ? ok(null) : err(refused());
    case 'success':
      return isJsonObject(meaning.json) ? ok(meaning.json) : err(unreadable());
  }
}

export interface PersonPage {
  readonly rows: readonly PickedPerson[];
  readonly more: boolean;
}

async function askPage(
  posthog: PostHogClient,
  projectId: ProjectId,
  query: PersonsRequest['query'],
  limit: number,
  slices: Conditions,
): Promise<Result<PersonPage>> {
  const rows: PickedPerson[] = [];
  const limited = [...query, ['limit', String(limit)]] as const;
  const question = { method: 'GET', segments: [], query: limited, body: null } as const;
  const asked = await ask(posthog, projectId, question, 'results', slices, (picked) => {
    if (rows.length === limit) throw new PageFlaw('has more persons than were asked for');
    rows.push(picked);
  });
  if (!asked.ok) return asked;
  return asked.value === null ? err(unreadable()) : ok({ rows, more: asked.value.more });
}

const isText = (value: Json): value is string => typeof value === 'string';

/** The distinct ids that PostHog shows of a person. */
export function distinctIdsOf(person: Json): string[] {
  const ids = isJsonObject(person) ? person['distinct_ids'] : undefined;
  return isList(ids) ? ids.filter(isText) : [];
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** `null` is PostHog's 404. Any other refusal of a look-up is a fault of the gateway. */
async function ask(
  posthog: PostHogClient,
  projectId: ProjectId,
  question: Question,
  at: PersonsAt,
  slices: Conditions,
  each: EachPerson,
): Promise<Result<{ readonly more: boolean } | null>> {
  const opened = await posthog.open({
    ...question,
    resource: 'persons',
    projectId,
    delivery: 'idempotent',
  });
  switch (opened.kind) {
    case 'failure':
      return err(opened.failure);
    case 'refusal':
      return opened.status === 404 ? ok(null) : err(refused());
    case 'open':
      return readPersons(
        opened.answer,
        at,
        slices.map(({ property }) => property),
        each,
      );
  }
}

const unreadable = (): Failure =>
  failure('upstream_reply_invalid', 'PostHog answered a look-up of persons with something else.');
const refused = (): Failure =>
  failure(
    'upstream_key_refused',
    "PostHog does not let the gateway's key look persons up. Contact the operator of this gateway.",
  );
