import type { Call } from '../call.ts';
import { enqueuePerson } from '../store/persons/queue.ts';
import { type DeletionKind, queueDeletion } from '../store/persons/removal.ts';
import type { Person } from '../store/persons/persons.ts';
import { erase } from './background.ts';

/** What a deletion takes along. */
export interface Flags {
  readonly events: boolean;
  readonly recordings: boolean;
  readonly keepPerson: boolean;
}

/** Why a deletion failed: which step did (corrections §3, 2.5). */
type Step = 'queue_person' | 'delete_person';

/** What a deletion did. */
export interface Deleted {
  readonly deleted: number;
  readonly queued: number;
  readonly failed: readonly { readonly person: Person; readonly step: Step }[];
}

/** Queues the deletion of a person's events or recordings; the rows stay until upstream's batch would run. */
export function queue(call: Call, person: Person, kind: DeletionKind): void {
  const { sql, projectId, now } = call;
  queueDeletion(sql, { projectId, personUuid: person.uuid, kind, at: now, verifiedAt: null });
}

/** Whether a bulk delete only puts persons into the queue. */
export function isQueued(call: Call): boolean {
  return call.generation === 'C' && call.settings.async_deletes;
}

/** Deletes persons one after another, or queues them. What a failure means is the generation's business. */
export function deletePersons(
  call: Call,
  persons: readonly Person[],
  flags: Flags,
  way: 'now' | 'queue',
): Deleted {
  const { undeletable, unqueueable } = call.settings;
  const [step, failing]: [Step, readonly string[]] =
    way === 'queue' ? ['queue_person', unqueueable] : ['delete_person', undeletable];
  const failed: { person: Person; step: Step }[] = [];
  let done = 0;
  for (const person of persons) {
    if (failing.includes(person.uuid) && !flags.keepPerson) {
      failed.push({ person, step });
      // Generation A has no error list: it dies at the first failure, with the persons before it already gone.
      if (call.generation === 'A') break;
      continue;
    }
    if (flags.events) queue(call, person, 'event');
    if (flags.recordings) queue(call, person, 'recording');
    if (flags.keepPerson) continue;
    if (way === 'queue') enqueuePerson(call.sql, person.id);
    else erase(call.sql, person, call.now);
    done += 1;
  }
  return way === 'queue' ? { deleted: 0, queued: done, failed } : { deleted: done, queued: 0, failed };
}
