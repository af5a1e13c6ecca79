/** `/v1/tokens`: deriving narrower tokens, and ending them. */
import { failure } from '../../../core/failure.ts';
import { TokenId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err, type Result } from '../../../core/result.ts';
import type { Principal } from '../../../authn/token.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { issueToken } from '../tokens/issue-token.ts';
import { answer, type Answer } from '../serve.ts';
import { withToken, withTokenToRevoke } from './guard.ts';

/** `POST /v1/tokens`: a token that can do less, for a frontend or a partner of the tenant's own. */
export const deriveToken = withToken('derive_token', async (ctx, { principal, grant, registration }) => {
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
    actor: principal.actor,
    expiresAtSeconds: principal.expiresAtSeconds,
    secondsDefault: LIMITS.derivedTokenSecondsDefault,
    mintedBy: null,
  };
  return issueToken(ctx, parent, ctx.input.body);
});

/** `POST /v1/tokens/self-revoke`: the token ends itself, and whatever was derived from it. */
export const selfRevoke = withTokenToRevoke('self_revoke', async (ctx, { principal }) =>
  revoke(ctx, principal.token, principal),
);

/** `DELETE /v1/tokens/:id`: ends the token itself or a descendant; of others it knows nothing. */
export const revokeToken = withTokenToRevoke('revoke_token', async (ctx, { principal }) => {
  const id = TokenId.safeParse(ctx.parameters['id']);
  return id.success ? revoke(ctx, id.data, principal) : err(noSuchToken());
});

async function revoke(
  ctx: Context,
  id: TokenId,
  { tenant, token }: Principal,
): Promise<Result<Answer<null>>> {
  const revoked = await callObject(ctx, () =>
    ctx.services.tenant(tenant).revoke(id, { kind: 'token', id: token }),
  );
  if (!revoked.ok) return revoked;
  return revoked.value === 'revoked' ? answer(null) : err(noSuchToken());
}

const noSuchToken = () =>
  failure('record_unknown', 'There is no such token among those derived from yours.', 'id');
