import * as z from 'zod';
import { addEvent } from '../store/events.ts';
import { addPerson, identify } from '../store/persons/changes.ts';
import { hasChosenId } from '../store/persons/distinct-ids.ts';
import { personById, personsByDistinctId } from '../store/persons/persons.ts';
import type { Desk } from './desk.ts';

/** What a test adds to the world. Both routes take one item or an array of them. */

const moment = z.iso.datetime({ offset: true });
const properties = z.record(z.string(), z.unknown()).default({});

const newPerson = z.strictObject({
  project_id: z.int(),
  distinct_ids: z.array(z.string().min(1)),
  properties,
  uuid: z.uuid().optional(),
  created_at: moment.optional(),
  /** Left out: the person is identified if one of its distinct ids is. */
  is_identified: z.boolean().optional(),
});

const newEvent = z.strictObject({
  project_id: z.int(),
  distinct_id: z.string().min(1),
  event: z.string().min(1),
  /** Left out: the world's now. */
  timestamp: moment.optional(),
  properties,
  /** The key of the group of type 0 the event belongs to. */
  group: z.string().optional(),
});

/** `POST /_sandbox/persons`. */
export function addPersons(desk: Desk): unknown {
  const now = Date.parse(desk.settings.now);
  const added = z
    .union([z.array(newPerson), newPerson.transform((one) => [one])])
    .parse(desk.body)
    .map((wanted) => {
      const id = addPerson(desk.sql, {
        projectId: wanted.project_id,
        distinctIds: wanted.distinct_ids,
        properties: wanted.properties,
        isIdentified: wanted.is_identified ?? hasChosenId(wanted.distinct_ids),
        isVisible: desk.settings.tombstones,
        createdAt: wanted.created_at === undefined ? now : Date.parse(wanted.created_at),
        ...(wanted.uuid === undefined ? {} : { uuid: wanted.uuid.toLowerCase() }),
      });
      const person = personById(desk.sql, wanted.project_id, id);
      return { id, uuid: person?.uuid, hidden: person?.state === 'hidden' };
    });
  return { persons: added };
}

/** `POST /_sandbox/events`. An unknown distinct id becomes a person without properties, as capturing makes one. */
export function addEvents(desk: Desk): unknown {
  const now = Date.parse(desk.settings.now);
  const wanted = z.union([z.array(newEvent), newEvent.transform((one) => [one])]).parse(desk.body);
  for (const event of wanted) {
    const at = event.timestamp === undefined ? now : Date.parse(event.timestamp);
    const { project_id: projectId, distinct_id: distinctId } = event;
    const personId =
      personsByDistinctId(desk.sql, projectId, [distinctId])[0]?.id ??
      addPerson(desk.sql, {
        projectId,
        distinctIds: [distinctId],
        properties: {},
        createdAt: at,
        isVisible: desk.settings.tombstones,
      });
    if (event.event === '$identify') identify(desk.sql, personId);
    addEvent(desk.sql, projectId, {
      personId,
      distinctId,
      event: event.event,
      at,
      properties: event.properties,
      group: event.group ?? null,
    });
  }
  return { added: wanted.length };
}
