/** A failure on the wire: of one shape, told apart by its code, and with the headers its status asks for. */
import { describe, expect, test } from 'vitest';
import { failure, FAILURES, failureUntil, type FailureCode } from '../../../src/core/failure.ts';
import type { RequestId } from '../../../src/core/ids.ts';
import { parseJson } from '../../../src/core/json.ts';
import { problemReply } from '../../../src/http/reply/problem.ts';

const ID = 'req_aaaaaaaaaaaaaaaaaaaaaa' as RequestId;
const CODES = Object.keys(FAILURES) as FailureCode[];

describe.each(CODES)('The problem %s', (code) => {
  const { status, type, title } = FAILURES[code];
  const reply = problemReply(failure(code, 'What it was.', 'limit'), ID);

  test('A problem has PostHog’s four members and those of RFC 9457', () => {
    expect(reply.status).toBe(status);
    expect(reply.type).toBe('application/problem+json');
    expect(typeof reply.body === 'string' ? parseJson(reply.body) : null).toEqual({
      type,
      code,
      detail: 'What it was.',
      attr: 'limit',
      status,
      title,
      request_id: ID,
    });
  });

  test('A problem has a challenge if and only if it is a 401, as RFC 6750 asks', () => {
    const challenge = reply.headers?.['WWW-Authenticate'];
    if (status !== 401) return expect(challenge).toBeUndefined();
    if (code.endsWith('_missing')) return expect(challenge).toBe('Bearer realm="hedgerow"');
    // A quoted string with nothing in it that would end it, RFC 6750 §3.
    expect(challenge).toMatch(
      /^Bearer realm="hedgerow", error="invalid_token", error_description="[\x20\x21\x23-\x5b\x5d-\x7e]+"$/,
    );
  });

  test('A problem has a code for machines and a title for people', () => {
    expect(code).toMatch(/^[a-z]+(?:_[a-z]+)+$/);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(new URL(type, 'https://g.example/').href).toContain(type);
  });
});

describe('Codes of problems', () => {
  test('The codes keep the caller’s fault, PostHog’s and the gateway’s apart', () => {
    for (const code of CODES) {
      const { status } = FAILURES[code];
      if (code.startsWith('upstream_')) expect([502, 503]).toContain(status);
      else expect([400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 422, 429, 500, 503]).toContain(status);
      if (status === 502) expect(code).toMatch(/^upstream_/);
      if (status === 429) expect(code).not.toMatch(/^upstream_/);
    }
    expect(FAILURES.rate_limited.status).toBe(429);
    expect(FAILURES.upstream_rate_limited.status).toBe(503);
  });

  test.each([
    'method_not_allowed',
    'permission_denied',
    'authentication_failed',
    'not_authenticated',
    'invalid_input',
    'parse_error',
    'throttled',
    'unsupported_media_type',
    'error',
    'required',
  ])("The code of a refusal by PostHog is none of the gateway's: %s", (code) => {
    expect(CODES).not.toContain(code);
  });

  test('The codes have types of PostHog’s only', () => {
    const types = new Set(CODES.map((code) => FAILURES[code].type));
    expect([...types].toSorted()).toEqual([
      'authentication_error',
      'invalid_request',
      'server_error',
      'throttled_error',
      'validation_error',
    ]);
  });
});

describe('Headers of problems', () => {
  test('The header Retry-After says when to come back, where that is known', () => {
    expect(problemReply(failureUntil('rate_limited', 'x', 7), ID).headers).toEqual({ 'Retry-After': '7' });
    expect(problemReply(failure('rate_limited', 'x'), ID).headers).toEqual({});
  });

  test('The challenge names the scopes that were needed', () => {
    const missing = { ...failure('scope_missing', 'x'), scopes: ['person:read', 'cohort:read'] };
    expect(problemReply(missing, ID).headers).toEqual({
      'WWW-Authenticate':
        'Bearer realm="hedgerow", error="insufficient_scope", scope="person:read cohort:read"',
    });
  });

  test('The header Allow names the methods a path takes', () => {
    const other = { ...failure('method_unknown', 'x'), allow: ['GET', 'HEAD'] };
    expect(problemReply(other, ID).headers).toEqual({ Allow: 'GET, HEAD' });
  });
});
