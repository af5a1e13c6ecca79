/** What the tokens of a tenant did, and what was refused to them. */
import type { ShownRefusedRequest } from '../../../contract/usage/refused.ts';
import { FAILURES } from '../../../core/failure.ts';
import { err } from '../../../core/result.ts';
import type { NamedRefused } from '../../../objects/tenant/usage/usage-book.ts';
import { callObject } from '../../call-object.ts';
import { answer } from '../serve.ts';
import { listUsage } from '../usage.ts';
import { withTenant } from './guard.ts';
import { noSuchTenant } from './registered.ts';

/** `GET /admin/v1/tenants/:tenant/usage`: of all tokens, also of a tenant that was removed. */
export const listUsageOf = withTenant('admin_list_usage', async (ctx, { tenant }) =>
  listUsage(ctx, ctx.input.query, tenant, null),
);

/** `GET /admin/v1/tenants/:tenant/refusals`: with what this isolate has not reported yet. */
export const listRefusalsOf = withTenant('admin_list_refusals', async (ctx, { tenant }) => {
  const { services } = ctx;
  const found = await callObject(ctx, () => services.tenant(tenant).lastRefused(services.usage.take(tenant)));
  if (!found.ok) return found;
  return found.value === null ? err(noSuchTenant()) : answer({ results: found.value.map(shown) });
});

const KINDS = new Map<string, { readonly status: number; readonly title: string }>(Object.entries(FAILURES));

function shown({ missing_scopes: scopes, ...request }: NamedRefused): ShownRefusedRequest {
  const kind = KINDS.get(request.code);
  return {
    ...request,
    missing_scopes: scopes === null ? null : [...scopes],
    status: kind?.status ?? null,
    title: kind?.title ?? null,
  };
}
