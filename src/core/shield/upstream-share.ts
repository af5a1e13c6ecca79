/** What isolates and a project's shield tell each other of PostHog's quota, which all tenants share. */
import type { TenantId } from '../ids.ts';

/** The limits that PostHog counts apart (PostHog contract §9): `reads` also counts queries and changes. */
export type QuotaKind = 'reads' | 'deletes';

/** For whom PostHog is asked. */
export type Payer =
  | {
      readonly kind: 'tenant';
      readonly tenant: TenantId;
      /** Its share beside the other tenants of the project, 1 to 100. */
      readonly weight: number;
    }
  /** Deletes, their look-ups, and the operator: they have a part of their own and never wait. */
  | { readonly kind: 'reserved' };

/** Permits of a lease that were not used. */
export interface ReturnedPermits {
  readonly lease: string;
  readonly permits: number;
}

/** A tenant wants to ask PostHog. */
export interface ShareAsk {
  /** Names the ask and the lease that comes of it; no other ask has the same. */
  readonly id: string;
  readonly tenant: TenantId;
  readonly weight: number;
  /** Permits that would be of use, 1 or more. */
  readonly want: number;
  readonly returned: readonly ReturnedPermits[];
}

/** Permits to ask PostHog, one for each request. The isolate may use them for a term from when it asked. */
export interface PermitLease {
  readonly id: string;
  /** 1 or more. */
  readonly permits: number;
}

/** Calls of the reserved part that PostHog took since the last report. */
export interface ReservedCalls {
  readonly reads: number;
  readonly deletes: number;
}

/** Who has how much of one of PostHog's limits. */
export interface QuotaSnapshot {
  readonly kind: QuotaKind;
  /** Requests a minute that the operator allows, and those that PostHog is now thought to take. */
  readonly configuredPerMinute: number;
  readonly learnedPerMinute: number;
  readonly reservedPerMinute: number;
  /** Of the last minute, with permits that were leased and not given back. */
  readonly used: number;
  readonly reservedUsed: number;
  /** Milliseconds until PostHog may be asked again; 0 where it may. */
  readonly pausedMs: number;
  readonly tenants: readonly TenantShare[];
}

export interface TenantShare {
  readonly tenant: TenantId;
  readonly weight: number;
  /** Requests a minute that are its own while all tenants of the list ask. */
  readonly sharePerMinute: number;
  readonly used: number;
  readonly waiting: number;
}
