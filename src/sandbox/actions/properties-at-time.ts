import type { Call } from '../call.ts';
import { parseMoment } from '../filters/dates.ts';
import { pastProperties } from '../store/persons/history.ts';
import { type Person, personById, personsByDistinctId, personsByUuid } from '../store/persons/persons.ts';
import { Refusal } from '../wire/errors.ts';
import { ok, type Reply } from '../wire/message.ts';
import { iso, uuid } from '../wire/python.ts';
import { failsNested } from './quirks.ts';
import { readableProperties, retrievedPerson } from './rows.ts';

/** GET /properties_at_time/ (PostHog contract §8, 26), with an error shape of its own (§4). */

function failure(status: number, error: string): Refusal {
  return new Refusal({ status, data: { error } });
}

function byPersonId(call: Call, id: string): Person | undefined {
  const canonical = uuid(id);
  if (canonical !== undefined) return personsByUuid(call.sql, call.projectId, [canonical])[0];
  return /^\d+$/.test(id) ? personById(call.sql, call.projectId, Number(id)) : undefined;
}

/** Answers the person as it is, but with the properties it had. */
export function propertiesAtTime(call: Call): Reply {
  if (call.generation !== 'C') failsNested(call);
  const { query } = call.target;
  const [distinctId, personId, timestamp] = ['distinct_id', 'person_id', 'timestamp'].map((name) =>
    query.get(name),
  );
  if (distinctId && personId)
    throw failure(400, 'Cannot provide both distinct_id and person_id - choose one');
  const identifier = distinctId || personId;
  if (!identifier) throw failure(400, 'Must provide either distinct_id or person_id parameter');
  if (!timestamp) throw failure(400, 'timestamp parameter is required');
  const at = parseMoment(timestamp, call.now);
  if (at === undefined || timestamp.startsWith('-')) throw failure(400, 'timestamp must be in ISO format');
  const person = distinctId
    ? personsByDistinctId(call.sql, call.projectId, [distinctId])[0]
    : byPersonId(call, identifier);
  if (person === undefined) throw failure(404, `Person with identifier ${identifier} not found`);
  const withSetOnce = query.get('include_set_once')?.toLowerCase() === 'true';
  const retrieved = retrievedPerson(call, person);
  return ok({
    ...retrieved,
    properties: readableProperties(call, pastProperties(call.sql, person.id, at, withSetOnce)),
    point_in_time_metadata: {
      queried_timestamp: iso(at),
      include_set_once: withSetOnce,
      distinct_id_used: distinctId ?? null,
      person_id_used: personId ?? null,
      query_mode: distinctId ? 'distinct_id' : 'person_id',
      distinct_ids_queried: person.distinctIds,
      distinct_ids_count: person.distinctIds.length,
    },
  });
}
