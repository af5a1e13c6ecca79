/** Reading PostHog's bodies: never more of one in memory than was agreed on. */
import { failure, type Failure } from '../core/failure.ts';
import { LIMITS } from '../core/limits.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { UpstreamAnswer } from './door.ts';

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
  return no(tooLarge(maxBytes));
}

/** The body as text where it has at most `maxBytes`, as a stream where it has more. */
export async function readOrStream(answer: UpstreamAnswer, maxBytes: number): Promise<Result<Body>> {
  const { response } = answer;
  if (response.body === null) {
    answer.release();
    return ok({ kind: 'text', text: '' });
  }
  const arriving: AsyncIterable<Uint8Array, undefined> = response.body;
  const chunks = arriving[Symbol.asyncIterator]();
  const start: Uint8Array[] = [];
  let bytes = 0;
  try {
    while (bytes <= maxBytes) {
      const { done, value } = await chunks.next();
      if (done === true) {
        answer.release();
        return ok({ kind: 'text', text: decode(start) });
      }
      start.push(value);
      bytes += value.byteLength;
    }
  } catch {
    answer.release();
    return no(answer.brokenOff());
  }
  return ok({ kind: 'stream', stream: resume(start, chunks, answer) });
}

/**
 * Goes on reading. Where PostHog breaks off, so does the stream: a cut answer must not look like a whole one. The
 * deadline runs only while PostHog is waited for: how slowly a client reads is its own affair.
 */
function resume(
  start: readonly Uint8Array[],
  chunks: AsyncIterator<Uint8Array, undefined>,
  answer: UpstreamAnswer,
): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      answer.release();
      for (const chunk of start) controller.enqueue(chunk);
    },
    async pull(controller) {
      answer.rearm();
      const { done, value } = await chunks.next().finally(() => answer.release());
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      answer.release();
      await chunks.return?.();
    },
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
