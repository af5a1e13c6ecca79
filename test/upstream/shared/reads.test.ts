/** Reads of an isolate: from its memory, from the object of the project, or from PostHog. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { failure } from '../../../src/core/failure.ts';
import { ProjectId } from '../../../src/core/ids.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import type { RecallAsk } from '../../../src/core/shield/shared-answer.ts';
import { AnswerBook } from '../../../src/objects/shield/answer-book.ts';
import { chunkOf } from '../../../src/upstream/chunks.ts';
import type { Opened, PostHogClient } from '../../../src/upstream/client.ts';
import type { PersonsRequest, QueryRequest, UpstreamRequest } from '../../../src/upstream/request.ts';
import { sharedReads, type AnswerSource, type Sharing } from '../../../src/upstream/shared/reads.ts';

const REQUEST: PersonsRequest = {
  resource: 'persons',
  method: 'GET',
  projectId: ProjectId.parse(1),
  segments: [],
  query: [['limit', '10']],
  body: null,
  delivery: 'idempotent',
};
const QUERY: QueryRequest = {
  resource: 'query',
  method: 'POST',
  projectId: ProjectId.parse(1),
  body: { client_query_id: 'q', name: 'trends', refresh: 'blocking', query: { kind: 'TrendsQuery' } },
  delivery: 'slow',
};
const TEN_SECONDS: Sharing = { shownBy: 'all', ageMsMax: 10_000, whileAsked: 'join' };
const NONE: Sharing = { ...TEN_SECONDS, ageMsMax: 0 };

const opened = (text: string, mediaType = 'application/json', status = 200): Opened => {
  const bytes = new TextEncoder().encode(text);
  return {
    kind: 'open',
    answer: {
      status,
      mediaType,
      text: async () => ({ ok: true, value: text }),
      chunks: () => chunkOf(async () => bytes),
      lost: () => {
        throw new Error('nothing is lost');
      },
    },
  };
};
const textOf = async (answered: Opened): Promise<string> => {
  if (answered.kind !== 'open') return answered.kind;
  const text = await answered.answer.text(LIMITS.replyBytesMax);
  return text.ok ? text.value : text.failure.code;
};

const never = () => new Promise<Opened>(() => undefined);
const firstAnswer = async (): Promise<Opened> => opened('"first"');

/** An isolate in front of an object of a project, and a PostHog that answers what a test says. */
function isolate(book = new AnswerBook('start')) {
  let nowMs = 1000;
  let reachable = true;
  let epoch: string | null | undefined;
  let lastEpoch: string | null = book.epoch;
  let holdsPermit = true;
  let answer: () => Promise<Opened> = firstAnswer;
  const calls = { posthog: 0, recalls: 0 };
  const told: unknown[] = [];
  const work: Promise<unknown>[] = [];
  const reach = <T>(value: () => T): Promise<T> =>
    reachable ? Promise.resolve().then(value) : Promise.reject(new Error('out of reach'));
  const source: AnswerSource = {
    recall: (ask: RecallAsk) => {
      calls.recalls += 1;
      return reach(() => book.recall(ask, nowMs)).then((recalled) => recalled);
    },
    remember: (ticket, shared) => reach(() => book.remember(ticket, shared)),
    abandon: (ticket, why) => reach(() => book.abandon(ticket, why, nowMs)),
  };
  const client: Pick<PostHogClient, 'open'> = {
    open: () => {
      calls.posthog += 1;
      return answer();
    },
  };
  const reads = sharedReads({
    sourceOf: () => source,
    epochOf: async () => (epoch === undefined ? book.epoch : epoch),
    lastEpochOf: () => lastEpoch,
    holdsPermit: () => holdsPermit,
    nowMs: () => nowMs,
    unreachable: (error) => told.push(error),
  });
  const posthog: PostHogClient = { ...client, ask: () => Promise.reject(new Error('reads are opened')) };
  const invocation = {
    left: new AbortController().signal,
    waitUntil: (promise: Promise<unknown>) => void work.push(promise),
    payer: () => ({ kind: 'reserved' }) as const,
  };
  return {
    book,
    calls,
    reads: (sharing: Sharing) => reads(posthog, invocation, REQUEST, sharing),
    told,
    read: async (sharing: Sharing = TEN_SECONDS, request: UpstreamRequest = REQUEST) => {
      const { opened: answered, ageMs } = await reads(posthog, invocation, request, sharing);
      return { text: await textOf(answered), ageMs };
    },
    settle: () => Promise.all(work),
    pass: (ms: number) => {
      nowMs += ms;
    },
    answers: (next: () => Promise<Opened>) => {
      answer = next;
    },
    breakSource: () => {
      reachable = false;
    },
    epochIs: (value: string | null) => {
      epoch = value;
    },
    lastEpochIs: (value: string | null) => {
      lastEpoch = value;
    },
    isShort: () => {
      holdsPermit = false;
    },
  };
}

