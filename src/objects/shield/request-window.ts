/** PostHog counts a key's requests in a sliding window of a minute (PostHog contract §9). So does the gateway, by the second. */
export const WINDOW_MS = 60_000;
/** Requests that are this close together are counted as one group. A group leaves the window with its newest request. */
const GROUP_MS = 1000;

interface Group {
  readonly sinceMs: number;
  newestMs: number;
  count: number;
}

/** The requests of the last minute. `nowMs` never runs back. */
export class RequestWindow {
  /** Oldest first; 61 at most. */
  #groups: Group[] = [];

  add(count: number, nowMs: number): void {
    const last = this.#groups.at(-1);
    if (last === undefined || nowMs - last.sinceMs >= GROUP_MS) {
      this.#groups.push({ sinceMs: nowMs, newestMs: nowMs, count });
    } else {
      last.newestMs = nowMs;
      last.count += count;
    }
    this.#dropOld(nowMs);
  }

  count(nowMs: number): number {
    this.#dropOld(nowMs);
    return this.#groups.reduce((sum, { count }) => sum + count, 0);
  }

  /** Milliseconds until the window holds less than `limit`, where nothing is added meanwhile; 0 where it does now. */
  msUntilBelow(limit: number, nowMs: number): number {
    let left = this.count(nowMs);
    let waitMs = 0;
    for (const { newestMs, count } of this.#groups) {
      if (left < limit) break;
      left -= count;
      waitMs = newestMs + WINDOW_MS - nowMs;
    }
    return waitMs;
  }

  #dropOld(nowMs: number): void {
    this.#groups = this.#groups.filter(({ newestMs }) => nowMs - newestMs < WINDOW_MS);
  }
}
