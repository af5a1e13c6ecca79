/** A query has one meaning: each name once, each value as it was meant. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../../src/core/limits.ts';
import { parseQuery } from '../../../src/http/input/query.ts';
import { runs } from '../../support/properties/runs.ts';

const read = (query: string) => {
  const parsed = parseQuery(query);
  return parsed.ok ? [...parsed.value] : [parsed.failure.code, parsed.failure.attr];
};

describe('Queries', () => {
  test.each<[string, [string, string][]]>([
    ['', []],
    ['a=1', [['a', '1']]],
    [
      'a=1&b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['a=b=c', [['a', 'b=c']]],
    ['&&a=1&', [['a', '1']]],
    ['a=%26%3D%23', [['a', '&=#']]],
    ['a=x+y%20z', [['a', 'x y z']]],
    ['a=%C3%BC', [['a', 'ü']]],
    ['%61=1', [['a', '1']]],
    ['?a=1', [['?a', '1']]],
    ['??a=1', [['??a', '1']]],
    ['a[]=1', [['a[]', '1']]],
    ['a;b=1', [['a;b', '1']]],
    ['=1', [['', '1']]],
    [
      'A=1&a=2',
      [
        ['A', '1'],
        ['a', '2'],
      ],
    ],
    ['__proto__=1', [['__proto__', '1']]],
  ])('The query %s is %j', (query, pairs) => {
    expect(read(query)).toEqual(pairs);
  });

  test.each([
    ['a=1&a=1', 'a'],
    ['a=1&b=2&a=2', 'a'],
    ['a=1&%61=2', 'a'],
    ['a&a', 'a'],
    ['a=%zz&a=1'.replace('%zz', '1'), 'a'],
    ['a+b=1&a%20b=2', 'a b'],
    ['delete_events=false&delete%5Fevents=true', 'delete_events'],
  ])('The query %s names one parameter twice: %s', (query, attr) => {
    expect(read(query)).toEqual(['parameter_repeated', attr]);
  });

  test.each(['a=%', 'a=%2', 'a=%zz', '%=1', 'a=%u00fc', 'a=100%&b=1'])(
    'The query %s is not encoded properly',
    (query) => {
      expect(read(query)).toEqual(['parameter_invalid', null]);
    },
  );

  test.each(['a=%FF', 'a=%C3', '%C3=1', 'a=%ED%A0%80', 'a=%C0%AF', 'a=\ud800'])(
    'The query %s is not UTF-8',
    (query) => {
      expect(read(query)).toEqual(['parameter_invalid', null]);
    },
  );

  test('A query is read up to the length a URL may have', () => {
    const longest = `a=${'x'.repeat(LIMITS.queryCharsMax - 2)}`;
    expect(read(longest)).toHaveLength(1);
    expect(read(`${longest}x`)).toEqual(['parameter_invalid', null]);
  });

  test('A query is never repeated in a refusal beyond a name of 100 characters', () => {
    const name = 'n'.repeat(200);
    expect(read(`${name}=secret&${name}=secret`)).toEqual(['parameter_repeated', 'n'.repeat(100)]);
    expect(JSON.stringify(parseQuery('a=secret&a=secret'))).not.toContain('secret');
  });

  test('A query written with every name and value encoded comes back as it was', () => {
    const texts = fc
      .string({ unit: 'grapheme' })
      .filter((text) => text.isWellFormed() && !text.includes('\uFFFD'));
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(texts, texts), { selector: ([name]) => name, maxLength: 5 }),
        (pairs) => {
          const query = pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
          expect(read(query)).toEqual(pairs);
        },
      ),
      runs(300),
    );
  });
});
