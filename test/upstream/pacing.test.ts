/** The pace of calls to PostHog, with a pacer and a transport that the test holds in its hands. */
import { describe, expect, test, vi } from 'vitest';
import { failureUntil } from '../../src/core/failure.ts';
import { ProjectId, TenantId } from '../../src/core/ids.ts';
import { LIMITS } from '../../src/core/limits.ts';
import { err, ok, type Result } from '../../src/core/result.ts';
import type { Payer } from '../../src/core/shield/upstream-share.ts';
import { pacing, type Pacer } from '../../src/upstream/pacing.ts';
import { queryRequest } from '../../src/upstream/query/body.ts';
import type { UpstreamRequest } from '../../src/upstream/request.ts';
import { LeaseBook } from '../../src/upstream/share/lease-book.ts';
import type { UpstreamAnswer } from '../../src/upstream/transport.ts';
import { answerOf, answers, requestTo } from '../support/upstream/answers.ts';

const PERSONS = requestTo();
const QUERY = queryRequest(
  PERSONS.projectId,
  { kind: 'ActorsQuery' },
  { purpose: 'test', requestId: 'req_1', refresh: 'blocking' },
);
const DELETE = requestTo({ method: 'POST', segments: ['bulk_delete'], body: {}, delivery: 'once' });
const NOBODY_LEAVES = new AbortController().signal;
const ACME = { kind: 'tenant', tenant: TenantId.parse('acme'), weight: 3 } as const satisfies Payer;
const RESERVED = { kind: 'reserved' } as const satisfies Payer;
const SHARE = { tenant: 'acme', weight: 3, want: 1, returned: [] };

/** A paced transport that answers with a status, and everything that its parts were told. */
function paced(changes: Partial<Pacer> = {}, init: ResponseInit = {}) {
  const pacer = {
    share: vi.fn(changes.share ?? (async ({ id, want }) => ok({ id, permits: want }))),
    acquire: vi.fn(changes.acquire ?? (async () => ok(null))),
    release: vi.fn(changes.release ?? (async () => undefined)),
    cancel: vi.fn(changes.cancel ?? (async () => undefined)),
    report: vi.fn(changes.report ?? (async () => undefined)),
  };
  const pacerOf = vi.fn<(projectId: ProjectId) => Pacer>(() => pacer);
  const unreachable = vi.fn<(error: unknown) => void>();
  const sent = vi.fn<(left?: AbortSignal) => void>();
  const clock = { nowMs: 1_795_000_000_000 };
  const leases = new LeaseBook(
    () => clock.nowMs,
    () => 'the id',
  );
  const pace = pacing({
    pacerOf,
    leases,
    slowTimeoutMs: 30_000,
    newId: () => 'the id',
    nowMs: () => clock.nowMs,
    unreachable,
  });
  const kept: Promise<unknown>[] = [];
  const send = (
    request: UpstreamRequest,
    left = NOBODY_LEAVES,
    payer: Payer = ACME,
  ): Promise<Result<UpstreamAnswer>> =>
    pace(
      async (_, signal) => {
        sent(signal);
        return ok(await answerOf(answers('{}', init)));
      },
      { left, waitUntil: (work) => void kept.push(work), payer: () => payer },
    )(request);
  return { pacer, pacerOf, unreachable, sent, clock, kept, send, leases };
}

