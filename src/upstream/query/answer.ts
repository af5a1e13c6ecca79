/**
 * Writes the answer to a query as the persons API writes the same persons (PostHog contract §7, query contract §3), so that
 * nothing behind this file knows how PostHog was asked.
 */
import type { QueryRoute } from '../../catalogue/route.ts';
import { stringifyExactly } from '../../core/exact-json.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { ok, type Result } from '../../core/result.ts';
import { boundedChunks, chunksOfText } from '../body.ts';
import type { OpenAnswer } from '../client.ts';
import { readActors, type Actor, type ActorsPage } from './actors.ts';

const JSON_TYPE = 'application/json';

/** The answer in the form of the persons API, held in memory; one that is not JSON passes unread. */
export async function asPersonsAnswer(
  answer: OpenAnswer,
  envelope: QueryRoute['envelope'],
): Promise<Result<OpenAnswer>> {
  if (answer.mediaType !== JSON_TYPE) return ok(answer);
  const page = await readActors(boundedChunks(answer, LIMITS.replyBytesMax));
  if (!page.ok) return page;
  const text = envelopeText(page.value, envelope);
  return ok({ ...answer, text: () => Promise.resolve(ok(text)), chunks: () => chunksOfText(text) });
}

/** Stands for a link of PostHog's. The renderer of the answer puts the gateway's own link in its place. */
const A_LINK = 'posthog';

/** Lifecycle and stickiness answered with the rows and the way on, the others with more. */
function envelopeText(page: ActorsPage, envelope: QueryRoute['envelope']): string {
  const people = page.actors.map(rowText);
  const results = `[{"people":[${people.join(',')}],"count":${people.length}}]`;
  const { members } = page;
  const others: JsonObject = {
    next: page.hasMore ? A_LINK : null,
    ...(envelope === 'short'
      ? {}
      : {
          initial: A_LINK,
          missing_persons: numberIn(members.get('missing_actors_count')),
          is_cached: members.get('is_cached') === true,
          last_refresh: momentIn(members.get('last_refresh')),
        }),
  };
  return `{"results":${results},${JSON.stringify(others).slice(1)}`;
}

const numberIn = (value: Json | undefined): number => (Number.isInteger(value) ? Number(value) : 0);

const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})$/;
const momentIn = (value: Json | undefined): string | null =>
  typeof value === 'string' && MOMENT.test(value) ? value : null;

function rowText({ uuid, row, count }: Actor): string {
  const { value: person, text, oddNumbers } = row;
  const { distinct_ids: ids = [], properties = {}, created_at: createdAt = null } = person;
  const { is_identified: isIdentified, last_seen_at: lastSeenAt } = person;
  const ours: JsonObject = {
    type: 'person',
    id: uuid,
    uuid,
    name: nameOf(person, uuid),
    distinct_ids: ids,
    properties,
    created_at: createdAt,
    ...(lastSeenAt === undefined ? {} : { last_seen_at: lastSeenAt }),
    ...(isIdentified === undefined ? {} : { is_identified: isIdentified }),
    matched_recordings: [],
    value_at_data_point: count,
  };
  return oddNumbers ? stringifyExactly(ours, text) : JSON.stringify(ours);
}

const NAMING = ['email', 'name', 'username'];
/** The ids that PostHog's own library makes up: five groups of letters and digits. */
const ANONYMOUS = /^(?:[a-z0-9]+-){4}[a-z0-9]+$/i;

/** A query tells no name. PostHog takes one of these properties, else an identified distinct id, else any distinct id. */
function nameOf({ properties, distinct_ids: distinctIds }: JsonObject, uuid: string): string {
  const named = isJsonObject(properties) ? NAMING.map((name) => properties[name]) : [];
  const ids = textsIn(distinctIds);
  const chosen = ids.find((id) => !ANONYMOUS.test(id));
  return textsIn([...named, chosen, ids[0]]).find((text) => text !== '') ?? uuid;
}

const textsIn = (value: unknown): string[] =>
  isList(value) ? value.filter((item) => typeof item === 'string') : [];
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
