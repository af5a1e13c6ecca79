import type { Call } from '../call.ts';
import { addActivity } from '../store/activity.ts';
import { type DeletionKind, queueDeletion, removePerson } from '../store/person-removal.ts';
import type { Person } from '../store/persons.ts';

/** What a deletion takes along. */
export interface Flags {
  readonly events: boolean;
  readonly recordings: boolean;
  readonly keepPerson: boolean;
}

/** What a deletion did. */
export interface Deleted {
  readonly deleted: number;
  readonly failed: readonly Person[];
}

/** Queues the deletion of a person's events or recordings; the rows stay until upstream's batch would run. */
export function queue(call: Call, person: Person, kind: DeletionKind): void {
  const { sql, projectId, now } = call;
  queueDeletion(sql, { projectId, personUuid: person.uuid, kind, at: now, verifiedAt: null });
}

/** Deletes persons one after another. A failure stops nothing here; what it means is the generation's business. */
export function deletePersons(call: Call, persons: readonly Person[], flags: Flags): Deleted {
  const failed: Person[] = [];
  let deleted = 0;
  for (const person of persons) {
    if (call.settings.undeletable.includes(person.uuid) && !flags.keepPerson) {
      failed.push(person);
      // Generation A has no error list: it dies at the first failure, with the persons before it already gone.
      if (call.generation === 'A') break;
      continue;
    }
    if (flags.events) queue(call, person, 'event');
    if (flags.recordings) queue(call, person, 'recording');
    if (flags.keepPerson) continue;
    removePerson(call.sql, person);
    deleted += 1;
    addActivity(call.sql, {
      projectId: call.projectId,
      itemId: String(person.id),
      activity: 'deleted',
      name: person.uuid,
      changes: null,
      at: call.now,
    });
  }
  return { deleted, failed };
}
