/** Answers that nobody looks into: every byte but the links. */
import { describe, expect, test } from 'vitest';
import { anyJsonPlan, bytesOf, bytesPlan, expectInvalid, got } from '../../support/upstream/render.ts';

describe('Answers passed through', () => {
  test.for([
    [
      'in front of the rows',
      '{"next": "a", "previous":"b","results":[1.10]}',
      '{"next": "N", "previous":null,"results":[1.10]}',
    ],
    [
      'behind the rows',
      '{"results":[{"next":"x"}] , "next" : "a\\"}" ,\n"previous":null }\n',
      '{"results":[{"next":"x"}] , "next" : "N" ,\n"previous":null }\n',
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
    },
  );

  test('An answer that is no page may be any object or list', async () => {
    for (const text of ['{"a":[1.0,"]"]}', ' [1,{"b":2}]\n', '{}']) {
      expect((await got(anyJsonPlan, text)).text).toBe(text);
    }
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
      '[{}]',
    ]) {
      await expectInvalid(bytesPlan, text, /JSON/);
    }
  });
});
