/** One header, one scheme, one credential: what counts as one, and what is said of everything else. */
import { describe, expect, test } from 'vitest';
import { bearerOf } from '../../src/authn/bearer.ts';
import { LIMITS } from '../../src/core/limits.ts';

const CODES = { missing: 'token_missing', malformed: 'token_malformed' } as const;
const MAX = LIMITS.tokenCharsMax;

const read = (...values: string[]) => {
  const headers = new Headers();
  for (const value of values) headers.append('Authorization', value);
  const result = bearerOf(headers, CODES);
  return result.ok ? result.value : result.failure.code;
};

describe('a credential', () => {
  test.each([
    ['Bearer hgr_abc', 'hgr_abc'],
    ['bearer hgr_abc', 'hgr_abc'],
    ['BEARER hgr_abc', 'hgr_abc'],
    ['Bearer    hgr_abc', 'hgr_abc'],
    ['  Bearer hgr_abc  ', 'hgr_abc'],
    ['Bearer a', 'a'],
    ['Bearer AZaz09-._~+/==', 'AZaz09-._~+/=='],
  ])('is read from %j', (header, credential) => {
    expect(read(header)).toBe(credential);
  });

  test.each([
    [''],
    ['Bearer'],
    ['Bearer '],
    ['hgr_abc'],
    ['Bearerhgr_abc'],
    ['Bearer\thgr_abc'],
    ['Bearer hgr_abc x'],
    ['Bearer hgr_abc, Bearer hgr_def'],
    ['Bearer hgr_abc,'],
    ['Bearer =abc'],
    ['Bearer a=b'],
    ['Bearer "hgr_abc"'],
    ['Bearer token=hgr_abc'],
    ['Bearer hgr_abc%20'],
    ['Bearer hgr_\u00fc'],
    ['Basic aGdyOg=='],
    ['Token hgr_abc'],
  ])('is not in %j, which is malformed', (header) => {
    expect(read(header)).toBe('token_malformed');
  });

  test('is as long as tokens are handed out, and no longer', () => {
    expect(read(`Bearer ${'x'.repeat(MAX)}`)).toBe('x'.repeat(MAX));
    expect(read(`Bearer ${'x'.repeat(MAX + 1)}`)).toBe('token_malformed');
  });

  test('that was not sent is missing, which is another answer than malformed', () => {
    expect(read()).toBe('token_missing');
  });

  test('sent twice is malformed, also where both are the same', () => {
    expect(read('Bearer hgr_abc', 'Bearer hgr_abc')).toBe('token_malformed');
    expect(read('Bearer hgr_abc', '')).toBe('token_malformed');
  });

  test('is read from nowhere else', () => {
    const headers = new Headers({
      Cookie: 'token=hgr_abc',
      'Proxy-Authorization': 'Bearer hgr_abc',
      'X-Api-Key': 'hgr_abc',
      'X-Authorization': 'Bearer hgr_abc',
    });
    expect(bearerOf(headers, CODES)).toMatchObject({ failure: { code: 'token_missing' } });
  });

  test('is refused in the codes of the plane that asks, and not repeated', () => {
    const headers = new Headers({ Authorization: 'Bearer secret secret' });
    const result = bearerOf(headers, { missing: 'admin_token_missing', malformed: 'admin_token_invalid' });
    expect(result).toMatchObject({ failure: { code: 'admin_token_invalid' } });
    expect(JSON.stringify(result)).not.toContain('secret');
  });
});
