/** Reading PostHog's bodies: never more of one in memory than was agreed on. */
import { failure, type Failure } from '../core/failure.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import { chunksOf, type ChunkReader } from './chunks.ts';
import type { UpstreamAnswer } from './transport.ts';

/** A body read whole, or one too large for that, as a stream that starts at its first byte. */
export type Body =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'stream'; readonly stream: ReadableStream<Uint8Array> };

/**
 * The body of an answer as text, at most `maxBytes` of it.
 * Fails with `upstream_reply_too_large` beyond that, and as the door does where the connection or the deadline ends.
 */
export async function readText(answer: UpstreamAnswer, maxBytes: number): Promise<Result<string>> {
  const body = await readOrStream(answer, maxBytes);
  if (!body.ok) return body;
  if (body.value.kind === 'text') return ok(body.value.text);
  await body.value.stream.cancel();
  return err(tooLarge(maxBytes));
}

/** The body as text where it has at most `maxBytes`, as a stream where it has more. */
export async function readOrStream(answer: UpstreamAnswer, maxBytes: number): Promise<Result<Body>> {
  const { response } = answer;
  const declared = declaredBytes(response);
  if (response.body === null || (declared !== null && declared <= maxBytes)) return readWhole(answer);
  const chunks = chunksOf(response.body);
  const start: Uint8Array[] = [];
  let bytes = 0;
  try {
    while (bytes <= maxBytes) {
      const chunk = await chunks.read();
      if (chunk === null) {
        answer.deadline.clear();
        return ok({ kind: 'text', text: decode(start) });
      }
      start.push(chunk);
      bytes += chunk.byteLength;
    }
  } catch {
    answer.deadline.clear();
    return err(answer.failure());
  }
  return ok({ kind: 'stream', stream: resume(start, chunks, answer) });
}

/** A body that says it is small enough is read by the runtime, which is several times cheaper than piece by piece. */
async function readWhole(answer: UpstreamAnswer): Promise<Result<Body>> {
  try {
    return ok({ kind: 'text', text: await answer.response.text() });
  } catch {
    return err(answer.failure());
  } finally {
    answer.deadline.clear();
  }
}

/** The length a body has by its framing; `null` where it says none, or one of compressed bytes. */
function declaredBytes({ headers }: Response): number | null {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? null : Number(length);
}

/**
 * The body piece by piece. The deadline runs only while PostHog is waited for: how slowly a client reads is its own
 * affair.
 */
export function chunksOfAnswer(answer: UpstreamAnswer): ChunkReader {
  answer.deadline.clear();
  const { body } = answer.response;
  return body === null ? NOTHING : patiently(chunksOf(body), answer);
}

const NOTHING: ChunkReader = { read: () => Promise.resolve(null), cancel: () => Promise.resolve() };

const patiently = (chunks: ChunkReader, answer: UpstreamAnswer): ChunkReader => ({
  read: () => {
    answer.deadline.restart();
    return chunks.read().finally(() => answer.deadline.clear());
  },
  cancel: () => {
    answer.deadline.clear();
    return chunks.cancel();
  },
});

/** Goes on reading. Where PostHog breaks off, so does the stream: a cut answer must not look like a whole one. */
function resume(
  start: readonly Uint8Array[],
  chunks: ChunkReader,
  answer: UpstreamAnswer,
): ReadableStream<Uint8Array> {
  const rest = patiently(chunks, answer);
  return new ReadableStream({
    start(controller) {
      answer.deadline.clear();
      for (const chunk of start) controller.enqueue(chunk);
    },
    async pull(controller) {
      const chunk = await rest.read();
      if (chunk === null) controller.close();
      else controller.enqueue(chunk);
    },
    cancel: () => rest.cancel(),
  });
}

function decode(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
}

const tooLarge = (maxBytes: number): Failure =>
  failure(
    'upstream_reply_too_large',
    `PostHog's answer is larger than ${maxBytes} bytes. Ask for fewer rows with limit, at most ${LIMITS.pageRowsMax}.`,
  );
