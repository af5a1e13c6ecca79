import type { Call } from '../call.ts';
import { type Cohort, cohortsWith } from '../store/cohorts.ts';
import { notFound, serverError } from '../wire/errors.ts';
import { ok, type Reply } from '../wire/message.ts';
import { iso } from '../wire/python.ts';
import { lookUp } from './find.ts';
import { failsNested, ownersProject } from './quirks.ts';

/** Generation A writes the whole cohort; which members exactly is not verified (PostHog contract §12). */
function whole(cohort: Cohort, now: number): unknown {
  return {
    id: cohort.id,
    name: cohort.name,
    description: '',
    groups: [],
    deleted: false,
    filters: {},
    is_calculating: false,
    created_by: null,
    created_at: iso(now),
    last_calculation: iso(now),
    errors_calculating: 0,
    count: cohort.count,
    is_static: true,
  };
}

function brief({ id, name, count }: Cohort): unknown {
  return { id, name, count };
}

/**
 * GET /cohorts/ (PostHog contract §8, 3): the person is looked up in the path's project, the membership in the project
 * the key's owner has selected.
 */
export function cohorts(call: Call): Reply {
  const old = call.generation === 'A';
  if (old) failsNested(call);
  const project = ownersProject(call);
  const id = call.target.query.get('person_id');
  if (id === undefined || id === '') throw serverError();
  const person = lookUp(call, id);
  if (person === undefined) throw old ? serverError() : notFound();
  const found = cohortsWith(call.sql, project, person.id);
  return ok({ results: found.map((cohort) => (old ? whole(cohort, call.now) : brief(cohort))) });
}
