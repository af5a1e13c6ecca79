/** Reads persons from PostHog before the gateway acts on them: the person database has the last word on a slice. */
import { failure, type Failure } from '../core/failure.ts';
import type { PersonRef, ProjectId } from '../core/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { PostHogClient } from './client.ts';
import type { UpstreamRequest } from './request.ts';

/** How a look-up names persons. */
export type IdKind = 'uuids' | 'distinct_ids';

type Question = Pick<UpstreamRequest, 'method' | 'segments' | 'query' | 'body'>;

/** The person of that number or UUID, or `null` where PostHog has none. */
export async function findPerson(
  posthog: PostHogClient,
  projectId: ProjectId,
  person: PersonRef,
): Promise<Result<JsonObject | null>> {
  return ask(posthog, projectId, { method: 'GET', segments: [person], query: [], body: null });
}

/** The persons of up to 200 ids, by id; unknown ids are left out. Generation B on (PostHog contract §8, 24 and 25). */
export async function findPersons(
  posthog: PostHogClient,
  projectId: ProjectId,
  kind: IdKind,
  ids: readonly string[],
): Promise<Result<JsonObject>> {
  const segments = [`batch_by_${kind}`];
  const found = await ask(posthog, projectId, { method: 'POST', segments, query: [], body: { [kind]: ids } });
  if (!found.ok) return found;
  const results = found.value?.['results'];
  return isJsonObject(results) ? ok(results) : err(unreadable());
}

/** The persons that a distinct id belongs to: one, or none. Works in every generation. */
export async function findByDistinctId(
  posthog: PostHogClient,
  projectId: ProjectId,
  distinctId: string,
): Promise<Result<readonly Json[]>> {
  const query = [
    ['distinct_id', distinctId],
    ['limit', '2'],
  ] as const;
  const page = await askPage(posthog, projectId, query);
  return page.ok ? ok(page.value.rows) : page;
}

/** One page of persons under filters: its rows, and whether PostHog has more. */
export async function findPage(
  posthog: PostHogClient,
  projectId: ProjectId,
  properties: readonly JsonObject[],
  offset: number,
): Promise<Result<PersonPage>> {
  return askPage(posthog, projectId, [
    ['properties', JSON.stringify(properties)],
    ['limit', String(LIMITS.pageRowsMax)],
    ['offset', String(offset)],
  ]);
}

export interface PersonPage {
  readonly rows: readonly Json[];
  readonly more: boolean;
}

async function askPage(
  posthog: PostHogClient,
  projectId: ProjectId,
  query: UpstreamRequest['query'],
): Promise<Result<PersonPage>> {
  const found = await ask(posthog, projectId, { method: 'GET', segments: [], query, body: null });
  if (!found.ok) return found;
  const rows: Json | undefined = found.value?.['results'];
  if (!isList(rows)) return err(unreadable());
  return ok({ rows, more: typeof found.value?.['next'] === 'string' });
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
): Promise<Result<JsonObject | null>> {
  const meaning = await posthog.ask({ ...question, projectId, delivery: 'idempotent' });
  switch (meaning.kind) {
    case 'failure':
      return err(meaning.failure);
    case 'refusal':
      return meaning.status === 404 ? ok(null) : err(refused());
    case 'success':
      return isJsonObject(meaning.json) ? ok(meaning.json) : err(unreadable());
  }
}

const unreadable = (): Failure =>
  failure('upstream_reply_invalid', 'PostHog answered a look-up of persons with something else.');
const refused = (): Failure =>
  failure(
    'upstream_key_refused',
    "PostHog does not let the gateway's key look persons up. Contact the operator of this gateway.",
  );
