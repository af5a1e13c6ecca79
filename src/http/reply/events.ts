/** Server-sent events (HTML §9.2) of something that is looked at again and again, until it ends or the client leaves. */
import type { Failure } from '../../core/failure.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Result } from '../../core/result.ts';
import type { Reply } from '../context.ts';

/** Milliseconds between two looks. */
const LOOK_MS = 1000;
/** Milliseconds of silence after which a comment is sent: proxies cut connections that are silent for a minute. */
const SILENCE_MS_MAX = 15_000;
/** Names the last event. A client that comes back with it has seen everything. */
const END = 'end';

/** What a look found. `ended` says that nothing will change any more. */
export interface Seen {
  readonly data: object;
  readonly ended: boolean;
}

export interface Watch {
  readonly look: () => Promise<Result<Seen>>;
  readonly nowMs: () => number;
  /** Waits so many milliseconds, or until the signal aborts. A test may wait less. */
  readonly pause?: (ms: number, until: AbortSignal) => Promise<void>;
}

/**
 * An event `state` for each change, `end` for the last; `problem` where a look failed, and `reconnect` where the stream
 * has lasted `LIMITS.watchMsMax`. The first look is made before anything is answered: its failure is that of the request.
 */
export async function eventReply(headers: Headers, watch: Watch): Promise<Result<Reply>> {
  const first = await watch.look();
  if (!first.ok) return first;
  // 204 is what keeps an EventSource from coming back.
  if (first.value.ended && headers.get('last-event-id') === END)
    return { ok: true, value: { status: 204, type: null, body: null } };
  return {
    ok: true,
    value: {
      status: 200,
      type: 'text/event-stream; charset=utf-8',
      body: eventStream(first.value, watch),
      headers: { 'X-Accel-Buffering': 'no' },
    },
  };
}

function eventStream(first: Seen, { look, nowMs, pause = sleep }: Watch): ReadableStream<Uint8Array> {
  const endsAt = nowMs() + LIMITS.watchMsMax;
  const left = new AbortController();
  let shown = '';
  let spokenAt = nowMs();

  /** The event that a look at a deletion makes, and whether the stream ends with the event; null where nothing changed. */
  const wordsOn = (seen: Result<Seen>): Words | null => {
    if (!seen.ok) return { text: eventText('problem', problemOf(seen.failure)), last: true };
    const { data, ended } = seen.value;
    const text = JSON.stringify(data);
    if (ended) return { text: `id: ${END}\n${eventText(END, data)}`, last: true };
    if (nowMs() >= endsAt) return { text: RECONNECT, last: true };
    if (text !== shown) {
      shown = text;
      return { text: eventText('state', data), last: false };
    }
    return nowMs() - spokenAt >= SILENCE_MS_MAX ? { text: ': still the same\n\n', last: false } : null;
  };

  let begun = false;
  const nextWords = async (): Promise<Words | null> => {
    if (!begun) {
      begun = true;
      return wordsOn({ ok: true, value: first });
    }
    await pause(LOOK_MS, left.signal);
    return left.signal.aborted ? null : wordsOn(await look());
  };

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (!left.signal.aborted) {
          const words = await nextWords();
          if (words === null || left.signal.aborted) continue;
          spokenAt = nowMs();
          controller.enqueue(new TextEncoder().encode(words.text));
          if (words.last) controller.close();
          return;
        }
      },
      cancel: () => left.abort(),
    },
    { highWaterMark: 0 },
  );
}

interface Words {
  readonly text: string;
  readonly last: boolean;
}

/** JSON has no line breaks, so that one line of data holds it. */
const eventText = (event: string, data: object): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

const RECONNECT = `retry: ${LOOK_MS}\n${eventText('reconnect', { why: 'A stream ends after a while. Ask again.' })}`;

const problemOf = ({ code, detail }: Failure) => ({ code, detail });

const sleep = (ms: number, until: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      until.removeEventListener('abort', stop);
      resolve();
    };
    const timer = setTimeout(stop, ms);
    until.addEventListener('abort', stop);
  });
