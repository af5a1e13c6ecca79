/** Gives out the permits of one PostHog project: the share of each of PostHog's limits, with the callers that wait for it. */
import type { Generation } from '../../../catalogue/generation.ts';
import { failureUntil } from '../../../core/failure.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import { rateLimitedFor } from '../../../core/shield/rate-limited.ts';
import type {
  PermitLease,
  QuotaSnapshot,
  ReservedCalls,
  ShareAsk,
} from '../../../core/shield/upstream-share.ts';
import { WaitingRoom } from '../waiting-room.ts';
import type { CeilingKind } from './ceiling.ts';
import { FairShare, type ShareVerdict } from './fair-share.ts';

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
  readonly #room: WaitingRoom<ShareVerdict, PermitLease>;

  constructor({ requestsPerMinute, ceiling, generation, nowMs }: DeskOptions) {
    this.#nowMs = nowMs;
    const hasDeletesApart = generation !== 'A';
    const reads = hasDeletesApart ? requestsPerMinute : Math.ceil(requestsPerMinute * OWNERS_PART);
    this.#reads = new FairShare('reads', reads, ceiling);
    this.#deletes = hasDeletesApart
      ? new FairShare('deletes', requestsPerMinute * DELETES_FACTOR, ceiling)
      : null;
    this.#room = new WaitingRoom(this.#reads, resultOf, nowMs);
  }

  /**
   * Waits for the tenant's turn. Fails with `upstream_share_exhausted`, or with `upstream_rate_limited` while PostHog wants
   * to be left alone, with the seconds to wait.
   */
  ask(ask: ShareAsk): Promise<Result<PermitLease>> {
    return this.#room.wait(ask.id, (nowMs) => this.#reads.ask(ask, nowMs));
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
    this.#room.end(id, err(failureUntil('upstream_share_exhausted', 'The client left.', 1)));
    this.#room.settle((nowMs) => this.#reads.cancel(id, nowMs));
  }

  spendReserved({ reads, deletes }: ReservedCalls): void {
    const nowMs = this.#nowMs();
    this.#reads.spendReserved(this.#deletes === null ? reads + deletes : reads, nowMs);
    this.#deletes?.spendReserved(deletes, nowMs);
  }

  /** PostHog refused a request by its rate limit. `isDelete`: one that deletes. */
  throttle(ms: number, isDelete: boolean): void {
    const share = isDelete ? (this.#deletes ?? this.#reads) : this.#reads;
    this.#room.settle((nowMs) => share.throttle(ms, nowMs));
  }

  /** What PostHog refused is forgotten. */
  endPauses(): void {
    this.#deletes?.endPause(this.#nowMs());
    this.#room.settle((nowMs) => this.#reads.endPause(nowMs));
  }

  snapshot(): QuotaSnapshot[] {
    const nowMs = this.#nowMs();
    return [this.#reads, ...(this.#deletes === null ? [] : [this.#deletes])].map((share) =>
      share.snapshot(nowMs),
    );
  }
}

function resultOf(verdict: ShareVerdict): Result<PermitLease> {
  if (verdict.kind === 'granted') return ok(verdict.lease);
  const { reason, retryAfterSeconds: seconds } = verdict;
  switch (reason) {
    case 'paused':
      return err(rateLimitedFor(seconds));
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
