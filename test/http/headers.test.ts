/** Headers: the rate in the grammar of structured fields, and those every answer has. */
import { describe, expect, test } from 'vitest';
import type { RequestId } from '../../src/core/ids.ts';
import { bareResponse } from '../../src/http/respond.ts';
import { rateHeaders } from '../../src/http/reply/rate-limit-headers.ts';

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

describe('Rate limit headers', () => {
  const tenant = { holder: 'tenant', quota: 60, windowSeconds: 6, remaining: 59, resetSeconds: 1 } as const;
  const token = {
    holder: 'token',
    quota: 1_000_000,
    windowSeconds: 1,
    remaining: 0,
    resetSeconds: 3600,
  } as const;

  test('The rate is not in the headers where the limiter was not asked', () => {
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
  ])('The rate %s is two lists that name the same policies', (_, limits, policies, states) => {
    const headers = rateHeaders(limits);
    expect(Object.keys(headers)).toEqual(['RateLimit-Policy', 'RateLimit']);
    expect(readList(headers['RateLimit-Policy'] ?? '')).toEqual(policies);
    expect(readList(headers['RateLimit'] ?? '')).toEqual(states);
  });
});

describe('Headers of every answer', () => {
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
  ])('Every answer has %s: %s', (name, value) => {
    expect(headersOf().get(name)).toBe(value);
  });

  test('An answer without a body has no type, and has what its handler adds', () => {
    const empty = bareResponse(
      { status: 204, type: null, body: null, headers: { Location: '/x' } },
      'req_x' as RequestId,
    );
    expect(empty.headers.has('Content-Type')).toBe(false);
    expect(empty.headers.get('Location')).toBe('/x');
    expect(headersOf({ Vary: 'Origin, Accept' }).get('Vary')).toBe('Origin, Accept');
  });
});
