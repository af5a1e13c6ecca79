import { body, type Call } from '../call.ts';
import { type Person, personsByDistinctId, personsByUuid } from '../store/persons/persons.ts';
import { invalid } from '../wire/errors.ts';
import { ok, type Reply } from '../wire/message.ts';
import { uuid } from '../wire/python.ts';
import { retrievedPerson } from './rows.ts';

/** The two batch reads (PostHog contract §8, 24 and 25). */

/** Ids looked at; the rest is dropped without a word. */
const MOST_IDS = 200;
/** Distinct ids shown of each person. */
const SHOWN_IDS = 10;

function firstIds(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_IDS).filter((id) => typeof id === 'string');
}

function shown(call: Call, person: Person): unknown {
  return retrievedPerson(call, person, SHOWN_IDS);
}

/** POST /batch_by_distinct_ids/: from each id that was asked for to its person. */
export function batchByDistinctIds(call: Call): Reply {
  const asked = firstIds(body(call)['distinct_ids']);
  const persons = personsByDistinctId(call.sql, call.projectId, asked);
  const results = Object.fromEntries(
    asked.flatMap((id): [string, unknown][] => {
      const owner = persons.find((person) => person.distinctIds.includes(id));
      return owner === undefined ? [] : [[id, shown(call, owner)]];
    }),
  );
  return ok({ results });
}

/** POST /batch_by_uuids/: from UUID to person; one malformed UUID refuses them all. */
export function batchByUuids(call: Call): Reply {
  const uuids = firstIds(body(call)['uuids']).map((id) => {
    const canonical = uuid(id);
    if (canonical === undefined) throw invalid('Invalid UUID in uuids', 'uuids');
    return canonical;
  });
  const persons = personsByUuid(call.sql, call.projectId, uuids);
  return ok({ results: Object.fromEntries(persons.map((person) => [person.uuid, shown(call, person)])) });
}
