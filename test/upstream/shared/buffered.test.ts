/** An answer that is read whole to be shared, or given back as it came. */
import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/failure.ts';
import type { ChunkReader } from '../../../src/upstream/chunks.ts';
import type { OpenAnswer } from '../../../src/upstream/client.ts';
import { bufferAnswer, openShared, readAhead } from '../../../src/upstream/shared/buffered.ts';

const LOST = failure('upstream_unreachable', 'PostHog broke off.');
const bytes = (text: string) => new TextEncoder().encode(text);

/** An answer that arrives in these pieces, and then ends or breaks off. */
function arriving(pieces: readonly string[], ends: 'in order' | 'broken') {
  const left = pieces.map(bytes);
  let cancelled = 0;
  const reader: ChunkReader = {
    whole: false,
    read: async () => {
      const piece = left.shift();
      if (piece !== undefined) return piece;
      if (ends === 'broken') throw new Error('broken');
      return null;
    },
    cancel: async () => {
      cancelled += 1;
    },
  };
  const answer: OpenAnswer = {
    status: 200,
    mediaType: 'application/json',
    text: () => Promise.reject(new Error('the answer is read once')),
    chunks: () => reader,
    lost: () => LOST,
  };
  return { answer, cancelled: () => cancelled };
}

async function readAll(reader: ChunkReader): Promise<string> {
  let text = '';
  for (let piece = await reader.read(); piece !== null; piece = await reader.read())
    text += new TextDecoder().decode(piece);
  return text;
}

describe('An answer that is to be shared', () => {
  test('It is whole where it is small enough, and can be read more than once', async () => {
    const buffered = await bufferAnswer(arriving(['{"a"', ':1}'], 'in order').answer, 7);
    if (buffered.kind !== 'whole') throw new Error(buffered.kind);
    const opened = openShared(buffered.answer);
    expect(await readAll(opened.chunks())).toBe('{"a":1}');
    expect(await readAll(opened.chunks())).toBe('{"a":1}');
    expect(await opened.text(7)).toEqual({ ok: true, value: '{"a":1}' });
    expect(await opened.text(6)).toMatchObject({ ok: false, failure: { code: 'upstream_reply_too_large' } });
  });

  test('What a reader does to its bytes is in no other answer', async () => {
    const buffered = await bufferAnswer(arriving(['abc'], 'in order').answer, 7);
    if (buffered.kind !== 'whole') throw new Error(buffered.kind);
    const opened = openShared(buffered.answer);
    (await opened.chunks().read())?.fill(0);
    expect(await readAll(opened.chunks())).toBe('abc');
  });

  test('It goes on from its start where it is too large, and is not read further than that', async () => {
    const buffered = await bufferAnswer(arriving(['abc', 'def', 'ghi'], 'in order').answer, 5);
    expect(buffered).toMatchObject({ kind: 'open', why: 'too_large' });
    if (buffered.kind === 'open') expect(await readAll(buffered.answer.chunks())).toBe('abcdefghi');
  });

  test('The text of one that is too large is all of it, or refused where that is too much', async () => {
    const all = await bufferAnswer(arriving(['abc', 'def', 'ghi'], 'in order').answer, 5);
    if (all.kind === 'open') expect(await all.answer.text(9)).toEqual({ ok: true, value: 'abcdefghi' });
    const { answer, cancelled } = arriving(['abc', 'def', 'ghi'], 'in order');
    const less = await bufferAnswer(answer, 5);
    if (less.kind === 'open')
      expect(await less.answer.text(8)).toMatchObject({
        ok: false,
        failure: { code: 'upstream_reply_too_large' },
      });
    expect(cancelled()).toBe(1);
  });

  test('One that breaks off is broken for its reader too', async () => {
    const buffered = await bufferAnswer(arriving(['abc'], 'broken').answer, 5);
    expect(buffered).toMatchObject({ kind: 'open', why: 'failed' });
    if (buffered.kind !== 'open') return;
    await expect(readAll(buffered.answer.chunks())).rejects.toThrow('broken');
    expect(buffered.answer.lost()).toEqual(LOST);
  });
});

describe('An answer that is read ahead', () => {
  test('A small answer asks nothing more of PostHog, and the rest of a large one is read when it is wanted', async () => {
    const pieces = ['{"a"', ':1}'];
    const reads: number[] = [];
    const counted = async (bytesMax: number) => {
      const { answer } = arriving(pieces, 'in order');
      let read = 0;
      const reader = answer.chunks();
      const chunks = () => ({
        ...reader,
        read: () => {
          read += 1;
          return reader.read();
        },
      });
      const ahead = await readAhead({ ...answer, chunks }, bytesMax);
      reads.push(read);
      expect(ahead).toMatchObject({ status: 200, mediaType: 'application/json' });
      expect(await readAll(ahead.chunks())).toBe('{"a":1}');
      reads.push(read);
    };
    await counted(7);
    expect(reads).toEqual([3, 3]);
    await counted(3);
    expect(reads).toEqual([3, 3, 1, 3]);
  });

  test('An answer that breaks off has broken off for its reader', async () => {
    const ahead = await readAhead(arriving(['{"a"'], 'broken').answer, 7);
    await expect(readAll(ahead.chunks())).rejects.toThrow('broken');
    expect(ahead.lost()).toBe(LOST);
  });
});
