/** What requests show that the operator has to look at: raised once and then together, and nothing for a request that shows nothing. */
import { describe, expect, test } from 'vitest';
import type { RaisedCondition } from '../../src/core/alarms/condition.ts';
import { failure, type FailureCode } from '../../src/core/failure.ts';
import { TenantId } from '../../src/core/ids.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { AlarmReporter, type EndedRequest } from '../../src/http/alarms.ts';

const ACME = TenantId.parse('acme');
const QUIET: EndedRequest = {
  tenant: ACME,
  route: 'persons_list',
  failure: null,
  upstreamCalls: 1,
  foreignRows: 0,
};
const failed = (code: FailureCode): EndedRequest => ({ ...QUIET, failure: failure(code, 'It failed.') });

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A reporter whose pauses end when the test says so. */
function reporting(raise: (raised: readonly RaisedCondition[]) => Promise<void> = () => Promise.resolve()) {
  const raised: RaisedCondition[] = [];
  const lost: unknown[] = [];
  const pauses: (() => void)[] = [];
  const clock = { nowMs: 1_000_000 };
  const reporter = new AlarmReporter({
    nowMs: () => clock.nowMs,
    pause: () => new Promise((resolve) => void pauses.push(resolve)),
    raise: (given) => {
      raised.push(...given);
      return raise(given);
    },
    lost: (error) => void lost.push(error),
  });
  return {
    reporter,
    raised,
    lost,
    clock,
    counts: () => raised.map(({ condition, count }) => `${condition.kind} ${count}`),
    endPauses: async () => {
      for (const end of pauses.splice(0)) end();
      await settle();
    },
  };
}

describe('Reports', () => {
  test('A request that shows nothing raises nothing and waits for nothing', async () => {
    const { reporter, raised } = reporting();
    await reporter.report(QUIET);
    await reporter.report({ ...QUIET, tenant: null, upstreamCalls: 0 });
    expect(raised).toEqual([]);
  });

  test('The first of a storm is raised at once, and what comes within the quiet time is raised together after it', async () => {
    const { reporter, counts, endPauses } = reporting();
    const first = reporter.report({ ...QUIET, foreignRows: 2 });
    for (let nth = 0; nth < 100; nth += 1) await reporter.report({ ...QUIET, foreignRows: 3 });
    expect(counts()).toEqual(['foreign_rows 2']);
    await endPauses();
    await first;
    expect(counts()).toEqual(['foreign_rows 2', 'foreign_rows 300']);
  });

  test('Another tenant and another operation are raised for themselves', async () => {
    const { reporter, raised } = reporting();
    void reporter.report({ ...QUIET, foreignRows: 1 });
    void reporter.report({ ...QUIET, foreignRows: 1, tenant: TenantId.parse('birch') });
    void reporter.report({ ...QUIET, foreignRows: 1, route: 'persons_funnel' });
    await settle();
    expect(raised).toHaveLength(3);
  });

  test('A quiet time that the runtime forgot in the middle keeps nothing quiet for ever', async () => {
    const { reporter, counts, clock } = reporting();
    void reporter.report({ ...QUIET, foreignRows: 1 });
    clock.nowMs += 3 * LIMITS.alarmQuietMs;
    void reporter.report({ ...QUIET, foreignRows: 1 });
    await settle();
    expect(counts()).toEqual(['foreign_rows 1', 'foreign_rows 1']);
  });

  test('An object of alarms that cannot be reached fails no report', async () => {
    const { reporter, lost, endPauses } = reporting(() => Promise.reject(new Error('away')));
    const reported = reporter.report({ ...QUIET, foreignRows: 1 });
    await settle();
    await endPauses();
    await expect(reported).resolves.toBeUndefined();
    expect(lost).toHaveLength(1);
  });
});

describe('Conditions', () => {
  test('A refused key and a missing scope are conditions of their own, with the scope', async () => {
    const { reporter, raised } = reporting();
    void reporter.report(failed('upstream_key_refused'));
    void reporter.report({
      ...QUIET,
      failure: { ...failure('upstream_scope_missing', 'x'), upstreamScope: 'person:read' },
    });
    await settle();
    expect(raised.map(({ condition }) => condition)).toEqual([
      { kind: 'key_refused', scope: null },
      { kind: 'key_refused', scope: 'person:read' },
    ]);
  });

  test.each([
    'upstream_unreachable',
    'upstream_timeout',
    'upstream_error',
    'upstream_redirected',
    'upstream_reply_invalid',
  ] as const)('Five requests in a row that end with %s are a failing PostHog', async (code) => {
    const { reporter, counts } = reporting();
    for (let nth = 1; nth < LIMITS.failingInARow; nth += 1) await reporter.report(failed(code));
    expect(counts()).toEqual([]);
    void reporter.report(failed(code));
    await settle();
    expect(counts()).toEqual([`upstream_failing ${LIMITS.failingInARow}`]);
  });

  test.each([
    ['a success', QUIET],
    ['a refusal that PostHog was asked about', failed('not_found')],
    ["PostHog's rate limit", failed('upstream_rate_limited')],
    ['a key that PostHog refuses', failed('upstream_key_refused')],
  ])('The row is broken by %s', async (_name, request) => {
    const { reporter, counts } = reporting();
    for (let nth = 1; nth < 3 * LIMITS.failingInARow; nth += 1) {
      if (nth % LIMITS.failingInARow === 0) void reporter.report(request);
      else await reporter.report(failed('upstream_timeout'));
    }
    expect(counts().filter((text) => text.startsWith('upstream_failing'))).toEqual([]);
  });

  test.each([
    ['a request that asked PostHog nothing', { ...failed('scope_missing'), upstreamCalls: 0 }],
    [
      'a client that left',
      { ...QUIET, failure: { ...failure('upstream_error', 'x'), clientLeft: true as const } },
    ],
  ])('The row is neither broken nor made longer by %s', async (_name, request) => {
    const { reporter, counts } = reporting();
    for (let nth = 1; nth < LIMITS.failingInARow; nth += 1) await reporter.report(failed('upstream_timeout'));
    for (let nth = 0; nth < 10; nth += 1) await reporter.report(request);
    expect(counts()).toEqual([]);
    void reporter.report(failed('upstream_timeout'));
    await settle();
    expect(counts()).toEqual([`upstream_failing ${LIMITS.failingInARow}`]);
  });
});
