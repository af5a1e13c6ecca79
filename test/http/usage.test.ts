/** What an isolate counts of the use of tokens, and when it reports. */
import { describe, expect, test } from 'vitest';
import { TenantId, TokenId } from '../../src/core/ids.ts';
import { SCOPE_TEXTS } from '../../src/core/scopes.ts';
import { LIMITS } from '../../src/core/limits.ts';
import type { RefusedRequest } from '../../src/core/usage/refused-request.ts';
import { HOUR_MS, hourOf, type CountedRequest, type UsageReport } from '../../src/core/usage/usage.ts';
import { admit } from '../../src/http/admission.ts';
import type { Context } from '../../src/http/context.ts';
import { Leases } from '../../src/http/leases.ts';
import { UsageCounter } from '../../src/http/usage.ts';
import { admission, principal } from '../support/model/tenant-rate.ts';

const START = 1_795_000_000_000;
const ACME = TenantId.parse('acme');
const OTHER = TenantId.parse('other');
const tokenOf = (nth: number) => TokenId.parse(`tok_${String(nth).padStart(22, 'a')}`);
const TOKEN = tokenOf(1);

let refusals = 0;

/** A request that was refused, with an id of its own. */
const refused = (more: Partial<RefusedRequest> = {}): { refused: RefusedRequest } => ({
  refused: {
    refused_at: new Date(START).toISOString(),
    token: TOKEN,
    request_id: `req_${String((refusals += 1)).padStart(22, '0')}`,
    method: 'GET',
    route: 'persons_list',
    code: 'rate_limited',
    attr: null,
    missing_scopes: null,
    origin: null,
    limit: null,
    ...more,
  },
});

/** An isolate whose clock the test moves, and whose own reports the test keeps. */
function isolate(reachable = true) {
  const clock = { ms: START };
  const reported: [TenantId, UsageReport][] = [];
  const lost: unknown[] = [];
  const timers: { ms: number; ring: () => void }[] = [];
  let made = 0;
  const usage = new UsageCounter({
    nowMs: () => clock.ms,
    newId: () => `report ${(made += 1)}`,
    pause: (ms) => new Promise((ring) => timers.push({ ms: clock.ms + ms, ring })),
    report: async (tenant, report) => {
      if (!reachable) throw new Error('unreachable');
      reported.push([tenant, report]);
    },
    lost: (error) => lost.push(error),
  });
  const request = (more: Partial<CountedRequest> = {}) =>
    usage.count({
      tenant: ACME,
      token: TOKEN,
      startedMs: clock.ms,
      refused: null,
      upstreamCalls: 0,
      remembered: false,
      ...more,
    });
  const wait = async (ms: number) => {
    clock.ms += ms;
    for (const due of timers.filter((timer) => timer.ms <= clock.ms)) due.ring();
    await new Promise(setImmediate);
  };
  return { clock, usage, request, wait, reported, lost };
}

