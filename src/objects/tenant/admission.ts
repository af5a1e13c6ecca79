/** What a request asks of its tenant's object, and what the object answers. */
import type { Failure } from '../../core/failure.ts';
import type { RegistrationId } from '../../core/ids.ts';
import type { Lease, LeaseAsk } from './lease-book.ts';
import type { UsageReport } from '../../core/usage.ts';
import type { TenantRecord, TokenLimits } from '../../policy/grant.ts';
import type { LimitStatus } from './gcra.ts';

/** What a request asks of its tenant. */
export interface AdmitAsk {
  /** The registration that the token names; null for a token from before tokens named one. */
  registration: RegistrationId | null;
  /** Ancestors oldest first, the token itself last; never empty. */
  chain: readonly TokenLimits[];
  /**
   * How many requests this one counts as: a whole number, 0 or more. `revocation` costs no requests and is counted
   * against the token's own bound of revocations.
   */
  cost: number | 'revocation';
  /** What the isolate says of its leases; left out or null where it wants none. */
  lease?: LeaseAsk | null;
  /** What the isolate counted since its last report; left out or null where it reports nothing now. */
  usage?: UsageReport | null;
}

export type Admission =
  | {
      verdict: 'admitted';
      tenant: TenantRecord;
      registration: RegistrationId;
      /** As they stand after the lease was spent too. */
      limits: LimitStatus[];
      /** Requests of the same token that the isolate may admit with this answer. Null: none. */
      lease: Lease | null;
    }
  /** `limits` is empty when the refusal came before the rate was asked. */
  | { verdict: 'refused'; failure: Failure; limits: LimitStatus[] };
