/** The address of a request: below persons/, whatever the parts hold, or none at all. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProjectId } from '../../src/core/ids.ts';
import { queryRequest } from '../../src/upstream/query/body.ts';
import { upstreamUrl } from '../../src/upstream/request.ts';
import { runs } from '../support/properties/runs.ts';
import { requestTo } from '../support/upstream/answers.ts';

const ORIGIN = 'https://posthog.example';
const url = (segments: string[], query: [string, string][] = []) =>
  upstreamUrl(ORIGIN, requestTo({ segments, query }));

describe('Addresses', () => {
  test.each<[string[], [string, string][], string]>([
    [[], [], '/'],
    [['bulk_delete'], [], '/bulk_delete/'],
    [['funnel', 'correlation'], [], '/funnel/correlation/'],
    [['123', 'split'], [['limit', '5']], '/123/split/?limit=5'],
    [['a b'], [], '/a%20b/'],
    [['a/b'], [], '/a%2Fb/'],
    [['a?b#c'], [], '/a%3Fb%23c/'],
    [['..%2f'], [], '/..%252f/'],
    [[], [['search', 'a&limit=1000#x']], '/?search=a%26limit%3D1000%23x'],
    [[], [['search', 'ü +']], '/?search=%C3%BC%20%2B'],
    [[], [['a=b&c', '1']], '/?a%3Db%26c=1'],
    [
      [],
      [
        ['b', '2'],
        ['a', '1'],
      ],
      '/?b=2&a=1',
    ],
  ])('The address of %j and %j is persons%s', (segments, query, expected) => {
    expect(url(segments, query)).toBe(`${ORIGIN}/api/projects/7/persons${expected}`);
  });

  test.each([['..'], ['.'], ['..', '..'], ['a', '..', 'b']])(
    'The segments %j have no address',
    (...segments) => {
      expect(() => url(segments)).toThrow('an upstream path did not survive');
    },
  );

  test('A query has one address, and its body is an envelope of members that PostHog knows', () => {
    const request = queryRequest(
      ProjectId.parse(7),
      { kind: 'ActorsQuery' },
      { purpose: 'persons_funnel', requestId: 'req_1', refresh: 'force_blocking' },
    );
    expect(upstreamUrl(ORIGIN, request)).toBe(`${ORIGIN}/api/projects/7/query/`);
    expect(request).toMatchObject({
      method: 'POST',
      delivery: 'slow',
      body: {
        query: { kind: 'ActorsQuery' },
        refresh: 'force_blocking',
        client_query_id: 'req_1',
        name: 'hedgerow_persons_funnel',
      },
    });
    expect(Object.keys(request.body)).toHaveLength(4);
  });

  test('An address never names another host, whatever the segment', () => {
    for (const odd of [
      '//evil.example',
      '@evil.example',
      '\\\\evil.example',
      'https://evil.example',
      '\t//x',
    ]) {
      expect(new URL(url([odd])).origin).toBe(ORIGIN);
    }
  });

  test('An address is below persons/ for all segments, and every query value comes out as it went in', () => {
    const parts = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed());
    const names = fc.uniqueArray(parts, { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 3 }), names, parts, (segments, queryNames, value) => {
        if (segments.some((segment) => segment === '.' || segment === '..')) return;
        const query = queryNames.map((name): [string, string] => [name, value]);
        const made = new URL(url(segments, query));
        expect(made.origin).toBe(ORIGIN);
        const [base, ...rest] = made.pathname.split('/persons/');
        expect(base).toBe('/api/projects/7');
        expect(rest.join('/persons/').split('/').slice(0, -1).map(decodeURIComponent)).toEqual(segments);
        expect([...made.searchParams]).toEqual(query);
        expect(made.hash).toBe('');
      }),
      runs(300),
    );
  });
});
