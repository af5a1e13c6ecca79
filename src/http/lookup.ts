/** Asking PostHog who somebody is, before something is done for a sliced grant: the person database has the last word. */
import type { PersonRef, ProjectId } from '../core/ids.ts';
import { failure } from '../core/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import { readText } from '../upstream/body.ts';
import { interpret } from '../upstream/interpret.ts';
import type { UpstreamRequest } from '../upstream/request.ts';
import type { Services } from './context.ts';

type Question = Pick<UpstreamRequest, 'method' | 'segments' | 'query' | 'body'>;

/** The person of that number or UUID, or `null` where PostHog has none. */
export async function findPerson(
  services: Services,
  projectId: ProjectId,
  person: PersonRef,
): Promise<Result<JsonObject | null>> {
  return ask(services, projectId, { method: 'GET', segments: [person], query: [], body: null });
}

/** The persons of up to 200 ids, by id; ids of nobody are not in it. Generation B on (PostHog contract §8, 24 and 25). */
export async function findPersons(
  services: Services,
  projectId: ProjectId,
  by: 'uuids' | 'distinct_ids',
  ids: readonly string[],
): Promise<Result<JsonObject>> {
  const segments = [`batch_by_${by}`];
  const found = await ask(services, projectId, { method: 'POST', segments, query: [], body: { [by]: ids } });
  if (!found.ok) return found;
  const results = found.value?.['results'];
  return isJsonObject(results) ? ok(results) : err(unreadable());
}

/** One page of persons under filters: its rows, and whether PostHog has more. */
export async function findPage(
  services: Services,
  projectId: ProjectId,
  properties: readonly JsonObject[],
  offset: number,
): Promise<Result<{ readonly rows: readonly Json[]; readonly more: boolean }>> {
  const query = [
    ['properties', JSON.stringify(properties)],
    ['limit', String(LIMITS.pageRowsMax)],
    ['offset', String(offset)],
  ] as const;
  const found = await ask(services, projectId, { method: 'GET', segments: [], query, body: null });
  if (!found.ok) return found;
  const rows: Json | undefined = found.value?.['results'];
  if (!isList(rows)) return err(unreadable());
  return ok({ rows, more: typeof found.value?.['next'] === 'string' });
}

const isText = (value: Json): value is string => typeof value === 'string';

/** The distinct ids PostHog shows of a person. */
export function distinctIdsOf(person: Json): string[] {
  const ids = isJsonObject(person) ? person['distinct_ids'] : undefined;
  return isList(ids) ? ids.filter(isText) : [];
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** Sends a question. `null` is PostHog's 404; any other refusal means that the gateway's key may not ask. */
async function ask(
  services: Services,
  projectId: ProjectId,
  question: Question,
): Promise<Result<JsonObject | null>> {
  const answer = await services.door({ ...question, projectId, delivery: 'idempotent' });
  if (!answer.ok) return answer;
  const text = await readText(answer.value, LIMITS.replyBytesMax);
  if (!text.ok) return text;
  const { status, retryAfterSeconds } = answer.value;
  const meaning = interpret({ status, retryAfterSeconds, text: text.value }, services.scrubs);
  switch (meaning.kind) {
    case 'failure':
      return err(meaning.failure);
    case 'refusal':
      return meaning.status === 404 ? ok(null) : err(notAllowed());
    case 'success':
      return isJsonObject(meaning.json) ? ok(meaning.json) : err(unreadable());
  }
}

const unreadable = () =>
  failure('upstream_reply_invalid', 'PostHog answered a look-up with something that is none.');
const notAllowed = () =>
  failure(
    'upstream_key_refused',
    "PostHog does not let the gateway's key look persons up. Its operator has to look.",
  );