describe('Reads of a tenant that lets answers be remembered', () => {
  test('The second read is answered from memory, with its age, and neither PostHog nor the object is asked', async () => {
    const { read, calls, pass } = isolate();
    expect(await read()).toEqual({ text: '"first"', ageMs: null });
    pass(1500);
    expect(await read()).toEqual({ text: '"first"', ageMs: 1500 });
    expect(calls).toEqual({ posthog: 1, recalls: 1 });
  });

  test('Another isolate is answered by the object', async () => {
    const one = isolate();
    await one.read();
    await one.settle();
    const other = isolate(one.book);
    other.pass(700);
    expect(await other.read()).toEqual({ text: '"first"', ageMs: 700 });
    expect(await other.read()).toEqual({ text: '"first"', ageMs: 700 });
    expect(other.calls).toEqual({ posthog: 0, recalls: 1 });
  });

  test('An answer that was waited for is as old as the question to PostHog, not as the wait for it', async () => {
    const one = isolate();
    const { promise, resolve } = Promise.withResolvers<Opened>();
    one.answers(() => promise);
    const asking = one.read();
    await Promise.resolve();
    const other = isolate(one.book);
    other.pass(4000);
    const waiting = other.read();
    await vi.waitFor(() => expect(other.calls.recalls).toBe(1));
    resolve(opened('"slow"'));
    await asking;
    await one.settle();
    expect(await waiting).toEqual({ text: '"slow"', ageMs: null });
    other.pass(5999);
    expect(await other.read()).toEqual({ text: '"slow"', ageMs: 9999 });
    other.pass(1);
    other.answers(async () => opened('"new"'));
    expect(await other.read()).toEqual({ text: '"new"', ageMs: null });
  });

  test('Twenty reads at the same time are one call to PostHog', async () => {
    const { read, calls } = isolate();
    const texts = await Promise.all(Array.from({ length: 20 }, () => read()));
    expect(new Set(texts.map(({ text }) => text))).toEqual(new Set(['"first"']));
    expect(calls.posthog).toBe(1);
  });

  test.each([
    ['another question', TEN_SECONDS, { ...REQUEST, query: [['limit', '11']] as const }],
    ['another view', { ...TEN_SECONDS, shownBy: 'less' }, REQUEST],
    ['another project', TEN_SECONDS, { ...REQUEST, projectId: ProjectId.parse(2) }],
    ['an answer of its own', { ...TEN_SECONDS, whileAsked: 'anew' as const }, REQUEST],
    ['a younger answer', { ...TEN_SECONDS, ageMsMax: 100 }, REQUEST],
  ])('A read that wants %s asks PostHog', async (_, sharing, request) => {
    const { read, calls, pass, answers, settle } = isolate();
    await read();
    await settle();
    pass(100);
    answers(async () => opened('"second"'));
    expect(await read(sharing, request)).toEqual({ text: '"second"', ageMs: null });
    expect(calls.posthog).toBe(2);
  });

  test('A read after a change asks PostHog', async () => {
    const { read, calls, book } = isolate();
    await read();
    book.forget();
    await read();
    expect(calls.posthog).toBe(2);
  });

  test('A read whose epoch is not known asks PostHog', async () => {
    const { read, calls, epochIs } = isolate();
    await read();
    epochIs(null);
    expect(await read()).toMatchObject({ ageMs: null });
    expect(calls).toEqual({ posthog: 2, recalls: 1 });
  });

  test.each([
    ['a refusal', async (): Promise<Opened> => ({ kind: 'refusal', status: 404, body: {} })],
    ['another status', async () => opened('"x"', 'application/json', 202)],
    ['another form', async () => opened('<html>', 'text/html')],
    ['no JSON', async () => opened('{"cut":')],
    ['too much', async () => opened(`"${'x'.repeat(LIMITS.sharedAnswerBytesMax)}"`)],
  ])('An answer that is %s goes to who asked, and is not given again', async (_, given) => {
    const { read, calls, answers } = isolate();
    answers(given);
    const first = await read();
    expect(await read()).toEqual(first);
    expect(first.ageMs).toBe(null);
    expect(calls.posthog).toBe(2);
  });

  test('A read whose PostHog call throws fails, and the next reader asks', async () => {
    const { read, answers, calls } = isolate();
    answers(() => Promise.reject(new Error('a defect')));
    await expect(read()).rejects.toThrow('a defect');
    answers(async () => opened('"second"'));
    expect(await read()).toEqual({ text: '"second"', ageMs: null });
    expect(calls.posthog).toBe(2);
  });

  test('PostHog is asked where the object of the project is out of reach, and the operator is told', async () => {
    const { read, breakSource, told } = isolate();
    breakSource();
    expect(await read()).toEqual({ text: '"first"', ageMs: null });
    expect(told).toHaveLength(1);
  });
});

