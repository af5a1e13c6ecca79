/** What a caller is told whose JSON in the query breaks off or has a sign too many. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { anyJson, fromQuery, json } from '../../../src/catalogue/fields/values.ts';

const list = json(z.array(z.int()));

describe('JSON in a query', () => {
  test.each(['[1,', '[1,]', '{"a":', ' [1}', '"a'])(
    'The text %j, which begins like JSON and is none, is said to be no valid JSON',
    (text) => {
      expect(fromQuery(list, text)).toMatchObject({
        ok: false,
        failure: expect.stringMatching(/^must be valid JSON: /) as unknown,
      });
    },
  );

  test.each(['abc', '1,2', ''])('The text %j is judged by what the parameter should be', (text) => {
    expect(fromQuery(list, text)).toEqual({ ok: true, value: text });
  });

  test('A parameter that takes any text takes text that begins like JSON', () => {
    expect(fromQuery(json(anyJson()), '[note] call back')).toEqual({ ok: true, value: '[note] call back' });
  });
});
