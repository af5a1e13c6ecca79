/**
 * The raw path of a request. The runtime hands it over as it was sent, while URL parsing resolves dots and backslashes
 * and routers decode percent signs: two readers, two paths. No path of this gateway needs any of that, so it is refused.
 */
import { failure, type Failure } from '../../core/failure.ts';

// With two Host headers, or an odd one, what the runtime makes a URL of is none.
const TARGET = /^[a-z]+:\/\/[A-Za-z0-9._:[\]-]+([^?#]*)(?:\?([^#]*))?/;
const PLAIN = /^(?=\/)(?:\/[A-Za-z0-9_@~-][A-Za-z0-9_.@~-]*)*\/?$/;

/** The path and the query of a request URL, as they were sent; `''` where there is none. */
export function targetOf(url: string): { readonly path: string; readonly query: string } {
  const [, path = '', query = ''] = TARGET.exec(url) ?? [];
  return { path, query };
}

/** Refuses dot segments, doubled slashes, backslashes, percent signs and whatever else no route has. */
export function checkPath(path: string): Failure | null {
  return PLAIN.test(path)
    ? null
    : failure(
        'path_invalid',
        'Paths here are plain: no percent signs, no empty and no dot segments, no backslashes; and there is one Host.',
      );
}
