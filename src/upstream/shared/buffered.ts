/** Reads an answer whole where it is small enough to be shared, and gives it back unread where it is not. */
import { joinBytes } from '../../core/bytes.ts';
import { failure } from '../../core/failure.ts';
import { err, ok } from '../../core/result.ts';
import type { SharedAnswer } from '../../core/shield/shared-answer.ts';
import { textOfChunks, tooLarge } from '../body.ts';
import { chunkOf, type ChunkReader } from '../chunks.ts';
import type { OpenAnswer } from '../client.ts';
import { renderingOf } from './renderings.ts';

export type Buffered =
  | { readonly kind: 'whole'; readonly answer: SharedAnswer }
  /** As it came, to be read from its start. It is too large, or it broke off. */
  | { readonly kind: 'open'; readonly answer: OpenAnswer; readonly why: 'too_large' | 'failed' };

export async function bufferAnswer(answer: OpenAnswer, bytesMax: number): Promise<Buffered> {
  const reader = answer.chunks();
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const piece = await reader.read();
      if (piece === null) {
        const { status, mediaType } = answer;
        return { kind: 'whole', answer: { status, mediaType, bytes: joinBytes(pieces) } };
      }
      pieces.push(piece);
      bytes += piece.byteLength;
      if (bytes > bytesMax)
        return { kind: 'open', answer: reopened(answer, pieces, reader), why: 'too_large' };
    }
  } catch (error) {
    const broken = { ...reader, read: () => Promise.reject(error) };
    return { kind: 'open', answer: reopened(answer, pieces, broken), why: 'failed' };
  }
}

/** The same answer, which PostHog has given by now where it is small: however long it then lies unread, no deadline ends it. */
export async function readAhead(answer: OpenAnswer, bytesMax: number): Promise<OpenAnswer> {
  const buffered = await bufferAnswer(answer, bytesMax);
  return buffered.kind === 'whole' ? openShared(buffered.answer) : buffered.answer;
}

/** An answer that is read from memory. */
export function openShared(answer: SharedAnswer): OpenAnswer {
  const { status, mediaType, bytes } = answer;
  return {
    status,
    mediaType,
    text: async (bytesMax) =>
      bytes.byteLength > bytesMax ? err(tooLarge(bytesMax)) : ok(new TextDecoder().decode(bytes)),
    // A copy: an answer on its way out may take its buffer with it.
    chunks: () => chunkOf(async () => bytes.slice()),
    lost: () => failure('internal_error', 'An answer that is in memory could not be read.'),
    rendering: renderingOf(answer),
  };
}

/** The pieces that were read, and then what is left. */
function reopened(answer: OpenAnswer, pieces: readonly Uint8Array[], rest: ChunkReader): OpenAnswer {
  const queue = [...pieces];
  const chunks = (): ChunkReader => ({
    whole: false,
    read: async () => queue.shift() ?? rest.read(),
    cancel: () => rest.cancel(),
  });
  return { ...answer, chunks, text: (bytesMax) => textOfChunks(chunks(), bytesMax, answer.lost) };
}
