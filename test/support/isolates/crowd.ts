/**
 * How many rounds are played at once. Leases last a second, so readers that wait for long would use none: there are as many
 * rounds as are answered quickly, more on a quick machine than on a busy one.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 100;
const ADJUST_MS = 1000;
/** Milliseconds that an answer may take on average: a part of a lease's term. */
const QUICK_MS = 150;
const SLOW_MS = 300;

export interface CrowdOptions {
  readonly min: number;
  readonly max: number;
}

export class Crowd {
  readonly #options: CrowdOptions;
  #allowed: number;
  #inside = 0;
  #answers = 0;
  #tookMs = 0;
  #adjustedMs = performance.now();

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#allowed = options.min;
  }

  /** An answer took so long. */
  note(ms: number): void {
    this.#answers += 1;
    this.#tookMs += ms;
  }

  /** Does the work as soon as there is room for it. */
  async join<T>(work: () => Promise<T>): Promise<T> {
    while (this.#inside >= this.#allow()) await sleep(LOOK_MS);
    this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#inside -= 1;
    }
  }

  #allow(): number {
    const nowMs = performance.now();
    if (nowMs - this.#adjustedMs < ADJUST_MS || this.#answers === 0) return this.#allowed;
    const { min, max } = this.#options;
    const meanMs = this.#tookMs / this.#answers;
    if (meanMs < QUICK_MS) this.#allowed = Math.min(max, this.#allowed + 4);
    if (meanMs > SLOW_MS) this.#allowed = Math.max(min, Math.floor(this.#allowed * 0.7));
    this.#adjustedMs = nowMs;
    this.#answers = 0;
    this.#tookMs = 0;
    return this.#allowed;
  }
}
