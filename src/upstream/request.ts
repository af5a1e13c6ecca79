/** What PostHog is sent for a call: written once, here, from the call's constrained arguments. */
import { deletionMessage, type Deletion } from '../catalogue/deletion.ts';
import { toQuery } from '../catalogue/fields/values.ts';
import type { Delivery, Method } from '../catalogue/operation.ts';
import { firstPosition, pageRequestOf } from '../catalogue/paging.ts';
import type { PersonRef, ProjectId } from '../core/ids.ts';
import type { Json, JsonObject } from '../core/json.ts';
import type { ConstrainedCall } from '../policy/constrain.ts';
import { argumentsWithConditions } from './conditions.ts';

interface RequestBase {
  readonly method: Method;
  readonly projectId: ProjectId;
  /** `null` sends no body. */
  readonly body: Json;
  readonly delivery: Delivery;
}

/** A request to the persons API. */
export interface PersonsRequest extends RequestBase {
  readonly resource: 'persons';
  /** Path segments below `persons/`, unencoded: fixed words of the catalogue, or a validated person. */
  readonly segments: readonly string[];
  /** Each name once. */
  readonly query: readonly (readonly [name: string, value: string])[];
}

/**
 * A request for the persons of the project that the owner of the key has open, whichever that is. The check of the operator
 * asks it, to find out which that is; no call of a client becomes one.
 */
export interface OpenProjectRequest extends RequestBase {
  readonly resource: 'open_project';
  readonly method: 'GET';
  readonly body: null;
  readonly query: PersonsRequest['query'];
}

/** The envelope of a query (query contract §1). Its members are ours alone; PostHog refuses any other. */
export type QueryBody = {
  readonly query: JsonObject;
  readonly refresh: Refresh;
  /** The id of the request at the gateway: PostHog shows it in its log of queries. */
  readonly client_query_id: string;
  readonly name: string;
};

/** `blocking` may answer from PostHog's cache; `force_blocking` computes anew. Neither answers before the rows are there. */
export type Refresh = 'blocking' | 'force_blocking';

/** A request to the Query API, which has one path: what is asked is in the body. */
export interface QueryRequest extends RequestBase {
  readonly resource: 'query';
  readonly method: 'POST';
  readonly body: QueryBody;
  readonly delivery: 'slow';
}

/**
 * A request to PostHog, made of validated values only. There is no place in it for a header, a host, a raw path or
 * a raw query, so none of a client's can get in.
 */
export type UpstreamRequest = PersonsRequest | QueryRequest | OpenProjectRequest;

/** A call that is forwarded, as narrow as its grant. */
export type ForwardCall = Extract<ConstrainedCall, { kind: 'forward' }>;
/** A call that deletes, as narrow as its grant. */
export type DeleteCall = Extract<ConstrainedCall, { kind: 'delete' }>;

/** The request of a forwarded call: its arguments as query on GET, as body otherwise. */
export function requestOf(call: ForwardCall): PersonsRequest {
  const { operation, method, projectId } = call;
  const message = messageOf(call);
  const inQuery = method === 'GET';
  return {
    resource: 'persons',
    method,
    projectId,
    segments: segmentsOf(operation.path, call.person),
    query: inQuery ? message.map(([name, value]) => [name, toQuery(value)] as const) : [],
    body: inQuery || message.length === 0 ? null : Object.fromEntries(message),
    delivery: operation.delivery,
  };
}

/** The request of a deletion: the first time, and every time that the log sends it again. */
export const deletionRequest = (deletion: Deletion): PersonsRequest => ({
  ...deletionMessage(deletion),
  resource: 'persons',
  projectId: deletion.projectId,
  delivery: 'once',
});

type Message = readonly (readonly [name: string, value: Json])[];

/** PostHog is always told the limit, so that its default and the gateway's cannot differ. */
function messageOf(call: ForwardCall): Message {
  const { sentOnlyIfTrue = [], reply } = call.operation;
  const message = Object.entries(argumentsWithConditions(call)).filter(
    ([name, value]) => value === true || !sentOnlyIfTrue.includes(name),
  );
  const page = pageRequestOf(call);
  if (page === null || reply.paging === null) return message;
  const { limit, position } = reply.paging;
  const others = message.filter(([name]) => name !== limit && name !== position);
  const moved = page.position === firstPosition(reply.paging) ? [] : ([[position, page.position]] as const);
  return [...others, [limit, page.limit], ...moved];
}

const segmentsOf = (path: string, person: PersonRef | null): string[] =>
  path
    .split('/')
    .flatMap((segment) => (segment === '' ? [] : segment === ':id' ? [person ?? unnamed()] : [segment]));

const unnamed = (): never => {
  throw new Error('a route with :id names a person');
};

/** The path of a request: PostHog's canonical family and its trailing slash, whichever the client used (contract §2). */
export function upstreamPath(request: UpstreamRequest): string {
  const project = `/api/projects/${request.projectId}`;
  if (request.resource === 'query') return `${project}/query/`;
  if (request.resource === 'open_project') return '/api/projects/@current/persons/';
  return `${project}/persons/${request.segments.map((segment) => `${encodeURIComponent(segment)}/`).join('')}`;
}

/**
 * The URL of a request.
 * @throws if the parts do not come out as the path they should be: then the catalogue is wrong and nothing is sent.
 */
export function upstreamUrl(origin: string, request: UpstreamRequest): string {
  const path = upstreamPath(request);
  const query = request.resource === 'query' ? [] : request.query;
  const pairs = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const url = new URL(pairs.length === 0 ? path : `${path}?${pairs.join('&')}`, origin);
  if (url.origin !== origin || url.pathname !== path) throw new Error('an upstream path did not survive');
  return url.href;
}
