/** Links lead through the gateway, with the client's own parameters, and work when followed. */
import { describe, expect, test } from 'vitest';
import type { Paging } from '../../../src/catalogue/operation.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { LINKS, rebuildLink, type PageLinksInput } from '../../../src/upstream/page/links.ts';
import { PageFlaw } from '../../../src/upstream/page/window.ts';

const URL_HERE = 'https://gateway.example/api/environments/7/persons/funnel';
const THEIRS = 'https://posthog.internal/api/projects/7/persons/?token=phc_x&offset=999';
const byOffset: Paging = { limit: 'limit', position: 'offset', unit: 'offset', limitDefault: 100 };
const byPage: Paging = { limit: 'limit', position: 'page', unit: 'page', limitDefault: 10 };
const correlation: Paging = { ...byOffset, limit: 'c_limit', position: 'c_offset' };

const at = (changes: Partial<PageLinksInput> = {}): PageLinksInput => ({
  url: URL_HERE,
  asked: [],
  paging: byOffset,
  page: { limit: 100, position: 0 },
  ...changes,
});
/** The links in the place of those that an envelope has. */
const rebuildLinks = (envelope: JsonObject, place: PageLinksInput) =>
  Object.fromEntries(
    LINKS.flatMap((name) => {
      const theirs = envelope[name];
      return theirs === undefined ? [] : [[name, rebuildLink(name, theirs, place)]];
    }),
  );
const ALL: JsonObject = { results: [], next: THEIRS, previous: THEIRS, initial: THEIRS };

describe('Links', () => {
  test.each<[string, JsonObject, PageLinksInput, object]>([
    [
      'of the first page leads on and not back',
      ALL,
      at(),
      { next: `${URL_HERE}?offset=100`, previous: null, initial: URL_HERE },
    ],
    [
      'of a later page leads on, back and to the start',
      ALL,
      at({
        page: { limit: 10, position: 30 },
        asked: [
          ['limit', '10'],
          ['offset', '30'],
        ],
      }),
      {
        next: `${URL_HERE}?limit=10&offset=40`,
        previous: `${URL_HERE}?limit=10&offset=20`,
        initial: `${URL_HERE}?limit=10`,
      },
    ],
    [
      'back from between two pages leads to the start, never before it',
      ALL,
      at({ page: { limit: 100, position: 30 } }),
      { next: `${URL_HERE}?offset=130`, previous: URL_HERE, initial: URL_HERE },
    ],
    [
      'by pages counts pages, and the first is 1',
      ALL,
      at({ paging: byPage, page: { limit: 10, position: 2 }, asked: [['page', '2']] }),
      { next: `${URL_HERE}?page=3`, previous: URL_HERE, initial: URL_HERE },
    ],
    [
      'of a correlation has names of its own',
      { next: THEIRS },
      at({ paging: correlation, asked: [['offset', 'of no meaning here']] }),
      { next: `${URL_HERE}?offset=of%20no%20meaning%20here&c_offset=100` },
    ],
    [
      'that PostHog has none of is none',
      { next: null, previous: null },
      at(),
      { next: null, previous: null },
    ],
    ['that is empty is none', { next: '' }, at(), { next: null }],
    [
      'back is there from a later page, though PostHog forgot it',
      { previous: null },
      at({ page: { limit: 10, position: 10 } }),
      { previous: URL_HERE },
    ],
    [
      'relative and without a slash, as PostHog makes later ones, is a link like any other',
      { next: 'api/projects/7/persons/funnel/?offset=200' },
      at(),
      { next: `${URL_HERE}?offset=100` },
    ],
    ['that the answer does not have is not added', { results: [] }, at(), {}],
  ])('A link %s', (_, envelope, place, expected) => {
    expect(rebuildLinks(envelope, place)).toEqual(expected);
  });

  test.each([5, true, {}, [], undefined])(
    'A link that is %j is a flaw: nobody knows whether there is a page',
    (link) => {
      expect(() => rebuildLink('next', link, at())).toThrow(PageFlaw);
      expect(() => rebuildLink('initial', link, at())).toThrow(PageFlaw);
    },
  );

  test('A link repeats what the client asked, encoded and in its order, and nothing else that PostHog was sent', () => {
    const asked: [string, string][] = [
      ['search', 'a&b=c #ü+'],
      ['properties', '[{"key":"plan"}]'],
      ['format', 'csv'],
    ];
    const { next } = rebuildLinks(ALL, at({ asked }));
    const link = new URL(next ?? '');
    expect([...link.searchParams]).toEqual([...asked, ['offset', '100']]);
    expect(link.origin + link.pathname).toBe(URL_HERE);
    expect(next).not.toMatch(/token|internal|999|#/);
  });

  test('A link that is too long for a query names the position alone: the same body, sent to it, is the next page', () => {
    const asked: [string, string][] = [
      ['search', 'x'.repeat(LIMITS.queryCharsMax)],
      ['offset', '100'],
    ];
    expect(rebuildLinks(ALL, at({ asked, page: { limit: 100, position: 100 } }))).toMatchObject({
      next: `${URL_HERE}?offset=200`,
    });
  });
});
