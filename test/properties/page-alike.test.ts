/** A page of a whole project, as JSON and as a table: both have the same rows, and leave out and count the same. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/json.ts';
import type { UntouchedPage } from '../../src/upstream/page/plan.ts';
import { RowRenderer } from '../../src/upstream/page/rows.ts';
import { ROW_BYTES_MAX } from '../../src/upstream/page/tokens.ts';
import { ByteRenderer } from '../../src/upstream/page/untouched/bytes.ts';

const SEED = Number(process.env['FC_SEED'] ?? 20_261_127);

/** The members of a row behind its mark, and whether the row goes out. */
interface Kind {
  readonly members: string;
  readonly goesOut: boolean;
}
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const READABLE = ['"a":1.50', '"properties":{"a":{"b":[null,true]},"t":"é]},\\"{"}', '"a":[] , "b" : { }'];
const AS_WRITTEN = ['"a":1,"a":2', '"uuid":"first"', '"properties":{"x":1,"\\u0078":2}'].concat(
  [29, 30, 31, 198, 199, 200, 201, 5000].map((depth) => `"a":${nested(depth)}`),
);
/** Brackets and strings end, so it is known where the row does. `?` becomes a byte that UTF-8 does not have. */
const NO_JSON = [
  '"a":oops',
  '"a":01',
  '"a":NaN',
  '"a":"\n"',
  '"a":[1,]',
  '"a" 1',
  'a:1',
  '"a":1,',
  '"a":"?"',
];
const kinds = fc.constantFrom<Kind>(
  ...[...READABLE, ...AS_WRITTEN].map((members) => ({ members, goesOut: true })),
  ...[...NO_JSON, ...NO_JSON.map((members) => `${members},"b":${nested(201)}`)].map((members) => ({
    members,
    goesOut: false,
  })),
);
/** Bytes above the limit. */
const EXCESS = [-1, 0, 1, 70_000];

interface Row {
  readonly name: string;
  readonly bytes: Buffer;
  readonly goesOut: boolean;
}
/** `excess` is `null` for a row of a few bytes. */
function rowOf(name: string, { members, goesOut }: Kind, excess: number | null): Row {
  const around = `{${members},"text":"","uuid":"${name}"}`;
  const room = excess === null ? 0 : ROW_BYTES_MAX + excess - Buffer.byteLength(around);
  const bytes = Buffer.from(around.replace('"text":""', () => `"text":"${'x'.repeat(room)}"`));
  const odd = bytes.indexOf(0x3f);
  if (odd !== -1) bytes[odd] = 0xff;
  return { name, bytes, goesOut: goesOut && (excess ?? 0) <= 0 };
}

type Where = UntouchedPage['rows'];
const BEFORE = { results: '{"next":null,"results":[', people: '{"results":[{"people":[' };
const BEHIND = { results: '],"count":9}', people: ']}],"next":null}' };

const pageOf = (where: Where, rows: readonly Row[], separator: string): Buffer =>
  Buffer.concat([
    Buffer.from(BEFORE[where]),
    ...rows.flatMap(({ bytes }, i) => (i === 0 ? [bytes] : [Buffer.from(separator), bytes])),
    Buffer.from(BEHIND[where]),
  ]);

/** What goes out of a page that comes in chunks of these lengths, and how many rows were left out. */
function rendered(page: ByteRenderer | RowRenderer, bytes: Buffer, lengths: readonly number[]) {
  const out: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const end = at + (lengths[i % lengths.length] ?? 1);
    // In memory of its own, as chunks of a connection are.
    out.push(page.push(Uint8Array.from(bytes.subarray(at, end))));
    at = end;
  }
  out.push(page.end());
  return { bytes: Buffer.concat(out), leftOut: page.counts.rowsUnreadable };
}

