import { body, type Call } from '../call.ts';
import { type Person, personsByDistinctId, personsByUuid } from '../store/persons/persons.ts';
import { invalid, serverError } from '../wire/errors.ts';
import { accepted, type Reply } from '../wire/message.ts';
import { sequence, text, truthy, uuid } from '../wire/python.ts';
import { deletePersons, type Flags, isQueued } from './deleting.ts';

/** The most ids one call takes; counted on the raw list, duplicates included. */
const MOST_IDS = 1000;

function bounded(value: unknown, name: string): unknown[] {
  const items = sequence(value);
  if (items.length > MOST_IDS) throw invalid(`You can only pass ${String(MOST_IDS)} ${name} in one call`);
  return items;
}

function byUuid(call: Call, ids: unknown): Person[] {
  const uuids = bounded(ids, 'ids').map((id) => uuid(id));
  const known = uuids.filter((id) => id !== undefined);
  // A string that is no UUID reaches the database and fails there.
  if (known.length < uuids.length) throw serverError();
  return personsByUuid(call.sql, call.projectId, known);
}

function byDistinctId(call: Call, ids: unknown): Person[] {
  return personsByDistinctId(call.sql, call.projectId, bounded(ids, 'distinct_ids').map(text));
}

/** The persons the body names, under the generation's rule for two lists at once (PostHog contract §4). */
function named(call: Call, members: Record<string, unknown>): Person[] {
  const { ids, distinct_ids: distinctIds } = members;
  if (truthy(ids) && truthy(distinctIds) && call.generation !== 'A') {
    throw invalid('You must provide either distinct_ids or ids, not both');
  }
  if (truthy(distinctIds)) return byDistinctId(call, distinctIds);
  if (truthy(ids)) return byUuid(call, ids);
  throw invalid('You need to specify either distinct_ids or ids');
}

/** POST /bulk_delete/ (PostHog contract §8, 2): the JSON body only, flags by truthiness, unknown ids ignored. */
export function bulkDelete(call: Call): Reply {
  const members = body(call);
  const persons = named(call, members);
  const old = call.generation === 'A';
  const takesFlags = !old || call.settings.bulk_delete_flags;
  const flags: Flags = {
    events: truthy(members['delete_events']),
    recordings: takesFlags && truthy(members['delete_recordings']),
    keepPerson: takesFlags && truthy(members['keep_person']),
  };
  const { deleted, queued, failed } = deletePersons(call, persons, flags, isQueued(call) ? 'queue' : 'now');
  if (old) {
    if (failed.length > 0) throw serverError();
    return accepted();
  }
  const found = persons.length;
  const isNew = call.generation === 'C';
  const errors = failed.map(({ person, step }) =>
    isNew ? { person_uuid: person.uuid, step } : { person_uuid: person.uuid },
  );
  const counts = { persons_found: found, persons_deleted: deleted };
  const data = {
    ...counts,
    ...(isNew ? { persons_queued_for_deletion: queued } : {}),
    events_queued_for_deletion: flags.events && found > 0,
    recordings_queued_for_deletion: flags.recordings && found > 0,
    deletion_errors: errors,
  };
  return { status: 202, data };
}
