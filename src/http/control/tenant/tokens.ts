/** The tenant plane, `/v1`: what the holder of a token can do with it besides calling PostHog. */
import { failure } from '../../../core/failure.ts';
import { TokenId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { Admitted } from '../../admission.ts';
import { callObject } from '../../call-object.ts';
import { jsonReply, type Context, type Reply } from '../../context.ts';
import { TokenRequest } from '../../../contract/schemas.ts';
import { isoOf, issueToken } from '../issue-token.ts';
import { readControlBody, refuseInput, refuseParameters } from '../input.ts';
import { withToken, withTokenToRevoke } from './guard.ts';
import { grantView } from '../views.ts';

const NO_CONTENT: Reply = { status: 204, type: null, body: null };

/** `GET /v1/whoami`: the effective grant, what is left of the rate, and the end of the token. */
export const whoami = withToken([], async (ctx, { principal, tenant, grant }) => {
  const query = refuseParameters(ctx);
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
      limits: ctx.response.limits.map((limit) => ({
        holder: limit.holder,
        burst: limit.quota,
        remaining: limit.remaining,
        full_again_in_seconds: limit.resetSeconds,
      })),
    }),
  );
});

/** `POST /v1/tokens`: a token that can do less, for a frontend or a partner of the tenant's own. */
export const deriveToken = withToken([], async (ctx, { principal, grant, registration }) => {
  const request = await readControlBody(ctx, TokenRequest);
  if (!request.ok) return request;
  if (principal.ancestors.length >= LIMITS.ancestorsMax) {
    return err(
      failure(
        'derivation_too_deep',
        `A token with ${LIMITS.ancestorsMax} ancestors cannot have descendants.`,
      ),
    );
  }
  const parent = {
    tenant: principal.tenant,
    registration,
    projectId: principal.projectId,
    grant,
    ancestors: [...principal.ancestors, { id: principal.token, narrowing: principal.narrowing }],
    expiresAtSeconds: principal.expiresAtSeconds,
    secondsDefault: LIMITS.derivedTokenSecondsDefault,
  };
  return issueToken(ctx, parent, request.value);
});

/** `POST /v1/tokens/self-revoke`: the token ends itself, and whatever was derived from it. */
export const selfRevoke = withTokenToRevoke(
  () => true,
  async (ctx, { principal }) => {
    const body = await refuseInput(ctx);
    return body.ok ? revoke(ctx, principal.token, { principal }) : body;
  },
);

/** `DELETE /v1/tokens/:id`: ends the token itself or a descendant; of others it knows nothing. */
export const revokeToken = withTokenToRevoke(
  (ctx, principal) => ctx.parameters['id'] === principal.token,
  async (ctx, { principal }) => {
    const input = await refuseInput(ctx);
    if (!input.ok) return input;
    const id = TokenId.safeParse(ctx.parameters['id']);
    return id.success ? revoke(ctx, id.data, { principal }) : err(noSuchToken());
  },
);

async function revoke(
  ctx: Context,
  id: TokenId,
  { principal }: Pick<Admitted, 'principal'>,
): Promise<Result<Reply>> {
  const by = { kind: 'token', id: principal.token } as const;
  const revoked = await callObject(ctx, () => ctx.services.tenant(principal.tenant).revoke(id, by));
  if (!revoked.ok) return revoked;
  return revoked.value === 'revoked' ? ok(NO_CONTENT) : err(noSuchToken());
}

const noSuchToken = () =>
  failure('record_unknown', 'There is no such token among those derived from yours.', 'id');