const table = (where: Where): RowRenderer =>
  new RowRenderer({
    rows: where,
    judge: (row) => row,
    member: (_name, value) => value,
    counts: new Set(),
    unreadable: 'as_written',
    table: { members: ['uuid', 'properties'], properties: ['x'] },
  });

function uuidsOf(where: Where, page: Buffer): (Json | undefined)[] {
  const { results } = JSON.parse(page.toString()) as { results: { people: JsonObject[] }[] & JsonObject[] };
  const rows = where === 'people' ? (results[0]?.people ?? []) : results;
  return rows.map((row) => row['uuid']);
}

function expectAlike(where: Where, rows: readonly Row[], separator: string, lengths: readonly number[]) {
  const shown = rows.filter(({ goesOut }) => goesOut);
  const names = shown.map(({ name }) => name);
  const page = pageOf(where, rows, separator);
  const links = { rows: where, link: () => undefined };
  for (const json of [
    rendered(new ByteRenderer(links), page, lengths),
    rendered(new ByteRenderer(links, true), page, [page.length]),
  ]) {
    expect(json.leftOut).toBe(rows.length - shown.length);
    const asWritten = json.bytes.equals(pageOf(where, shown, separator));
    if (separator === ',' || shown.length === rows.length) expect(asWritten).toBe(true);
    expect(uuidsOf(where, json.bytes)).toEqual(names);
  }
  const csv = rendered(table(where), page, lengths);
  expect(csv.leftOut).toBe(rows.length - shown.length);
  const lines = csv.bytes.toString().split('\r\n').slice(1, -1);
  expect(lines.map((line) => line.slice(0, line.indexOf(',')))).toEqual(names);
}

test(`The properties of this file run with seed ${SEED}`, () => {
  expect(Number.isSafeInteger(SEED)).toBe(true);
});

describe('A page of a whole project', () => {
  const wheres = fc.constantFrom<Where>('results', 'people');
  const separators = fc.constantFrom(',', ' ,\n ');

  test('JSON and a table have the same small rows, and leave out and count the same, wherever they are cut', () => {
    fc.assert(
      fc.property(
        wheres,
        fc.array(kinds, { maxLength: 6 }),
        separators,
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 }),
        (where, all, separator, lengths) => {
          const rows = all.map((kind, i) => rowOf(`r${i}`, kind, null));
          expectAlike(where, rows, separator, lengths);
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
  });

  test('JSON and a table have the same rows around the limit, and leave out and count the same, wherever they are cut', () => {
    const sizes = fc.constantFrom(null, null, ...EXCESS);
    fc.assert(
      fc.property(
        wheres,
        fc.array(fc.tuple(kinds, sizes), { minLength: 1, maxLength: 4 }),
        separators,
        fc.array(fc.integer({ min: 20_000, max: 400_000 }), { minLength: 1, maxLength: 4 }),
        (where, all, separator, lengths) => {
          const rows = all.map(([kind, excess], i) => rowOf(`r${i}`, kind, excess));
          expectAlike(where, rows, separator, lengths);
        },
      ),
      { seed: SEED, numRuns: 40 },
    );
  });

  test.for([-1, 0, 1])('A row of the limit and %d bytes goes out in both or in neither', (excess) => {
    const small: Kind = { members: '"a":1', goesOut: true };
    for (const where of ['results', 'people'] as const)
      for (const at of [0, 1, 2])
        for (const length of [65_536, 2_097_152, 3_000_000]) {
          const rows = [0, 1, 2].map((i) => rowOf(`r${i}`, small, i === at ? excess : null));
          expectAlike(where, rows, ',', [length]);
        }
  });

  test('A page of which no row goes out is an empty one in both', () => {
    const rows = ['"a":oops', '"a":1,', '"a":01'].map((members, i) =>
      rowOf(`r${i}`, { members, goesOut: false }, i === 1 ? 1 : null),
    );
    for (const length of [1000, 3_000_000]) expectAlike('results', rows, ',', [length]);
  });
});
