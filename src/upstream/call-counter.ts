/** Counts the calls of this isolate by project, until they are told to the pacer of the project. */
import type { ProjectId } from '../core/ids.ts';

/** Calls after which they are told: few enough that the pacer's sum is true to a tenth of what PostHog allows. */
const TOLD_EVERY = 20;
/** PostHog counts the last minute: what is older is told to no pacer. */
const KEPT_MS = 60_000;

interface Count {
  readonly sinceMs: number;
  readonly calls: number;
}

export class CallCounter {
  readonly #counts = new Map<ProjectId, Count>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(projectId: ProjectId): void {
    const { sinceMs, calls } = this.#recent(projectId);
    this.#counts.set(projectId, { sinceMs, calls: calls + 1 });
  }

  isWorthTelling(projectId: ProjectId): boolean {
    return this.#recent(projectId).calls >= TOLD_EVERY;
  }

  /** The calls that were not told yet. They count as told from now on. */
  take(projectId: ProjectId): number {
    const { calls } = this.#recent(projectId);
    this.#counts.delete(projectId);
    return calls;
  }

  #recent(projectId: ProjectId): Count {
    const nowMs = this.#nowMs();
    const count = this.#counts.get(projectId);
    return count === undefined || nowMs - count.sinceMs >= KEPT_MS ? { sinceMs: nowMs, calls: 0 } : count;
  }
}
