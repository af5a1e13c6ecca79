import type { Method, Delivery } from '../catalogue/operation.ts';
import type { ProjectId } from '../core/ids.ts';
import type { Json } from '../core/json.ts';

/**
 * A request to PostHog, made of validated values only. There is no place in it for a header, a host, a raw path or
 * a raw query, so none of a client's can get in.
 */
export interface UpstreamRequest {
  readonly method: Method;
  readonly projectId: ProjectId;
  /** Path segments below `persons/`, unencoded: fixed words of the catalogue, or a validated person. */
  readonly segments: readonly string[];
  /** Each name once. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** `null` sends no body. */
  readonly body: Json;
  readonly delivery: Delivery;
}

/**
 * The URL of a request. PostHog's canonical family and its trailing slash, whichever the client used (contract §2).
 * @throws if the parts do not come out as the path they should be: then the catalogue is wrong and nothing is sent.
 */
export function upstreamUrl(origin: string, request: UpstreamRequest): string {
  const segments = request.segments.map((segment) => `${encodeURIComponent(segment)}/`).join('');
  const path = `/api/projects/${request.projectId}/persons/${segments}`;
  const query = request.query.map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  const url = new URL(query.length === 0 ? path : `${path}?${query.join('&')}`, origin);
  if (url.origin !== origin || url.pathname !== path) throw new Error('an upstream path did not survive');
  return url.href;
}
