import type { Answer } from './message.ts';

/** Puts an answer on the wire, or breaks the wire where the answer says so. */

const encoder = new TextEncoder();

/** How many bytes a reply that gets lost had promised, where it has no body of its own. */
const PROMISED_BYTES = 64;

/** Milliseconds a broken-off body lives: a stream that fails at once takes the headers with it. */
const FLUSH_MS = 100;

/** A stream that gives these bytes, lets them get through, and then fails. */
function broken(start: Uint8Array): ReadableStream<Uint8Array> {
  let given = false;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      if (given || start.length === 0) {
        if (given) await scheduler.wait(FLUSH_MS);
        controller.error(new Error('the sandbox broke this answer off on purpose'));
        return;
      }
      given = true;
      controller.enqueue(start);
    },
  });
}

/** One valid JSON page with one person's note blown up to the size asked for, made as it is read. */
function hugePage(bytes: number): ReadableStream<Uint8Array> {
  const chunk = encoder.encode('x'.repeat(64 * 1024));
  let left = bytes;
  return new ReadableStream({
    start(controller): void {
      controller.enqueue(encoder.encode('{"results": [{"type": "person", "properties": {"note": "'));
    },
    pull(controller): void {
      if (left > 0) {
        left -= chunk.length;
        controller.enqueue(chunk);
        return;
      }
      controller.enqueue(encoder.encode('"}}], "next": null, "previous": null}'));
      controller.close();
    },
  });
}

/** Makes the HTTP response of an answer. */
export function deliver(answer: Answer): Response {
  const { status, spoil } = answer;
  const headers = new Headers(answer.headers);
  const whole = encoder.encode(answer.body ?? '');
  switch (spoil?.how) {
    case 'hang_up':
      return new Response(broken(whole.subarray(0, Math.ceil(whole.length / 2))), { status, headers });
    case 'lost_reply': {
      headers.set('content-length', String(whole.length === 0 ? PROMISED_BYTES : whole.length));
      return new Response(broken(new Uint8Array()), { status, headers });
    }
    case 'huge':
      return new Response(hugePage(spoil.bytes), { status, headers });
    case undefined:
      return new Response(answer.body, { status, headers });
  }
}
