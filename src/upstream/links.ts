/**
 * Links of an answer, rebuilt. PostHog builds them three ways, with its own host, the gateway's query and bugs of
 * their own (PostHog contract §5); all that is taken from them is whether there is one.
 */
import { firstPosition } from '../catalogue/paging.ts';
import type { Paging, PageRequest } from '../catalogue/operation.ts';
import type { Json, JsonObject } from '../core/json.ts';
import { LIMITS } from '../core/limits.ts';

const LINKS = ['next', 'previous', 'initial'] as const;
export type Links = { readonly [name in (typeof LINKS)[number]]?: string | null };

/** Where the client is: its own URL without the query, what it asked for, and where it stands. */
export interface PageLinksInput {
  readonly url: string;
  readonly asked: readonly (readonly [string, string])[];
  readonly paging: Paging;
  readonly page: PageRequest;
}

/** The links an envelope has, each leading through the gateway, with the client's own parameters. */
export function rebuildLinks(envelope: JsonObject, place: PageLinksInput): Links {
  const { paging, page } = place;
  const first = firstPosition(paging);
  const step = paging.unit === 'page' ? 1 : page.limit;
  const there = (position: number): string => linkTo(place, position);
  const links = {
    next: isLink(envelope['next']) ? there(page.position + step) : null,
    previous: page.position > first ? there(Math.max(first, page.position - step)) : null,
    initial: isLink(envelope['initial']) ? there(first) : null,
  };
  return Object.fromEntries(
    LINKS.filter((name) => Object.hasOwn(envelope, name)).map((name) => [name, links[name]]),
  );
}

const isLink = (value: Json | undefined): boolean => typeof value === 'string' && value !== '';

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

/**
 * The text of an envelope with its links replaced and every other byte as it was: numbers keep their digits and rows
 * are not written anew. `envelope` is what `text` parses to.
 */
export function replaceLinks(text: string, envelope: JsonObject, links: Links): string {
  const names = Object.keys(links);
  if (names.length === 0) return text;
  const spans = [...scalarsFromStart(text), ...scalarsFromEnd(text)];
  const found = new Map(spans.map((span) => [span.name, span]));
  const replaced = names.map((name) => found.get(name)).filter((span) => span !== undefined);
  // Links hidden between two large members: PostHog sends no such envelope, but it would have to stay right.
  if (replaced.length < names.length) return JSON.stringify({ ...envelope, ...links });
  let out = text;
  for (const { name, start, end } of replaced.toSorted((a, b) => b.start - a.start)) {
    out = out.slice(0, start) + JSON.stringify(Reflect.get(links, name)) + out.slice(end);
  }
  return out;
}

interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const MEMBER = /\s*,?\s*("(?:[^"\\]|\\.)*")\s*:\s*("(?:[^"\\]|\\.)*"|[^\s,{}[\]"]+)/y;

/** The scalar members in front of the first large one. */
function scalarsFromStart(text: string): Span[] {
  const spans: Span[] = [];
  MEMBER.lastIndex = text.indexOf('{') + 1;
  for (let match = MEMBER.exec(text); match !== null; match = MEMBER.exec(text)) {
    const [all, name = '""', value = ''] = match;
    const end = match.index + all.length;
    spans.push({ name: nameOf(name), start: end - value.length, end });
  }
  return spans;
}

/** The scalar members behind the last large one, found backwards so that the rows are not walked through. */
function scalarsFromEnd(text: string): Span[] {
  const spans: Span[] = [];
  let at = skipBack(text, text.lastIndexOf('}'));
  for (;;) {
    const end = at;
    const start = text[at - 1] === '"' ? openingQuote(text, at - 1) : wordStart(text, at);
    const colon = skipBack(text, start) - 1;
    if (start === end || text[colon] !== ':') return spans;
    const nameEnd = skipBack(text, colon);
    const nameStart = openingQuote(text, nameEnd - 1);
    spans.push({ name: nameOf(text.slice(nameStart, nameEnd)), start, end });
    const comma = skipBack(text, nameStart) - 1;
    if (text[comma] !== ',') return spans;
    at = skipBack(text, comma);
  }
}

const nameOf = (literal: string): string => {
  const name: unknown = JSON.parse(literal);
  return typeof name === 'string' ? name : '';
};

function skipBack(text: string, from: number): number {
  let at = from;
  while (at > 0 && ' \t\r\n'.includes(text.charAt(at - 1))) at -= 1;
  return at;
}

function wordStart(text: string, end: number): number {
  let at = end;
  while (at > 0 && /[A-Za-z0-9+.-]/.test(text.charAt(at - 1))) at -= 1;
  return at;
}

/** A quote inside a string has an odd number of backslashes before it; the one that opens it has none. */
function openingQuote(text: string, closing: number): number {
  for (let at = text.lastIndexOf('"', closing - 1); at !== -1; at = text.lastIndexOf('"', at - 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return 0;
}
