/** What this isolate has counted of the use of tokens and not reported to the objects of their tenants yet. */
import type { TenantId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { lastRefused, type RefusedRequest } from '../core/usage/refused-request.ts';
import {
  addUsage,
  hourOf,
  usageOf,
  type CountedRequest,
  type TokenHour,
  type UsageReport,
} from '../core/usage/usage.ts';

export interface UsageCounterOptions {
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly pause: (ms: number) => Promise<void>;
  /** A call to the tenant's object of its own. */
  readonly report: (tenant: TenantId, report: UsageReport) => Promise<void>;
  /** Told when a report was lost. */
  readonly lost: (error: unknown) => void;
}

interface Batch {
  readonly sinceMs: number;
  readonly hours: Map<string, TokenHour>;
  refused: readonly RefusedRequest[];
}

/**
 * A batch of a tenant's counts travels with the next question that the isolate has for the tenant's object, once the batch
 * is old enough, or by itself where no question comes. It is sent once: where its answer is lost, so may be the counts.
 */
export class UsageCounter {
  readonly #batches = new Map<TenantId, Batch>();
  readonly #options: UsageCounterOptions;

  constructor(options: UsageCounterOptions) {
    this.#options = options;
  }

  /** Counts a request. Settles when nothing is left to be done for it: the runtime is to wait for that. */
  async count(request: CountedRequest): Promise<void> {
    const { tenant, token, startedMs, refused } = request;
    const known = this.#batches.get(tenant);
    const batch: Batch = known ?? { sinceMs: this.#options.nowMs(), hours: new Map(), refused: [] };
    const hour = hourOf(startedMs);
    const key = `${hour} ${token}`;
    const before = batch.hours.get(key)?.counts;
    const counts = usageOf(request);
    batch.hours.set(key, { hour, token, counts: before === undefined ? counts : addUsage(before, counts) });
    if (refused !== null) batch.refused = lastRefused([refused, ...batch.refused]);
    if (known === undefined) {
      this.#batches.set(tenant, batch);
      await this.#options.pause(LIMITS.usageReportMsMax);
    } else if (
      batch.hours.size < LIMITS.usageReportRowsMax &&
      !this.#isOlder(batch, LIMITS.usageReportMsMax)
    ) {
      return;
    }
    if (this.#batches.get(tenant) === batch) await this.#report(tenant);
  }

  /** What is to travel with a question; null where there is nothing, or it is too new. */
  takeDue(tenant: TenantId): UsageReport | null {
    const batch = this.#batches.get(tenant);
    return batch !== undefined && this.#isOlder(batch, LIMITS.usageReportMs) ? this.take(tenant) : null;
  }

  /** The same, however new it is. */
  take(tenant: TenantId): UsageReport | null {
    const batch = this.#batches.get(tenant);
    this.#batches.delete(tenant);
    if (batch === undefined) return null;
    return { id: this.#options.newId(), hours: [...batch.hours.values()], refused: batch.refused };
  }

  /** A clock that was set back makes nothing wait longer. */
  #isOlder({ sinceMs }: Batch, ms: number): boolean {
    const ageMs = this.#options.nowMs() - sinceMs;
    return ageMs < 0 || ageMs >= ms;
  }

  async #report(tenant: TenantId): Promise<void> {
    const report = this.take(tenant);
    if (report !== null) await this.#options.report(tenant, report).catch(this.#options.lost);
  }
}
