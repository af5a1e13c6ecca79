/** How long PostHog may keep the gateway waiting. Time in which the client is waited for does not count. */

export interface Deadline {
  /** Aborts when the time is up. */
  readonly signal: AbortSignal;
  /** PostHog is waited for from now on: the idle time starts anew, the total goes on. */
  readonly restart: () => void;
  /** Nothing is waited for: the body is read, or the client has to read on. */
  readonly clear: () => void;
  /** The milliseconds that were not enough; `null` while the time is not up. */
  readonly exceededMs: () => number | null;
}

export interface DeadlineTimes {
  /** Milliseconds of one wait. */
  readonly idleMs: number;
  /** Milliseconds of all waits together, so that a byte a second keeps nothing alive. */
  readonly totalMs: number;
}

/** A deadline that runs at once. */
export function startDeadline({ idleMs, totalMs }: DeadlineTimes, nowMs: () => number): Deadline {
  const abort = new AbortController();
  let waitedMs = 0;
  let since: number | null = null;
  let stopTimer: (() => void) | null = null;
  let exceededMs: number | null = null;

  const clear = () => {
    stopTimer?.();
    if (since !== null) waitedMs += nowMs() - since;
    since = null;
  };
  const restart = () => {
    clear();
    since = nowMs();
    const leftMs = Math.max(0, totalMs - waitedMs);
    const timer = setTimeout(
      () => {
        exceededMs = leftMs < idleMs ? totalMs : idleMs;
        abort.abort();
      },
      Math.min(idleMs, leftMs),
    );
    stopTimer = () => clearTimeout(timer);
  };

  restart();
  return { signal: abort.signal, restart, clear, exceededMs: () => exceededMs };
}
