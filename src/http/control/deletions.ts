/** Reading the deletion log: the tenant its own, the operator any. */
import { DELETION_COLUMNS, type DeletionDetail, type DeletionEntry } from '../../contract/deletion.ts';
import { failure } from '../../core/failure.ts';
import { DeletionId, type TenantId } from '../../core/ids.ts';
import { err, type Result } from '../../core/result.ts';
import type { LogView } from '../../objects/deletion-log/deletion-log.ts';
import { callObject } from '../call-object.ts';
import type { Context } from '../context.ts';
import { limitOf, pageAnswer, type Page, type PageQuery } from './listing.ts';
import { answer, type Answer } from './serve.ts';

/** The entries of the view, newest first, without the ids themselves. */
export async function listDeletions(
  ctx: Context,
  query: PageQuery<DeletionId>,
  tenant: TenantId,
  view: LogView,
): Promise<Result<Answer<Page<DeletionEntry>>>> {
  const page = { limit: limitOf(query), before: query.cursor ?? null };
  const found = await callObject(ctx, () => ctx.services.deletionLog(tenant).list(page, view));
  if (!found.ok) return found;
  return pageAnswer(ctx, query, found.value.rows, found.value.next, DELETION_COLUMNS);
}

/** One entry of the view, with the ids it was asked to delete. */
export async function getDeletion(
  ctx: Context,
  tenant: TenantId,
  view: LogView,
): Promise<Result<Answer<DeletionDetail>>> {
  const id = DeletionId.safeParse(ctx.parameters['id']);
  if (!id.success) return err(noSuchDeletion());
  const found = await callObject(ctx, () => ctx.services.deletionLog(tenant).get(id.data, view));
  if (!found.ok) return found;
  return found.value === null ? err(noSuchDeletion()) : answer(found.value);
}

const noSuchDeletion = () =>
  failure('record_unknown', 'There is no such deletion in the log. Ids look like del_…', 'id');
