import type { Target } from './target.ts';

/**
 * PostHog's builders of page links, mistakes included (PostHog contract §5): they work by text replacement on the URL
 * of the current request, so they echo every parameter that was sent, and each gets a different case wrong.
 */

/** Names of the two paging parameters, where they are not `offset` and `limit`. */
export interface Aliases {
  readonly offset: string;
  readonly limit: string;
}

const PLAIN: Aliases = { offset: 'offset', limit: 'limit' };

function setNumber(url: string, name: string, value: number): string {
  const found = new RegExp(`([&?]${name}=)\\d+`);
  if (found.test(url)) return url.replaceAll(new RegExp(found, 'g'), `$1${String(value)}`);
  return `${url}${url.includes('?') ? '&' : '?'}${name}=${String(value)}`;
}

/** The URL of this request, absolute. */
export function currentUrl(target: Target): string {
  return target.origin + target.raw;
}

/**
 * The list's builder. A value of zero counts as "nothing to set", which is why the link back to the first page, and
 * `initial`, are the unchanged current URL.
 */
export function absoluteLink(target: Target, offset: number, limit = 0, aliases: Aliases = PLAIN): string {
  let url = currentUrl(target);
  if (offset !== 0) url = setNumber(url, aliases.offset, offset);
  if (limit !== 0) url = setNumber(url, aliases.limit, limit);
  return url;
}

/**
 * The actors' builder: absolute on the first page; from the second on a relative path without its leading slash. Any
 * other "offset" in the URL sends it down the second branch, where it may replace nothing and repeat the page.
 */
export function actorsLink(target: Target, offset: number, pageSize: number): string {
  const next = String(offset + pageSize);
  if (target.raw.includes('offset')) {
    return target.raw.slice(1).replaceAll(`offset=${String(offset)}`, `offset=${next}`);
  }
  return `${currentUrl(target)}${target.raw.includes('?') ? '&' : '?'}offset=${next}`;
}

/** Django REST framework's limit/offset links, as deletion_status uses them: the query is parsed and written anew, sorted. */
export function frameworkLink(target: Target, limit: number, offset: number): string {
  const query = new Map(target.query);
  query.set('limit', String(limit));
  if (offset > 0) query.set('offset', String(offset));
  else query.delete('offset');
  const mark = target.raw.indexOf('?');
  const path = mark === -1 ? target.raw : target.raw.slice(0, mark);
  const sorted = [...query].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${target.origin}${path}?${new URLSearchParams(sorted).toString()}`;
}
