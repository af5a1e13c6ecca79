/** Who may read an answer across origins, and what a browser is told before it asks. */
import { describe, expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '../../../src/core/failure.ts';
import { corsHeaders, isPreflight, preflightReply } from '../../../src/http/reply/cors.ts';

describe('across origins', () => {
  const ORIGIN = 'https://app.acme.example';

  test.each<[string, string | null, string | null, FailureCode | null, boolean]>([
    ['a page of the grant reads a success', ORIGIN, ORIGIN, null, true],
    ['a page of the grant reads a refusal', ORIGIN, ORIGIN, 'parameter_unknown', true],
    ['any page reads why it was refused before its grant was known', ORIGIN, null, 'token_expired', true],
    ['and that it was over its rate', ORIGIN, null, 'rate_limited', true],
    ['a page of another origin reads nothing', 'https://evil.example', null, 'origin_not_allowed', false],
    ['a page reads no success that was not for it', 'https://evil.example', null, null, false],
    ['nor one for another page', 'https://evil.example', ORIGIN, null, false],
    ['what is no page needs no leave', null, null, null, false],
    ['nor for a refusal', null, null, 'token_missing', false],
  ])('%s', (_, origin, allowed, code, readable) => {
    const headers = corsHeaders(origin, allowed, code);
    if (!readable) return expect(headers).toEqual({});
    expect(headers).toEqual({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': expect.stringContaining('Hedgerow-Deletion') as string,
    });
  });

  test('no answer is for everybody, and none with credentials', () => {
    for (const code of [...Object.keys(FAILURES), null] as (FailureCode | null)[]) {
      for (const allowed of [ORIGIN, null]) {
        const headers = corsHeaders(ORIGIN, allowed, code);
        expect(headers['Access-Control-Allow-Origin']).not.toBe('*');
        expect(headers).not.toHaveProperty('Access-Control-Allow-Credentials');
      }
    }
  });

  test('every header a client is promised may be read', () => {
    const exposed = corsHeaders(ORIGIN, ORIGIN, null)['Access-Control-Expose-Headers']?.split(', ');
    expect(exposed).toEqual(
      expect.arrayContaining([
        'X-Request-Id',
        'Retry-After',
        'RateLimit',
        'RateLimit-Policy',
        'WWW-Authenticate',
        'Location',
        'Link',
      ]),
    );
  });

  test.each<[string, string, Record<string, string>, boolean]>([
    ['one is', 'OPTIONS', { Origin: ORIGIN, 'Access-Control-Request-Method': 'GET' }, true],
    ['OPTIONS alone is none', 'OPTIONS', {}, false],
    ['nor with an origin alone', 'OPTIONS', { Origin: ORIGIN }, false],
    ['nor without an origin', 'OPTIONS', { 'Access-Control-Request-Method': 'GET' }, false],
    ['another method never is', 'GET', { Origin: ORIGIN, 'Access-Control-Request-Method': 'GET' }, false],
  ])('what is a preflight: %s', (_, method, headers, expected) => {
    // Node's Request keeps these two to itself, as a browser would.
    const request = { method, headers: new Headers(headers) } as Request;
    expect(isPreflight(request)).toBe(expected);
  });

  test('a preflight allows what the catalogue takes, and only for a while', () => {
    const { status, body, headers } = preflightReply(ORIGIN);
    expect({ status, body }).toEqual({ status: 204, body: null });
    expect(headers).toEqual({
      'Access-Control-Allow-Origin': ORIGIN,
      'Access-Control-Allow-Methods': 'GET, POST, PATCH, PUT, DELETE',
      'Access-Control-Allow-Headers': 'Authorization, Content-Type',
      'Access-Control-Max-Age': '600',
      Vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
  });
});
