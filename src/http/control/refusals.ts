/** Deletions that were refused, as the log keeps them. */
import { REFUSAL_COLUMNS, type RefusedDeletion } from '../../contract/deletions/refusal.ts';
import type { RefusalQuery } from '../../contract/deletions/search.ts';
import type { TenantId } from '../../core/ids.ts';
import type { Result } from '../../core/result.ts';
import type { LogView } from '../../objects/deletion-log/deletion-log.ts';
import { callObject } from '../call-object.ts';
import type { Context } from '../context.ts';
import { limitOf, pageAnswer, type Page } from './listing.ts';
import { timesOf } from './log-search.ts';
import { answer, type Answer } from './serve.ts';

/** A page for a tenant, which is not told how many more there were. */
export async function listRefusals(
  ctx: Context,
  query: RefusalQuery,
  tenant: TenantId,
  view: LogView,
): Promise<Result<Answer<Page<RefusedDeletion>>>> {
  const found = await read(ctx, query, tenant, view);
  return found.ok ? pageAnswer(ctx, query, found.value.rows, found.value.next, REFUSAL_COLUMNS()) : found;
}

/** A page for the operator, with how many more there were on which day. */
export async function listRefusalsOf(
  ctx: Context,
  query: RefusalQuery,
  tenant: TenantId,
): Promise<Result<Answer<Page<RefusedDeletion> & { readonly left_out: readonly LeftOut[] }>>> {
  const found = await read(ctx, query, tenant, { kind: 'operator' });
  if (!found.ok) return found;
  const { rows, next, leftOut } = found.value;
  const page = pageAnswer(ctx, query, rows, next, REFUSAL_COLUMNS());
  if (!page.ok) return page;
  const { value, ...rest } = page.value;
  return answer({ ...value, left_out: leftOut }, rest);
}

interface LeftOut {
  readonly day: string;
  readonly count: number;
}

const read = (ctx: Context, query: RefusalQuery, tenant: TenantId, view: LogView) =>
  callObject(ctx, () =>
    ctx.services.deletionLog(tenant).refusals(
      {
        limit: limitOf(query),
        before: query.cursor ?? null,
        order: query.order,
        filter: timesOf(query),
      },
      view,
    ),
  );
