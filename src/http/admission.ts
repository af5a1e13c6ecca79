/** The first steps of every request with a tenant token: who is it, and may it go on at all? */
import { bearerOf } from '../authn/bearer.ts';
import type { Ancestor, Principal } from '../authn/token.ts';
import type { RegistrationId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { err, ok, type Result } from '../core/result.ts';
import { checkOrigin, type Caller } from '../policy/decide.ts';
import type { Grant, Narrowing, TenantRecord, TokenLimits } from '../policy/grant.ts';
import { effectiveGrant } from '../policy/narrow.ts';
import type { Admission, AdmitAsk } from '../objects/tenant/tenant.ts';
import { within } from '../objects/within.ts';
import { callObject } from './call-object.ts';
import type { Context } from './context.ts';

/** A caller that may go on, and what it may do as things stand now. */
export interface Admitted {
  readonly principal: Principal;
  readonly caller: Caller;
  readonly tenant: TenantRecord;
  readonly grant: Grant;
  /** The registration of the tenant that is in force; what is carried out later has to find the same one. */
  readonly registration: RegistrationId;
  /** The limits of the token's ancestors, oldest first, and of the token itself. */
  readonly chain: readonly TokenLimits[];
  /** When the request was admitted, by a lease or by the tenant's object. */
  readonly admittedMs: number;
}

/** What one request spends of the rate, before it is known what it asks for. */
const REQUEST_COST = 1;

/** Reads and verifies the one credential. A failure is final: nothing falls back to another identity. */
export async function authenticate({ request, services, log }: Context): Promise<Result<Principal>> {
  const credential = bearerOf(request.headers, { missing: 'token_missing', malformed: 'token_malformed' });
  if (!credential.ok) return credential;
  const principal = await services.tokens.verify(credential.value, services.nowMs());
  if (principal.ok) {
    log.tenant = principal.value.tenant;
    log.token = principal.value.token;
  }
  return principal;
}

/**
 * By a lease, or asked of the tenant's object in one hop: whether the token is revoked, suspended or over its rate. Spends
 * `cost`. Then holds the request to the origins of the grant, before anything else of the grant is looked at.
 */
export async function admit(
  ctx: Context,
  principal: Principal,
  cost: number = REQUEST_COST,
): Promise<Result<Admitted>> {
  const leased = ctx.services.leases.use(principal, cost);
  if (leased !== null) return admittedBy(ctx, principal, leased);
  const asking = ctx.services.leases.ask(principal, cost);
  const admission = await askObject(ctx, principal, { cost, lease: asking.ask });
  ctx.services.leases.answered(principal, asking, cost, admission.ok ? admission.value : null);
  return admission.ok ? admittedBy(ctx, principal, admission.value) : admission;
}

/** The same without a lease: for what is worth a hop each time. */
export async function admitByObject(
  ctx: Context,
  principal: Principal,
  cost: AdmitAsk['cost'],
): Promise<Result<Admitted>> {
  const admission = await askObject(ctx, principal, { cost });
  return admission.ok ? admittedBy(ctx, principal, admission.value) : admission;
}

const askObject = (
  ctx: Context,
  principal: Principal,
  ask: Pick<AdmitAsk, 'cost' | 'lease'>,
): Promise<Result<Admission>> => {
  const { registration, tenant } = principal;
  return callObject(ctx, () =>
    within(
      LIMITS.objectWaitMsMax,
      ctx.services.tenant(tenant).admit({
        registration,
        chain: chainOf(principal),
        usage: ctx.services.usage.takeDue(tenant),
        ...ask,
      }),
    ),
  );
};

function admittedBy(
  { services, request, response }: Context,
  principal: Principal,
  admission: Admission,
): Result<Admitted> {
  response.limits = admission.limits;
  if (admission.verdict === 'refused') return err(admission.failure);
  const { tenant, registration, ownOrigins } = admission;
  const endsAtSeconds = Math.floor((admission.endsMs ?? Infinity) / 1000);
  response.tokenExpiresAtSeconds = Math.min(principal.expiresAtSeconds, endsAtSeconds);
  const chain = chainOf(principal);
  const grant = effectiveGrant(tenant, narrowingsOf(principal), ownOrigins);
  const caller = { projectId: principal.projectId, origin: request.headers.get('origin') };
  const refusal = checkOrigin(grant, caller.origin);
  if (refusal !== null) return err(refusal);
  response.allowedOrigin = caller.origin;
  return ok({ principal, caller, tenant, grant, registration, chain, admittedMs: services.nowMs() });
}

const chainOf = ({ ancestors, token, narrowing }: Principal): TokenLimits[] =>
  [...ancestors, { id: token, narrowing }].map(limitsOf);

/** The limits that a token has of its own. */
export const limitsOf = ({ id, narrowing }: Pick<Ancestor, 'id' | 'narrowing'>): TokenLimits => ({
  id,
  rate: narrowing.rate,
  persons_per_day: narrowing.deletes?.persons_per_day,
  calls_per_minute: narrowing.deletes?.calls_per_minute,
});

/** What narrows the tenant's grant down to the token's, the oldest ancestor first. */
const narrowingsOf = ({ ancestors, narrowing, scopes }: Principal): Narrowing[] => [
  ...ancestors.map((ancestor) => ancestor.narrowing),
  { ...narrowing, scopes: [...scopes] },
];
