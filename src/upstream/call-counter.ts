/** Counts this isolate's calls of the reserved part by project, until they are told to the pacer of the project. */
import type { ProjectId } from '../core/ids.ts';
import type { QuotaKind, ReservedCalls } from '../core/shield/upstream-share.ts';

/** Calls after which they are told: fewer than the reserved part of PostHog's quota has in a minute. */
const TOLD_EVERY = 5;
/** PostHog counts the last minute: what is older is told to no pacer. */
const KEPT_MS = 60_000;

interface Count extends ReservedCalls {
  readonly sinceMs: number;
}

export class CallCounter {
  readonly #counts = new Map<ProjectId, Count>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(projectId: ProjectId, kind: QuotaKind): void {
    const count = this.#recent(projectId);
    this.#counts.set(projectId, { ...count, [kind]: count[kind] + 1 });
  }

  isWorthTelling(projectId: ProjectId): boolean {
    const { reads, deletes } = this.#recent(projectId);
    return reads + deletes >= TOLD_EVERY;
  }

  /** The calls that were not told yet. They count as told from now on. */
  take(projectId: ProjectId): ReservedCalls {
    const { reads, deletes } = this.#recent(projectId);
    this.#counts.delete(projectId);
    return { reads, deletes };
  }

  #recent(projectId: ProjectId): Count {
    const nowMs = this.#nowMs();
    const count = this.#counts.get(projectId);
    return count === undefined || nowMs - count.sinceMs >= KEPT_MS
      ? { sinceMs: nowMs, reads: 0, deletes: 0 }
      : count;
  }
}
