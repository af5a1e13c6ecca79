/** Gives out the permits of one PostHog project: the share of each of PostHog's limits, with the callers that wait for it. */
import type { Generation } from '../../../catalogue/generation.ts';
import { failureUntil } from '../../../core/failure.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type {
  PermitLease,
  QuotaSnapshot,
  ReservedCalls,
  ShareAsk,
} from '../../../core/shield/upstream-share.ts';
import type { CeilingKind } from './ceiling.ts';
import { FairShare, type ShareDecision, type ShareVerdict } from './fair-share.ts';

/** PostHog takes twice as many deletes as other requests (PostHog contract §9). */
const DELETES_FACTOR = 2;
/** Generation A takes 180 a minute of the user who owns the key, where it takes 240 of the key. */
const OWNERS_PART = 3 / 4;

export interface DeskOptions {
  readonly requestsPerMinute: number;
  readonly ceiling: CeilingKind;
  readonly generation: Generation;
  /** Never runs back. */
  readonly nowMs: () => number;
}

export class ShareDesk {
  readonly #nowMs: () => number;
  readonly #reads: FairShare;
  /** Generation A counts deletes together with everything else. */
  readonly #deletes: FairShare | null;
  readonly #waiting = new Map<string, PromiseWithResolvers<Result<PermitLease>>>();
  #stopTimer: (() => void) | null = null;

  constructor({ requestsPerMinute, ceiling, generation, nowMs }: DeskOptions) {
    this.#nowMs = nowMs;
    const hasDeletesApart = generation !== 'A';
    const reads = hasDeletesApart ? requestsPerMinute : Math.ceil(requestsPerMinute * OWNERS_PART);
    this.#reads = new FairShare('reads', reads, ceiling);
    this.#deletes = hasDeletesApart
      ? new FairShare('deletes', requestsPerMinute * DELETES_FACTOR, ceiling)
      : null;
  }

  /**
   * Waits for the tenant's turn. Fails with `upstream_share_exhausted`, or with `upstream_rate_limited` while PostHog wants
   * to be left alone, with the seconds to wait.
   */
  ask(ask: ShareAsk): Promise<Result<PermitLease>> {
    const known = this.#waiting.get(ask.id);
    if (known !== undefined) return known.promise;
    const waiting = Promise.withResolvers<Result<PermitLease>>();
    this.#waiting.set(ask.id, waiting);
    const nowMs = this.#nowMs();
    this.#settle(this.#reads.ask(ask, nowMs), nowMs);
    return waiting.promise;
  }

  /** Permits without a wait; null where there are none now. */
  offer(ask: ShareAsk): PermitLease | null {
    const nowMs = this.#nowMs();
    return this.#reads.offer(ask, nowMs);
  }

  /** The request of a lease is sent only now. */
  postpone(lease: string): void {
    this.#reads.postpone(lease, this.#nowMs());
  }

  /** The caller of an ask is gone, or does not use its lease. */
  cancel(id: string): void {
    const nowMs = this.#nowMs();
    const gone = err(failureUntil('upstream_share_exhausted', 'The client left.', 1));
    this.#waiting.get(id)?.resolve(gone);
    this.#waiting.delete(id);
    this.#settle(this.#reads.cancel(id, nowMs), nowMs);
  }

  spendReserved({ reads, deletes }: ReservedCalls): void {
    const nowMs = this.#nowMs();
    this.#reads.spendReserved(this.#deletes === null ? reads + deletes : reads, nowMs);
    this.#deletes?.spendReserved(deletes, nowMs);
  }

  /** PostHog refused a request by its rate limit. `isDelete`: one that deletes. */
  throttle(ms: number, isDelete: boolean): void {
    const nowMs = this.#nowMs();
    const share = isDelete ? (this.#deletes ?? this.#reads) : this.#reads;
    this.#settle(share.throttle(ms, nowMs), nowMs);
  }

  /** What PostHog refused is forgotten. */
  endPauses(): void {
    const nowMs = this.#nowMs();
    this.#deletes?.endPause(nowMs);
    this.#settle(this.#reads.endPause(nowMs), nowMs);
  }

  snapshot(): QuotaSnapshot[] {
    const nowMs = this.#nowMs();
    return [this.#reads, ...(this.#deletes === null ? [] : [this.#deletes])].map((share) =>
      share.snapshot(nowMs),
    );
  }

  #settle(decisions: readonly ShareDecision[], nowMs: number): void {
    for (const { id, verdict } of decisions) {
      this.#waiting.get(id)?.resolve(resultOf(verdict));
      this.#waiting.delete(id);
    }
    this.#stopTimer?.();
    this.#stopTimer = null;
    const nextMs = this.#reads.nextMs(nowMs);
    if (nextMs === null) return;
    const timer = setTimeout(
      () => {
        const thenMs = this.#nowMs();
        this.#settle(this.#reads.advance(thenMs), thenMs);
      },
      Math.max(0, nextMs - nowMs),
    );
    this.#stopTimer = () => clearTimeout(timer);
  }
}

function resultOf(verdict: ShareVerdict): Result<PermitLease> {
  if (verdict.kind === 'granted') return ok(verdict.lease);
  const { reason, retryAfterSeconds: seconds } = verdict;
  switch (reason) {
    case 'paused':
      return err(
        failureUntil(
          'upstream_rate_limited',
          `PostHog's own rate limit, which all tenants share, is used up. Try again in ${seconds} s.`,
          seconds,
        ),
      );
    case 'crowded':
    case 'waited':
      return err(
        failureUntil(
          'upstream_share_exhausted',
          `This tenant's share of what PostHog takes is used up, and nothing is left over. Try again in ${seconds} s.`,
          seconds,
        ),
      );
  }
}
