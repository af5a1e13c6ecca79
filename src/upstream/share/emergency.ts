/** What an isolate asks PostHog by itself while a project's shield is out of reach: a few calls a minute. */
import { failureUntil, type Failure } from '../../core/failure.ts';
import type { ProjectId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';

const MINUTE_MS = 60_000;

export class EmergencyShare {
  readonly #nowMs: () => number;
  /** When calls were made, the oldest first. */
  readonly #calls = new Map<ProjectId, readonly number[]>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Takes a call, or refuses it with `upstream_share_exhausted` and the seconds until one can be made. */
  take(projectId: ProjectId): Failure | null {
    const nowMs = this.#nowMs();
    // A clock that was set back makes room for no more calls than a minute has.
    const recent = (this.#calls.get(projectId) ?? []).filter((atMs) => nowMs - atMs < MINUTE_MS);
    const [oldest] = recent;
    if (recent.length >= LIMITS.emergencyCallsPerMinute && oldest !== undefined) {
      this.#calls.set(projectId, recent);
      return noShield(Math.min(60, Math.max(1, Math.ceil((oldest + MINUTE_MS - nowMs) / 1000))));
    }
    this.#calls.set(projectId, [...recent, nowMs]);
    return null;
  }
}

const noShield = (seconds: number): Failure =>
  failureUntil(
    'upstream_share_exhausted',
    `The gateway cannot share out PostHog's rate limit at the moment, and asks it seldom. Try again in ${seconds} s.`,
    seconds,
  );