describe('Usage as an isolate counts it', () => {
  test('Requests of a token in an hour are one row; refusals are counted by their code', () => {
    const { usage, request } = isolate();
    void request({ upstreamCalls: 2 });
    void request({ remembered: true });
    void request(refused());
    void request(refused());
    void request(refused({ code: 'scope_missing' }));
    expect(usage.take(ACME)?.hours).toEqual([
      {
        hour: hourOf(START),
        token: TOKEN,
        counts: {
          admitted: 2,
          refused: { rate_limited: 2, scope_missing: 1 },
          upstreamCalls: 2,
          remembered: 1,
        },
      },
    ]);
  });

  test('The last refused requests travel along, newest first, and none is reported twice', () => {
    const { usage, request } = isolate();
    const [first, last] = [refused(), refused({ code: 'scope_missing', missing_scopes: ['person:read'] })];
    void request(first);
    void request();
    void request(last);
    expect(usage.take(ACME)?.refused).toEqual([last.refused, first.refused]);
    void request();
    expect(usage.take(ACME)?.refused).toEqual([]);
  });

  test('A storm of refusals is reported in a bounded number of bytes', () => {
    const { usage, request } = isolate();
    for (let sent = 0; sent < 1000; sent += 1)
      void request(
        refused({
          code: `code_${sent % 100}`,
          attr: 'a'.repeat(40),
          missing_scopes: Object.keys(SCOPE_TEXTS),
          origin: 'o'.repeat(200),
          limit: TOKEN,
        }),
      );
    const report = usage.take(ACME);
    expect(report?.refused).toHaveLength(LIMITS.lastRefusedMax);
    expect(JSON.stringify(report?.refused).length).toBeLessThan(50_000);
  });

  test('A request counts for the hour in which it began, and for its own token and tenant', () => {
    const { usage, request } = isolate();
    void request({ startedMs: START - HOUR_MS });
    void request({ token: tokenOf(2) });
    void request({ tenant: OTHER, token: tokenOf(3) });
    expect(usage.take(ACME)?.hours.map(({ hour, token }) => [hour, token])).toEqual([
      [hourOf(START) - 1, TOKEN],
      [hourOf(START), tokenOf(2)],
    ]);
    expect(usage.take(OTHER)?.hours).toHaveLength(1);
  });

  test('What was taken is not reported again', async () => {
    const { usage, request, wait, reported } = isolate();
    void request();
    expect(usage.take(ACME)).not.toBeNull();
    expect(usage.take(ACME)).toBeNull();
    await wait(LIMITS.usageReportMsMax);
    expect(reported).toEqual([]);
  });

  test('A question takes what is old enough along, and nothing newer', async () => {
    const { usage, request, wait } = isolate();
    void request();
    await wait(LIMITS.usageReportMs - 1);
    expect(usage.takeDue(ACME)).toBeNull();
    await wait(1);
    expect(usage.takeDue(OTHER)).toBeNull();
    expect(usage.takeDue(ACME)?.hours).toHaveLength(1);
  });

  test('A request is admitted with the question that carries the report', async () => {
    const { clock, usage, request, wait } = isolate();
    const asked: unknown[] = [];
    const services = {
      usage,
      leases: new Leases(() => clock.ms),
      nowMs: () => clock.ms,
      tenant: () => ({
        admit: async (ask: { usage?: UsageReport | null }) => {
          asked.push(ask.usage);
          return admission([], null);
        },
      }),
    };
    const ctx = {
      services,
      request: new Request('https://g.example/'),
      response: {},
      log: {},
    } as unknown as Context;
    void request();
    await admit(ctx, principal());
    await wait(LIMITS.usageReportMs);
    await admit(ctx, principal());
    await admit(ctx, principal());
    expect(asked).toEqual([null, expect.objectContaining({ id: 'report 1' }), null]);
  });

  test('What no question took is reported by itself, once, and the runtime waits for it', async () => {
    const { request, wait, reported } = isolate();
    let done = false;
    void request().then(() => (done = true));
    await request();
    await wait(LIMITS.usageReportMsMax - 1);
    expect([done, reported.length]).toEqual([false, 0]);
    await wait(1);
    expect(reported).toEqual([[ACME, expect.objectContaining({ id: 'report 1' })]]);
    expect(reported[0]?.[1].hours[0]?.counts.admitted).toBe(2);
    expect(done).toBe(true);
    await wait(LIMITS.usageReportMsMax);
    expect(reported).toHaveLength(1);
  });

  test('What was counted after a question took the rest is reported by itself too', async () => {
    const { usage, request, wait, reported } = isolate();
    void request();
    await wait(LIMITS.usageReportMs);
    expect(usage.takeDue(ACME)).not.toBeNull();
    void request();
    await wait(LIMITS.usageReportMsMax - 1);
    expect(reported).toEqual([]);
    await wait(1);
    expect(reported).toHaveLength(1);
  });

  test('What the runtime gave up waiting for is reported with the next request', async () => {
    const { clock, request, reported } = isolate();
    void request();
    clock.ms += LIMITS.usageReportMsMax;
    await request();
    expect(reported[0]?.[1].hours[0]?.counts.admitted).toBe(2);
  });

  test('So many tokens are counted apart, and then reported at once', async () => {
    const { request, reported } = isolate();
    for (let nth = 0; nth < LIMITS.usageReportRowsMax; nth += 1) void request({ token: tokenOf(nth) });
    await new Promise(setImmediate);
    expect(reported.map(([, { hours }]) => hours.length)).toEqual([LIMITS.usageReportRowsMax]);
  });

  test('A report that the object does not take is lost, is told to the operator, and is not sent again', async () => {
    const { usage, request, wait, lost } = isolate(false);
    const counted = request();
    await wait(LIMITS.usageReportMsMax);
    await counted;
    expect(lost).toHaveLength(1);
    expect(usage.take(ACME)).toBeNull();
  });

  test('A clock that was set back makes nothing wait longer', () => {
    const { clock, usage, request } = isolate();
    void request();
    clock.ms -= HOUR_MS;
    expect(usage.takeDue(ACME)).not.toBeNull();
  });
});
