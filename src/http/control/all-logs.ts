/** The logs of all tenants, one after another in the order of their names, a page at a time. */
import type { DeletionEntry } from '../../contract/deletion.ts';
import { DeletionId, TenantId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { ok, type Result } from '../../core/result.ts';
import type { LogPage } from '../../objects/deletion-log/deletion-log.ts';
import { callObject } from '../call-object.ts';
import type { Context } from '../context.ts';

export interface LogsPage {
  readonly rows: readonly DeletionEntry[];
  /** A tenant and the last entry that was shown of its log, or a tenant whose log was shown. Null on the last page. */
  readonly next: string | null;
}

const OPERATOR = { kind: 'operator' } as const;

/** A page may hold fewer rows than its limit, and even none, and not be the last: each page asks so many logs at most. */
export async function listAllLogs(
  ctx: Context,
  page: Omit<LogPage, 'before'>,
  cursor: string | null,
): Promise<Result<LogsPage>> {
  const { tenant: begun, entry } = read(cursor);
  const rows: DeletionEntry[] = [];
  if (begun !== null && entry !== null) {
    const next = await readLog(ctx, begun, { ...page, before: entry }, rows);
    if (!next.ok || next.value !== null) return next.ok ? ok({ rows, next: next.value }) : next;
  }
  const asked = { limit: LIMITS.tenantsPerPageMax, after: begun, include: 'removed' } as const;
  const listed = await callObject(ctx, () => ctx.services.directory().list(asked));
  if (!listed.ok) return listed;
  let shown = begun;
  for (const { tenant } of listed.value.rows) {
    if (rows.length >= page.limit) return ok({ rows, next: shown });
    const next = await readLog(ctx, tenant, { ...page, before: null }, rows);
    if (!next.ok || next.value !== null) return next.ok ? ok({ rows, next: next.value }) : next;
    shown = tenant;
  }
  return ok({ rows, next: listed.value.next });
}

/** Adds what fits; answers with where the log goes on, null where all of it was shown. */
async function readLog(
  ctx: Context,
  tenant: TenantId,
  page: LogPage,
  rows: DeletionEntry[],
): Promise<Result<string | null>> {
  const limit = page.limit - rows.length;
  const log = ctx.services.deletionLog(tenant);
  const found = await callObject(ctx, () => log.list({ ...page, limit }, OPERATOR));
  if (!found.ok) return found;
  rows.push(...found.value.rows);
  return ok(found.value.next === null ? null : `${tenant}/${found.value.next}`);
}

function read(cursor: string | null): { tenant: TenantId | null; entry: DeletionId | null } {
  const [tenant, entry] = cursor?.split('/') ?? [];
  return {
    tenant: TenantId.safeParse(tenant).data ?? null,
    entry: DeletionId.safeParse(entry).data ?? null,
  };
}
