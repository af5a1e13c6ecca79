/** The tokens of a tenant, as the operator mints, lists and revokes them. */
import { failure } from '../../../core/failure.ts';
import { TokenId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err } from '../../../core/result.ts';
import { grantOf } from '../../../policy/narrow.ts';
import { callObject } from '../../call-object.ts';
import { issueToken } from '../tokens/issue-token.ts';
import { limitOf, pageAnswer } from '../listing.ts';
import { answer } from '../serve.ts';
import { withTenant } from './guard.ts';
import { registered } from './registered.ts';

/** `POST /admin/v1/tenants/:tenant/tokens`: mints a token; it is shown this once. */
export const mintToken = withTenant('admin_mint_token', async (ctx, { tenant, operator }) => {
  const stored = await registered(ctx, tenant);
  if (!stored.ok) return stored;
  const parent = {
    tenant,
    registration: stored.value.registration,
    projectId: stored.value.record.project_id,
    grant: grantOf(stored.value.record, stored.value.ownOrigins),
    ancestors: [],
    actor: null,
    expiresAtSeconds: null,
    secondsDefault: LIMITS.mintedTokenSecondsDefault,
    mintedBy: operator.name,
  };
  return issueToken(ctx, parent, ctx.input.body);
});

/** `GET /admin/v1/tenants/:tenant/tokens`: newest first, without the tokens themselves. */
export const listTokens = withTenant('admin_list_tokens', async (ctx, { tenant }) => {
  const stored = await registered(ctx, tenant);
  if (!stored.ok) return stored;
  const { query } = ctx.input;
  const page = { limit: limitOf(query), before: query.cursor ?? null };
  const found = await callObject(ctx, () => ctx.services.tenant(tenant).tokens(page));
  return found.ok ? pageAnswer(ctx, query, found.value.rows, found.value.next) : found;
});

/** `DELETE /admin/v1/tenants/:tenant/tokens/:id`: effective on the next request, for its descendants too. */
export const revokeTokenOf = withTenant('admin_revoke_token', async (ctx, { tenant }) => {
  const id = TokenId.safeParse(ctx.parameters['id']);
  if (!id.success) return err(noSuchToken());
  const revoked = await callObject(ctx, () =>
    ctx.services.tenant(tenant).revoke(id.data, { kind: 'operator' }),
  );
  if (!revoked.ok) return revoked;
  return revoked.value === 'revoked' ? answer(null) : err(noSuchToken());
});

const noSuchToken = () => failure('record_unknown', 'This tenant has no such token.', 'id');
