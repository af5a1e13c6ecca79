/** PostHog asked to be left alone: until then the runner takes no step. Kept in memory; after a restart PostHog says it again. */
import type { Failure } from '../../../core/failure.ts';
import { LIMITS } from '../../../core/limits.ts';

/** Where PostHog does not say how long: its limits are counted by the minute (PostHog contract §9). */
const UNSAID_SECONDS = 60;

export class Pause {
  readonly #nowMs: () => number;
  /** Milliseconds since 1970. */
  #until = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Milliseconds since 1970 until which PostHog is left alone; in the past where it is not. */
  get until(): number {
    return this.#until;
  }

  get isOn(): boolean {
    return this.#nowMs() < this.#until;
  }

  /** Heeds what PostHog says of its limits. */
  hear({ code, retryAfterSeconds }: Failure): void {
    if (code !== 'upstream_rate_limited') return;
    const seconds = Math.min(retryAfterSeconds ?? UNSAID_SECONDS, LIMITS.retryAfterSecondsMax);
    this.#until = Math.max(this.#until, this.#nowMs() + seconds * 1000);
  }
}
