/** Who may read an answer across origins, and what a browser is told before it asks. */
import { describe, expect, test } from 'vitest';
import { FAILURES, type FailureCode } from '../../../src/core/failure.ts';
import { corsHeaders, isPreflight, preflightReply } from '../../../src/http/reply/cors.ts';

describe('Answers across origins', () => {
  const ORIGIN = 'https://app.acme.example';

  test.each<[string, string | null, string | null, FailureCode | null, boolean]>([
    ['a page of the grant reads a success', ORIGIN, ORIGIN, null, true],
    ['a page of the grant reads a refusal', ORIGIN, ORIGIN, 'parameter_unknown', true],
    ['any page reads why it was refused before its grant was known', ORIGIN, null, 'token_expired', true],
    ['any page reads that it was over its rate', ORIGIN, null, 'rate_limited', true],
    ['a page of another origin reads nothing', 'https://evil.example', null, 'origin_not_allowed', false],
    ['a page reads no success that was not for it', 'https://evil.example', null, null, false],
    ['a page reads no success for another page', 'https://evil.example', ORIGIN, null, false],
    ['a success to no page says nothing of pages', null, null, null, false],
    ['a refusal to no page says nothing of pages', null, null, 'token_missing', false],
  ])('Answers across origins: %s', (_, origin, allowedOrigin, code, readable) => {
    for (const plane of ['mirror', 'tenant', 'none'] as const) {
      expect(corsHeaders({ plane, origin, allowedOrigin, code })).toEqual(
        readable
          ? {
              'Access-Control-Allow-Origin': origin,
              'Access-Control-Expose-Headers': expect.stringContaining('Hedgerow-Deletion') as string,
            }
          : {},
      );
    }
  });

  test('Every page, and every other client, reads the open plane', () => {
    for (const origin of [ORIGIN, 'null', null]) {
      for (const code of [null, 'method_unknown'] as const) {
        expect(corsHeaders({ plane: 'open', origin, allowedOrigin: null, code })).toMatchObject({
          'Access-Control-Allow-Origin': '*',
        });
      }
    }
  });

  test('No page reads the admin plane, neither its answers nor its refusals', () => {
    for (const code of [...Object.keys(FAILURES), null] as (FailureCode | null)[]) {
      expect(corsHeaders({ plane: 'admin', origin: ORIGIN, allowedOrigin: null, code })).toEqual({});
    }
  });

  test('No answer that needs a token is for every page, and none is with credentials', () => {
    for (const code of [...Object.keys(FAILURES), null] as (FailureCode | null)[]) {
      for (const allowedOrigin of [ORIGIN, null]) {
        for (const plane of ['mirror', 'tenant', 'admin', 'open', 'none'] as const) {
          const headers = corsHeaders({ plane, origin: ORIGIN, allowedOrigin, code });
          if (plane !== 'open') expect(headers['Access-Control-Allow-Origin']).not.toBe('*');
          expect(headers).not.toHaveProperty('Access-Control-Allow-Credentials');
        }
      }
    }
  });

  test('Every header a client is promised may be read', () => {
    const readable = { plane: 'mirror', origin: ORIGIN, allowedOrigin: ORIGIN, code: null } as const;
    const exposed = corsHeaders(readable)['Access-Control-Expose-Headers']?.split(', ');
    expect(exposed).toEqual(
      expect.arrayContaining([
        'X-Request-Id',
        'Retry-After',
        'RateLimit',
        'RateLimit-Policy',
        'WWW-Authenticate',
        'Hedgerow-Token-Expires',
        'Location',
        'Link',
        'ETag',
      ]),
    );
  });

  test.each<[string, string, Record<string, string>, boolean]>([
    ['one is', 'OPTIONS', { Origin: ORIGIN, 'Access-Control-Request-Method': 'GET' }, true],
    ['OPTIONS alone is none', 'OPTIONS', {}, false],
    ['nor with an origin alone', 'OPTIONS', { Origin: ORIGIN }, false],
    ['nor without an origin', 'OPTIONS', { 'Access-Control-Request-Method': 'GET' }, false],
    ['another method never is', 'GET', { Origin: ORIGIN, 'Access-Control-Request-Method': 'GET' }, false],
  ])('Preflights are told from other requests: %s', (_, method, headers, expected) => {
    // Node's Request keeps these two to itself, as a browser would.
    const request = { method, headers: new Headers(headers) } as Request;
    expect(isPreflight(request)).toBe(expected);
  });

  const preflight = (asked: string | null) =>
    preflightReply(
      {
        get: (name: string) =>
          name === 'origin' ? ORIGIN : name === 'access-control-request-headers' ? asked : null,
      } as Headers,
      ['GET', 'HEAD'],
    );

  test('A preflight allows the methods of the path, and only for a while', () => {
    const { status, body, headers } = preflight('authorization');
    expect({ status, body }).toEqual({ status: 204, body: null });
    expect(headers).toEqual({
      'Access-Control-Allow-Origin': ORIGIN,
      'Access-Control-Allow-Methods': 'GET, HEAD',
      'Access-Control-Allow-Headers': 'authorization',
      'Access-Control-Max-Age': '600',
      Vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
  });

  test.each([
    'authorization,content-type',
    'authorization, baggage, sentry-trace, traceparent, tracestate',
    'x-posthog-session-id,x-posthog-window-id , x-datadog-trace-id',
    'x_odd.name~1',
    Array.from({ length: 60 }, (_, i) => `x-library-header-${i}`).join(','),
  ])('A preflight that asks for %s is granted just that', (asked) => {
    expect(preflight(asked).headers?.['Access-Control-Allow-Headers']).toBe(asked);
  });

  test.each([
    ['nothing', null],
    ['an empty list', ''],
    ['a list with an empty name', 'authorization,,content-type'],
    ['a name with a blank in it', 'x y'],
    ['a name with a colon in it', 'x: y'],
    ['a name beyond ASCII', 'x-ü'],
    ['a quoted name', '"x"'],
    ['more than it may hold', `x${'-y'.repeat(2000)}`],
  ])('A preflight that asks for %s is granted what is read', (_, asked) => {
    expect(preflight(asked).headers?.['Access-Control-Allow-Headers']).toBe(
      'authorization, content-type, idempotency-key',
    );
  });
});
