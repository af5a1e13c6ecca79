/** JSON that is written anew has the digits it came with. */
import { describe, expect, test } from 'vitest';
import { stringifyExactly } from '../../src/core/exact-json.ts';
import type { Json } from '../../src/core/json.ts';

const parse = (text: string): Json => JSON.parse(text) as Json;

describe('Numbers', () => {
  test.each([
    '1.0',
    '1e400',
    '-1e400',
    '12345678901234567890',
    '-0',
    '-0.0',
    '1E2',
    '1e-7',
    '0.10',
    '9007199254740993',
    '1',
  ])('A number keeps its digits: %s', (number) => {
    for (const text of [number, `[${number}]`, `{"a":[{"b":${number}}]}`]) {
      expect(stringifyExactly(parse(text), text)).toBe(text);
    }
  });

  test('A number that was replaced is written as its replacement', () => {
    expect(stringifyExactly({ a: 2, b: 1 }, '{"a":1.0,"b":1.0}')).toBe('{"a":2,"b":1.0}');
  });
});

test('The other members keep their digits where members were left out', () => {
  expect(stringifyExactly({ b: { c: 3 } }, '{"a":1.0,"b":{"c":3.00,"d":1e2}}')).toBe('{"b":{"c":3.00}}');
});

test('The other items of a list keep their digits where items were left out', () => {
  const source = '[{"t":1,"p":{"n":1.0,"ssn":2.0}},{"t":2,"p":{"n":1.00}},{"t":3,"p":{"n":1e0}}]';
  const kept = [
    { t: 2, p: { n: 1 } },
    { t: 3, p: { n: 1 } },
  ];
  expect(stringifyExactly(kept, source)).toBe('[{"t":2,"p":{"n":1.00}},{"t":3,"p":{"n":1e0}}]');
});

test('A member called __proto__ is a member like any other', () => {
  const text = '{"__proto__":{"a":1.0}}';
  expect(stringifyExactly(parse(text), text)).toBe(text);
});
