/** Replacing a token by one of the same grant: for an operator, who may let it live on, and for its holder, who may not. */
import type { Principal } from '../../../authn/token.ts';
import { grantReply } from '../../../contract/grant.ts';
import type { ReplaceRequest } from '../../../contract/token.ts';
import { failure } from '../../../core/failure.ts';
import { newTokenId, TokenId, type RegistrationId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import type { OperatorName } from '../../../core/operators.ts';
import { err, type Result } from '../../../core/result.ts';
import type { ReplacedToken } from '../../../objects/tenant/tenant.ts';
import type { Grant } from '../../../policy/grant.ts';
import { grantOf, narrow } from '../../../policy/narrow.ts';
import { limitsOf } from '../../admission.ts';
import { callObject } from '../../call-object.ts';
import type { Context } from '../../context.ts';
import { registered } from '../admin/registered.ts';
import { withTenant } from '../admin/guard.ts';
import { sign } from './issue-token.ts';
import { isoOf, lifetimeOf } from './new-token.ts';
import { answer } from '../serve.ts';
import { withToken } from '../tenant/guard.ts';

/** `POST /v1/tokens/replace`: the successor ends when this token would have: who steals a token cannot keep it alive. */
export const replaceToken = withToken('replace_token', async (ctx, { principal, grant, registration }) => {
  const { body } = ctx.input;
  if (hasLimitsOfItsOwn(principal)) return err(limited());
  const left = Math.max(1, principal.expiresAtSeconds - Math.floor(ctx.services.nowMs() / 1000));
  return replace(
    ctx,
    principal,
    { grant, registration, mintedBy: null, secondsDefault: left, notBefore: null },
    body,
  );
});

/** `POST /admin/v1/tenants/:tenant/tokens/:id/replace` */
export const replaceTokenOf = withTenant('admin_replace_token', async (ctx, { tenant, operator }) => {
  const id = TokenId.safeParse(ctx.parameters['id']);
  if (!id.success) return err(noSuchToken());
  const stored = await registered(ctx, tenant);
  if (!stored.ok) return stored;
  const found = await callObject(ctx, () => ctx.services.tenant(tenant).replaceable(id.data));
  if (!found.ok) return found;
  if (found.value === null) return err(noSuchToken());
  const { ancestors, narrowing, scopes: said, actor, not_before: begins } = found.value;
  if (ancestors.length > 0) return err(derived());
  const { scopes: asked, ...rest } = narrowing;
  const scopes = said ?? asked;
  if (scopes === undefined) return err(unknownScopes());
  const { registration, record, ownOrigins } = stored.value;
  const old = {
    tenant,
    registration,
    token: id.data,
    projectId: record.project_id,
    scopes,
    narrowing: rest,
    actor,
    ancestors: [],
  };
  const terms = {
    grant: narrow(grantOf(record, ownOrigins), { ...rest, scopes: [...scopes] }),
    registration,
    mintedBy: operator.name,
    secondsDefault: LIMITS.mintedTokenSecondsDefault,
    // A token that is not good yet is not made good by being replaced.
    notBefore: begins !== null && Date.parse(begins) > ctx.services.nowMs() ? begins : null,
  };
  return replace(ctx, old, terms, ctx.input.body);
});

interface Terms {
  readonly grant: Grant;
  readonly registration: RegistrationId;
  /** Null where it is that of the token that is replaced. */
  readonly mintedBy: OperatorName | null;
  readonly secondsDefault: number;
  /** When the successor begins, in ISO 8601; null where that is now. */
  readonly notBefore: string | null;
}

/** The token that is replaced. A successor of one that says when it ends does not end later. */
type Replaced = Omit<Principal, 'issuedAtSeconds' | 'notBeforeSeconds' | 'expiresAtSeconds'> &
  Partial<Pick<Principal, 'expiresAtSeconds'>>;

async function replace(
  ctx: Context,
  old: Replaced,
  { grant, registration, mintedBy, secondsDefault, notBefore }: Terms,
  { name, expires_in, overlap_seconds: overlap }: ReplaceRequest,
) {
  const { services } = ctx;
  const asked = {
    name: '',
    ...(expires_in === undefined ? {} : { expires_in }),
    ...(notBefore === null ? {} : { not_before: notBefore }),
  };
  const lifetime = lifetimeOf(
    { expiresAtSeconds: old.expiresAtSeconds ?? null, secondsDefault },
    asked,
    services.nowMs(),
  );
  if (!lifetime.ok) return lifetime;
  const principal: Principal = {
    ...old,
    registration,
    token: newTokenId(services.random),
    ...lifetime.value,
  };
  const token = await sign(ctx, principal);
  if (!token.ok) return token;
  const ancestors = old.ancestors.map(({ id }) => id);
  const successor = {
    replaces: old.token,
    by: mintedBy === null ? ('holder' as const) : ('operator' as const),
    overlapMs: overlap * 1000,
    ancestors,
    token: {
      id: principal.token,
      name: name ?? null,
      parent: ancestors.at(-1) ?? null,
      issued_at: isoOf(principal.issuedAtSeconds),
      expires_at: isoOf(principal.expiresAtSeconds),
      not_before: notBefore,
      actor: principal.actor,
      minted_by: mintedBy,
      kid: services.tokens.kid,
      narrowing: { ...old.narrowing, scopes: [...old.scopes] },
      scopes: old.scopes,
    },
  };
  const entered = await callObject(ctx, () => services.tenant(old.tenant).replace(successor, registration));
  if (!entered.ok) return entered;
  return answerOf(entered.value, old.token, token.value, grant);
}

function answerOf(replaced: Result<ReplacedToken>, old: TokenId, text: string, grant: Grant) {
  if (!replaced.ok) return replaced;
  const { token, endsMs } = replaced.value;
  const replaces = { id: old, ends_at: new Date(endsMs).toISOString() };
  const { id, name, expires_at, not_before, actor } = token;
  const issued = {
    token: text,
    id,
    name,
    expires_at,
    not_before,
    actor,
    grant: grantReply(grant),
    replaces,
  };
  return answer(issued, { change: { before: { id: old }, after: { ...token, replaces } } });
}

/** Each token has its limits for itself: with a successor after the other, a holder would have them over and over. */
const hasLimitsOfItsOwn = ({ token, narrowing }: Principal): boolean => {
  const { id: _id, ...limits } = limitsOf({ id: token, narrowing });
  return Object.values(limits).some((limit) => limit !== undefined);
};

const limited = () =>
  failure(
    'grant_exceeds_parent',
    'This token has a rate or a deletion limit of its own, which a successor would have anew. The operator can replace it.',
  );

const noSuchToken = () => failure('record_unknown', 'This tenant has no such token that can be used.', 'id');

const derived = () =>
  failure(
    'parameter_invalid',
    'This token was derived from another one. Its holder replaces it with POST /v1/tokens/replace.',
    'id',
  );

const unknownScopes = () =>
  failure(
    'parameter_invalid',
    'What scopes this token has was not noted when it was made. Mint another one and revoke this one.',
    'id',
  );
