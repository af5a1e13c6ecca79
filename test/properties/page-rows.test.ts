import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson, type Json, type JsonObject } from '../../src/core/json.ts';
import { ByteRenderer } from '../../src/upstream/page/untouched/bytes.ts';
import type { LinkOf } from '../../src/upstream/page/links.ts';
import type { RowsAt, RowsPlan, UntouchedPage } from '../../src/upstream/page/plan.ts';
import { SPARE_BYTES } from '../../src/upstream/page/aside.ts';
import { RowRenderer } from '../../src/upstream/page/rows.ts';
import { PageFlaw } from '../../src/upstream/page/window.ts';

/** From the environment to try others; fast-check prints it, and the path to the smallest case, when one fails. */
const SEED = Number(process.env['FC_SEED'] ?? 20_261_124);
const RUNS = { seed: SEED, numRuns: 400 };

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: readonly Uint8Array[]): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes));

/** Not by `JSON.parse`: in some versions of Node it reads names with escapes wrongly, after certain others. */
function valueOf(text: string): Json {
  const value = parseJson(text);
  if (value === undefined) throw new Error('That is no JSON');
  return value;
}

/** A member of JSON text, spelt in one of the many ways there are. */
const space = fc.constantFrom('', '', '', ' ', '\n  ', '\t\r');
const awkward = fc.constantFrom(
  '"',
  '\\',
  '\\"',
  '}',
  ']',
  '{',
  '[',
  ',',
  ':',
  'é',
  '😀',
  '\u2028',
  '\u0000',
  'results',
);
const strings = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.array(awkward, { maxLength: 5 }).map((all) => all.join('')),
);
/** Every character as an escape: the same string, spelt otherwise. */
const escaped = (text: string): string =>
  `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`;
const stringTexts = fc
  .tuple(strings, fc.integer({ min: 0, max: 3 }))
  .map(([text, how]) => (how === 0 ? escaped(text) : JSON.stringify(text)));
const scalarTexts = fc.oneof(
  stringTexts,
  fc.constantFrom('null', 'true', 'false', '0', '-1.50', '1E+2', '12345678901234567890'),
);

const listText = (open: string, close: string, items: readonly string[], gap: string): string =>
  `${open}${gap}${items.join(`${gap},${gap}`)}${gap}${close}`;
const { value: valueTexts } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalarTexts,
    fc
      .tuple(fc.array(tie('value'), { maxLength: 3 }), space)
      .map(([items, gap]) => listText('[', ']', items, gap)),
    objectTexts(tie('value')),
  ),
}));
function objectTexts(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(fc.uniqueArray(fc.tuple(strings, values), { selector: ([name]) => name, maxLength: 4 }), space)
    .map(([members, gap]) =>
      listText(
        '{',
        '}',
        members.map(([name, value]) => `${JSON.stringify(name)}${gap}:${gap}${value}`),
        gap,
      ),
    );
}

/** A row with a mark that decides what becomes of it. */
const rowTexts = fc
  .tuple(objectTexts(valueTexts), fc.constantFrom('keep', 'drop', 'hide', 'none'))
  .map(([text, fate]) =>
    fate === 'none'
      ? text
      : text.replace(/^\{\s*/, (open) => `${open}"fate": "${fate}"${/^\{\s*\}$/.test(text) ? '' : ','}`),
  )
  .filter((text) => parseJson(text) !== undefined);

const judge = (row: JsonObject): JsonObject | null => {
  if (row['fate'] === 'keep') return row;
  return row['fate'] === 'hide' ? { fate: 'hidden', members: Object.keys(row).length } : null;
};
const member = (name: string, value: Json | undefined): Json | undefined =>
  name === 'next' ? 'https://gateway/' : name === 'previous' ? undefined : value;
const planOf = (rows: RowsAt): RowsPlan => ({
  rows,
  judge,
  member,
  counts: new Set(),
  unreadable: 'leave_out',
  table: null,
});
const rewrites = fc.constantFrom<RowsAt>('results', 'people').map((rows) => planOf(rows));

interface Sent {
  readonly rewrite: RowsPlan;
  readonly text: string;
  readonly rows: readonly string[];
}
/** A page: scalar members on both sides of the rows. */
const pages: fc.Arbitrary<Sent> = fc
  .record({
    rewrite: rewrites,
    members: fc.uniqueArray(
      fc.tuple(fc.oneof(fc.constantFrom('next', 'previous', 'count'), strings), scalarTexts),
      {
        selector: ([name]) => name,
        maxLength: 4,
      },
    ),
    rows: fc.array(rowTexts, { maxLength: 6 }),
    split: fc.nat(4),
    countFirst: fc.boolean(),
    gap: space,
  })
  .map(({ rewrite, members, rows, split, countFirst, gap }) => {
    const scalars = members
      .filter(([name]) => name !== 'results')
      .map(([name, value]) => `${JSON.stringify(name)}${gap}:${gap}${value}`);
    const list = listText('[', ']', rows, gap);
    const inside = [`"people":${list}`, `"count":${rows.length}`];
    const result = listText('{', '}', countFirst ? inside.toReversed() : inside, gap);
    const results = `"results":${gap}${rewrite.rows === 'people' ? `[${gap}${result}${gap}]` : list}`;
    return { rewrite, rows, text: gap + listText('{', '}', scalars.toSpliced(split, 0, results), gap) + gap };
  });

/** Where to cut: every byte by itself, or pieces of random lengths. */
const cuts = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
);
function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += chunks.at(-1)?.length ?? 1) {
    const length = lengths[chunks.length % lengths.length] ?? 1;
    // In memory of its own, as chunks of a connection are.
    chunks.push(bytes.slice(at, at + length));
  }
  return chunks;
}

