/** The secret with the signing keys: what is taken, and that a reason holds nothing of what was wrong. */
import { describe, expect, test } from 'vitest';
import { parseKeyring } from '../../src/authn/keyring.ts';

const KEY = 'k'.repeat(32);
const OTHER = 'o'.repeat(32);
const bytesOf = (text: string) => new TextEncoder().encode(text);

const kidOf = (text: string) => {
  const ring = parseKeyring(text);
  return typeof ring === 'string' ? ring : ring[0].kid;
};

describe('Keyrings that are read', () => {
  test.each<[string, string, [string, string][]]>([
    ['one key', `k1:${KEY}`, [['k1', KEY]]],
    [
      'several, the first of which signs',
      `new:${KEY},old:${OTHER}`,
      [
        ['new', KEY],
        ['old', OTHER],
      ],
    ],
    [
      'spaces around entries',
      ` new:${KEY} ,\n old:${OTHER}\n`,
      [
        ['new', KEY],
        ['old', OTHER],
      ],
    ],
    ['a kid of 32 characters', `${'A'.repeat(32)}:${KEY}`, [['A'.repeat(32), KEY]]],
    ['a key with colons and signs in it', `k1:${KEY}:=/+`, [['k1', `${KEY}:=/+`]]],
    ['a key of fewer characters than bytes', `k1:${'ü'.repeat(16)}`, [['k1', 'ü'.repeat(16)]]],
  ])('A keyring of %s is read', (_, text, keys) => {
    expect(parseKeyring(text)).toEqual(keys.map(([kid, key]) => ({ kid, bytes: bytesOf(key) })));
  });

  test('A key without a kid is named after the key: the same every time, and different for another key', () => {
    expect(kidOf(KEY)).toMatch(/^[0-9a-f]{8}$/);
    expect(kidOf(KEY)).toBe(kidOf(` ${KEY} `));
    expect(kidOf(KEY)).not.toBe(kidOf(OTHER));
    expect(KEY).not.toContain(kidOf(KEY));
  });
});

describe('Keyrings that are refused', () => {
  const SECRET = 'a-secret-that-must-not-show';
  test.each([
    ['with nothing in it', '', 'the key of entry 1 is shorter than 32 bytes'],
    ['with a short key', `k1:${SECRET}`, 'the key of entry 1 is shorter than 32 bytes'],
    ['with a short key and no kid', SECRET, 'the key of entry 1 is shorter than 32 bytes'],
    ['with 31 bytes', 'x'.repeat(31), 'the key of entry 1 is shorter than 32 bytes'],
    ['with a short second key', `k1:${KEY},k2:${SECRET}`, 'the key of entry 2 is shorter than 32 bytes'],
    ['with a comma at the end', `k1:${KEY},`, 'the key of entry 2 is shorter than 32 bytes'],
    ['with an empty kid', `:${KEY}`, 'the kid of entry 1 is not 1 to 32 of A-Z, a-z, 0-9, _ and -'],
    [
      'with a long kid',
      `${'x'.repeat(33)}:${KEY}`,
      'the kid of entry 1 is not 1 to 32 of A-Z, a-z, 0-9, _ and -',
    ],
    ['with an odd kid', `k 1:${KEY}`, 'the kid of entry 1 is not 1 to 32 of A-Z, a-z, 0-9, _ and -'],
    ['with a kid twice', `k1:${KEY},k1:${OTHER}`, 'entry 2 repeats the kid of another'],
    ['with a key twice', `${KEY},${KEY}`, 'entry 2 repeats the kid of another'],
    ['with a line break in a key', `k1:${SECRET}\n${SECRET}`, 'the key of entry 1 is shorter than 32 bytes'],
  ])('A keyring %s is refused with the number of the entry and without its content', (_, text, reason) => {
    expect(parseKeyring(text)).toBe(reason);
    expect(reason).not.toContain(SECRET);
  });
});
