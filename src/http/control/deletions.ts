/** The deletion log: the tenant reads and decides about its own, the operator about any. */
import type { DeletionStatus } from '../../contract/deletion.ts';
import type * as z from 'zod/mini';
import { DELETION_COLUMNS, type DeletionDetail, type DeletionEntry } from '../../contract/deletion.ts';
import type { LogQuery, LogsQuery } from '../../contract/deletions/search.ts';
import { failure } from '../../core/failure.ts';
import { DeletionId, type TenantId } from '../../core/ids.ts';
import type { OperatorName } from '../../core/operators.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { Actor, Decision, LogPage, LogView } from '../../objects/deletion-log/deletion-log.ts';
import { isEnd } from '../../objects/deletion-log/job/job.ts';
import { callObject } from '../call-object.ts';
import type { Context } from '../context.ts';
import { eventReply, type Seen } from '../reply/events.ts';
import { listAllLogs, type LogsPage } from './all-logs.ts';
import { limitOf, pageAnswer, streamedAnswer, type Page } from './listing.ts';
import { exportable, exportBody } from './log-export.ts';
import { checkSearch, filterOf } from './log-search.ts';
import { answer, type Answer } from './serve.ts';

/** The entries of the view that match, with their ids where the client asks for them. */
export async function listDeletions(
  ctx: Context,
  query: LogQuery,
  tenant: TenantId,
  view: LogView,
): Promise<Result<Answer<Page<DeletionEntry>>>> {
  const conflict = checkSearch(query);
  if (conflict !== null) return err(conflict);
  const page = { ...pageOf(query), before: query.cursor ?? null };
  const found = await callObject(ctx, () => ctx.services.deletionLog(tenant).list(page, view));
  return found.ok ? logAnswer(ctx, query, found.value, view, ({ id }) => id) : found;
}

/** The same of the logs of all tenants. */
export async function listAllDeletions(
  ctx: Context,
  query: z.output<ReturnType<typeof LogsQuery>>,
): Promise<Result<Answer<Page<DeletionEntry>>>> {
  const conflict = checkSearch(query);
  if (conflict !== null) return err(conflict);
  const found = await listAllLogs(ctx, pageOf(query), query.cursor ?? null);
  if (!found.ok) return found;
  return logAnswer(ctx, query, found.value, { kind: 'operator' }, ({ id, tenant }) => `${tenant}/${id}`);
}

const pageOf = (query: Omit<LogQuery, 'cursor'>): Omit<LogPage, 'before'> => ({
  limit: limitOf(query),
  order: query.order,
  filter: filterOf(query),
});

/** `cursorOf` is where a page goes on that has to end with this entry. */
function logAnswer(
  ctx: Context,
  query: Omit<LogQuery, 'cursor'>,
  { rows, next }: LogsPage,
  view: LogView,
  cursorOf: (last: DeletionEntry) => string,
): Result<Answer<Page<DeletionEntry>>> {
  const { format } = query;
  if (query.ids !== true || format === undefined || format === 'json')
    return pageAnswer(ctx, query, rows, next, DELETION_COLUMNS());
  const shown = exportable(rows);
  const last = shown.at(-1);
  const goesOn = shown.length < rows.length && last !== undefined ? cursorOf(last) : next;
  return streamedAnswer(ctx, query, shown, goesOn, exportBody(ctx, shown, format, view));
}

/** One entry of the view, with the ids it was asked to delete. */
export async function getDeletion(
  ctx: Context,
  tenant: TenantId,
  view: LogView,
): Promise<Result<Answer<DeletionDetail>>> {
  const id = deletionNamed(ctx);
  if (!id.ok) return id;
  const found = await callObject(ctx, () => ctx.services.deletionLog(tenant).get(id.value, view));
  if (!found.ok) return found;
  return found.value === null ? err(noSuchDeletion()) : answer(found.value);
}

/** A page of the ids of one deletion of the view. */
export async function listIds(
  ctx: Context,
  { cursor = 0 }: { readonly cursor?: number | undefined },
  tenant: TenantId,
  view: LogView,
): Promise<Result<Answer<Page<string>>>> {
  const id = deletionNamed(ctx);
  if (!id.ok) return id;
  const found = await callObject(ctx, () => ctx.services.deletionLog(tenant).ids(id.value, cursor, view));
  if (!found.ok) return found;
  if (found.value === null) return err(noSuchDeletion());
  const { ids, next } = found.value;
  const { origin, pathname } = new URL(ctx.request.url);
  return answer({ results: ids, next: next === null ? null : `${origin}${pathname}?cursor=${next}` });
}

/** The state of one deletion of a view, as a stream of events shows it. */
export async function lookAt(ctx: Context, tenant: TenantId, view: LogView): Promise<Result<Seen>> {
  const id = deletionNamed(ctx);
  if (!id.ok) return id;
  const found = await callObject(ctx, () => ctx.services.deletionLog(tenant).status(id.value, view));
  if (!found.ok) return found;
  if (found.value === null) return err(noSuchDeletion());
  const status = found.value;
  return ok({
    data: isDue(status, ctx.services.nowMs()) ? { ...status, state: 'sending' } : status,
    ended: isEnd(status.state),
  });
}

/**
 * A deletion that was just written down or confirmed is held for the moment until its sending begins. Who follows it would
 * take it for one that waits for its undo window or for somebody.
 */
const isDue = (
  { state, awaits_approval: awaitsApproval, reason, next_attempt_at: next }: DeletionStatus,
  nowMs: number,
): boolean =>
  state === 'held' && !awaitsApproval && reason === null && next !== null && Date.parse(next) <= nowMs;

/** A stream of events as a handler answers it. */
export async function watchAnswer(
  { request, services }: Context,
  look: () => Promise<Result<Seen>>,
): Promise<Result<Answer<null>>> {
  const reply = await eventReply(request.headers, { look, nowMs: services.nowMs });
  if (!reply.ok) return reply;
  const { status, ...rendered } = reply.value;
  return answer(null, { status, rendered });
}

/** A decision about a deletion, and the reason that was given for the decision; undefined where none was given. */
export interface DecisionOf {
  readonly decision: Decision;
  readonly by: Actor;
  readonly reason: string | undefined;
  /** The operator who must not stand behind what it approves; left out where there is no other. */
  readonly approver?: OperatorName | null;
}

/** Carries out what was decided about one deletion of the view. */
export async function decideDeletion(
  ctx: Context,
  tenant: TenantId,
  view: LogView,
  { decision, by, reason, approver = null }: DecisionOf,
): Promise<Result<Answer<DeletionEntry>>> {
  const id = deletionNamed(ctx);
  if (!id.ok) return id;
  const log = ctx.services.deletionLog(tenant);
  const decided = await callObject(ctx, () =>
    log.decide(id.value, decision, by, reason ?? null, view, approver),
  );
  if (!decided.ok) return decided;
  if (!decided.value.ok) return decided.value;
  ctx.log.deletion = id.value;
  const { before, entry } = decided.value.value;
  const change = { before: { state: before }, after: { state: entry.state } };
  return answer(entry, { change });
}

/** The deletion that the path names. What cannot be an id is answered as an id that there is not. */
export function deletionNamed({ parameters }: Context): Result<DeletionId> {
  const id = DeletionId.safeParse(parameters['id']);
  return id.success ? ok(id.data) : err(noSuchDeletion());
}

export const noSuchDeletion = () =>
  failure('record_unknown', 'There is no such deletion in the log. Ids look like del_…', 'id');
