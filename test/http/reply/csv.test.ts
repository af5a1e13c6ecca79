/** Tables: what goes in comes out of a reader of RFC 4180, and no cell is run as a formula. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { csvOf } from '../../../src/http/reply/csv.ts';
import { rowsOf } from '../../../src/upstream/envelope.ts';
import { runs } from '../../support/properties/runs.ts';

/** A reader of RFC 4180 and nothing else. @throws where the text is none. */
function readCsv(text: string): string[][] {
  const lines: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const line: string[] = [];
    for (;;) {
      const cell = /"((?:[^"]|"")*)"|[^",\r\n]*/y;
      cell.lastIndex = at;
      const [all = '', quoted] = cell.exec(text) ?? [];
      line.push(quoted === undefined ? all : quoted.replaceAll('""', '"'));
      at += all.length;
      if (text[at] !== ',') break;
      at += 1;
    }
    if (text.slice(at, at + 2) !== '\r\n') throw new Error(`no end of line at ${at}`);
    at += 2;
    lines.push(line);
  }
  return lines;
}

describe('a table', () => {
  test.each<[string, object[], string]>([
    ['of nothing', [], '\r\n'],
    ['of one row', [{ a: 1, b: 'x' }], 'a,b\r\n1,x\r\n'],
    ['with members of members', [{ p: { q: { r: 1 }, s: null } }], 'p.q.r,p.s\r\n1,\r\n'],
    ['with lists, which stay JSON', [{ ids: ['a', 'b'], n: [] }], 'ids,n\r\n"[""a"",""b""]",[]\r\n'],
    ['with rows that differ', [{ a: 1 }, { b: true }], 'a,b\r\n1,\r\n,true\r\n'],
    [
      'with what has to be quoted',
      [{ 'a,b': 'x"y', c: 'l1\nl2', d: '\r' }],
      '"a,b",c,d\r\n"x""y","l1\nl2","\'\r"\r\n',
    ],
    ['with empty and missing values', [{ a: '', b: null, c: undefined }], 'a,b,c\r\n,,\r\n'],
  ])('%s', (_, rows, text) => {
    expect(csvOf(rows)).toBe(text);
  });

  test('has the columns that were asked for, in their order, rows or none', () => {
    expect(csvOf([{ b: 2, a: 1, c: 3 }], ['a', 'b', 'x.y'])).toBe('a,b,x.y\r\n1,2,\r\n');
    expect(csvOf([], ['a', 'b'])).toBe('a,b\r\n');
  });
});

describe('a cell', () => {
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '=HYPERLINK("https://evil.example")'])(
    '%j is text for a spreadsheet, not a formula',
    (value) => {
      const [[name = ''] = [], [cell] = []] = readCsv(csvOf([{ [value]: value }]));
      expect(cell).toBe(`'${value}`);
      expect(name).toBe(`'${value}`);
    },
  );

  test('that is a number stays one, below zero too', () => {
    expect(csvOf([{ a: -1, b: 1.5 }])).toBe('a,b\r\n-1,1.5\r\n');
  });

  test.each(['x=1', ' =1', '"=1"', 'a@b.test', '0-1', "'x"])('%j is left as it is', (value) => {
    expect(readCsv(csvOf([{ a: value }]))[1]).toEqual([value]);
  });
});

const guarded = (value: string) => (/^[=+\-@\t\r]/.test(value) ? `'${value}` : value);

test('any text in any cell comes back out, guarded where it has to be', () => {
  const text = fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', '=', '-', "'", 'a', ' ', 'ü', '\t') });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 4 }), (pairs) => {
      const [header, ...lines] = readCsv(csvOf(pairs.map(([left, right]) => ({ left, right }))));
      expect(header).toEqual(['left', 'right']);
      expect(lines).toEqual(pairs.map((pair) => pair.map(guarded)));
    }),
    runs(400),
  );
});

describe('the rows of an answer', () => {
  test.each<[string, JsonObject, 'results' | 'people', object[]]>([
    ['its results', { results: [{ a: 1 }, { b: 2 }] }, 'results', [{ a: 1 }, { b: 2 }]],
    [
      'the people in its results',
      { results: [{ people: [{ a: 1 }], count: 1 }, { people: [{ b: 2 }] }] },
      'people',
      [{ a: 1 }, { b: 2 }],
    ],
    ['none where there are none', { results: [] }, 'people', []],
    ['none where results are no list', { results: { a: 1 } }, 'results', []],
    ['none where there is no list of people', { results: [{ people: null }, {}] }, 'people', []],
  ])('are %s', (_, envelope, where, rows) => {
    expect(rowsOf(envelope, where)).toEqual(rows);
  });
});
