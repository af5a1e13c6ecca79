/** The tenant plane, `/v1`: what the holder of a token can do with it besides calling PostHog. */
import { failure } from '../core/failure.ts';
import { TokenId, type TenantId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { Scope } from '../core/scopes.ts';
import { refuseOrigin, refuseOtherProject, refuseScopes } from '../policy/decide.ts';
import { admit, authenticate, fromObject, type Admitted } from './admission.ts';
import { getDeletion, listDeletions } from './deletions.ts';
import { jsonReply, type Exchange, type Handler, type Reply } from './exchange.ts';
import { isoOf, issueToken, TokenRequest } from './issue-token.ts';
import { readOwnBody, refuseInput, refuseParameters } from './own-input.ts';
import { grantView } from './views.ts';

type TenantHandler = (exchange: Exchange, admitted: Admitted) => Promise<Result<Reply>>;

const NO_CONTENT: Reply = { status: 204, type: null, body: null };

/** Spends one request of the rate, and takes a token for the project the tenant has now, with the scopes of the route. */
export const forTenant = (scopes: readonly Scope[], handler: TenantHandler): Handler =>
  forHolder(1, async (exchange, admitted) => {
    const { grant, principal } = admitted;
    const refusal = refuseOtherProject(grant, principal.projectId) ?? refuseScopes(grant, scopes);
    return refusal === null ? handler(exchange, admitted) : no(refusal);
  });

/** Authenticates and admits, as on the mirror, and holds the request to the grant's origins. */
function forHolder(cost: number, handler: TenantHandler): Handler {
  return async (exchange) => {
    const principal = await authenticate(exchange);
    if (!principal.ok) return principal;
    const admitted = await admit(exchange, principal.value, cost);
    if (!admitted.ok) return admitted;
    const origin = exchange.request.headers.get('origin');
    const refusal = refuseOrigin(admitted.value.grant, origin);
    if (refusal !== null) return no(refusal);
    exchange.trace.allowedOrigin = origin;
    return handler(exchange, admitted.value);
  };
}

/** Ending a token costs nothing and asks for nothing but the token: a thief may have spent its rate. */
const forEnding = (handler: TenantHandler): Handler => forHolder(0, handler);

/** `GET /v1/whoami`: the effective grant, what is left of the rate, and the end of the token. */
export const whoami = forTenant([], async (exchange, { principal, tenant, grant }) => {
  const query = refuseParameters(exchange);
  if (!query.ok) return query;
  return ok(
    jsonReply(200, {
      tenant: principal.tenant,
      name: tenant.name,
      token: {
        id: principal.token,
        issued_at: isoOf(principal.issuedAtSeconds),
        expires_at: isoOf(principal.expiresAtSeconds),
        ancestors: principal.ancestors.map((link) => link.id),
      },
      grant: grantView(grant),
      limits: exchange.trace.limits.map((limit) => ({
        holder: limit.holder,
        burst: limit.quota,
        remaining: limit.remaining,
        full_again_in_seconds: limit.resetSeconds,
      })),
    }),
  );
});

/** `POST /v1/tokens`: a token that can do less, for a frontend or a partner of the tenant's own. */
export const deriveToken = forTenant([], async (exchange, { principal, grant }) => {
  const request = await readOwnBody(exchange, TokenRequest);
  if (!request.ok) return request;
  if (principal.ancestors.length >= LIMITS.ancestorsMax) {
    return no(
      failure(
        'derivation_too_deep',
        `A token with ${LIMITS.ancestorsMax} ancestors cannot have descendants.`,
      ),
    );
  }
  const parent = {
    tenant: principal.tenant,
    projectId: principal.projectId,
    grant,
    ancestors: [...principal.ancestors, { id: principal.token, by: principal.by }],
    expiresAtSeconds: principal.expiresAtSeconds,
    secondsDefault: LIMITS.derivedTokenSecondsDefault,
  };
  return issueToken(exchange, parent, request.value);
});

/** `POST /v1/tokens/self-revoke`: the token ends itself, and whatever was derived from it. */
export const selfRevoke = forEnding(async (exchange, { principal }) => {
  const body = await refuseInput(exchange);
  return body.ok ? revoke(exchange, principal.token, { principal }) : body;
});

/** `DELETE /v1/tokens/:id`: ends the token itself or a descendant; of others it knows nothing. */
export const revokeToken = forEnding(async (exchange, { principal }) => {
  const input = await refuseInput(exchange);
  if (!input.ok) return input;
  const id = TokenId.safeParse(exchange.parameters['id']);
  return id.success ? revoke(exchange, id.data, { principal }) : no(noSuchToken());
});

async function revoke(
  exchange: Exchange,
  id: TokenId,
  { principal }: Pick<Admitted, 'principal'>,
): Promise<Result<Reply>> {
  const by = { kind: 'token', id: principal.token } as const;
  const revoked = await fromObject(exchange, () => exchange.gateway.tenant(principal.tenant).revoke(id, by));
  if (!revoked.ok) return revoked;
  return revoked.value === 'revoked' ? ok(NO_CONTENT) : no(noSuchToken());
}

const noSuchToken = () =>
  failure('record_unknown', 'There is no such token among those derived from yours.', 'id');

/** The tenant's own deletion log. Its ids are personal data, so reading it takes the scope that wrote it. */
export const ownDeletions = forTenant(['person:delete'], async (exchange, { principal }) => {
  const since = await registeredSince(exchange, principal.tenant);
  return since.ok ? listDeletions(exchange, principal.tenant, since.value) : since;
});
export const ownDeletion = forTenant(['person:delete'], async (exchange, { principal }) => {
  const since = await registeredSince(exchange, principal.tenant);
  return since.ok ? getDeletion(exchange, principal.tenant, since.value) : since;
});

/** A name may be registered again for somebody else: whoever has it now sees nothing from before. */
async function registeredSince(exchange: Exchange, tenant: TenantId): Promise<Result<string>> {
  const stored = await fromObject(exchange, () => exchange.gateway.tenant(tenant).get());
  if (!stored.ok) return stored;
  return ok(stored.value?.created_at ?? NEVER);
}

const NEVER = '9999-12-31T23:59:59.999Z';
