/** Rows that cannot be looked at, maps, members of envelopes, and digits. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import {
  acmeOnly,
  bytesOf,
  bytesPlan,
  got,
  inMap,
  onlyA,
  rowsPlan,
  whole,
} from '../../support/upstream/render.ts';

const deep = `{"a":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`;
const large = `{"a":"${'x'.repeat(2_097_152)}"}`;
const UNREADABLE: [string, string][] = [
  ['is nested too deeply', deep],
  ['is too large', large],
  ['is too large and full of escapes', `{"a":"${String.raw`\\\"}]`.repeat(500_000)}"}`],
  ['names a member twice', '{"a":1,"a":2}'],
  ['names a member twice deep down, once in an escape', '{"p":[{"a":1,"\\u0061":2}]}'],
];
const inPieces = (text: string): string[] => text.match(/[^]{1,60000}/g) ?? [];

describe('Unreadable rows', () => {
  test.for(UNREADABLE)(
    'A row that %s does not cost the others the page, in JSON and in a table',
    async ([, row]) => {
      const pieces = inPieces(`{"results":[{"n":1},${row},{"n":2}],"next":null}`);
      const json = await got(rowsPlan(), ...pieces);
      expect(json.text).toBe('{"results":[{"n":1},{"n":2}],"next":null}');
      expect(json.outcome).toEqual(whole(3, 2, 1));
      const csv = await got(rowsPlan({ table: { members: ['n'], properties: [] } }), ...pieces);
      expect(csv.text).toBe('n,other\r\n1,\r\n2,\r\n');
      expect(csv.outcome).toEqual(whole(3, 2, 1));
    },
  );

  test.for(UNREADABLE)('A row that %s is left out of a map, and the others are in it', async ([, row]) => {
    const { text, outcome } = await got(
      inMap(),
      ...inPieces(`{"results":{"x":{"n":1},"y":${row},"z":{"n":2}}}`),
    );
    expect(text).toBe('{"results":{"x":{"n":1},"z":{"n":2}}}');
    expect(outcome).toEqual(whole(3, 2, 1));
  });

  test('An unreadable row is passed on where rows are not checked', async () => {
    const page = `{"results":[${deep},{"a":1,"a":2}]}`;
    expect((await got(bytesPlan, page)).text).toBe(page);
  });
});

test('A deep row that is no JSON is left out like any other deep row, and costs the rows of its chunk nothing', async () => {
  const page = `{"results":[{"n":1},${deep.replace(':1', ':oops')},{"n":2}],"next":null}`;
  const { text, outcome } = await got(rowsPlan(), page);
  expect(text).toBe('{"results":[{"n":1},{"n":2}],"next":null}');
  expect(outcome).toEqual(whole(3, 2, 1));
});

test('A page of many rows with a broken one at its end is read without reading any row often', async () => {
  let judged = 0;
  const judge = (row: JsonObject) => {
    judged += 1;
    return row;
  };
  const page = `{"results":[${'{},'.repeat(20_000)}{"a":oops}],"next":null}`;
  expect((await got(rowsPlan({ judge }), page)).outcome).toEqual(whole(20_001, 20_000, 1));
  expect(judged).toBe(20_000);
});

describe('Maps of persons', () => {
  test('A map has the rows that pass, under the ids they were asked for with', async () => {
    const asked: (string | null)[] = [];
    const judge = (row: JsonObject, id: string | null) => {
      asked.push(id);
      return acmeOnly(row);
    };
    const { text } = await got(
      inMap({ judge }),
      '{"results":{"a\\u0062":{"t":"acme","n":1.0},"c":{"t":"x"}}}',
    );
    expect(text).toBe('{"results":{"a\\u0062":{"t":"acme","n":1.0}}}');
    expect(asked).toEqual(['ab', 'c']);
  });

  test('A map may have 200 ids of 400 characters of four bytes', async () => {
    const page = JSON.stringify({
      results: Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`${i}`.padStart(400, '😀'), {}])),
    });
    expect((await got(inMap(), page)).text).toBe(page);
  });
});

describe('Members of an envelope', () => {
  test('A member that is a list or an object is left out, however large, where rows are checked', async () => {
    const junk = JSON.stringify([{ a: 'x'.repeat(200_000) }]);
    const { text } = await got(rowsPlan(), `{"types":${junk},"results":[{}],"more":{"a":${junk}}}`);
    expect(text).toBe('{"results":[{}]}');
  });

  test('A member that counts rows stands behind them, and is not there where a row was left out', async () => {
    const counts = new Set(['count']);
    const page = '{"count":2,"results":[{"t":"acme"},{"t":"acme"}],"next":null}';
    expect((await got(rowsPlan({ counts, judge: acmeOnly }), page)).text).toBe(
      '{"results":[{"t":"acme"},{"t":"acme"}],"next":null,"count":2}',
    );
    expect((await got(rowsPlan({ counts, judge: acmeOnly }), page.replace('acme', 'x'))).text).toBe(
      '{"results":[{"t":"acme"}],"next":null}',
    );
  });
});

describe('Digits of numbers', () => {
  const numbers =
    '[1.0,1e400,12345678901234567890,-0,1E2,0.10,-0.0,1e-7,0.0000001,5,-5,52.52,0.30000000000000004]';

  test('A row that is rewritten keeps the digits of its numbers', async () => {
    const row = `{"a":{"n":${numbers}},"b":1}`;
    expect((await got(rowsPlan({ judge: onlyA }), `{"results":[${row},{"a":1.50}]}`)).text).toBe(
      `{"results":[{"a":{"n":${numbers}}},{"a":1.50}]}`,
    );
  });

  test('A table keeps the digits of its numbers', async () => {
    const table = { members: ['n', 'properties'], properties: ['m'] };
    const { text } = await got(
      rowsPlan({ table }),
      '{"results":[{"n":12345678901234567890,"properties":{"m":1.0,"k":-0},"x":1e2}]}',
    );
    expect(text).toBe(
      'n,properties,other,properties.m\r\n12345678901234567890,"{""m"":1.0,""k"":-0}","{""x"":1e2}",1.0\r\n',
    );
  });

  test('The digits of numbers are kept wherever the row is cut', async () => {
    const page = bytesOf(`{"results":[{"a":${numbers},"b":1}]}`);
    for (let cut = 1; cut < page.length; cut += 1) {
      const { text } = await got(rowsPlan({ judge: onlyA }), page.subarray(0, cut), page.subarray(cut));
      expect(text).toBe(`{"results":[{"a":${numbers}}]}`);
    }
  });
});
