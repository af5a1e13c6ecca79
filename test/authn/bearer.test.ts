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

describe('Bearer credentials', () => {
  test.each([
    ['Bearer hgr_abc', 'hgr_abc'],
    ['bearer hgr_abc', 'hgr_abc'],
    ['BEARER hgr_abc', 'hgr_abc'],
    ['Bearer    hgr_abc', 'hgr_abc'],
    ['  Bearer hgr_abc  ', 'hgr_abc'],
    ['Bearer a', 'a'],
    ['Bearer AZaz09-._~+/==', 'AZaz09-._~+/=='],
  ])('A credential is read from the header %j', (header, credential) => {
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
  ])('The header %j is malformed', (header) => {
    expect(read(header)).toBe('token_malformed');
  });

  test('A credential may be as long as the longest token that is issued, and no longer', () => {
    expect(read(`Bearer ${'x'.repeat(MAX)}`)).toBe('x'.repeat(MAX));
    expect(read(`Bearer ${'x'.repeat(MAX + 1)}`)).toBe('token_malformed');
  });

  test('A missing credential is answered differently from a malformed one', () => {
    expect(read()).toBe('token_missing');
  });

  test('An Authorization header sent twice is malformed, even where both are the same', () => {
    expect(read('Bearer hgr_abc', 'Bearer hgr_abc')).toBe('token_malformed');
    expect(read('Bearer hgr_abc', '')).toBe('token_malformed');
  });

  test('A credential is read from the Authorization header only', () => {
    const headers = new Headers({
      Cookie: 'token=hgr_abc',
      'Proxy-Authorization': 'Bearer hgr_abc',
      'X-Api-Key': 'hgr_abc',
      'X-Authorization': 'Bearer hgr_abc',
    });
    expect(bearerOf(headers, CODES)).toMatchObject({ failure: { code: 'token_missing' } });
  });

  test('A refused credential gets the codes of the plane that was asked, and is not repeated', () => {
    const headers = new Headers({ Authorization: 'Bearer secret secret' });
    const result = bearerOf(headers, { missing: 'admin_token_missing', malformed: 'admin_token_invalid' });
    expect(result).toMatchObject({ failure: { code: 'admin_token_invalid' } });
    expect(JSON.stringify(result)).not.toContain('secret');
  });
});
