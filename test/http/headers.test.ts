/** Headers: the rate in the grammar of structured fields, and who may read an answer across origins. */
import { describe, expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '../../src/core/failure.ts';
import type { RequestId } from '../../src/core/ids.ts';
import { corsHeaders, isPreflight, preflightReply } from '../../src/http/cors.ts';
import { bareResponse } from '../../src/http/frame.ts';
import { rateHeaders } from '../../src/http/rate-headers.ts';

type Limits = Parameters<typeof rateHeaders>[0];

/** A list of strings with integer parameters, RFC 9651 §4.2. @throws where the text is none. */
function readList(text: string): [string, Record<string, number>][] {
  const ITEM =
    /[ \t]*"([\x20-\x21\x23-\x5b\x5d-\x7e]*)"((?:;[ ]*[a-z*][a-z0-9_.*-]*=-?[0-9]{1,15})*)[ \t]*(,|$)/y;
  const items: [string, Record<string, number>][] = [];
  for (let more = true; more;) {
    const [, name, parameters = '', comma] = ITEM.exec(text) ?? [];
    if (name === undefined) throw new Error(`no structured list: ${text}`);
    const pairs = parameters
      .split(';')
      .slice(1)
      .map((pair) => pair.trim().split('='));
    items.push([name, Object.fromEntries(pairs.map(([key = '', value]) => [key, Number(value)]))]);
    more = comma === ',';
  }
  return items;
}

describe('the rate', () => {
  const tenant = { holder: 'tenant', quota: 60, windowSeconds: 6, remaining: 59, resetSeconds: 1 } as const;
  const token = {
    holder: 'token',
    quota: 1_000_000,
    windowSeconds: 1,
    remaining: 0,
    resetSeconds: 3600,
  } as const;

  test('is not said where it was not asked', () => {
    expect(rateHeaders([])).toEqual({});
  });

  test.each<[string, Limits, object, object]>([
    ['of the tenant', [tenant], [['tenant', { q: 60, w: 6 }]], [['tenant', { r: 59, t: 1 }]]],
    [
      'of tenant and token',
      [tenant, token],
      [
        ['tenant', { q: 60, w: 6 }],
        ['token', { q: 1_000_000, w: 1 }],
      ],
      [
        ['tenant', { r: 59, t: 1 }],
        ['token', { r: 0, t: 3600 }],
      ],
    ],
  ])('%s is two lists that name the same policies', (_, limits, policies, states) => {
    const headers = rateHeaders(limits);
    expect(Object.keys(headers)).toEqual(['RateLimit-Policy', 'RateLimit']);
    expect(readList(headers['RateLimit-Policy'] ?? '')).toEqual(policies);
    expect(readList(headers['RateLimit'] ?? '')).toEqual(states);
  });
});

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

describe('every answer', () => {
  const reply = { status: 200, type: 'application/json', body: '{}' };
  const headersOf = (...more: Record<string, string>[]) =>
    bareResponse(
      { ...reply, headers: Object.assign({}, ...more) as Record<string, string> },
      'req_x' as RequestId,
    ).headers;

  test.each([
    ['X-Request-Id', 'req_x'],
    ['Cache-Control', 'no-store'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ['Referrer-Policy', 'no-referrer'],
    ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
    ['Strict-Transport-Security', 'max-age=63072000; includeSubDomains'],
    ['Vary', 'Origin'],
    ['Content-Type', 'application/json'],
  ])('has %s: %s', (name, value) => {
    expect(headersOf().get(name)).toBe(value);
  });

  test('has no type where it has no body, and what its handler adds', () => {
    const empty = bareResponse(
      { status: 204, type: null, body: null, headers: { Location: '/x' } },
      'req_x' as RequestId,
    );
    expect(empty.headers.has('Content-Type')).toBe(false);
    expect(empty.headers.get('Location')).toBe('/x');
    expect(headersOf({ Vary: 'Origin, Accept' }).get('Vary')).toBe('Origin, Accept');
  });
});
