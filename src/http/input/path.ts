/**
 * The raw path of a request. The runtime hands it over as it was sent, while URL parsing resolves dots and backslashes
 * and routers decode percent signs: two readers, two paths. No path of this gateway needs any of that, so it is refused.
 */
import { failure, type Failure } from '../../core/failure.ts';

// The runtime joins the Host header and the path. Two Host headers, or a malformed one, make a string that is no URL.
const TARGET = /^[a-z]+:\/\/[A-Za-z0-9._:[\]-]+([^?#]*)(?:\?([^#]*))?/;
const PLAIN = /^(?=\/)(?:\/[A-Za-z0-9_@~-][A-Za-z0-9_.@~-]*)*\/?$/;
const HOST = /^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
/** PostHog takes the format behind a path too. */
const FORMAT_SUFFIX = /\.(?:csv|json)\/?$/;
const PROJECT = /^\/api\/(?:projects|environments)\/([^/]+)\/persons(?:\/|$)/;
const PROJECT_NUMBER = /^[1-9][0-9]*$/;

/** The path and the query of a request URL, as the client sent them. A part that is missing is `''`. */
export function targetOf(url: string): { readonly path: string; readonly query: string } {
  const [, path = '', query = ''] = TARGET.exec(url) ?? [];
  return { path, query };
}

/** The runtime makes the URL of `Host` and path: a host with a path or a user in it would move where the path begins. */
export function checkHost(host: string | null): Failure | null {
  if (host === null || (HOST.test(host) && URL.canParse(`http://${host}/`))) return null;
  return failure('host_invalid', 'Send one Host: a name or an address, with a port or without.', 'Host');
}

/** Refuses dot segments, doubled slashes, backslashes, percent signs and whatever else no route has. */
export function checkPath(path: string): Failure | null {
  return PLAIN.test(path)
    ? null
    : failure(
        'path_invalid',
        'Paths here are plain: no percent signs, no empty and no dot segments, no backslashes. For a person by ' +
          'distinct id, list persons with ?distinct_id=.',
      );
}

/** Why no route has a path, and what would be right. */
export function unknownPath(path: string): Failure {
  if (FORMAT_SUFFIX.test(path)) {
    return failure(
      'path_unknown',
      'A path has no suffix here: leave it out, and send ?format=csv for a table.',
      'format',
    );
  }
  const project = PROJECT.exec(path)?.[1];
  if (project === undefined) {
    return failure('path_unknown', 'There is no such path here. /openapi.json lists those there are.');
  }
  if (PROJECT_NUMBER.test(project)) {
    return failure(
      'path_unknown',
      'There is no such path below persons/. A person is named by number or UUID; for a distinct id, list persons ' +
        'with ?distinct_id=. /openapi.json lists the paths.',
    );
  }
  return unknownProject(project);
}

/** The refusal of what names no project, where the number of one should be. */
export const unknownProject = (text: string): Failure =>
  text === '@current'
    ? failure(
        'path_unknown',
        '@current is not read here: write the number of the project, which GET /v1/whoami says.',
        'project_id',
      )
    : noSuchProject();

/** The refusal of a project that is no number, or none that PostHog can have. */
export const noSuchProject = (): Failure =>
  failure(
    'path_unknown',
    'A project is a number of 1 to 2147483647, written without zeros in front; GET /v1/whoami says which.',
    'project_id',
  );