/** What goes out, and the error that ended it. */
function run(rewrite: RowsPlan, chunks: readonly Uint8Array[]): Driven {
  return drive(new RowRenderer(rewrite), chunks);
}

interface Driven {
  readonly out: readonly Uint8Array[];
  readonly error: unknown;
  /** How many rows were left out. */
  readonly leftOut: number;
}

function drive(page: RowRenderer | ByteRenderer, chunks: readonly Uint8Array[]): Driven {
  const out: Uint8Array[] = [];
  let error: unknown = null;
  try {
    for (const chunk of chunks) out.push(page.push(chunk));
    out.push(page.end());
  } catch (thrown) {
    error = thrown;
  }
  return { out, error, leftOut: page.counts.rowsUnreadable };
}

const untouched = ({ rewrite }: Sent, link: LinkOf): UntouchedPage => ({
  rows: rewrite.rows === 'people' ? 'people' : 'results',
  link,
});

const judged = (rows: readonly JsonObject[]): JsonObject[] =>
  rows.map((row) => judge(row)).filter((row) => row !== null);

/** The obvious way: the whole page at once. */
function obvious({ rewrite, text }: Sent): Json {
  const page = valueOf(text) as { results: JsonObject[] };
  const results =
    rewrite.rows === 'results'
      ? judged(page.results)
      : page.results.map((result) => {
          const people = judged(result['people'] as JsonObject[]);
          return { people, count: people.length };
        });
  const members = Object.entries(page as unknown as JsonObject).flatMap(([name, value]) => {
    const ours = name === 'results' ? results : member(name, value);
    return ours === undefined ? [] : [[name, ours] as const];
  });
  return Object.fromEntries(members);
}

const rowsIn = (text: string, where: RowsPlan['rows']): Json[] => {
  const page = valueOf(text) as { results: JsonObject[] };
  return where === 'results' ? page.results : page.results.flatMap((result) => result['people'] as Json[]);
};

test(`The properties of this file run with seed ${SEED}`, () => {
  expect(Number.isSafeInteger(SEED)).toBe(true);
});

/** A few bytes of a page, and what stands there instead. */
const damage = fc.array(
  fc.record({ at: fc.nat(), byte: fc.oneof(fc.constantFrom(...bytesOf('{}[],:"\\ 0e-')), fc.nat(255)) }),
  { minLength: 1, maxLength: 3 },
);
function damaged(text: string, changes: readonly { at: number; byte: number }[]): Uint8Array {
  const bytes = bytesOf(text);
  for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
  return bytes;
}

const linkOf = (name: string): Json | undefined => (name === 'next' ? 'https://gateway/' : undefined);

