/** Bodies of PostHog's: never more in memory than agreed, never less passed on than came, and a cut one never looks whole. */
import { describe, expect, test, vi } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { chunksOfAnswer, readText } from '../../src/upstream/body.ts';
import type { UpstreamAnswer } from '../../src/upstream/transport.ts';
import { answerOf, answers, HASTY, piecewise } from '../support/upstream/answers.ts';

const read = async (maxBytes: number, ...pieces: (string | Uint8Array)[]) => {
  const result = await readText(await answerOf(piecewise(pieces).answer), maxBytes);
  return result.ok ? result.value : result.failure.code;
};

describe('Bodies read at once', () => {
  test.each([
    [10, ['0123456789'], '0123456789'],
    [10, ['01234', '56789'], '0123456789'],
    [10, ['', '0', ''], '0'],
    [10, [], ''],
    [9, ['0123456789'], 'upstream_reply_too_large'],
    [9, ['01234', '56789'], 'upstream_reply_too_large'],
    [0, [], ''],
    [0, ['x'], 'upstream_reply_too_large'],
  ])('A body read within %d bytes, in the pieces %j, is %j', async (maxBytes, pieces, expected) => {
    expect(await read(maxBytes, ...pieces)).toBe(expected);
  });

  test('The limit of a body counts bytes, and a character that came in two pieces is put together', async () => {
    const [first, ...others] = new TextEncoder().encode('ü🦔');
    expect(await read(6, new Uint8Array([first ?? 0]), new Uint8Array(others))).toBe('ü🦔');
    expect(await read(5, 'ü🦔')).toBe('upstream_reply_too_large');
  });

  test('An answer without a body has an empty text', async () => {
    expect(await readText(await answerOf(answers(null, { status: 204 })), 10)).toEqual({
      ok: true,
      value: '',
    });
  });

  test('A body that is too large is refused with how to ask for less, and its connection is closed', async () => {
    const { answer, cancelled } = piecewise(['01234', '56789', 'abcde'], 'stays');
    const result = await readText(await answerOf(answer), 7);
    expect(result).toMatchObject({ failure: { code: 'upstream_reply_too_large', attr: null } });
    expect(result.ok ? '' : result.failure.detail).toContain('limit');
    expect(cancelled).toHaveBeenCalledOnce();
  });

  test('A body is unreachable where the connection breaks, and a timeout where PostHog falls silent', async () => {
    const broken = await readText(await answerOf(piecewise(['{"a":'], 'breaks').answer), 100);
    expect(broken).toMatchObject({ failure: { code: 'upstream_unreachable' } });
    const silent = await readText(await answerOf(piecewise(['{"a":'], 'stays').answer, HASTY), 100);
    expect(silent).toMatchObject({ failure: { code: 'upstream_timeout' } });
  });
});

