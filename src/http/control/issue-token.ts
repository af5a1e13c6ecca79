/** Making a token: the same for an operator who mints and a holder who derives, but for what it must fit into. */
import type { Ancestor, Principal } from '../../authn/token.ts';
import { failure } from '../../core/failure.ts';
import {
  newTokenId,
  type ProjectId,
  type RegistrationId,
  type TenantId,
  type TokenId,
} from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { checkGrant } from '../../policy/validate-grant.ts';
import type { TokenRequest } from '../../contract/schemas.ts';
import type { Grant, Narrowing } from '../../policy/grant.ts';
import { narrow, checkNarrower } from '../../policy/narrow.ts';
import { callObject } from '../call-object.ts';
import { jsonReply, type Context, type Reply } from '../context.ts';
import { grantView } from './views.ts';

/** What a new token has to fit into. */
export interface Parent {
  readonly tenant: TenantId;
  readonly registration: RegistrationId;
  readonly projectId: ProjectId;
  readonly grant: Grant;
  /** Oldest first. Empty for a minted token. */
  readonly ancestors: readonly Ancestor[];
  /** No descendant lives longer. `null` for a minted token. */
  readonly expiresAtSeconds: number | null;
  readonly secondsDefault: number;
}

/** Signs a token narrower than its parent and has the tenant's object remember it. Answers 201. */
export async function issueToken(
  ctx: Context,
  parent: Parent,
  request: TokenRequest,
): Promise<Result<Reply>> {
  const { services } = ctx;
  const { name, expires_in: lifetime, not_before: notBefore, ...narrowing } = request;
  const fits = checkNarrower(parent.grant, narrowing);
  if (!fits.ok) return fits;
  const unenforceable = checkGrant(narrow(parent.grant, narrowing));
  if (unenforceable !== null) return err(unenforceable);

  const nowSeconds = Math.floor(services.nowMs() / 1000);
  const expiresAt = Math.min(
    nowSeconds + (lifetime ?? parent.secondsDefault),
    parent.expiresAtSeconds ?? Number.POSITIVE_INFINITY,
  );
  const notBeforeSeconds = notBefore === undefined ? null : Math.ceil(Date.parse(notBefore) / 1000);
  if (notBeforeSeconds !== null && notBeforeSeconds >= expiresAt) {
    return err(
      failure('field_invalid', 'not_before must be earlier than the end of the token.', 'not_before'),
    );
  }

  const { scopes, ...by } = narrowing;
  const principal: Principal = {
    tenant: parent.tenant,
    registration: parent.registration,
    token: newTokenId(services.random),
    projectId: parent.projectId,
    scopes: scopes ?? parent.grant.scopes,
    narrowing: by,
    ancestors: parent.ancestors,
    issuedAtSeconds: nowSeconds,
    notBeforeSeconds,
    expiresAtSeconds: expiresAt,
  };
  const token = await services.tokens.sign(principal);
  if (token.length > LIMITS.tokenCharsMax) {
    return err(
      failure('field_invalid', 'The token would be too long for a header: list fewer origins or properties.'),
    );
  }
  const remembered = await remember(ctx, principal, parent.registration, { name, narrowing });
  if (!remembered.ok) return remembered;
  return ok(
    jsonReply(201, {
      token,
      id: principal.token,
      name,
      expires_at: isoOf(expiresAt),
      not_before: notBeforeSeconds === null ? null : isoOf(notBeforeSeconds),
      grant: grantView(narrow(parent.grant, { ...by, scopes: [...principal.scopes] })),
    }),
  );
}

async function remember(
  ctx: Context,
  principal: Principal,
  registration: RegistrationId,
  { name, narrowing }: { name: string; narrowing: Narrowing },
): Promise<Result<null>> {
  const ancestors: TokenId[] = principal.ancestors.map((link) => link.id);
  const { issuedAtSeconds, notBeforeSeconds, expiresAtSeconds } = principal;
  const issued = await callObject(ctx, () =>
    ctx.services.tenant(principal.tenant).issue(
      {
        id: principal.token,
        name,
        parent: ancestors.at(-1) ?? null,
        issued_at: isoOf(issuedAtSeconds),
        expires_at: isoOf(expiresAtSeconds),
        not_before: notBeforeSeconds === null ? null : isoOf(notBeforeSeconds),
        narrowing,
      },
      ancestors,
      registration,
    ),
  );
  return issued.ok ? issued.value : issued;
}

/** Unix seconds as an ISO 8601 time. */
export const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString();
