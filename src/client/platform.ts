/** What the client needs of the place it runs in. Tests hand in a clock of their own. */
export interface Platform {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Waits so many milliseconds. Rejects with the reason of the signal once it aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Text that nobody guesses and nobody has made before. */
  readonly randomId: () => string;
}

/** Node, browsers and Workers alike. */
export const REAL_PLATFORM: Platform = {
  fetch: (request) => fetch(request),
  nowMs: () => Date.now(),
  pause: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const stop = (): void => {
        clearTimeout(timer);
        reject(reasonOf(signal));
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal.addEventListener('abort', stop, { once: true });
    }),
  randomId: () => crypto.randomUUID(),
};

/** Why a signal has aborted, as an error. */
export function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new DOMException(String(reason), 'AbortError');
}

/** The same promise, given up once the signal aborts. What stands behind it goes on. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = (): void => reject(reasonOf(signal));
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
