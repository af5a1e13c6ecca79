/** `GET /admin/v1/tenants/:tenant/explain`: would a request of the tenant, or of one of its tokens, be allowed, and what would be sent. */
import { failure } from '../../../core/failure.ts';
import { err, ok, type Result } from '../../../core/result.ts';
import type { TokenId } from '../../../core/ids.ts';
import type { TokenChain } from '../../../objects/tenant/tenant.ts';
import { effectiveGrant } from '../../../policy/narrow.ts';
import { limitsOf } from '../../admission.ts';
import { callObject } from '../../call-object.ts';
import { explained, refusedBy } from '../explaining.ts';
import { answer } from '../serve.ts';
import { withTenant } from './guard.ts';
import { registered } from './registered.ts';
import type { Context } from '../../context.ts';
import type { TenantId } from '../../../core/ids.ts';

export const explainTo = withTenant('admin_explain', async (ctx, { tenant }) => {
  const stored = await registered(ctx, tenant);
  if (!stored.ok) return stored;
  const { record, registration, ownOrigins } = stored.value;
  const { token, ...request } = ctx.input.query;
  const found = await chainOf(ctx, tenant, token);
  if (!found.ok) return found;
  const { tokens, isRevoked } = found.value;
  if (record.suspended)
    return answer(refusedBy(failure('tenant_suspended', 'The tenant is suspended.'), null));
  if (isRevoked)
    return answer(
      refusedBy(failure('token_revoked', 'The token, or one it was derived from, is revoked.'), null),
    );
  const said = await explained(ctx, request, {
    id: tenant,
    registration,
    tenant: record,
    grant: effectiveGrant(
      record,
      tokens.map(({ narrowing }) => narrowing),
      ownOrigins,
    ),
    caller: { projectId: record.project_id, origin: null },
    chain: tokens.map(limitsOf),
  });
  return said.ok ? answer(said.value) : said;
});

const NO_TOKEN: TokenChain = { tokens: [], isRevoked: false };

async function chainOf(ctx: Context, tenant: TenantId, id: TokenId | undefined): Promise<Result<TokenChain>> {
  if (id === undefined) return ok(NO_TOKEN);
  const found = await callObject(ctx, () => ctx.services.tenant(tenant).chainOf(id));
  if (!found.ok) return found;
  return found.value === null
    ? err(failure('record_unknown', 'This tenant has no such token.', 'token'))
    : ok(found.value);
}
