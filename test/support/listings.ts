/** Listings that have pages, and a client that follows links to their end. */
import { expect } from 'vitest';
import { isJsonObject, type Json } from '../../src/core/json.ts';
import type { Answer } from './client.ts';
import type { Stack } from './stack.ts';

export type Args = Readonly<Record<string, Json>>;

export const SIGNED_UP = { id: 'signed up', type: 'events', order: 0 } as const;
export const PAID = { id: 'paid', type: 'events', order: 1 } as const;
export const VIEWED = { id: '$pageview', type: 'events' } as const;
export const WATCHED = { id: 'watched video', type: 'events' } as const;

export interface Listing {
  readonly id: string;
  readonly generation: 'A' | 'B' | 'C';
  readonly args: Args;
  readonly limit: string;
  readonly position: string;
}

const byOffset = { limit: 'limit', position: 'offset' };
export const LISTINGS: readonly Listing[] = [
  { id: 'persons_list', generation: 'B', args: {}, ...byOffset },
  { id: 'persons_list', generation: 'A', args: { search: 'acme' }, ...byOffset },
  {
    id: 'persons_list',
    generation: 'C',
    // A filter on a property that is called like PostHog's own parameter, with a value that looks like one.
    args: {
      properties: [{ key: 'offset=2', type: 'person', operator: 'is_not', value: '&offset=4&limit=1' }],
    },
    ...byOffset,
  },
  { id: 'persons_activity', generation: 'B', args: {}, limit: 'limit', position: 'page' },
  { id: 'persons_person_activity', generation: 'B', args: {}, limit: 'limit', position: 'page' },
  { id: 'persons_deletion_status', generation: 'B', args: { status: 'all' }, ...byOffset },
  {
    id: 'persons_funnel',
    generation: 'B',
    args: { events: [SIGNED_UP, PAID], funnel_step: 1, date_from: '-14d' },
    ...byOffset,
  },
  {
    id: 'persons_trends',
    generation: 'A',
    args: { events: [VIEWED], entity_id: '$pageview', entity_type: 'events', date_from: '-14d' },
    ...byOffset,
  },
  {
    id: 'persons_lifecycle',
    generation: 'C',
    args: { events: [VIEWED], target_date: '2026-01-10', lifecycle_type: 'returning', date_from: '-14d' },
    ...byOffset,
  },
  {
    id: 'persons_stickiness',
    generation: 'A',
    args: {
      events: [VIEWED],
      entity_id: '$pageview',
      entity_type: 'events',
      stickiness_days: 1,
      date_from: '-14d',
    },
    ...byOffset,
  },
  {
    id: 'persons_funnel_correlation',
    generation: 'A',
    args: { events: [SIGNED_UP, PAID], funnel_correlation_person_entity: WATCHED, date_from: '-14d' },
    limit: 'funnel_correlation_person_limit',
    position: 'funnel_correlation_person_offset',
  },
];

/** How many pages a listing of the sandbox may have before following it is a circle. */
const PAGES_MAX = 60;

export interface Envelope {
  readonly results: readonly unknown[];
  readonly next: string | null;
  readonly previous?: string | null;
  readonly initial?: string | null;
}

export const envelopeOf = (answer: Answer): Envelope => {
  expect(answer.status, answer.text).toBe(200);
  return answer.json as Envelope;
};

/** The rows of a page, also of one with people in it. */
const rowsOf = ({ results }: Envelope): unknown[] =>
  results.flatMap((row: unknown) => {
    const people = isJsonObject(row) ? row['people'] : undefined;
    return Array.isArray(people) ? people.map((person: unknown) => person) : [row];
  });

const nameOf = (row: unknown): unknown => {
  const { uuid, id, person_uuid: other } = row as Record<string, unknown>;
  return uuid ?? id ?? other;
};

export const names = (page: Envelope): unknown[] => rowsOf(page).map(nameOf);

/** A listing, read to its end. */
export interface Read {
  readonly rows: readonly unknown[];
  /** How many rows each page had. */
  readonly pages: readonly number[];
  readonly links: readonly string[];
}

export interface Follower {
  /** The path and query of a link, which has to be the gateway's own. */
  readonly local: (link: string) => string;
  /** Follows `next` to its end. */
  readonly follow: (first: Answer) => Promise<Read>;
  /** Follows the Link header of tables to its end, and gives their lines without the headers. */
  readonly tables: (path: string) => Promise<string[]>;
}

export const lines = (text: string): string[] => text.split('\r\n').slice(0, -1);

/** Follows links as a client with a token does, and holds each to leading back to the gateway. */
export function followerOf({ origin, get }: Pick<Stack, 'origin' | 'get'>, token: string): Follower {
  const local = (link: string): string => {
    expect(link.startsWith(`${origin}/`), link).toBe(true);
    return link.slice(origin.length);
  };
  return {
    local,
    follow: async (first) => {
      const read = { rows: [] as unknown[], pages: [] as number[], links: [] as string[] };
      for (let page = envelopeOf(first); ;) {
        const found = names(page);
        read.rows.push(...found);
        read.pages.push(found.length);
        if (page.next === null) return read;
        expect(read.pages.length, 'pages without an end').toBeLessThan(PAGES_MAX);
        read.links.push(page.next);
        page = envelopeOf(await get(token, local(page.next)));
      }
    },
    tables: async (path) => {
      const rows: string[] = [];
      for (let next: string | undefined = path; next !== undefined;) {
        const answer: Answer = await get(token, next);
        expect(answer.status, answer.text).toBe(200);
        expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
        rows.push(...lines(answer.text).slice(1));
        expect(rows.length, 'tables without an end').toBeLessThan(1000);
        const link = /^<([^>]+)>; rel="next"$/.exec(answer.headers['link'] ?? '')?.[1];
        next = link === undefined ? undefined : local(link);
      }
      return rows;
    },
  };
}
