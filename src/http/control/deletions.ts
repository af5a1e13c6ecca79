/** Reading the deletion log: the tenant its own, the operator any. */
import { failure } from '../../core/failure.ts';
import { DeletionId, type TenantId } from '../../core/ids.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { LogView } from '../../objects/deletion-log/deletion-log.ts';
import { callObject } from '../call-object.ts';
import { jsonReply, type Context, type Reply } from '../context.ts';
import { pageReply, readPage } from './listing.ts';
import { refuseParameters } from './input.ts';

const COLUMNS = [
  'id',
  'state',
  'operation',
  'project_id',
  'tenant',
  'token',
  'ancestors',
  'request_id',
  'target',
  'asked',
  'in_slice',
  'sent',
  'delete_events',
  'delete_recordings',
  'keep_person',
  'digest',
  'intended_at',
  'attempts',
  'last_attempt_at',
  'next_attempt_at',
  'last_problem',
  'outcome.status',
  'outcome.persons_found',
  'outcome.persons_deleted',
  'outcome.persons_queued_for_deletion',
  'outcome.events_queued_for_deletion',
  'outcome.recordings_queued_for_deletion',
  'outcome.deletion_errors',
  'outcome.settled_at',
  'outcome.duration_ms',
  'registration',
  'not_deleted',
] as const;

/** The entries of the view, newest first, without the ids themselves. */
export async function listDeletions(ctx: Context, tenant: TenantId, view: LogView): Promise<Result<Reply>> {
  const page = readPage(ctx, DeletionId, ['json', 'csv']);
  if (!page.ok) return page;
  const { limit, cursor } = page.value;
  const found = await callObject(ctx, () =>
    ctx.services.deletionLog(tenant).list({ limit, before: cursor }, view),
  );
  if (!found.ok) return found;
  return ok(pageReply(ctx, page.value, found.value.rows, found.value.next, COLUMNS));
}

/** One entry of the view, with the ids it was asked to delete. */
export async function getDeletion(ctx: Context, tenant: TenantId, view: LogView): Promise<Result<Reply>> {
  const query = refuseParameters(ctx);
  if (!query.ok) return query;
  const id = DeletionId.safeParse(ctx.parameters['id']);
  if (!id.success) return err(noSuchDeletion());
  const found = await callObject(ctx, () => ctx.services.deletionLog(tenant).get(id.data, view));
  if (!found.ok) return found;
  return found.value === null ? err(noSuchDeletion()) : ok(jsonReply(200, found.value));
}

const noSuchDeletion = () =>
  failure('record_unknown', 'There is no such deletion in the log. Ids look like del_…', 'id');
