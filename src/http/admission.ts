/** The first steps of every request with a tenant token: who is it, and may it go on at all? */
import { bearerOf } from '../authn/bearer.ts';
import type { Principal } from '../authn/token.ts';
import { failureUntil } from '../core/failure.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { ChainLink, Grant, TenantRecord } from '../policy/grant.ts';
import { grantOf, narrow } from '../policy/narrow.ts';
import type { Exchange } from './exchange.ts';
import { writeObjectFailure } from './record.ts';

/** A caller that may go on, and what it may do as things stand now. */
export interface Admitted {
  readonly principal: Principal;
  readonly tenant: TenantRecord;
  readonly grant: Grant;
  /** The token's ancestors, oldest first, and itself: whoever brought in a limit of its own. */
  readonly chain: readonly ChainLink[];
}

/** Reads and verifies the one credential. A failure is final: nothing falls back to another identity. */
export async function authenticate({ request, gateway, trace }: Exchange): Promise<Result<Principal>> {
  const credential = bearerOf(request.headers, { missing: 'token_missing', malformed: 'token_malformed' });
  if (!credential.ok) return credential;
  const principal = await gateway.tokens.verify(credential.value, gateway.nowMs());
  if (principal.ok) {
    trace.tenant = principal.value.tenant;
    trace.token = principal.value.token;
  }
  return principal;
}

/** Asks the tenant's object, in one hop: is it revoked, suspended, over its rate? Spends `cost` requests. */
export async function admit(
  exchange: Exchange,
  principal: Principal,
  cost: number,
): Promise<Result<Admitted>> {
  const { gateway, trace } = exchange;
  const chain = chainOf(principal);
  const admission = await fromObject(exchange, () => gateway.tenant(principal.tenant).admit({ chain, cost }));
  if (!admission.ok) return admission;
  trace.limits = admission.value.limits;
  if (admission.value.verdict === 'refused') return no(admission.value.failure);
  const { tenant } = admission.value;
  return ok({ principal, tenant, grant: effectiveGrant(tenant, principal), chain });
}

const chainOf = ({ ancestors, token, by }: Principal): ChainLink[] =>
  [...ancestors, { id: token, by }].map((link) => ({
    id: link.id,
    rate: link.by.rate,
    persons_per_day: link.by.deletes?.persons_per_day,
  }));

/** The tenant as it is now, narrowed by every token of the chain. */
function effectiveGrant(tenant: TenantRecord, { ancestors, by, scopes }: Principal): Grant {
  const inherited = ancestors.reduce((grant, link) => narrow(grant, link.by), grantOf(tenant));
  return narrow(inherited, { ...by, scopes: [...scopes] });
}

const OBJECT_RETRY_SECONDS = 1;

/** A call to one of our own objects. What it throws is for the operator; the client is told to come back. */
export async function fromObject<T>({ trace }: Exchange, call: () => Promise<T>): Promise<Result<T>> {
  try {
    return ok(await call());
  } catch (error) {
    const unavailable = failureUntil(
      'state_unavailable',
      'The record of this tenant cannot be reached at the moment.',
      OBJECT_RETRY_SECONDS,
    );
    writeObjectFailure(trace, error, unavailable);
    return no(unavailable);
  }
}
