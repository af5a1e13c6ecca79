/** Bodies of PostHog's: never more in memory than agreed, never less passed on than came, and a cut one never looks whole. */
import { describe, expect, test, vi } from 'vitest';
import { readOrStream, readText } from '../../src/upstream/body.ts';
import type { UpstreamAnswer } from '../../src/upstream/transport.ts';
import { answerOf, answers, HASTY, piecewise } from '../support/upstream/answers.ts';

const read = async (maxBytes: number, ...pieces: (string | Uint8Array)[]) => {
  const result = await readText(await answerOf(piecewise(pieces).answer), maxBytes);
  return result.ok ? result.value : result.failure.code;
};

const textOf = (stream: ReadableStream<Uint8Array>) => new Response(stream).text();

async function streamOf(answer: UpstreamAnswer, maxBytes: number): Promise<ReadableStream<Uint8Array>> {
  const body = await readOrStream(answer, maxBytes);
  if (!body.ok || body.value.kind !== 'stream') throw new Error('this should have been a stream');
  return body.value.stream;
}

describe('a body read whole', () => {
  test.each([
    [10, ['0123456789'], '0123456789'],
    [10, ['01234', '56789'], '0123456789'],
    [10, ['', '0', ''], '0'],
    [10, [], ''],
    [9, ['0123456789'], 'upstream_reply_too_large'],
    [9, ['01234', '56789'], 'upstream_reply_too_large'],
    [0, [], ''],
    [0, ['x'], 'upstream_reply_too_large'],
  ])('within %d bytes: %j is %j', async (maxBytes, pieces, expected) => {
    expect(await read(maxBytes, ...pieces)).toBe(expected);
  });

  test('counts bytes, not characters, and puts characters together that came in two pieces', async () => {
    const [first, ...others] = new TextEncoder().encode('ü🦔');
    expect(await read(6, new Uint8Array([first ?? 0]), new Uint8Array(others))).toBe('ü🦔');
    expect(await read(5, 'ü🦔')).toBe('upstream_reply_too_large');
  });

  test('is empty where there is none', async () => {
    expect(await readText(await answerOf(answers(null, { status: 204 })), 10)).toEqual({
      ok: true,
      value: '',
    });
  });

  test('and too large says how to ask for less, and lets go of the connection', async () => {
    const { answer, cancelled } = piecewise(['01234', '56789', 'abcde'], 'stays');
    const result = await readText(await answerOf(answer), 7);
    expect(result).toMatchObject({ failure: { code: 'upstream_reply_too_large', attr: null } });
    expect(result.ok ? '' : result.failure.detail).toContain('limit');
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test('is unreachable where the connection breaks, and a timeout where PostHog falls silent', async () => {
    const broken = await readText(await answerOf(piecewise(['{"a":'], 'breaks').answer), 100);
    expect(broken).toMatchObject({ failure: { code: 'upstream_unreachable' } });
    const silent = await readText(await answerOf(piecewise(['{"a":'], 'stays').answer, HASTY), 100);
    expect(silent).toMatchObject({ failure: { code: 'upstream_timeout' } });
  });
});

describe('a body too large to be read whole', () => {
  const pieces = ['first ', 'second ', 'third ', 'fourth'];

  test.each([0, 1, 5, 6, 7, 12, 13, 20])(
    'of which %d bytes were read goes on from its first byte',
    async (maxBytes) => {
      expect(await textOf(await streamOf(await answerOf(piecewise(pieces).answer), maxBytes))).toBe(
        pieces.join(''),
      );
    },
  );

  test('is text, not a stream, up to and with the last byte that is allowed', async () => {
    const whole = await readOrStream(await answerOf(piecewise(pieces).answer), pieces.join('').length);
    expect(whole).toEqual({ ok: true, value: { kind: 'text', text: pieces.join('') } });
  });

  test('breaks for the client where it broke for the gateway', async () => {
    const stream = await streamOf(await answerOf(piecewise(pieces, 'breaks').answer), 3);
    await expect(textOf(stream)).rejects.toThrow('Network connection lost.');
  });

  test('breaks for the client where PostHog falls silent in the middle', async () => {
    const stream = await streamOf(await answerOf(piecewise(pieces, 'stays').answer, HASTY), 3);
    await expect(textOf(stream)).rejects.toThrow('aborted');
  });

  test('is let go of when the client hangs up', async () => {
    const { answer, cancelled } = piecewise(pieces, 'stays');
    const stream = await streamOf(await answerOf(answer), 3);
    await stream.cancel();
    expect(cancelled).toHaveBeenCalledOnce();
  });
});

const watched = async (given: UpstreamAnswer) => {
  let armed = true;
  const answer: UpstreamAnswer = {
    ...given,
    deadline: {
      ...given.deadline,
      restart: vi.fn(() => {
        armed = true;
      }),
      clear: vi.fn(() => {
        armed = false;
        given.deadline.clear();
      }),
    },
  };
  return { answer, isArmed: () => armed };
};

describe('the deadline', () => {
  test('ends with the body', async () => {
    for (const given of [answers(null), answers('{}'), piecewise(['a'], 'breaks').answer]) {
      const { answer, isArmed } = await watched(await answerOf(given));
      await readText(answer, 10);
      expect(isArmed()).toBe(false);
    }
  });

  test('does not run while the client takes its time, and runs again while PostHog is waited for', async () => {
    const { answer, isArmed } = await watched(await answerOf(piecewise(['aa', 'bb', 'cc']).answer));
    const reader = (await streamOf(answer, 1)).getReader();
    expect(isArmed()).toBe(false);
    for (let seen = ''; seen !== 'aabbcc';) {
      const { value } = await reader.read();
      seen += new TextDecoder().decode(value);
      // Whatever was asked for ahead has come by now.
      await new Promise((resolve) => setTimeout(resolve));
      expect(isArmed()).toBe(false);
    }
    expect(answer.deadline.restart).toHaveBeenCalled();
    expect((await reader.read()).done).toBe(true);
    expect(isArmed()).toBe(false);
  });
});
