/** Tokens on the admin plane. */
import { TokenRequest } from '../../../contract/schemas.ts';
import { failure } from '../../../core/failure.ts';
import { TokenId } from '../../../core/ids.ts';
import { LIMITS } from '../../../core/limits.ts';
import { err, ok } from '../../../core/result.ts';
import { TokenCursor } from '../../../objects/tenant/token-rows.ts';
import { grantOf } from '../../../policy/narrow.ts';
import { callObject } from '../../call-object.ts';
import { NO_CONTENT } from '../../context.ts';
import { readControlBody, refuseInput } from '../input.ts';
import { issueToken } from '../issue-token.ts';
import { pageReply, readPage } from '../listing.ts';
import { withTenant } from './guard.ts';
import { readTenant } from './tenants.ts';

/** `POST /admin/v1/tenants/:tenant/tokens`: mints a token; it is shown this once. */
export const mintToken = withTenant(async (ctx, tenant) => {
  const request = await readControlBody(ctx, TokenRequest);
  if (!request.ok) return request;
  const stored = await readTenant(ctx, tenant);
  if (!stored.ok) return stored;
  const parent = {
    tenant,
    registration: stored.value.registration,
    projectId: stored.value.record.project_id,
    grant: grantOf(stored.value.record),
    ancestors: [],
    expiresAtSeconds: null,
    secondsDefault: LIMITS.mintedTokenSecondsDefault,
  };
  return issueToken(ctx, parent, request.value);
});

/** `GET /admin/v1/tenants/:tenant/tokens`: newest first, without the tokens themselves. */
export const listTokens = withTenant(async (ctx, tenant) => {
  const page = readPage(ctx, TokenCursor, ['json']);
  if (!page.ok) return page;
  const stored = await readTenant(ctx, tenant);
  if (!stored.ok) return stored;
  const { limit, cursor } = page.value;
  const found = await callObject(ctx, () => ctx.services.tenant(tenant).tokens({ limit, before: cursor }));
  if (!found.ok) return found;
  return ok(pageReply(ctx, page.value, found.value.rows, found.value.next));
});

/** `DELETE /admin/v1/tenants/:tenant/tokens/:id`: effective on the next request, for its descendants too. */
export const revokeTokenOf = withTenant(async (ctx, tenant) => {
  const input = await refuseInput(ctx);
  if (!input.ok) return input;
  const id = TokenId.safeParse(ctx.parameters['id']);
  if (!id.success) return err(noSuchToken());
  const revoked = await callObject(ctx, () =>
    ctx.services.tenant(tenant).revoke(id.data, { kind: 'operator' }),
  );
  if (!revoked.ok) return revoked;
  return revoked.value === 'revoked' ? ok(NO_CONTENT) : err(noSuchToken());
});

const noSuchToken = () => failure('record_unknown', 'This tenant has no such token.', 'id');
