/** What a request asks of its tenant's object, and what the object answers. */
import { failure, type Failure } from '../../core/failure.ts';
import type { RegistrationId, TokenId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import type { UsageReport } from '../../core/usage/usage.ts';
import type { TenantRecord, TokenLimits } from '../../policy/grant.ts';
import type { LimitStatus } from './gcra.ts';
import type { Lease, LeaseAsk, LeaseBook } from './lease-book.ts';
import { limitsOf, limitsShown, rateFailure } from './limits.ts';
import type { OriginStore } from './origins/origin-store.ts';
import type { StoredTenant } from './record-store.ts';
import type { RevocationLimiter } from './revocation-limiter.ts';
import type { TokenStore } from './token-store.ts';

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
      /** What the tenant itself adds to the origins of its record. An object of the version before does not say it. */
      ownOrigins?: readonly string[];
      registration: RegistrationId;
      /** As they stand after the lease was spent too. */
      limits: LimitStatus[];
      /** Requests of the same token that the isolate may admit with this answer. Null: none. */
      lease: Lease | null;
      /** When a token of the chain ends that has a successor, in milliseconds since 1970; null where none has. */
      endsMs: number | null;
    }
  /** `limits` is empty when the refusal came before the rate was asked. */
  | { verdict: 'refused'; failure: Failure; limits: LimitStatus[] };

export const UNKNOWN = failure('tenant_unknown', 'The tenant of this token is not registered here any more.');

/** The refusal of a token, whatever is left of its rate; null where it may go on. */
export function checkAdmission(
  { record, registration: current }: StoredTenant,
  registration: RegistrationId | null,
  self: TokenId,
  chain: readonly TokenLimits[],
  hasEnded: (id: TokenId) => boolean,
): Failure | null {
  if (hasEnded(self)) return failure('token_revoked', 'This token was revoked.');
  if (chain.some(({ id }) => hasEnded(id)))
    return failure('token_parent_revoked', 'A token this one was derived from was revoked.');
  if (registration !== null && registration !== current) return UNKNOWN;
  return record.suspended ? failure('tenant_suspended', 'The operator has suspended this tenant.') : null;
}

export const NOT_REGISTERED = failure('record_unknown', 'No tenant of that name is registered.', 'tenant');

/** A refusal before any limit was looked at. */
const refused = (why: Failure): Admission => ({ verdict: 'refused', failure: why, limits: [] });

/** What an admission is decided by. */
interface AdmissionState {
  readonly stored: StoredTenant | null;
  readonly tokens: TokenStore;
  readonly origins: OriginStore;
  readonly revocations: RevocationLimiter;
  readonly leases: LeaseBook;
}

/** Decides, spends, and leases what is asked for on top. */
export function admissionOf(
  { stored, tokens, origins, revocations, leases }: AdmissionState,
  { registration, chain, cost, lease: ask = null }: AdmitAsk,
  nowMs: number,
): Admission {
  const self = chain.at(-1);
  if (self === undefined) throw new RangeError('A request is admitted for a token.');
  if (stored === null) return refused(UNKNOWN);
  const hasEnded = (id: TokenId) => tokens.hasEnded(id, nowMs);
  const why = checkAdmission(stored, registration, self.id, chain, hasEnded);
  if (why !== null) return refused(why);
  const tooMany = cost === 'revocation' ? revocations.check(self.id, nowMs) : null;
  if (tooMany !== null) return refused(tooMany);
  const requests = cost === 'revocation' ? 0 : cost;
  const { record: tenant, registration: current } = stored;
  const own = origins.inForce(tenant.own_origins, nowMs);
  // What ends at a time of its own is asked about each time, so that no lease outlives it.
  const endsMs = tokens.endOf(chain.map(({ id }) => id));
  const mayLease = endsMs === null && (own.endsMs === null || own.endsMs > nowMs + LIMITS.leaseTermMs);
  const { spent, lease } = leases.spend(limitsOf(tenant, chain), requests, mayLease ? ask : null, nowMs);
  const limits = limitsShown(spent.statuses);
  if (spent.refused !== null)
    return { verdict: 'refused', failure: rateFailure(spent.refused, requests, self.id), limits };
  tokens.noteUse(self.id, nowMs);
  return {
    verdict: 'admitted',
    tenant,
    ownOrigins: own.origins,
    registration: current,
    limits,
    lease,
    endsMs,
  };
}
