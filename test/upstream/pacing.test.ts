/** The pace of calls to PostHog, with a pacer and a transport that the test holds in its hands. */
import { describe, expect, test, vi } from 'vitest';
import { failureUntil } from '../../src/core/failure.ts';
import { ProjectId } from '../../src/core/ids.ts';
import { err, ok, type Result } from '../../src/core/result.ts';
import { pacing, type Pacer } from '../../src/upstream/pacing.ts';
import { queryRequest } from '../../src/upstream/query/body.ts';
import type { UpstreamRequest } from '../../src/upstream/request.ts';
import type { UpstreamAnswer } from '../../src/upstream/transport.ts';
import { answerOf, answers, requestTo } from '../support/upstream/answers.ts';

const PERSONS = requestTo();
const QUERY = queryRequest(
  PERSONS.projectId,
  { kind: 'ActorsQuery' },
  { purpose: 'test', requestId: 'req_1', refresh: 'blocking' },
);
const NOBODY_LEAVES = new AbortController().signal;

/** A paced transport that answers with a status, and everything that its parts were told. */
function paced(changes: Partial<Pacer> = {}, init: ResponseInit = {}) {
  const pacer = {
    acquire: vi.fn(changes.acquire ?? (async () => ok(null))),
    release: vi.fn(changes.release ?? (async () => undefined)),
    cancel: vi.fn(changes.cancel ?? (async () => undefined)),
    report: vi.fn(changes.report ?? (async () => undefined)),
  };
  const pacerOf = vi.fn<(projectId: ProjectId) => Pacer>(() => pacer);
  const unreachable = vi.fn<(error: unknown) => void>();
  const sent = vi.fn<(left?: AbortSignal) => void>();
  const clock = { nowMs: 1_795_000_000_000 };
  const pace = pacing({
    pacerOf,
    slowTimeoutMs: 30_000,
    newId: () => 'the id',
    nowMs: () => clock.nowMs,
    unreachable,
  });
  const kept: Promise<unknown>[] = [];
  const send = (request: UpstreamRequest, left = NOBODY_LEAVES): Promise<Result<UpstreamAnswer>> =>
    pace(
      async (_, signal) => {
        sent(signal);
        return ok(await answerOf(answers('{}', init)));
      },
      { left, waitUntil: (work) => void kept.push(work) },
    )(request);
  return { pacer, pacerOf, unreachable, sent, clock, kept, send };
}

describe('A query', () => {
  test('A query is sent when its pacer gives it a permit, and gives the permit back with how PostHog answered', async () => {
    const { pacer, pacerOf, sent, kept, send } = paced({}, { status: 429, headers: { 'Retry-After': '7' } });
    await send(QUERY);
    expect(pacerOf).toHaveBeenCalledWith(ProjectId.parse(7));
    expect(pacer.acquire).toHaveBeenCalledWith({ id: 'the id', holdMs: 35_000, calls: 0 });
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
    await vi.advanceTimersByTimeAsync(11_999);
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

describe('Another call', () => {
  test('Another call takes no turn, and the next query tells how many there were', async () => {
    const { pacer, send } = paced();
    for (let nth = 0; nth < 3; nth += 1) await send(PERSONS);
    expect(pacer.acquire).not.toHaveBeenCalled();
    expect(pacer.report).not.toHaveBeenCalled();
    await send(QUERY);
    await send(QUERY);
    expect(pacer.acquire.mock.calls.map(([{ calls }]) => calls)).toEqual([3, 0]);
  });

  test('Every twenty other calls are reported without holding one up', async () => {
    const { pacer, kept, send } = paced({
      report: () => new Promise(() => undefined),
    });
    for (let nth = 0; nth < 41; nth += 1) await send(PERSONS);
    expect(pacer.report.mock.calls.map(([calls]) => calls)).toEqual([20, 20]);
    expect(kept).toHaveLength(2);
  });

  test('Calls that are more than a minute old are not told, for PostHog has forgotten them', async () => {
    const { pacer, clock, send } = paced();
    for (let nth = 0; nth < 10; nth += 1) await send(PERSONS);
    clock.nowMs += 60_000;
    await send(QUERY);
    expect(pacer.acquire).toHaveBeenCalledWith(expect.objectContaining({ calls: 0 }));
  });

  test('A 429 to another call is reported at once, and is not counted as taken', async () => {
    const { pacer, send } = paced({}, { status: 429, headers: { 'Retry-After': '30' } });
    await send(PERSONS);
    expect(pacer.report).toHaveBeenCalledWith(0, { status: 429, retryAfterSeconds: 30 });
  });
});