describe('Pages rewritten as they arrive', () => {
  test('A page is what rewriting it at once would give, wherever it is cut', () => {
    fc.assert(
      fc.property(pages, cuts, (sent, lengths) => {
        const { out, error } = run(sent.rewrite, cut(bytesOf(sent.text), lengths));
        expect(error).toBe(null);
        expect(valueOf(textOf(out))).toEqual(obvious(sent));
      }),
      { ...RUNS, numRuns: 800 },
    );
  });

  test('A page has every kept row in it byte for byte, in their order', () => {
    fc.assert(
      fc.property(pages, cuts, ({ rewrite, text, rows }, lengths) => {
        const out = textOf(run(rewrite, cut(bytesOf(text), lengths)).out);
        const written = rows.flatMap((row) => {
          const read = valueOf(row) as JsonObject;
          const ours = judge(read);
          return ours === null ? [] : [ours === read ? row : JSON.stringify(ours)];
        });
        expect(out).toContain(`[${written.join(',')}]`);
      }),
      RUNS,
    );
  });

  test('A page errors wherever it is cut off, and what went out by then is no JSON', () => {
    fc.assert(
      fc.property(pages, cuts, fc.array(fc.nat(), { maxLength: 12 }), ({ rewrite, text }, lengths, ends) => {
        const bytes = bytesOf(text.trimEnd());
        const last = Array.from({ length: Math.min(8, bytes.length) }, (_, i) => bytes.length - 1 - i);
        for (const length of [...last, ...ends.map((end) => end % bytes.length)]) {
          const { out, error } = run(rewrite, cut(bytes.subarray(0, length), lengths));
          expect(error).toBeInstanceOf(PageFlaw);
          expect(parseJson(Buffer.concat(out).toString())).toBe(undefined);
        }
      }),
      RUNS,
    );
  });

  test('A page never holds a row that was not judged, whichever byte of it is another one', () => {
    let whole = 0;
    fc.assert(
      fc.property(pages, cuts, damage, (sent, lengths, changes) => {
        const bytes = damaged(sent.text, changes);
        const passed: Json[] = [];
        const spying = (row: JsonObject): JsonObject | null => {
          const ours = judge(row);
          if (ours !== null) passed.push(ours);
          return ours;
        };
        const { out, error, leftOut } = run({ ...sent.rewrite, judge: spying }, cut(bytes, lengths));
        const text = Buffer.concat(out).toString();
        if (error !== null) {
          expect(parseJson(text)).toBe(undefined);
          return;
        }
        whole += 1;
        // What it reads as a whole page is one to everybody else too, but for the rows that it leaves out.
        if (leftOut === 0) expect(parseJson(textOf([bytes]))).not.toBe(undefined);
        // Nothing but what was judged is in it.
        expect(rowsIn(text, sent.rewrite.rows)).toEqual(passed);
      }),
      { ...RUNS, numRuns: 1500 },
    );
    expect(whole).toBeGreaterThan(50);
  });

  test('A page passed through is JSON to everybody and every byte of it as it came, whichever byte is another one', () => {
    let whole = 0;
    fc.assert(
      fc.property(pages, cuts, damage, (sent, lengths, changes) => {
        const bytes = damaged(sent.text, changes);
        const page = new ByteRenderer(untouched(sent, () => undefined));
        const { out, error, leftOut } = drive(page, cut(bytes, lengths));
        if (error === null) {
          whole += 1;
          expect(Buffer.concat(out).equals(bytes)).toBe(leftOut === 0);
          expect(parseJson(textOf(out))).not.toBe(undefined);
        } else {
          expect(error).toBeInstanceOf(PageFlaw);
        }
      }),
      { ...RUNS, numRuns: 1500 },
    );
    expect(whole).toBeGreaterThan(50);
  });

  test('A page that is there at once is passed through as one that comes in pieces, damaged or not', () => {
    const asPostHogWrites = fc
      .tuple(
        fc.array(rowTexts, { maxLength: 3 }),
        fc.constantFrom('', '"count":2,', '"next":"b",', '"a":[],'),
      )
      .map(([rows, more]) => `{"next":"a",${more}"previous":null,"results":[${rows.join()}]}`);
    const texts = fc.oneof(
      asPostHogWrites.map((text) => ({ rewrite: planOf('results'), text, rows: [] })),
      pages,
    );
    let whole = 0;
    fc.assert(
      fc.property(texts, cuts, fc.option(damage, { nil: [] }), (sent, lengths, changes) => {
        const bytes = damaged(sent.text, changes);
        const page = untouched(sent, linkOf);
        const { out, error, leftOut } = drive(new ByteRenderer(page), cut(bytes, lengths));
        const atOnce = drive(new ByteRenderer(page, true), [bytes]);
        expect(atOnce.error === null).toBe(error === null);
        expect(atOnce.leftOut).toBe(leftOut);
        if (error === null) {
          whole += 1;
          expect(Buffer.concat(atOnce.out).equals(Buffer.concat(out))).toBe(true);
        } else {
          expect(atOnce.error).toBeInstanceOf(PageFlaw);
        }
      }),
      { ...RUNS, numRuns: 3000 },
    );
    expect(whole).toBeGreaterThan(500);
  });

  test('A page is never in memory with more than its largest row, one chunk and a little room', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 200, max: 70_000 }),
        (lengths, chunkBytes) => {
          const rows = lengths.map((length) => JSON.stringify({ fate: 'keep', text: 'x'.repeat(length) }));
          const bytes = bytesOf(`{"next":null,"results":[${rows.join(',')}]}`);
          const page = new RowRenderer(planOf('results'));
          const most = Math.max(...rows.map((row) => row.length)) + Math.max(chunkBytes, SPARE_BYTES);
          for (const chunk of cut(bytes, [chunkBytes])) {
            const written = page.push(chunk).length;
            expect(page.held).toBeLessThanOrEqual(most);
            expect(written).toBeLessThanOrEqual(most);
          }
          expect(page.counts.rowsOut).toBe(rows.length);
        },
      ),
      { ...RUNS, numRuns: 100 },
    );
  });
});
