/** Whether a page of the console itself asks for a change. */

const SAFE = new Set(['GET', 'HEAD']);

/**
 * Reads change nothing, so any page may lead to one. A change has to come from a page of this origin: every browser says so in
 * `Origin` with a POST, and what says nothing is refused as well. The cookie is `SameSite=Strict` besides.
 */
export function isOwnOrigin({ method, url, headers }: Request): boolean {
  if (SAFE.has(method)) return true;
  const site = headers.get('sec-fetch-site');
  return headers.get('origin') === new URL(url).origin && (site === null || site === 'same-origin');
}
