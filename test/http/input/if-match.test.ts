/** The header `If-Match`. */
import { expect, test } from 'vitest';
import { readIfMatch } from '../../../src/http/input/if-match.ts';

const read = (value?: string) => {
  const result = readIfMatch(new Headers(value === undefined ? {} : { 'if-match': value }));
  return result.ok ? result.value : [result.failure.code, result.failure.attr];
};

test.each([
  ['is no condition where it was not sent', undefined, null],
  ['is met by any record where it is *', '*', 'any'],
  ['lists one tag', '"7"', ['"7"']],
  ['lists tags with and without spaces', '"7","8" , "9"', ['"7"', '"8"', '"9"']],
  ['takes a tag that a proxy marked as weak', 'W/"7"', ['"7"']],
  ['takes an empty tag, which no record has', '""', ['""']],
])('The header If-Match %s', (_, value, expected) => {
  expect(read(value)).toEqual(expected);
});

test.each(['7', '', '"7', '7"', '"7",', '"7" "8"', '*, "7"', 'w/"7"', '"a"b"', "'7'"])(
  'The header If-Match: %s is refused, because it is no list of tags',
  (value) => {
    expect(read(value)).toEqual(['parameter_invalid', 'If-Match']);
  },
);
