/** Lines of a table: what goes in comes out of a reader of RFC 4180, and no cell is run as a formula. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvLine } from '../../src/core/csv.ts';
import { readCsv } from '../support/csv.ts';
import { runs } from '../support/properties/runs.ts';

describe('Lines of a table', () => {
  test.each<[string, unknown[], string]>([
    ['numbers and text as they are', [1, -1, 1.5, 'x'], '1,-1,1.5,x\r\n'],
    [
      'lists and objects as JSON',
      [['a', 'b'], [], {}, { a: null }],
      '"[""a"",""b""]",[],{},"{""a"":null}"\r\n',
    ],
    ['nothing for null, a missing value and an empty text', [null, undefined, ''], ',,\r\n'],
    ['truth values as words', [true, false], 'true,false\r\n'],
    ['quotes around what needs them', ['x"y', 'a,b', 'l1\nl2', 'r\r'], '"x""y","a,b","l1\nl2","r\r"\r\n'],
  ])('A line has %s', (_, cells, line) => {
    expect(csvLine(cells)).toBe(line);
  });
});

const FORMULAS = [
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\tx',
  '\rx',
  '\nx',
  '＝1',
  '=HYPERLINK("https://evil.example")',
];

describe('Texts that a spreadsheet would run', () => {
  test.each(FORMULAS)('A text that a spreadsheet would run gets an apostrophe in front: %j', (value) => {
    expect(readCsv(csvLine([value]))).toEqual([[`'${value}`]]);
  });

  test.each(["'=1", "''=1", "'x", 'x=1', ' =1', '"=1"', 'a@b.test', '0-1'])(
    'A guarded text is told from one that has apostrophes of its own: %j',
    (value) => {
      const [[cell = ''] = []] = readCsv(csvLine([value]));
      expect(unguarded(cell)).toBe(value);
      expect(cell).not.toMatch(/^[=+\-@\t\r\n]/);
    },
  );
});

/** How a reader gets the text back, as the README says. */
const unguarded = (cell: string): string => (/^'+[=+\-@\t\r\n＝＋－＠]/.test(cell) ? cell.slice(1) : cell);

test('Any text in any cell can be read back', () => {
  const unit = fc.constantFrom('"', ',', '\r', '\n', '=', '-', "'", 'a', ' ', 'ü', '\t');
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.string({ unit }), { minLength: 2, maxLength: 3 }), { maxLength: 4 }),
      (lines) => {
        const read = readCsv(lines.map((cells) => csvLine(cells)).join(''));
        expect(read.map((cells) => cells.map(unguarded))).toEqual(lines);
      },
    ),
    runs(400),
  );
});