describe('A query', () => {
  test('A query is sent when its pacer gives it a permit, and gives the permit back with how PostHog answered', async () => {
    const { pacer, pacerOf, sent, kept, send } = paced({}, { status: 429, headers: { 'Retry-After': '7' } });
    await send(QUERY);
    expect(pacerOf).toHaveBeenCalledWith(ProjectId.parse(7));
    expect(pacer.acquire).toHaveBeenCalledWith({ id: 'the id', holdMs: 35_000, share: SHARE });
    expect(sent).toHaveBeenCalledTimes(1);
    expect(pacer.release).toHaveBeenCalledWith('the id', { status: 429, retryAfterSeconds: 7 });
    expect(kept, 'the runtime waits for the end of the permit').toHaveLength(1);
  });

  test('A query that its pacer refuses is not sent, and its caller learns when to come back', async () => {
    const refusal = failureUntil('upstream_busy', 'Too many queries are waiting.', 12);
    const { sent, pacer, send } = paced({ acquire: async () => err(refusal) });
    expect(await send(QUERY)).toEqual(err(refusal));
    expect(sent).not.toHaveBeenCalled();
    expect(pacer.release).not.toHaveBeenCalled();
  });

  test('A query whose pacer cannot be reached is sent all the same, and its place is given up', async () => {
    const broken = new Error('The object is gone.');
    const { sent, pacer, unreachable, send } = paced({ acquire: () => Promise.reject(broken) });
    expect((await send(QUERY)).ok).toBe(true);
    expect(sent).toHaveBeenCalledTimes(1);
    expect(unreachable).toHaveBeenCalledWith(broken);
    expect(pacer.cancel).toHaveBeenCalledWith('the id');
  });

  test('A query whose pacer never answers is sent once a query may not wait any longer', async () => {
    vi.useFakeTimers();
    const { sent, unreachable, send } = paced({ acquire: () => new Promise(() => undefined) });
    const answer = send(QUERY);
    await vi.advanceTimersByTimeAsync(16_999);
    expect(sent).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    vi.useRealTimers();
    expect((await answer).ok).toBe(true);
    expect(unreachable).toHaveBeenCalledTimes(1);
  });

  test('A client that hangs up while its query waits frees the place, and nothing is sent', async () => {
    const left = new AbortController();
    const { sent, pacer, kept, send } = paced({ acquire: () => new Promise(() => undefined) });
    const answer = send(QUERY, left.signal);
    left.abort();
    expect(await answer).toMatchObject({ ok: false, failure: { code: 'upstream_busy', clientLeft: true } });
    expect(pacer.cancel).toHaveBeenCalledWith('the id');
    expect(kept).toHaveLength(1);
    expect(sent).not.toHaveBeenCalled();
  });

  test('A query under way is taken back when its client hangs up, and no other call is', async () => {
    const left = new AbortController();
    const { sent, send } = paced();
    await send(QUERY, left.signal);
    expect(sent).toHaveBeenLastCalledWith(left.signal);
    await send(PERSONS, left.signal);
    expect(sent).toHaveBeenLastCalledWith(undefined);
  });

  test('A permit that cannot be given back spoils no answer', async () => {
    const { unreachable, kept, send } = paced({ release: () => Promise.reject(new Error('gone')) });
    expect((await send(QUERY)).ok).toBe(true);
    await Promise.all(kept);
    expect(unreachable).toHaveBeenCalledTimes(1);
  });
});

describe('A call for a tenant', () => {
  test('A call without a permit waits for one, and is sent with it', async () => {
    const { pacer, sent, send } = paced();
    expect((await send(PERSONS)).ok).toBe(true);
    expect(pacer.share).toHaveBeenCalledExactlyOnceWith({ id: 'the id', ...SHARE });
    expect(sent).toHaveBeenCalledTimes(1);
    expect(pacer.report, 'the permit was counted when it was given').not.toHaveBeenCalled();
  });

  test('A call that finds a permit of its tenant asks no pacer, and one of another tenant does', async () => {
    const { pacer, leases, send } = paced();
    const pending = leases.ask(PERSONS.projectId, ACME);
    leases.settle(PERSONS.projectId, ACME, pending, { id: 'lease', permits: 2 }, 0);
    await send(PERSONS);
    await send(PERSONS);
    expect(pacer.share).not.toHaveBeenCalled();
    await send(PERSONS, NOBODY_LEAVES, { ...ACME, tenant: TenantId.parse('other') });
    expect(pacer.share).toHaveBeenCalledTimes(1);
  });

  test('Permits that were not used within their term are no longer used, and go back with the next ask', async () => {
    const { pacer, leases, clock, send } = paced();
    const pending = leases.ask(PERSONS.projectId, ACME);
    leases.settle(PERSONS.projectId, ACME, pending, { id: 'lease', permits: 5 }, 0);
    await send(PERSONS);
    clock.nowMs += LIMITS.permitTermMs;
    await send(PERSONS);
    await send(PERSONS);
    const returned = pacer.share.mock.calls.map(([ask]) => ask.returned);
    expect(returned).toEqual([[{ lease: 'lease', permits: 4 }], []]);
  });

  test('An isolate asks for as many permits as it used in its last term', async () => {
    const { pacer, clock, send } = paced({ share: async ({ id }) => ok({ id, permits: 1 }) });
    for (let nth = 0; nth < 6; nth += 1) await send(PERSONS);
    clock.nowMs += LIMITS.permitTermMs;
    await send(PERSONS);
    expect(pacer.share.mock.lastCall?.[0].want).toBe(6);
  });

  test('A call that its pacer refuses is not sent', async () => {
    const refusal = failureUntil('upstream_share_exhausted', 'The share is used up.', 4);
    const { sent, send } = paced({ share: async () => err(refusal) });
    expect(await send(PERSONS)).toEqual(err(refusal));
    expect(sent).not.toHaveBeenCalled();
  });

  test('A client that hangs up while its call waits frees the place, and nothing is sent', async () => {
    const left = new AbortController();
    const { sent, pacer, send } = paced({ share: () => new Promise(() => undefined) });
    const answer = send(PERSONS, left.signal);
    left.abort();
    expect(await answer).toMatchObject({
      ok: false,
      failure: { code: 'upstream_share_exhausted', clientLeft: true },
    });
    expect(pacer.cancel).toHaveBeenCalledWith('the id');
    expect(sent).not.toHaveBeenCalled();
  });

  test('Calls whose pacer cannot be reached are made a few times a minute, and refused with the seconds to wait then', async () => {
    const broken = new Error('The object is gone.');
    const { sent, clock, unreachable, send } = paced({
      share: () => Promise.reject(broken),
      acquire: () => Promise.reject(broken),
    });
    for (let nth = 0; nth < LIMITS.emergencyCallsPerMinute; nth += 1) {
      expect((await send(nth % 2 === 0 ? PERSONS : QUERY)).ok).toBe(true);
    }
    clock.nowMs += 20_000;
    for (const request of [PERSONS, QUERY]) {
      expect(await send(request)).toMatchObject({
        ok: false,
        failure: { code: 'upstream_share_exhausted', retryAfterSeconds: 40 },
      });
    }
    expect(sent).toHaveBeenCalledTimes(LIMITS.emergencyCallsPerMinute);
    expect(unreachable).toHaveBeenCalledWith(broken);
    clock.nowMs += 40_000;
    expect((await send(PERSONS)).ok).toBe(true);
  });

  test('A 429 is told at once, and ends the permits of its project', async () => {
    const { pacer, leases, send } = paced({}, { status: 429, headers: { 'Retry-After': '30' } });
    const pending = leases.ask(PERSONS.projectId, ACME);
    leases.settle(PERSONS.projectId, ACME, pending, { id: 'lease', permits: 5 }, 0);
    await send(PERSONS);
    expect(pacer.report).toHaveBeenCalledExactlyOnceWith(
      { reads: 0, deletes: 0 },
      { status: 429, retryAfterSeconds: 30 },
      'reads',
    );
    expect(leases.take(PERSONS.projectId, ACME)).toBe(false);
  });
});

