/** Where an operator goes after signing in: back to the page that asked for it, and never to another site. */

export const HOME = '/';

/** The path of a text, with its query, where it is one of this origin; the first page where it is anything else. */
export function returnPath(text: string | null | undefined, origin: string): string {
  if (text === null || text === undefined || !URL.canParse(text, origin)) return HOME;
  const { origin: target, pathname, search } = new URL(text, origin);
  // A path that begins with two slashes would be read as a host.
  return target === origin && !/^[/\\]{2}/.test(pathname) ? pathname + search : HOME;
}
