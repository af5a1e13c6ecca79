/** What is called JSON without being parsed: nothing that a parser refuses, and everything that PostHog writes. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../../src/core/json.ts';
import { behindSpace, endOfJson, endOfObjects } from '../../../src/upstream/page/untouched/validator.ts';
import { bytesOf } from '../../support/upstream/render.ts';

const SEED = Number(process.env['FC_SEED'] ?? 20_261_126);
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What a parser makes of the bytes: an object or a list, or `undefined`. */
function parsed(bytes: Uint8Array): unknown {
  try {
    const value = parseJson(DECODER.decode(bytes));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const isCalledJson = (bytes: Uint8Array): boolean => {
  const end = endOfJson(bytes, 0);
  return end !== -1 && behindSpace(bytes, end) === bytes.length;
};

const large = fc
  .jsonValue({ maxDepth: 4, stringUnit: 'binary' })
  .filter((value) => typeof value === 'object' && value !== null);
const texts = fc
  .tuple(large, fc.constantFrom(0, 1, '\t'))
  .map(([value, gap]) => JSON.stringify(value, null, gap));
const pieces = fc.array(
  fc.constantFrom(
    ...Array.from('{}[],:"\\/- +.0159eEubtrflsnaüé😀\t\n\r\f\b\u0000\u007F\u0080\uD800'),
    'true',
    'null',
    '":',
    '\\u00',
    '"a"',
  ),
  { maxLength: 12 },
);

describe('Bytes called JSON', () => {
  test('Bytes are called JSON where a parser reads them as an object or a list, and nowhere else', () => {
    const damage = fc.array(
      fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(...bytesOf('{}[],:"\\ 0e-.u')), fc.nat(255))),
      {
        maxLength: 3,
      },
    );
    let json = 0;
    let none = 0;
    fc.assert(
      fc.property(texts, damage, (text, changes) => {
        const bytes = bytesOf(text);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const expected = parsed(bytes) !== undefined;
        json += expected ? 1 : 0;
        none += expected ? 0 : 1;
        expect(isCalledJson(bytes.subarray(behindSpace(bytes, 0)))).toBe(expected);
      }),
      { seed: SEED, numRuns: 20_000 },
    );
    expect(Math.min(json, none)).toBeGreaterThan(2000);
  });

  test('Bytes of odd pieces are called JSON as a parser reads them', () => {
    fc.assert(
      fc.property(
        pieces,
        fc.constantFrom('', '{"a":', '["', '[', '{"'),
        fc.constantFrom('', '}', '"]', ']', '"}'),
        (middle, before, behind) => {
          const bytes = bytesOf(before + middle.join('') + behind);
          expect(isCalledJson(bytes)).toBe(
            bytes.length > 0 && /^[[{]/.test(before + middle.join('')) && parsed(bytes) !== undefined,
          );
        },
      ),
      { seed: SEED, numRuns: 20_000 },
    );
  });

  test('Bytes of a string are called JSON where they are UTF-8, whichever three or four bytes they are', () => {
    const bytes = Uint8Array.of(0x5b, 0x22, 0, 0, 0, 0, 0x22, 0x5d);
    const edges = [
      0x20, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
      0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ];
    for (const first of edges)
      for (const second of edges)
        for (const third of edges)
          for (const fourth of [0x20, 0x7f, 0x80, 0xbf, 0xc0]) {
            bytes.set([first, second, third, fourth], 2);
            if (isCalledJson(bytes) !== (parsed(bytes) !== undefined))
              expect([first, second, third, fourth]).toBe('right');
          }
  });

  test.for([
    ['{"a":1}', 7],
    ['{"a":1},{"b":2}]', 15],
    ['{"a":1} , {"b":2} ]', 17],
    ['{"a":1},{"b":2', 7],
    ['{"a":1},{"b":oops}', 7],
    ['{"a":1},[]', 7],
    ['{"a":1}', 7],
    ['{"a":1', 0],
    ['[]', 0],
    ['', 0],
  ] as const)('Rows written as %s end among these bytes up to byte %d', ([text, end]) => {
    expect(endOfObjects(bytesOf(text), 0)).toBe(end);
  });

  test('A value is called JSON however deep lists and objects are in it, where each ends as it began', () => {
    for (const depth of [1, 29, 30, 31, 32, 33, 59, 60, 61, 64, 91, 100_000])
      for (const [open, close] of [
        ['[', ']'],
        ['{"a":', '}'],
        ['[[],{"a":{}},{"b":', '},[1]]'],
      ] as const) {
        expect(isCalledJson(bytesOf(open.repeat(depth) + '1' + close.repeat(depth)))).toBe(true);
        expect(isCalledJson(bytesOf(open.repeat(depth) + '1' + close.repeat(depth - 1)))).toBe(false);
        const other = close.startsWith(']') ? '}' : ']';
        const wrong = close.repeat(depth).split('');
        wrong[wrong.length - close.length] = other;
        expect(isCalledJson(bytesOf(`${open.repeat(depth)}1${wrong.join('')}`))).toBe(false);
      }
  });
});
