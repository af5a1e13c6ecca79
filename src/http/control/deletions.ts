/** Reading the deletion log: the tenant its own, the operator any. */
import { DELETION_COLUMNS, type DeletionDetail, type DeletionEntry } from '../../contract/deletion.ts';
import { failure } from '../../core/failure.ts';
import { DeletionId, type TenantId } from '../../core/ids.ts';
import { err, type Result } from '../../core/result.ts';
import { callObject } from '../call-object.ts';
import type { Context } from '../context.ts';
import { limitOf, pageAnswer, type Page, type PageQuery } from './listing.ts';
import { answer, type Answer } from './serve.ts';

/** The log of a tenant, newest first, without the ids themselves; nothing from before `since`, an ISO 8601 time. */
export async function listDeletions(
  ctx: Context,
  query: PageQuery<DeletionId>,
  tenant: TenantId,
  since = BEGINNING,
): Promise<Result<Answer<Page<DeletionEntry>>>> {
  const page = { limit: limitOf(query), before: query.cursor ?? null };
  const found = await callObject(ctx, () => ctx.services.deletionLog(tenant).list(page));
  if (!found.ok) return found;
  const rows = found.value.rows.filter((row) => row.intended_at >= since);
  // Newest first: where one row is too old, all after it are.
  const next = rows.length < found.value.rows.length ? null : found.value.next;
  return pageAnswer(ctx, query, rows, next, DELETION_COLUMNS);
}

/** One entry, with the ids it was asked to delete. */
export async function getDeletion(
  ctx: Context,
  tenant: TenantId,
  since = BEGINNING,
): Promise<Result<Answer<DeletionDetail>>> {
  const id = DeletionId.safeParse(ctx.parameters['id']);
  if (!id.success) return err(noSuchDeletion());
  const found = await callObject(ctx, () => ctx.services.deletionLog(tenant).get(id.data));
  if (!found.ok) return found;
  return found.value === null || found.value.intended_at < since
    ? err(noSuchDeletion())
    : answer(found.value);
}

const BEGINNING = '';

const noSuchDeletion = () =>
  failure('record_unknown', 'There is no such deletion in the log. Ids look like del_…', 'id');
