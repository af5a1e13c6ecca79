/** Reading PostHog's bodies: never more of one in memory than was agreed on. */
import { failure, type Failure } from '../core/failure.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import { chunkOf, chunksOf, type ChunkReader } from './chunks.ts';
import type { UpstreamAnswer } from './transport.ts';

/**
 * The body of an answer as text, at most `maxBytes` of it. Fails with `upstream_reply_too_large` beyond that, and as
 * the transport does where the connection or the deadline ends.
 */
export async function readText(answer: UpstreamAnswer, maxBytes: number): Promise<Result<string>> {
  const { response } = answer;
  if (response.body === null || declaresAtMost(maxBytes, response)) return readAtOnce(answer);
  const text = await textOfChunks(chunksOf(response.body), maxBytes, answer.failure);
  answer.deadline.clear();
  return text;
}

/** Everything that is left to read, as text. Fails with `upstream_reply_too_large`, or as `lost` says. */
export async function textOfChunks(
  chunks: ChunkReader,
  maxBytes: number,
  lost: () => Failure,
): Promise<Result<string>> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for (let chunk = await chunks.read(); chunk !== null; chunk = await chunks.read()) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) {
        await chunks.cancel();
        return err(tooLarge(maxBytes));
      }
      text += decoder.decode(chunk, { stream: true });
    }
    return ok(text + decoder.decode());
  } catch {
    return err(lost());
  }
}

/** A body that says it is small enough is read by the runtime, which is several times cheaper than piece by piece. */
async function readAtOnce(answer: UpstreamAnswer): Promise<Result<string>> {
  try {
    return ok(await answer.response.text());
  } catch {
    return err(answer.failure());
  } finally {
    answer.deadline.clear();
  }
}

/** With one of these headers, `Content-Length` does not say how long the body is (RFC 9112 §6.3). */
const BODY_CODINGS = ['content-encoding', 'transfer-encoding'];

/** Whether a body is so small by its framing. One that says no length may be of any. */
function declaresAtMost(maxBytes: number, { headers }: Response): boolean {
  const length = headers.get('content-length');
  return length !== null && Number(length) <= maxBytes && !BODY_CODINGS.some((name) => headers.has(name));
}

/**
 * The body as it arrives: at once where it says that it is small, within the time of the request. Else piece by piece;
 * then the deadline runs only while PostHog is waited for: how slowly a client reads is its own affair.
 */
export function chunksOfAnswer(answer: UpstreamAnswer): ChunkReader {
  const { response, deadline } = answer;
  const { body } = response;
  if (body !== null && declaresAtMost(LIMITS.replyBufferBytes, response)) {
    const read = () => response.bytes().finally(deadline.clear);
    return chunkOf(read, () => {
      deadline.clear();
      return body.cancel().catch(() => undefined);
    });
  }
  deadline.clear();
  return body === null ? NOTHING : patiently(chunksOf(body), answer);
}

/** An answer that may have `bytesMax` bytes. Reading fails with `upstream_reply_too_large` where there are more. */
export function boundedChunks(answer: BodySource, bytesMax: number): BodySource {
  let bytes = 0;
  return {
    chunks: () => {
      const chunks = answer.chunks();
      const read = async (): Promise<Uint8Array | null> => {
        const chunk = await chunks.read();
        bytes += chunk?.byteLength ?? 0;
        if (bytes <= bytesMax) return chunk;
        await chunks.cancel();
        throw new Error('the answer is too large');
      };
      return { ...chunks, read };
    },
    lost: () => (bytes > bytesMax ? tooLarge(bytesMax) : answer.lost()),
  };
}

interface BodySource {
  readonly chunks: () => ChunkReader;
  /** Why reading failed. */
  readonly lost: () => Failure;
}

/** A body that is there already, as it would arrive. */
export const chunksOfText = (text: string): ChunkReader =>
  chunkOf(() => Promise.resolve(new TextEncoder().encode(text)));

const NOTHING: ChunkReader = {
  whole: false,
  read: () => Promise.resolve(null),
  cancel: () => Promise.resolve(),
};

const patiently = (chunks: ChunkReader, answer: UpstreamAnswer): ChunkReader => ({
  whole: false,
  read: () => {
    answer.deadline.restart();
    return chunks.read().finally(() => answer.deadline.clear());
  },
  cancel: () => {
    answer.deadline.clear();
    return chunks.cancel();
  },
});

export const tooLarge = (maxBytes: number): Failure =>
  failure(
    'upstream_reply_too_large',
    `PostHog's answer is larger than ${maxBytes} bytes. Ask for fewer rows with limit, at most ${LIMITS.pageRowsMax}.`,
  );
