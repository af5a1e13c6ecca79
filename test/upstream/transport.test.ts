/** The one door: what goes out through it is exactly this, and every way a call can end has a name. */
import { describe, expect, test } from 'vitest';
import { openTransport } from '../../src/upstream/transport.ts';
import {
  answerOf,
  answers,
  breaks,
  CONFIG,
  fetcherOf,
  HASTY,
  KEY,
  requestTo,
  silent,
} from '../support/upstream/answers.ts';

const sentBy = async (changes: Parameters<typeof requestTo>[0]) => {
  const { calls, fetcher } = fetcherOf(answers());
  await openTransport(CONFIG, fetcher, Date.now)(requestTo(changes));
  const [call] = calls;
  if (call === undefined) throw new Error('nothing was sent');
  return call;
};

const ended = async (delivery: 'idempotent' | 'slow' | 'once', ...given: Parameters<typeof fetcherOf>) => {
  const { calls, fetcher } = fetcherOf(...given);
  const result = await openTransport(HASTY, fetcher, Date.now)(requestTo({ delivery }));
  return { attempts: calls.length, code: result.ok ? result.value.status : result.failure.code };
};

describe('Requests', () => {
  test('A request has the key, what is accepted and who asks, and no other header', async () => {
    expect((await sentBy({})).init.headers).toEqual({
      Authorization: `Bearer ${KEY}`,
      Accept: 'application/json',
      'User-Agent': 'hedgerow',
    });
  });

  test('A request names the type of its body where there is one', async () => {
    const { init } = await sentBy({ method: 'POST', body: { ids: ['a'], flag: true } });
    expect(init.headers).toEqual({
      Authorization: `Bearer ${KEY}`,
      Accept: 'application/json',
      'User-Agent': 'hedgerow',
      'Content-Type': 'application/json',
    });
    expect(init.method).toBe('POST');
    expect(init.body).toBe('{"ids":["a"],"flag":true}');
  });

  test.each(['GET', 'DELETE', 'POST', 'PATCH', 'PUT'] as const)(
    'A request by %s has no body where there is none',
    async (method) => {
      const { init } = await sentBy({ method });
      expect(init.method).toBe(method);
      expect(init).not.toHaveProperty('body');
    },
  );

  test('A request is never redirected, never cached, and can always be aborted', async () => {
    const { init } = await sentBy({});
    expect(init).toMatchObject({ redirect: 'manual', cache: 'no-store' });
    expect(init.signal).toBeInstanceOf(AbortSignal);
    expect(Object.keys(init).toSorted()).toEqual(['cache', 'headers', 'method', 'redirect', 'signal']);
  });

  test('A request goes to the one origin', async () => {
    const { url } = await sentBy({ segments: ['funnel'], query: [['limit', '5']] });
    expect(url).toBe('https://posthog.example/api/projects/7/persons/funnel/?limit=5');
  });
});

const noon = () => Date.parse('2026-11-26T12:00:00Z');

