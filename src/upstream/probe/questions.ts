/** What the operator's check asks PostHog beside scopes. Each question is one request that changes nothing. */
import { GENERATIONS, type Generation } from '../../catalogue/generation.ts';
import type { PersonUuid, ProjectId } from '../../core/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { DatedAnswer, DatedClient } from '../client.ts';
import type { Interpretation } from '../interpret.ts';
import type { PersonsRequest } from '../request.ts';
import type { Verdict } from './probe.ts';

type Asked = Pick<DatedClient, 'ask' | 'askDated'>;

const reading = (
  projectId: ProjectId,
  segments: readonly string[],
  query: PersonsRequest['query'] = [],
): PersonsRequest => ({
  resource: 'persons',
  method: 'GET',
  projectId,
  segments,
  query,
  body: null,
  delivery: 'once',
});

/** The newest persons of a project. */
export const askPersons = (client: Asked, projectId: ProjectId, limit: number): Promise<DatedAnswer> =>
  client.askDated(reading(projectId, [], [['limit', String(limit)]]));

/** An endpoint that B and C have, and A reads as the id of a person. */
export const askDeletionStatus = (client: Asked, projectId: ProjectId): Promise<Interpretation> =>
  client.ask(reading(projectId, ['deletion_status'], [['limit', '1']]));

/** An endpoint that A has, and B until July 2026. It answers no key with a list of scopes, and later ones read an id. */
export const askFunnel = (client: Asked, projectId: ProjectId): Promise<Interpretation> =>
  client.ask(reading(projectId, ['funnel']));

/** The newest person of the project that the key's owner has open. `pacedFor` is whose quota counts it. */
export const askOpenProject = (client: Asked, pacedFor: ProjectId): Promise<Interpretation> =>
  client.ask({
    resource: 'open_project',
    method: 'GET',
    projectId: pacedFor,
    query: [['limit', '1']],
    body: null,
    delivery: 'once',
  });

export const askPerson = (client: Asked, projectId: ProjectId, uuid: PersonUuid): Promise<Interpretation> =>
  client.ask(reading(projectId, [uuid]));

/** The rows of a list; none of any other answer. */
export function rowsIn(answer: Interpretation): readonly JsonObject[] {
  const json = answer.kind === 'success' ? answer.json : undefined;
  return isJsonObject(json) && Array.isArray(json['results']) ? objectsIn(json['results']) : [];
}

const objectsIn = (items: readonly Json[]): readonly JsonObject[] => items.filter(isJsonObject);

/** Does PostHog have the endpoint that was asked for? Null where it did not get as far as to say. */
export function endpointVerdict(answer: Interpretation): Verdict {
  switch (answer.kind) {
    case 'success':
      return true;
    case 'refusal':
      return !TAKEN_FOR_A_PERSON.test(detailOf(answer.body));
    case 'failure':
      // The key is refused by what the endpoint asks for, so there is one.
      return answer.failure.code === 'upstream_key_refused' && answer.status === 403 ? true : null;
  }
}

/** PostHog reads a name that it does not know as the id of a person (PostHog contract §1b). */
const TAKEN_FOR_A_PERSON = /does not look like a personID/;
const detailOf = ({ detail }: JsonObject): string => (typeof detail === 'string' ? detail : '');

/** The generations that have both, or lack both, as these verdicts say. */
export function generationsFrom(hasDeletionStatus: Verdict, hasFunnel: Verdict): readonly Generation[] {
  if (hasDeletionStatus === null) return GENERATIONS;
  if (!hasDeletionStatus) return ['A'];
  return hasFunnel === true ? ['B'] : ['B', 'C'];
}
