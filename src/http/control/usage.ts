/** Usage of a tenant's tokens: what they asked is with the tenant's object, what they deleted with its deletion log. */
import { USAGE_COLUMNS, type UsageQuery } from '../../contract/usage/query.ts';
import type { Usage } from '../../contract/usage/usage.ts';
import { failure, type Failure } from '../../core/failure.ts';
import { TokenId, type TenantId } from '../../core/ids.ts';
import { LIMITS } from '../../core/limits.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { DAY_MS, HOUR_MS, hourOf, NO_USAGE, refusedOf } from '../../core/usage/usage.ts';
import type { DeletedRow } from '../../objects/deletion-log/audit/deleted.ts';
import type { UsageAsk, UsedRow } from '../../objects/tenant/tenant.ts';
import { callObject } from '../call-object.ts';
import type { Context } from '../context.ts';
import { noSuchTenant } from './admin/registered.ts';
import { limitOf, pageAnswer, type Page } from './listing.ts';
import type { Answer } from './serve.ts';

/** `seenBy`: the token that asks, which sees itself and its descendants; null for the operator, who sees all. */
export async function listUsage(
  ctx: Context,
  query: UsageQuery,
  tenant: TenantId,
  seenBy: TokenId | null,
): Promise<Result<Answer<Page<Usage>>>> {
  const hours = hoursAsked(query, ctx.services.nowMs());
  if (!hours.ok) return hours;
  const limit = limitOf(query);
  const ask: UsageAsk = {
    ...hours.value,
    by: query.by ?? 'hour',
    seenBy,
    token: query.token ?? null,
    after: placeOf(query.cursor),
    limit: limit + 1,
  };
  const { services } = ctx;
  const used = await callObject(ctx, () => services.tenant(tenant).usage(ask, services.usage.take(tenant)));
  if (!used.ok) return used;
  if (used.value === null) return err(noSuchTenant());
  const deleted = await callObject(ctx, () => services.deletionLog(tenant).personsDeleted(ask));
  if (!deleted.ok) return deleted;
  const rows = merged(used.value, deleted.value);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? cursorOf(last) : null;
  return pageAnswer(ctx, query, shown, next, USAGE_COLUMNS);
}

/** The whole hours that are asked about, as far back as they are kept. */
function hoursAsked({ from, to }: UsageQuery, nowMs: number): Result<{ fromMs: number; toMs: number }> {
  const toMs = to === undefined ? nowMs : Date.parse(to);
  const fromMs = from === undefined ? toMs - DAY_MS : Date.parse(from);
  if (fromMs >= toMs) return err(endsFirst(from === undefined ? 'to' : 'from'));
  const keptMs = nowMs - LIMITS.usageDaysMax * DAY_MS;
  return ok({
    fromMs: hourOf(Math.max(fromMs, keptMs)) * HOUR_MS,
    toMs: Math.ceil(toMs / HOUR_MS) * HOUR_MS,
  });
}

const endsFirst = (attr: 'from' | 'to'): Failure =>
  failure('parameter_invalid', '`from` has to be before `to`, which is now where it is left out.', attr);

function placeOf(cursor: string | undefined): UsageAsk['after'] {
  const [hour, token] = cursor?.split('.') ?? [];
  return token === undefined ? null : { startsMs: Number(hour) * HOUR_MS, token: TokenId.parse(token) };
}

const cursorOf = ({ starts_at, token }: Usage): string => `${hourOf(Date.parse(starts_at))}.${token}`;

const keyOf = ({ startsMs, token }: Pick<UsedRow, 'startsMs' | 'token'>): string => `${startsMs} ${token}`;

/** One row for each token and time that either knows of. Both give their first rows, so the first of them together are right. */
function merged(used: readonly UsedRow[], deleted: readonly DeletedRow[]): Usage[] {
  const rows = new Map<string, Usage>();
  for (const row of used) rows.set(keyOf(row), usageRow(row, 0));
  for (const { persons, ...row } of deleted) {
    const known = rows.get(keyOf(row));
    rows.set(
      keyOf(row),
      known === undefined
        ? usageRow({ ...row, counts: NO_USAGE }, persons)
        : { ...known, persons_deleted: persons },
    );
  }
  return [...rows.values()].toSorted(
    (one, other) => compare(one.starts_at, other.starts_at) || compare(one.token, other.token),
  );
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const usageRow = ({ startsMs, token, name, counts }: UsedRow, personsDeleted: number): Usage => ({
  starts_at: new Date(startsMs).toISOString(),
  token,
  name,
  admitted: counts.admitted,
  refused: refusedOf(counts),
  upstream_calls: counts.upstreamCalls,
  remembered_answers: counts.remembered,
  persons_deleted: personsDeleted,
  refused_by_code: counts.refused,
});