describe('Answers', () => {
  test.each([200, 202, 302, 400, 401, 404, 429, 500, 503])(
    'An answer with status %d is handed on without a judgement, and nothing is asked twice',
    async (status) => {
      for (const delivery of ['idempotent', 'slow', 'once'] as const) {
        expect(await ended(delivery, answers(null, { status }))).toEqual({ attempts: 1, code: status });
      }
    },
  );

  test.each([
    ['application/json', 'application/json'],
    ['Application/JSON; charset=utf-8', 'application/json'],
    ['text/html ;x=y', 'text/html'],
    ['', ''],
  ])('An answer of type %j has the media type %j', async (type, mediaType) => {
    const answer = await answerOf(answers('{}', { headers: { 'Content-Type': type } }));
    expect(answer.mediaType).toBe(mediaType);
  });

  test.each([
    ['60', 60],
    ['1', 1],
    ['0', 1],
    ['00', 1],
    ['86400', 86_400],
    ['86401', 86_400],
    ['999999999999999999999999', 86_400],
    ['Thu, 26 Nov 2026 12:00:30 GMT', 30],
    ['Thu, 26 Nov 2026 12:00:00 GMT', 1],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 1],
    ['Sat, 28 Nov 2026 12:00:00 GMT', 86_400],
    ['Thu, 99 Nov 2026 12:00:30 GMT', null],
    ['Thursday, 26-Nov-26 12:00:30 GMT', null],
    ['2026-11-26T12:00:30Z', null],
    ['-1', null],
    ['1.5', null],
    ['1e3', null],
    ['soon', null],
    ['', null],
  ])('An answer with Retry-After %j is read as %j seconds', async (header, seconds) => {
    const { fetcher } = fetcherOf(answers('{}', { headers: { 'Retry-After': header } }));
    const answer = await openTransport(CONFIG, fetcher, noon)(requestTo());
    expect(answer).toMatchObject({ ok: true, value: { retryAfterSeconds: seconds } });
  });

  test('An answer without headers says nothing of them', async () => {
    expect(await answerOf(answers(null))).toMatchObject({ mediaType: '', retryAfterSeconds: null });
  });
});

const wait = async (delivery: 'idempotent' | 'once') => {
  const { fetcher } = fetcherOf(silent);
  const result = await openTransport(HASTY, fetcher, Date.now)(requestTo({ delivery }));
  return result.ok ? '' : result.failure.detail;
};

describe('No answer', () => {
  test.each([
    ['idempotent', 2],
    ['slow', 1],
    ['once', 1],
  ] as const)(
    'A request of class %s that loses its connection is sent %d times and is then unreachable',
    async (delivery, attempts) => {
      expect(await ended(delivery, breaks)).toEqual({ attempts, code: 'upstream_unreachable' });
    },
  );

  test.each([
    ['idempotent', 2],
    ['slow', 1],
    ['once', 1],
  ] as const)(
    'A request of class %s that meets silence is sent %d times and is then a timeout',
    async (delivery, attempts) => {
      expect(await ended(delivery, silent)).toEqual({ attempts, code: 'upstream_timeout' });
    },
  );

  test('A request that its sender takes back ends at once', async () => {
    const left = new AbortController();
    const { fetcher } = fetcherOf(silent);
    const sent = openTransport(CONFIG, fetcher, Date.now)(requestTo({ delivery: 'slow' }), left.signal);
    left.abort();
    expect(await sent).toMatchObject({ ok: false, failure: { code: 'upstream_unreachable' } });
  });

  test('The second answer of a read counts where the first try had none', async () => {
    expect(await ended('idempotent', breaks, answers())).toEqual({ attempts: 2, code: 200 });
    expect(await ended('idempotent', silent, answers())).toEqual({ attempts: 2, code: 200 });
    expect(await ended('idempotent', silent, breaks)).toEqual({ attempts: 2, code: 'upstream_unreachable' });
  });

  test('A request waits as long as its delivery class says', async () => {
    expect(await wait('idempotent')).toContain(`${HASTY.readTimeoutMs} ms`);
    expect(await wait('once')).toContain(`${HASTY.slowTimeoutMs} ms`);
  });

  test('A failure says when to come back, and nothing of the host', async () => {
    for (const way of [breaks, silent]) {
      const { fetcher } = fetcherOf(way);
      const result = await openTransport(HASTY, fetcher, Date.now)(requestTo());
      expect(result).toMatchObject({ ok: false, failure: { retryAfterSeconds: 5, attr: null } });
      expect(JSON.stringify(result)).not.toMatch(/posthog\.example|phx_/);
    }
  });

  test('Each attempt has a deadline of its own', async () => {
    const { calls, fetcher } = fetcherOf(silent);
    await openTransport(HASTY, fetcher, Date.now)(requestTo());
    expect(new Set(calls.map(({ init }) => init.signal)).size).toBe(2);
  });
});
