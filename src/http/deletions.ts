/** Reading the deletion log: the tenant its own, the operator any. */
import { failure } from '../core/failure.ts';
import { DeletionId, type TenantId } from '../core/ids.ts';
import { no, ok, type Result } from '../core/result.ts';
import { fromObject } from './admission.ts';
import { jsonReply, type Exchange, type Reply } from './exchange.ts';
import { pageReply, readPage } from './listing.ts';

const COLUMNS = [
  'id',
  'state',
  'operation',
  'project_id',
  'tenant',
  'token',
  'request_id',
  'target',
  'asked',
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
  'outcome.settled_at',
  'outcome.duration_ms',
] as const;

/** The log of a tenant, newest first, without the ids themselves. */
export async function listDeletions(exchange: Exchange, tenant: TenantId): Promise<Result<Reply>> {
  const page = readPage(exchange, DeletionId, ['json', 'csv']);
  if (!page.ok) return page;
  const { limit, cursor } = page.value;
  const found = await fromObject(exchange, () =>
    exchange.gateway.deletionLog(tenant).list({ limit, before: cursor }),
  );
  if (!found.ok) return found;
  return ok(pageReply(exchange, page.value, found.value.rows, found.value.next, COLUMNS));
}

/** One entry, with the ids it was asked to delete. */
export async function getDeletion(exchange: Exchange, tenant: TenantId): Promise<Result<Reply>> {
  const id = DeletionId.safeParse(exchange.parameters['id']);
  if (!id.success) return no(failure('not_found', 'There is no such deletion. Ids look like del_…', 'id'));
  const found = await fromObject(exchange, () => exchange.gateway.deletionLog(tenant).get(id.data));
  if (!found.ok) return found;
  return found.value === null
    ? no(failure('not_found', 'There is no such deletion in the log.', 'id'))
    : ok(jsonReply(200, found.value));
}
