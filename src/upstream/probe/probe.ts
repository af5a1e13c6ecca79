/**
 * Asks PostHog what its operator has to know before a tenant does: is it there, does it take the key, which scopes does
 * the key have, which projects can it read. Every request is one that changes nothing, whatever PostHog makes of it.
 */
import type { ProjectId } from '../../core/ids.ts';
import type { PostHogClient } from '../client.ts';
import type { Interpretation } from '../interpret.ts';
import { queryRequest } from '../query/body.ts';
import type { PersonsRequest } from '../request.ts';

/** PostHog's own scopes that operations of the catalogue need. */
export const POSTHOG_SCOPES = [
  'person:read',
  'person:write',
  'cohort:read',
  'activity_log:read',
  'query:read',
] as const;
export type PostHogScope = (typeof POSTHOG_SCOPES)[number];

/** `null`: PostHog did not get as far as to say. */
export type Verdict = boolean | null;

export interface ProjectProbe {
  readonly projectId: ProjectId;
  readonly answer: Interpretation;
}

const NO_PERSON = '00000000-0000-4000-8000-000000000000';

type Probe = Pick<PersonsRequest, 'method' | 'segments' | 'query'>;
type PersonsScope = Exclude<PostHogScope, 'query:read'>;

/** A request for each scope that PostHog answers with 403 where the key lacks it, and never by changing anything. */
const PROBES: Readonly<Record<PersonsScope, Probe>> = {
  'person:read': { method: 'GET', segments: [], query: [['limit', '1']] },
  // PostHog has no such method: it refuses a key without the scope first, and every other with 405 (contract §1, 10).
  'person:write': { method: 'POST', segments: [], query: [] },
  'cohort:read': { method: 'GET', segments: ['cohorts'], query: [['person_id', NO_PERSON]] },
  'activity_log:read': { method: 'GET', segments: ['activity'], query: [['limit', '1']] },
};

/** One id of any person: the least that a query can ask for. */
const LEAST_QUERY = { kind: 'ActorsQuery', select: ['id'], orderBy: ['id ASC'], limit: 1 };

/** Asks once with the request that needs this scope. `requestId` is that of the gateway's own request. */
export const probe = (
  client: Pick<PostHogClient, 'ask'>,
  projectId: ProjectId,
  scope: PostHogScope,
  requestId: string,
): Promise<Interpretation> =>
  client.ask(
    scope === 'query:read'
      ? queryRequest(projectId, LEAST_QUERY, { purpose: 'check', requestId, refresh: 'blocking' })
      : { ...PROBES[scope], resource: 'persons', projectId, body: null, delivery: 'once' },
  );

/** What an answer says of the host: only a failure to answer as PostHog does speaks against it. */
export function hostVerdict(answer: Interpretation): Verdict {
  // PostHog says a code with every refusal. One without was sent by another server.
  if (answer.kind === 'refusal') return answer.body['code'] !== 'upstream_refused';
  if (answer.kind === 'success') return true;
  switch (answer.failure.code) {
    case 'upstream_key_refused':
    case 'upstream_scope_missing':
    case 'upstream_rate_limited':
      return true;
    default:
      return false;
  }
}

/** What an answer says of the key. */
export function keyVerdict(answer: Interpretation): Verdict {
  if (answer.kind !== 'failure') return true;
  const { code } = answer.failure;
  if (code === 'upstream_scope_missing') return true;
  if (code !== 'upstream_key_refused') return null;
  return answer.status !== 401;
}

/** What the answer to the probe of `scope` says of it. Another scope that is missing hides whether this one is. */
export function scopeVerdict(answer: Interpretation, scope: PostHogScope): Verdict {
  if (answer.kind !== 'failure') return true;
  const { code, upstreamScope } = answer.failure;
  return code === 'upstream_scope_missing' && upstreamScope === scope ? false : null;
}

/** What the answer to the probe of `person:read` says of the project. */
export function projectVerdict(answer: Interpretation): Verdict {
  if (answer.kind === 'success') return true;
  if (answer.kind === 'refusal') return answer.status === 404 ? false : null;
  return answer.failure.code === 'upstream_key_refused' && answer.status === 403 ? false : null;
}