describe('Reads of a tenant that lets nothing be remembered', () => {
  test('Each asks PostHog, without a call to the object', async () => {
    const { read, calls } = isolate();
    await read(NONE);
    await read(NONE);
    expect(calls).toEqual({ posthog: 2, recalls: 0 });
  });

  test('Twenty reads at the same time are one call to PostHog, and none to the object', async () => {
    const { read, calls } = isolate();
    const texts = await Promise.all(Array.from({ length: 20 }, () => read(NONE)));
    expect(texts).toEqual(texts.map(() => ({ text: '"first"', ageMs: null })));
    expect(calls).toEqual({ posthog: 1, recalls: 0 });
  });

  test('A read that comes after a change does not join a read from before', async () => {
    const { read, calls, answers, book } = isolate();
    const { promise, resolve } = Promise.withResolvers<Opened>();
    answers(() => promise);
    const before = read(NONE);
    book.forget();
    answers(async () => opened('"changed"'));
    expect(await read(NONE)).toEqual({ text: '"changed"', ageMs: null });
    resolve(opened('"first"'));
    expect(await before).toEqual({ text: '"first"', ageMs: null });
    expect(calls).toEqual({ posthog: 2, recalls: 0 });
  });

  test.each([null, 'an epoch of long ago'])(
    'A read is not joined that began while the epoch was known as %j',
    async (last) => {
      const { read, calls, lastEpochIs } = isolate();
      lastEpochIs(last);
      const first = read(NONE);
      await Promise.all([first, read(NONE), read(NONE)]);
      expect(calls.posthog).toBe(2);
    },
  );

  test('An answer that nobody waits for is passed on before its end has come', async () => {
    const { reads, answers } = isolate();
    const { promise: end } = Promise.withResolvers<Uint8Array>();
    answers(async () => {
      const given = opened('"first"');
      if (given.kind !== 'open') throw new Error('the answer is open');
      return { kind: 'open', answer: { ...given.answer, chunks: () => chunkOf(() => end) } };
    });
    expect((await reads(NONE)).opened.kind).toBe('open');
  });

  test('A read goes through the object where there is no permit to ask PostHog at once', async () => {
    const one = isolate();
    const other = isolate(one.book);
    one.isShort();
    other.isShort();
    const texts = await Promise.all([one.read(NONE), other.read(NONE), one.read(NONE), other.read(NONE)]);
    expect(texts).toEqual(texts.map(() => ({ text: '"first"', ageMs: null })));
    expect(one.calls.posthog + other.calls.posthog).toBe(1);
  });

  test('A query goes through the object, because it is slow', async () => {
    const one = isolate();
    const other = isolate(one.book);
    const texts = await Promise.all([one.read(NONE, QUERY), other.read(NONE, QUERY)]);
    expect(texts).toEqual(texts.map(() => ({ text: '"first"', ageMs: null })));
    expect([one.calls, other.calls]).toEqual([
      { posthog: 1, recalls: 1 },
      { posthog: 0, recalls: 1 },
    ]);
  });

  test('A read that wants an answer of its own gets one', async () => {
    const { read, calls } = isolate();
    await Promise.all(Array.from({ length: 5 }, () => read({ ...NONE, whileAsked: 'anew' })));
    expect(calls).toEqual({ posthog: 5, recalls: 0 });
  });
});

describe('Reads of one question behind a read that never ends', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([
    ['nothing', NONE],
    ['answers', TEN_SECONDS],
  ])(
    'A read that comes after the longest wait joins no read from before it, where %s may be remembered',
    async (_, sharing) => {
      vi.useFakeTimers();
      const { read, calls, answers, pass } = isolate();
      answers(never);
      void read(sharing);
      await vi.advanceTimersByTimeAsync(0);
      answers(async () => opened('"second"'));
      const waiting = read(sharing);
      pass(LIMITS.sharedAnswerWaitMsMax);
      await vi.advanceTimersByTimeAsync(LIMITS.sharedAnswerWaitMsMax);
      expect(await waiting).toEqual({ text: '"second"', ageMs: null });
      expect(calls.posthog).toBe(2);
      const later = Promise.all([read(sharing), read(sharing), read(sharing)]);
      await vi.advanceTimersByTimeAsync(0);
      expect(vi.getTimerCount()).toBe(0);
      expect((await later).map(({ text }) => text)).toEqual(['"second"', '"second"', '"second"']);
      expect(calls.posthog).toBe(3);
    },
  );

  test('A read that was to ask for others and has lost its patience hands that on', async () => {
    vi.useFakeTimers();
    const first = isolate();
    const { promise, resolve } = Promise.withResolvers<Opened>();
    first.answers(() => promise);
    void first.read();
    await vi.advanceTimersByTimeAsync(0);
    const impatient = isolate(first.book);
    const waiting = impatient.read();
    await vi.advanceTimersByTimeAsync(LIMITS.sharedAnswerWaitMsMax);
    expect(await waiting).toEqual({ text: '"first"', ageMs: null });
    const patient = isolate(first.book);
    const next = patient.read();
    await vi.advanceTimersByTimeAsync(0);
    resolve({
      kind: 'failure',
      status: null,
      failure: failure('upstream_unreachable', 'PostHog was silent.'),
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(await next).toEqual({ text: '"first"', ageMs: null });
  });
});
