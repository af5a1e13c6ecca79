/** The tenant plane, `/v1`: what the holder of a token can do with it besides calling PostHog. */
import { failure } from '../core/failure.ts';
import { TokenId } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { no, ok, type Result } from '../core/result.ts';
import { fromObject, type Admitted } from './admission.ts';
import { jsonReply, type Exchange, type Reply } from './exchange.ts';
import { isoOf, issueToken, TokenRequest } from './issue-token.ts';
import { readOwnBody, refuseInput, refuseParameters } from './own-input.ts';
import { forEnding, forTenant } from './tenant-plane.ts';
import { grantView } from './views.ts';

const NO_CONTENT: Reply = { status: 204, type: null, body: null };

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
