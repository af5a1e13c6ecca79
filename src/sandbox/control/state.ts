import { PROJECTS } from '../seed/names.ts';
import { everyCohort } from '../store/cohorts.ts';
import { eventCounts } from '../store/events.ts';
import { queuedDeletions } from '../store/persons/removal.ts';
import { waitingPersons } from '../store/persons/queue.ts';
import { livingPersons } from '../store/persons/persons.ts';
import type { Settings } from '../store/settings.ts';
import { iso } from '../wire/python.ts';

/** `GET /_sandbox/state`: what is really there, past every filter, so that a test can see what really changed. */
export function describeState(sql: SqlStorage, settings: Settings): unknown {
  return {
    settings,
    projects: PROJECTS,
    persons: livingPersons(sql).map((person) => ({
      id: person.id,
      uuid: person.uuid,
      project_id: person.projectId,
      distinct_ids: person.distinctIds,
      properties: person.properties,
      created_at: iso(person.createdAt),
      hidden: person.state === 'hidden',
    })),
    deletions: queuedDeletions(sql).map((deletion) => ({
      project_id: deletion.projectId,
      person_uuid: deletion.personUuid,
      kind: deletion.kind,
      created_at: iso(deletion.at),
      verified_at: deletion.verifiedAt === null ? null : iso(deletion.verifiedAt),
    })),
    waiting: waitingPersons(sql),
    cohorts: everyCohort(sql),
    events: eventCounts(sql),
  };
}
