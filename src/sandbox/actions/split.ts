import { body, type Call } from '../call.ts';
import { addActivity } from '../store/activity.ts';
import { queueSplit, runSplits } from '../store/persons/splitting.ts';
import type { Person } from '../store/persons/persons.ts';
import { invalid } from '../wire/errors.ts';
import type { Reply } from '../wire/message.ts';
import { personInPath } from './find.ts';

/** POST /:id/split/ (PostHog contract §8, 18). */

const ATTR = 'distinct_ids_to_split';

function chosen(person: Person, wanted: unknown, main: unknown): string[] {
  if (main !== undefined && main !== null) {
    throw invalid('You cannot pass both main_distinct_id and distinct_ids_to_split', ATTR);
  }
  if (!Array.isArray(wanted) || wanted.length === 0) throw invalid('This must be a non-empty list', ATTR);
  const ids = wanted.filter((id) => typeof id === 'string');
  if (ids.length < wanted.length) throw invalid('Every item must be a string', ATTR);
  const foreign = ids.find((id) => !person.distinctIds.includes(id));
  if (foreign !== undefined) throw invalid(`Distinct ID ${foreign} does not belong to this person`, ATTR);
  return ids;
}

/** Which distinct ids leave: the chosen ones, or all but the main one; the first is the main one if none is named. */
function leaving(call: Call, person: Person): string[] {
  const { distinct_ids_to_split: wanted, main_distinct_id: main } = body(call);
  if (call.generation !== 'A' && wanted !== undefined && wanted !== null) return chosen(person, wanted, main);
  const stays = typeof main === 'string' && main !== '' ? main : person.distinctIds[0];
  return person.distinctIds.filter((id) => id !== stays);
}

/** Splits a person; the original keeps its properties, and those who leave start without any. */
export function split(call: Call): Reply {
  const person = personInPath(call);
  queueSplit(call.sql, person, leaving(call, person));
  if (!call.settings.async_splits) runSplits(call.sql, call.now);
  addActivity(call.sql, {
    projectId: call.projectId,
    itemId: String(person.id),
    activity: 'split_person',
    name: person.uuid,
    changes: [
      {
        type: 'Person',
        action: 'split',
        field: null,
        before: null,
        after: { distinct_ids: person.distinctIds },
      },
    ],
    at: call.now,
  });
  return { status: 201, data: { success: true } };
}
