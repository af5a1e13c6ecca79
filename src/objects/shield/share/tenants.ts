/** The tenants that asked within the last minute, with what each of them had. */
import type { TenantId } from '../../../core/ids.ts';
import { RequestWindow } from '../request-window.ts';

export interface ActiveTenant {
  readonly tenant: TenantId;
  weight: number;
  readonly used: RequestWindow;
}

/** `nowMs` never runs back. */
export class ActiveTenants {
  readonly #tenants = new Map<TenantId, ActiveTenant>();
  #weights = 0;

  /** All of them. */
  all(): Iterable<ActiveTenant> {
    return this.#tenants.values();
  }

  /** The tenant asks, with this weight from now on. */
  note(tenant: TenantId, weight: number): ActiveTenant {
    const known = this.#tenants.get(tenant) ?? { tenant, weight: 0, used: new RequestWindow() };
    this.#tenants.set(tenant, known);
    this.#weights += weight - known.weight;
    known.weight = weight;
    return known;
  }

  get(tenant: TenantId): ActiveTenant | undefined {
    return this.#tenants.get(tenant);
  }

  /** The part of everything that is a tenant's own, 0 to 1. */
  partOf({ weight }: ActiveTenant): number {
    return weight / Math.max(weight, this.#weights);
  }

  /** Forgets those that had nothing within the last minute, and do not wait. */
  forgetIdle(isWaiting: (tenant: TenantId) => boolean, nowMs: number): void {
    for (const [tenant, { weight, used }] of this.#tenants) {
      if (used.count(nowMs) > 0 || isWaiting(tenant)) continue;
      this.#tenants.delete(tenant);
      this.#weights -= weight;
    }
  }
}
