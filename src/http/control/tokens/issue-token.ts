/** Making a token: the same for an operator who mints and a holder who derives, but for what it must fit into. */
import type { Principal } from '../../../authn/token.ts';
import { grantReply } from '../../../contract/grant.ts';
import type { TokenRequest } from '../../../contract/token.ts';
import { failure } from '../../../core/failure.ts';
import { newTokenId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { Narrowing } from '../../../policy/grant.ts';
import { narrow } from '../../../policy/narrow.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { actorOf, isoOf, lifetimeOf, narrowingOf, principalOf, type Parent } from './new-token.ts';
import { answer } from '../serve.ts';

/** Signs a token narrower than its parent and has the tenant's object remember it. */
export async function issueToken(ctx: Context, parent: Parent, request: TokenRequest) {
  const { services } = ctx;
  const actor = actorOf(parent, request);
  if (!actor.ok) return actor;
  const narrowing = narrowingOf(parent, request);
  if (!narrowing.ok) return narrowing;
  const lifetime = lifetimeOf(parent, request, services.nowMs());
  if (!lifetime.ok) return lifetime;
  const principal = principalOf(
    parent,
    narrowing.value,
    lifetime.value,
    newTokenId(services.random),
    actor.value,
  );
  const token = await sign(ctx, principal);
  if (!token.ok) return token;
  const remembered = await remember(ctx, parent, principal, narrowing.value, request.name);
  if (!remembered.ok) return remembered;
  const { name, expires_at, not_before } = remembered.value;
  const issued = {
    token: token.value,
    id: principal.token,
    name,
    expires_at,
    not_before,
    actor: principal.actor,
    grant: grantReply(narrow(parent.grant, { ...narrowing.value, scopes: [...principal.scopes] })),
  };
  return answer(issued, { change: { after: remembered.value } });
}

export async function sign({ services }: Context, principal: Principal): Promise<Result<string>> {
  const token = await services.tokens.sign(principal);
  return token.length <= LIMITS.tokenCharsMax
    ? ok(token)
    : err(
        failure(
          'field_invalid',
          'The token would be too long for a header: list fewer origins or properties.',
        ),
      );
}

/** Enters the token with the tenant's object, which refuses it where its parent was revoked meanwhile. */
async function remember(
  ctx: Context,
  { registration, mintedBy }: Parent,
  { tenant, token, actor, scopes, ancestors, issuedAtSeconds, notBeforeSeconds, expiresAtSeconds }: Principal,
  narrowing: Narrowing,
  name: string,
) {
  const ids = ancestors.map(({ id }) => id);
  const issued = {
    id: token,
    name,
    parent: ids.at(-1) ?? null,
    issued_at: isoOf(issuedAtSeconds),
    expires_at: isoOf(expiresAtSeconds),
    not_before: notBeforeSeconds === null ? null : isoOf(notBeforeSeconds),
    actor,
    minted_by: mintedBy,
    kid: ctx.services.tokens.kid,
    narrowing,
    scopes,
  };
  const entered = await callObject(ctx, () => ctx.services.tenant(tenant).issue(issued, ids, registration));
  if (!entered.ok) return entered;
  return entered.value.ok ? ok(issued) : entered.value;
}
