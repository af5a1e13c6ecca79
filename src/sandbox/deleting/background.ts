import { addActivity } from '../store/activity.ts';
import { eraseEvents, removePerson } from '../store/persons/removal.ts';
import { takeFromQueue } from '../store/persons/queue.ts';
import { livingPersons, type Person } from '../store/persons/persons.ts';
import type { Settings } from '../store/settings.ts';

/** What PostHog does after it has answered: the queue of persons, and the batch that deletes events. */

/** Deletes a person, and writes it into the activity log. */
export function erase(sql: SqlStorage, person: Person, at: number): void {
  removePerson(sql, person);
  addActivity(sql, {
    projectId: person.projectId,
    itemId: String(person.id),
    activity: 'deleted',
    name: person.uuid,
    changes: null,
    at,
  });
}

/** Deletes the persons in the queue. A person that cannot be deleted is dropped without a word (corrections §3, 2.7). */
export function runQueue(sql: SqlStorage, settings: Settings, waitedMs: number): void {
  const taken = new Set(takeFromQueue(sql, waitedMs));
  if (taken.size === 0) return;
  for (const person of livingPersons(sql)) {
    if (!taken.has(person.id) || settings.undeletable.includes(person.uuid)) continue;
    erase(sql, person, Date.parse(settings.now));
  }
}

/** Works off what is due by the real clock. */
export function runDue(sql: SqlStorage, settings: Settings): void {
  if (settings.deletion_delay_ms !== null) runQueue(sql, settings, settings.deletion_delay_ms);
}

/** Runs the batch: the events written before each pending job are gone, and the job is verified. */
export function runEventJobs(sql: SqlStorage, settings: Settings): void {
  eraseEvents(sql, Date.parse(settings.now));
}
