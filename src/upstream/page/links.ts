/**
 * Links of an answer, rebuilt. PostHog builds them three ways, with its own host, the gateway's query and bugs of
 * their own (PostHog contract §5); all that is taken from them is whether there is one.
 */
import { firstPosition } from '../../catalogue/paging.ts';
import type { Paging, PageRequest } from '../../catalogue/operation.ts';
import type { Json } from '../../core/json.ts';
import { LIMITS } from '../../core/limits.ts';
import { PageFlaw } from './window.ts';

/** The members of an envelope that are links. */
export const LINKS = ['next', 'previous', 'initial'] as const;
export type LinkName = (typeof LINKS)[number];

export const isLinkName = (name: string): name is LinkName => LINKS.some((link) => link === name);

/** Gives the gateway's link for PostHog's, which is `undefined` for a list or an object; or `undefined` to leave what stands there. */
export type LinkOf = (name: LinkName, value: Json | undefined) => Json | undefined;

/** Where the client is: its own URL without the query, what it asked for, and where it stands. */
export interface PageLinksInput {
  readonly url: string;
  readonly asked: readonly (readonly [string, string])[];
  readonly paging: Paging;
  readonly page: PageRequest;
}

/**
 * The link in the place of one that PostHog gave, through the gateway and with the client's own parameters. `theirs` is `undefined`
 * for a list or an object. @throws {PageFlaw} for what is neither a link nor null.
 */
export function rebuildLink(name: LinkName, theirs: Json | undefined, place: PageLinksInput): string | null {
  const { paging, page } = place;
  const first = firstPosition(paging);
  const step = paging.unit === 'page' ? 1 : page.limit;
  switch (name) {
    case 'next':
      return isLink(theirs) ? linkTo(place, page.position + step) : null;
    case 'previous':
      return page.position > first ? linkTo(place, Math.max(first, page.position - step)) : null;
    case 'initial':
      return isLink(theirs) ? linkTo(place, first) : null;
  }
}

/** True for a link, false for none. @throws {PageFlaw} for a value that is neither: whether there is another page is not known. */
export function isLink(value: Json | undefined): boolean {
  if (value === null || typeof value === 'string') return value !== null && value !== '';
  throw new PageFlaw('has a link that is neither a text nor null');
}

function linkTo({ url, asked, paging }: PageLinksInput, position: number): string {
  const pairs = asked.filter(([name]) => name !== paging.position);
  if (position !== firstPosition(paging)) pairs.push([paging.position, String(position)]);
  const query = queryOf(pairs);
  if (query.length <= LIMITS.queryCharsMax) return query === '' ? url : `${url}?${query}`;
  // Arguments this long came in a body: the same body, sent to this link, is the next page.
  return `${url}?${queryOf(pairs.filter(([name]) => name === paging.position))}`;
}

const queryOf = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
