/** Passes a streamed body on, and tells how it ended. */

/** An end that is not the regular one, as the log line names it. */
export type BodyEnd =
  /** The client closed the connection before all of it was sent. */
  | 'client_left'
  /** The source failed after the answer had begun. */
  | 'answer_broke_off';

export interface WatchedBody {
  readonly body: ReadableStream<Uint8Array>;
  /** Settles once, however the body ends; `null` where it went out whole. */
  readonly ended: Promise<BodyEnd | null>;
}

/** `left` aborts where the client is gone, which the runtime tells of a body that it never began to read. */
export function watchBody(source: ReadableStream<Uint8Array>, left: AbortSignal): WatchedBody {
  const reader = source.getReader();
  const { promise: ended, resolve: end } = Promise.withResolvers<BodyEnd | null>();
  let cancelled = false;
  const cancel = async (): Promise<void> => {
    cancelled = true;
    await reader.cancel().catch(() => undefined);
    end('client_left');
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          controller.close();
          if (!cancelled) end(null);
        } catch {
          // A client that leaves makes the reading fail too.
          end(cancelled || left.aborted ? 'client_left' : 'answer_broke_off');
          controller.error(new ConnectionLost());
        }
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
  if (left.aborted) void cancel();
  else left.addEventListener('abort', () => void cancel(), { once: true });
  return { body, ended };
}

/**
 * Cuts the connection, so that a broken answer never looks whole. The runtime takes an error that is `retryable` for a
 * lost connection; every other error it writes to the console as uncaught.
 */
class ConnectionLost extends Error {
  readonly retryable = true;
}