describe('A call of the reserved part', () => {
  const none = NOBODY_LEAVES;

  test('A call of the reserved part waits for no permit, and every five are reported without holding one up', async () => {
    const { pacer, kept, send } = paced({ report: () => new Promise(() => undefined) });
    for (let nth = 0; nth < 11; nth += 1) await send(nth % 2 === 0 ? PERSONS : DELETE, none, RESERVED);
    expect(pacer.share).not.toHaveBeenCalled();
    expect(pacer.report.mock.calls.map(([calls]) => calls)).toEqual([
      { reads: 3, deletes: 2 },
      { reads: 2, deletes: 3 },
    ]);
    expect(kept).toHaveLength(2);
  });

  test('A call of the reserved part is sent where its pacer cannot be reached, however often', async () => {
    const { sent, kept, unreachable, send } = paced({ report: () => Promise.reject(new Error('gone')) });
    for (let nth = 0; nth < 50; nth += 1) expect((await send(DELETE, none, RESERVED)).ok).toBe(true);
    await Promise.all(kept);
    expect(sent).toHaveBeenCalledTimes(50);
    expect(unreachable).toHaveBeenCalled();
  });

  test('A query of the reserved part takes its turn, and nothing of the share of a tenant', async () => {
    const { pacer, send } = paced();
    await send(QUERY, none, RESERVED);
    expect(pacer.acquire).toHaveBeenCalledWith(expect.objectContaining({ share: null }));
  });

  test('Calls that are more than a minute old are not told, for PostHog has forgotten them', async () => {
    const { pacer, clock, send } = paced();
    for (let nth = 0; nth < 4; nth += 1) await send(PERSONS, none, RESERVED);
    clock.nowMs += 60_000;
    for (let nth = 0; nth < 5; nth += 1) await send(PERSONS, none, RESERVED);
    expect(pacer.report.mock.calls.map(([calls]) => calls)).toEqual([{ reads: 5, deletes: 0 }]);
  });

  test('A 429 to a call of the reserved part is reported at once, and is not counted as taken', async () => {
    const { pacer, send } = paced({}, { status: 429, headers: { 'Retry-After': '30' } });
    await send(DELETE, none, RESERVED);
    expect(pacer.report).toHaveBeenCalledWith(
      { reads: 0, deletes: 0 },
      { status: 429, retryAfterSeconds: 30 },
      'deletes',
    );
  });
});
