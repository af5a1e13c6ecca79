/** What PostHog's refusals of a query mean: one code for what is too expensive, and no word of PostHog's in any. */
import { describe, expect, test } from 'vitest';
import { FAILURES } from '../../../src/core/failure.ts';
import { interpret } from '../../../src/upstream/interpret.ts';
import { interpretQuery } from '../../../src/upstream/query/interpret-query.ts';
import { failureUntil } from '../../../src/core/failure.ts';
import { scrubsOf } from '../../../src/upstream/scrub.ts';

const SCRUBS = scrubsOf({ origin: 'https://eu.posthog.example', key: 'phx_the-key-nobody-sees' });
const WORDS = 'tenant_id equals acme and hogql is SELECT';

function meaningOf(status: number, retryAfterSeconds: number | null = null) {
  const text = JSON.stringify({
    type: 'validation_error',
    code: WORDS,
    detail: WORDS,
    attr: WORDS,
    extra: WORDS,
  });
  const meaning = interpret({ status, retryAfterSeconds, text }, SCRUBS);
  if (meaning.kind === 'success') throw new Error('a success');
  return interpretQuery(meaning, retryAfterSeconds);
}

describe('Queries that are too expensive', () => {
  test.each([504, 512])(
    'A query that ends with %d is too expensive, and the caller reads what to narrow',
    (status) => {
      const meaning = meaningOf(status);
      expect(meaning).toMatchObject({ kind: 'failure', status, failure: { code: 'upstream_too_expensive' } });
      if (meaning.kind !== 'failure') return;
      expect(meaning.failure.detail).toMatch(/date_from and date_to/);
      expect(meaning.failure.retryAfterSeconds).toBeGreaterThan(0);
      expect(FAILURES[meaning.failure.code].status).toBe(503);
    },
  );

  test('A query that PostHog stopped may be sent again sooner than one that it did not begin', () => {
    const [stopped, notBegun] = [meaningOf(504), meaningOf(512)].map((meaning) =>
      meaning.kind === 'failure' ? meaning.failure : null,
    );
    expect(stopped?.retryAfterSeconds ?? 0).toBeLessThan(notBegun?.retryAfterSeconds ?? 0);
    expect(stopped?.detail).not.toBe(notBegun?.detail);
  });

  test('A query that did not end in the time the gateway waits is too expensive', () => {
    const failure = failureUntil('upstream_timeout', 'PostHog did not answer within 30000 ms.', 5);
    expect(interpretQuery({ kind: 'failure', status: null, failure }, null)).toMatchObject({
      failure: { code: 'upstream_too_expensive' },
    });
  });
});

describe('Other refusals of queries', () => {
  test.each([
    [503, null, 'upstream_busy'],
    [429, 17, 'upstream_rate_limited'],
    [402, null, 'upstream_error'],
    [500, null, 'upstream_error'],
    [401, null, 'upstream_key_refused'],
    [302, null, 'upstream_redirected'],
  ] as const)('A query that ends with %d and Retry-After %s is %s', (status, seconds, code) => {
    const meaning = meaningOf(status, seconds);
    expect(meaning).toMatchObject({ kind: 'failure', failure: { code } });
    if (meaning.kind === 'failure' && seconds !== null)
      expect(meaning.failure.retryAfterSeconds).toBe(seconds);
  });

  test('A query that found no free place at PostHog is sent again soon: only a rate limit says how long it lasts', () => {
    expect(meaningOf(429)).toMatchObject({ failure: { code: 'upstream_busy', retryAfterSeconds: 10 } });
  });

  test('A busy PostHog is asked again when it says, or soon where it says nothing', () => {
    expect(meaningOf(503, 42)).toMatchObject({ failure: { retryAfterSeconds: 42 } });
    expect(meaningOf(503)).toMatchObject({ failure: { retryAfterSeconds: 10 } });
  });

  test.each([400, 402, 403, 404, 405, 409, 410, 422, 429, 500, 503, 504, 512])(
    'No word of PostHog is in what a query that ends with %d means',
    (status) => {
      expect(JSON.stringify(meaningOf(status))).not.toContain(WORDS);
    },
  );
});
