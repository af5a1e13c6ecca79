/** JSON is read by what is written in it, whatever was read before. */
import { describe, expect, test } from 'vitest';
import { stringifyExactly } from '../../src/core/exact-json.ts';
import { parseJson } from '../../src/core/json.ts';

/** Objects whose last name begins with the bytes that the name of the next one is written with. */
const NAMES: readonly [read: string, written: string, before: string][] = [
  ['"', String.raw`\"`, '\\'],
  ['x\n', String.raw`x\n`, 'x\\'],
  ['a"b', String.raw`a\"b`, 'a\\"'],
  ['email', String.raw`\u0065mail`, '\\u006'],
];

describe('Names with escapes', () => {
  test.each(NAMES)(
    'A name is read as it is written, whichever object was read before: %j',
    (name, written, before) => {
      const gaps = ['', ' ', '\n\t\r '];
      for (const gap of gaps) {
        const text = `[{"first":1.0${gap},${gap}"${written}"${gap}:${gap}[1.50,{}]},"\\"",true,null,[ ],{}]`;
        parseJson(JSON.stringify([{ first: 1, [before]: 1 }]));
        const value = parseJson(text);
        expect(value).toEqual([{ first: 1, [name]: [1.5, {}] }, '"', true, null, [], {}]);
        expect(stringifyExactly(value ?? null, text)).toBe(
          `[{"first":1.0,${JSON.stringify(name)}:[1.50,{}]},"\\"",true,null,[],{}]`,
        );
      }
    },
  );

  test('Two names are two members, though one begins as the other is written', () => {
    parseJson('{"both":1,"\\\\":1}');
    expect(Object.entries(parseJson('{"both":1,"\\"":2,"\\\\":3}') ?? {})).toEqual([
      ['both', 1],
      ['"', 2],
      ['\\', 3],
    ]);
  });

  test('A name that stands twice has its last value, and one of its own is __proto__', () => {
    const value = parseJson('{"\\"":1,"__proto__":2,"\\u0022":3}');
    expect(Object.entries(value ?? {})).toEqual([
      ['"', 3],
      ['__proto__', 2],
    ]);
  });

  test.each(['{"\\"":}', '{"\\"":1', '{"\\":1}', '{"\\"" 1}'])(
    'A text that is no JSON is not read: %s',
    (text) => {
      expect(parseJson(text)).toBe(undefined);
    },
  );
});