/** Everything of a body that is read piece by piece. */
async function inPieces(answer: UpstreamAnswer): Promise<string> {
  const chunks = chunksOfAnswer(answer);
  const decoder = new TextDecoder();
  let text = '';
  for (let chunk = await chunks.read(); chunk !== null; chunk = await chunks.read()) {
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

describe('Bodies read piece by piece', () => {
  const pieces = ['first ', 'second ', 'third ', 'fourth'];

  test('A body has all its pieces, and none where there is no body', async () => {
    expect(await inPieces(await answerOf(piecewise(pieces).answer))).toBe(pieces.join(''));
    expect(await inPieces(await answerOf(answers(null, { status: 204 })))).toBe('');
  });

  test('A body breaks where it broke for the gateway, and where PostHog falls silent in the middle', async () => {
    const broken = await answerOf(piecewise(pieces, 'breaks').answer);
    await expect(inPieces(broken)).rejects.toThrow('Network connection lost.');
    expect(broken.failure()).toMatchObject({ code: 'upstream_unreachable' });
    const silent = await answerOf(piecewise(pieces, 'stays').answer, HASTY);
    await expect(inPieces(silent)).rejects.toThrow('aborted');
    expect(silent.failure()).toMatchObject({ code: 'upstream_timeout' });
  });

  test('A body is cancelled when its reader stops', async () => {
    const { answer, cancelled } = piecewise(pieces, 'stays');
    await chunksOfAnswer(await answerOf(answer)).cancel();
    expect(cancelled).toHaveBeenCalledOnce();
  });
});

/** A body that says how long it is. */
const declaring =
  (bytes: number, given: (init: RequestInit) => Promise<Response>, headers: Record<string, string> = {}) =>
  async (init: RequestInit): Promise<Response> => {
    const { body } = await given(init);
    return new Response(body, { headers: { 'Content-Length': String(bytes), ...headers } });
  };

describe('Bodies that say they are small', () => {
  const pieces = ['first ', 'second ', 'third'];

  test('A body that says it is small is one piece, and a larger one or one that does not say it is many', async () => {
    const small = chunksOfAnswer(await answerOf(declaring(18, piecewise(pieces).answer)));
    expect(small.whole).toBe(true);
    expect(new TextDecoder().decode((await small.read()) ?? undefined)).toBe(pieces.join(''));
    expect(await small.read()).toBe(null);
    const { replyBufferBytes } = LIMITS;
    for (const [bytes, whole] of [
      [0, true],
      [replyBufferBytes, true],
      [replyBufferBytes + 1, false],
      [Number.NaN, false],
    ] as const)
      expect(chunksOfAnswer(await answerOf(declaring(bytes, piecewise(pieces).answer))).whole).toBe(whole);
    expect(chunksOfAnswer(await answerOf(piecewise(pieces).answer)).whole).toBe(false);
  });

  test.each(['Transfer-Encoding', 'Content-Encoding'])(
    'A body does not say that it is small where it has a %s',
    async (name) => {
      const given = declaring(5, piecewise(pieces).answer, {
        [name]: name === 'Content-Encoding' ? 'gzip' : 'chunked',
      });
      expect(chunksOfAnswer(await answerOf(given)).whole).toBe(false);
      expect(await readText(await answerOf(given), 17)).toMatchObject({
        failure: { code: 'upstream_reply_too_large' },
      });
    },
  );

  test('A body that says it is small is lost where the connection breaks, and where it takes longer than a request may', async () => {
    const broken = await answerOf(declaring(18, piecewise(pieces, 'breaks').answer));
    await expect(chunksOfAnswer(broken).read()).rejects.toThrow('Network connection lost.');
    expect(broken.failure()).toMatchObject({ code: 'upstream_unreachable' });
    const silent = await answerOf(declaring(18, piecewise(pieces, 'stays').answer), HASTY);
    await expect(chunksOfAnswer(silent).read()).rejects.toThrow('aborted');
    expect(silent.failure()).toMatchObject({ code: 'upstream_timeout' });
  });

  test('A body that says it is small is cancelled when nobody reads it, and may be cancelled when it was read', async () => {
    const { answer, cancelled } = piecewise(pieces, 'stays');
    await chunksOfAnswer(await answerOf(declaring(18, answer))).cancel();
    expect(cancelled).toHaveBeenCalledOnce();
    const chunks = chunksOfAnswer(await answerOf(declaring(18, piecewise(pieces).answer)));
    await chunks.read();
    await chunks.cancel();
  });

  test('The deadline of a body that says it is small runs on from its request, and ends with it', async () => {
    for (const end of ['ends', 'breaks'] as const) {
      const { answer, isArmed } = await watched(await answerOf(declaring(18, piecewise(pieces, end).answer)));
      const reading = chunksOfAnswer(answer).read();
      expect(isArmed()).toBe(true);
      await reading.catch(() => undefined);
      expect(isArmed()).toBe(false);
      expect(answer.deadline.restart).not.toHaveBeenCalled();
    }
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

describe('Deadlines of bodies', () => {
  test('The deadline ends with the body', async () => {
    for (const given of [answers(null), answers('{}'), piecewise(['a'], 'breaks').answer]) {
      const { answer, isArmed } = await watched(await answerOf(given));
      await readText(answer, 10);
      expect(isArmed()).toBe(false);
    }
  });

  test('The deadline stops while the client reads slowly, and runs again while PostHog is waited for', async () => {
    const { answer, isArmed } = await watched(await answerOf(piecewise(['aa', 'bb', 'cc']).answer));
    const chunks = chunksOfAnswer(answer);
    expect(isArmed()).toBe(false);
    for (let left = 4; left > 0; left -= 1) {
      const reading = chunks.read();
      expect(isArmed()).toBe(true);
      await reading;
      expect(isArmed()).toBe(false);
    }
  });
});
