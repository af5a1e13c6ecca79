/** PostHog counts a key's requests in a sliding window of a minute (PostHog contract §9). So does the gateway, by the second. */
export const WINDOW_MS = 60_000;
/** Requests that are this close together are counted as one group. A group leaves the window with its newest request. */
const GROUP_MS = 1000;

interface Group {
  readonly sinceMs: number;
  newestMs: number;
  count: number;
}

/** The requests of the last minute, or of another span. `nowMs` never runs back. */
export class RequestWindow {
  readonly #windowMs: number;
  /** Oldest first; one for each second at most. */
  readonly #groups: Group[] = [];
  #sum = 0;

  constructor(windowMs: number = WINDOW_MS) {
    this.#windowMs = windowMs;
  }

  add(count: number, nowMs: number): void {
    const last = this.#groups.at(-1);
    if (last === undefined || nowMs - last.sinceMs >= GROUP_MS) {
      this.#groups.push({ sinceMs: nowMs, newestMs: nowMs, count });
    } else {
      last.newestMs = nowMs;
      last.count += count;
    }
    this.#sum += count;
    this.#dropOld(nowMs);
  }

  /** Takes back what was added at `addedMs` and turned out not to be sent. */
  remove(count: number, addedMs: number): void {
    const group = this.#groups.find(({ sinceMs, newestMs }) => sinceMs <= addedMs && addedMs <= newestMs);
    if (group === undefined) return;
    const removed = Math.min(count, group.count);
    group.count -= removed;
    this.#sum -= removed;
  }

  count(nowMs: number): number {
    this.#dropOld(nowMs);
    return this.#sum;
  }

  /** Milliseconds until the window holds less than `limit`, where nothing is added meanwhile; 0 where it does now. */
  msUntilBelow(limit: number, nowMs: number): number {
    let left = this.count(nowMs);
    let waitMs = 0;
    for (const { newestMs, count } of this.#groups) {
      if (left < limit) break;
      left -= count;
      waitMs = newestMs + this.#windowMs - nowMs;
    }
    return waitMs;
  }

  #dropOld(nowMs: number): void {
    for (let [oldest] = this.#groups; oldest !== undefined; [oldest] = this.#groups) {
      if (nowMs - oldest.newestMs < this.#windowMs) break;
      this.#sum -= oldest.count;
      this.#groups.shift();
    }
  }
}
