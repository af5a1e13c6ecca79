/** How many requests a minute PostHog is thought to take: as many as the operator says, and fewer once PostHog has refused some. */

import { LIMITS } from '../../../core/limits.ts';

/**
 * `known`: PostHog refuses more. `untried`: it may have its limits switched off, and is asked as often as is wanted until
 * it refuses something.
 */
export type CeilingKind = 'known' | 'untried';

/** Refusals that come this close together have one reason. */
const ONE_REASON_MS = 10_000;
/** After each such span without a refusal, an eighth of what the operator says comes back. */
const RECOVERY_MS = 30_000;
const RECOVERY_PARTS = 8;

/** `nowMs` never runs back. */
export class Ceiling {
  readonly configured: number;
  #learned: number;
  /** Since when it recovers. */
  #sinceMs: number | null = null;
  #halvedMs: number | null = null;
  #kind: CeilingKind;

  constructor(configured: number, kind: CeilingKind) {
    this.configured = configured;
    this.#learned = configured;
    this.#kind = kind;
  }

  /** Requests a minute, at least 1. */
  at(nowMs: number): number {
    if (this.#kind === 'untried') return LIMITS.requestsPerMinuteMax;
    if (this.#sinceMs === null) return this.#learned;
    const parts = Math.max(0, Math.floor((nowMs - this.#sinceMs) / RECOVERY_MS));
    const recovered = this.#learned + Math.ceil((parts * this.configured) / RECOVERY_PARTS);
    return Math.min(this.configured, recovered);
  }

  /** PostHog refused a request by its rate, and may be asked again at `againMs`. */
  halve(againMs: number, nowMs: number): void {
    if (this.#kind === 'untried') {
      this.#kind = 'known';
      this.#halvedMs = nowMs;
    } else if (this.#halvedMs === null || nowMs - this.#halvedMs >= ONE_REASON_MS) {
      this.#learned = Math.max(1, Math.floor(this.at(nowMs) / 2));
      this.#halvedMs = nowMs;
    } else {
      this.#learned = this.at(nowMs);
    }
    this.#sinceMs = Math.max(againMs, nowMs);
  }

  /** PostHog is thought to take what the operator says again. */
  restore(): void {
    this.#learned = this.configured;
    this.#sinceMs = null;
    this.#halvedMs = null;
  }
}
