/** Answers that nobody looks into: every byte but the links. */
import { describe, expect, test } from 'vitest';
import { ByteRenderer } from '../../../src/upstream/page/untouched/bytes.ts';
import {
  anyJsonPlan,
  bytesOf,
  bytesPlan,
  expectInvalid,
  got,
  gotAtOnce,
  rowsPlan,
} from '../../support/upstream/render.ts';

/** The bytes of a text with one that UTF-8 does not have in the place of `?`. */
const odd = (text: string): Uint8Array => bytesOf(text).map((byte) => (byte === 0x3f ? 0xff : byte));

describe('Answers passed through', () => {
  test.for([
    [
      'in front of the rows',
      '{"next": "a", "previous":"b","results":[{"n":1.10}]}',
      '{"next": "N", "previous":null,"results":[{"n":1.10}]}',
    ],
    [
      'behind the rows',
      '{"results":[{"next":"x"}] , "next" : "a\\"}" ,\n"previous":null }\n',
      '{"results":[{"next":"x"}] , "next" : "N" ,\n"previous":null }\n',
    ],
    [
      'as PostHog writes them',
      '{"count":3,"next":"https://x/?a=1","previous":"","flag":true,"results":[{"n":1.0,"t":"ü]}"},{}]}',
      '{"count":3,"next":"N","previous":null,"flag":true,"results":[{"n":1.0,"t":"ü]}"},{}]}',
    ],
    [
      'in front of a list of another name',
      '{"next":"a","other":[{}],"results":[]}',
      '{"next":"N","other":[{}],"results":[]}',
    ],
    [
      'twice, in front of the rows and behind the rows of a row',
      '{"next":"a","results":[{"results":[]}],"previous":"b","others":[]}',
      '{"next":"N","results":[{"results":[]}],"previous":null,"others":[]}',
    ],
    [
      'with names in escapes',
      '{"ne\\u0078t":"a","results":[],"previous":"b"}',
      '{"ne\\u0078t":"N","results":[],"previous":null}',
    ],
    [
      'between large members',
      '{"a":[1],"next":"x","results":[{"p":"]}"}],"previous":"y","b":{"c":2}}',
      '{"a":[1],"next":"N","results":[{"p":"]}"}],"previous":null,"b":{"c":2}}',
    ],
    [
      'beside numbers, which keep their digits',
      '{"count":1.0e2,"next":"","results":[],"big":12345678901234567890}',
      '{"count":1.0e2,"next":"N","results":[],"big":12345678901234567890}',
    ],
  ] as const)(
    'An answer has its links %s replaced and every other byte as it was, wherever it is cut',
    async ([, page, expected]) => {
      const bytes = bytesOf(page);
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const pieces = [bytes.slice(0, cut), bytes.slice(cut)].filter((piece) => piece.length > 0);
        expect((await got(bytesPlan, ...pieces)).text).toBe(expected);
      }
      expect(await gotAtOnce(bytesPlan, page)).toBe(expected);
    },
  );

  test('An answer that is no page may be any object or list', async () => {
    for (const text of ['{"a":[1.0,"]"]}', ' [1,{"b":2}]\n', '{}']) {
      expect((await got(anyJsonPlan, text)).text).toBe(text);
      expect(await gotAtOnce(anyJsonPlan, text)).toBe(text);
    }
  });

  test.for([
    '{"results":[{"a":1},oops]}',
    '{"results":[{"a":[1}]}',
    '{"results":[{"a":[}]}]}',
    '{"results":[{"a":1}{"a":2}]}',
    '{"results":[1,null]}',
    '{"count":oops,"results":[]}',
  ])('A page that is not JSON, %s, is the same failure as JSON, as CSV and row by row', async (page) => {
    for (const plan of [bytesPlan, rowsPlan(), rowsPlan({ table: { members: ['a'], properties: [] } })]) {
      await expectInvalid(plan, page, /JSON/);
    }
  });

  test('White space in front of a row is not kept without end, and the comma before it goes out with the row', async () => {
    const spaces = ' '.repeat(1000);
    for (const rows of [1, 2]) {
      const page = new ByteRenderer({ rows: 'results', link: () => undefined });
      const out = [page.push(bytesOf(rows === 1 ? '{"results":[' : '{"results":[{},'))];
      for (let i = 0; i < 100; i += 1) out.push(page.push(bytesOf(spaces)));
      out.push(page.push(bytesOf('{"a":1}]}')), page.end());
      const text = Buffer.concat(out).toString();
      expect(text.replaceAll(' ', '')).toBe(
        rows === 1 ? '{"results":[{"a":1}]}' : '{"results":[{},{"a":1}]}',
      );
      expect(page.counts.rowsUnreadable).toBe(0);
    }
  });

  test('A page and an answer that are not UTF-8 are failures where every byte would go out', async () => {
    await expectInvalid(bytesPlan, odd('{"results":[],"a":["?"]}'), /UTF-8/);
    await expectInvalid(anyJsonPlan, odd('{"a":"?"}'), /UTF-8/);
    await expectInvalid(anyJsonPlan, '{"a":oops}', /JSON/);
  });

  test("An answer that is plainly not an API's is a failure", async () => {
    for (const text of ['<html>', '', '  ', 'null', '"text"', '{"a":[1', '{} x', '\u{FEFF}{}']) {
      await expectInvalid(anyJsonPlan, text, /JSON/);
    }
    for (const text of [
      '<html>',
      '',
      '{}',
      '{"results":{}}',
      '{"results":[{}',
      '{"results":[],"results":[]}',
      '{"next":"a","results":[{}],"next":"b","results":[{}]}',
      '{"next":"a","next":"a","results":[{}]}',
      '{"next":"a","results":[{}],"next":"b"}',
      '{"next":"a","results":[{}]]}',
      '{"next":"a",results":[{}]}',
      '{"next":"a","results":"b","results":[{}]}',
      '[{}]',
    ]) {
      await expectInvalid(bytesPlan, text, /JSON/);
    }
  });
});

test('A value that is larger than any row is passed on byte for byte, whatever the size of its pieces', async () => {
  const large = JSON.stringify(['x'.repeat(1_500_000), 'é"\\'.repeat(300_000), 'y']);
  for (const size of [900, 20_000, 65_536]) {
    const pieces = (text: string): string[] => text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    expect((await got(anyJsonPlan, ...pieces(large))).text === large).toBe(true);
    const page = `{"more":${large},"next":null,"results":[{"a":1}]}`;
    const passed = (await got(bytesPlan, ...pieces(page))).text;
    expect(passed === page.replace('"next":null', '"next":"N"')).toBe(true);
  }
});
