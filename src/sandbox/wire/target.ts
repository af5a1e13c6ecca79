/**
 * The request target as Django sees it: path percent-decoded before routing, the last of a repeated query name winning
 * (PostHog contract §6.1), a format suffix on the last segment (§2). Nothing is resolved or tidied: dot segments and
 * double slashes simply match no route.
 */

/** A request target, taken apart. */
export interface Target {
  /** Scheme and host, as a link in an answer starts. */
  readonly origin: string;
  /** Path and query exactly as received. */
  readonly raw: string;
  /** Decoded path, without query. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Takes a received URL apart without normalising it. */
export function parseTarget(url: string): Target {
  const match = /^([a-z]+:\/\/[^/?#]*)([^#]*)/i.exec(url);
  const origin = match?.[1] ?? '';
  const raw = match?.[2] ?? url;
  const mark = raw.indexOf('?');
  const path = mark === -1 ? raw : raw.slice(0, mark);
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(mark === -1 ? '' : raw.slice(mark + 1)))
    query.set(name, value);
  return { origin, raw, path: decode(path), query };
}

/** Where a path of the persons API, or of the Query API, leads. */
export interface Place {
  readonly resource: 'persons' | 'query';
  /** As named in the path; undefined for the flat family, which has none (PostHog contract §2). */
  readonly project: string | undefined;
  readonly segments: readonly string[];
  /** The suffix without its dot, if there is one. */
  readonly suffix: string | undefined;
}

const PERSONS =
  /^\/api\/(?:(?:projects|environments)\/([^/.]+)\/persons|person)((?:\/[^/.]+)*)(?:\.([a-z0-9]+))?\/?$/;

const QUERY = /^\/api\/(?:projects|environments)\/([^/.]+)\/query((?:\/[^/.]+)*)\/?$/;

/** Reads a decoded path as a place in the persons API or the Query API, or undefined when it is none. */
export function parsePlace(path: string): Place | undefined {
  const [persons, query] = [PERSONS.exec(path), QUERY.exec(path)];
  const match = persons ?? query;
  if (match === null) return undefined;
  const segments = (match[2] ?? '').split('/').slice(1);
  const resource = persons === null ? 'query' : 'persons';
  return { resource, project: match[1], segments, suffix: match[3] };
}
