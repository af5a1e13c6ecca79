import type { Answer } from './message.ts';

/** Puts an answer on the wire, or breaks the wire where the answer says so. */

const encoder = new TextEncoder();

/** Milliseconds a broken-off body lives: a stream that fails at once takes the headers with it. */
const FLUSH_MS = 100;

/** A body that breaks before its first byte. The headers have not left by then, so the client gets no answer at all. */
function lost(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller): void {
      controller.error(new Error('the sandbox lost this answer on purpose'));
    },
  });
}

/** A body that gives these bytes, lets them get through with the headers, and then breaks. */
function cutOff(start: Uint8Array): ReadableStream<Uint8Array> {
  let given = false;
  return new ReadableStream({
    async pull(controller): Promise<void> {
      if (given) {
        await scheduler.wait(FLUSH_MS);
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

/** The first half of a body; of an empty one, a blank, so that there is something to break off after. */
function firstHalf(body: string): Uint8Array {
  return encoder.encode(body === '' ? ' ' : body.slice(0, Math.ceil(body.length / 2)));
}

/** Makes the HTTP response of an answer. */
export function deliver(answer: Answer): Response {
  const { status, headers, body, spoil } = answer;
  switch (spoil?.how) {
    case 'hang_up':
      return new Response(cutOff(firstHalf(body ?? '')), { status, headers });
    case 'lost_reply':
      return new Response(lost());
    case 'huge':
      return new Response(hugePage(spoil.bytes), { status, headers });
    case undefined:
      return new Response(body, { status, headers });
  }
}
