/** PostHog asked to be left alone: until then the runner takes no step. Kept in memory; after a restart PostHog says it again. */
import { LIMITS } from '../../../core/limits.ts';
import type { PostHogClient } from '../../../upstream/client.ts';
import type { Interpretation } from '../../../upstream/interpret.ts';

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

  /** The same client; what PostHog says of its limits is heeded from then on. */
  heededBy(posthog: PostHogClient): PostHogClient {
    return {
      ask: async (request, maxBytes) => {
        const answer = await posthog.ask(request, maxBytes);
        this.#hear(answer);
        return answer;
      },
      open: async (request) => {
        const opened = await posthog.open(request);
        if (opened.kind === 'failure') this.#hear(opened);
        return opened;
      },
    };
  }

  #hear(answer: Interpretation): void {
    if (answer.kind !== 'failure' || answer.failure.code !== 'upstream_rate_limited') return;
    const seconds = Math.min(answer.failure.retryAfterSeconds ?? UNSAID_SECONDS, LIMITS.retryAfterSecondsMax);
    this.#until = Math.max(this.#until, this.#nowMs() + seconds * 1000);
  }
}
