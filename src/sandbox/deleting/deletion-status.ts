import type { Call } from '../call.ts';
import { queuedDeletions } from '../store/persons/removal.ts';
import { invalid } from '../wire/errors.ts';
import { frameworkLink } from '../wire/links.ts';
import { ok, type Reply } from '../wire/message.ts';
import { iso, uuid } from '../wire/python.ts';

/** Rows of a page nobody chose a size for. */
const PAGE = 100;

/** The framework takes a paging parameter it cannot read for one that is missing. */
function positive(value: string | undefined, otherwise: number): number {
  return value !== undefined && /^\d+$/.test(value) && Number(value) > 0 ? Number(value) : otherwise;
}

function personAsked(call: Call): string | undefined {
  const spelled = call.target.query.get('person_uuid');
  if (spelled === undefined || spelled === '') return undefined;
  const canonical = uuid(spelled);
  if (canonical === undefined) throw invalid('Must be a valid UUID.', 'person_uuid');
  return canonical;
}

/** GET /deletion_status/ (PostHog contract §8, 23): event deletions only, newest first. */
export function deletionStatus(call: Call): Reply {
  const { query } = call.target;
  const status = query.get('status') ?? 'all';
  if (!['pending', 'completed', 'all'].includes(status))
    throw invalid(`"${status}" is not a valid choice.`, 'status');
  const person = personAsked(call);
  const rows = queuedDeletions(call.sql)
    .filter((row) => row.projectId === call.projectId && row.kind === 'event')
    .filter((row) => person === undefined || row.personUuid === person)
    .map((row) => ({
      person_uuid: row.personUuid,
      created_at: iso(row.at),
      status: row.verifiedAt === null ? 'pending' : 'completed',
      delete_verified_at: row.verifiedAt === null ? null : iso(row.verifiedAt),
    }))
    .filter((row) => status === 'all' || row.status === status);
  const [limit, offset] = [positive(query.get('limit'), PAGE), positive(query.get('offset'), 0)];
  return ok({
    count: rows.length,
    next: offset + limit < rows.length ? frameworkLink(call.target, limit, offset + limit) : null,
    previous: offset > 0 ? frameworkLink(call.target, limit, offset - limit) : null,
    results: rows.slice(offset, offset + limit),
  });
}
