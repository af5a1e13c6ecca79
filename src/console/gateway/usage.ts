/** What the tokens of a tenant did, added up by the hour or by the day. */
import type { components } from '../../client/generated/openapi.ts';
import type { Gateway } from './gateway.ts';

type Usage = components['schemas']['Usage'];

export interface Period {
  /** Milliseconds since 1970 at which it begins. */
  readonly startsMs: number;
  readonly admitted: number;
  readonly refused: number;
  readonly deleted: number;
}

export interface UsageSum {
  /** Every hour or day of the stretch, without a gap, the oldest first. */
  readonly periods: readonly Period[];
  readonly admitted: number;
  readonly refused: number;
  readonly deleted: number;
  readonly remembered: number;
  /** How often each code refused a request, the most frequent first. */
  readonly codes: readonly (readonly [string, number])[];
  /** There was more than is read for a page. */
  readonly isCut: boolean;
}

export type Grain = 'hour' | 'day';

const HOUR_MS = 3_600_000;
const MS_OF: Readonly<Record<Grain, number>> = { hour: HOUR_MS, day: 24 * HOUR_MS };
const ROWS_MAX = 1000;
/** Pages of a thousand rows that are read at most: thirty days of 160 busy tokens. */
const PAGES_MAX = 5;

/** The last `length` hours or days, the present one among them. Days are of UTC. */
export async function usageOf(
  gateway: Gateway,
  tenant: string,
  { grain, length, nowMs }: { readonly grain: Grain; readonly length: number; readonly nowMs: number },
): Promise<UsageSum> {
  const size = MS_OF[grain];
  const last = Math.floor(nowMs / size) * size;
  const first = last - (length - 1) * size;
  const rows: Usage[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const { data } = await gateway.GET('/admin/v1/tenants/{tenant}/usage', {
      params: {
        path: { tenant },
        query: {
          by: grain,
          from: new Date(first).toISOString(),
          limit: ROWS_MAX,
          ...(cursor === undefined ? {} : { cursor }),
        },
      },
    });
    rows.push(...data.results);
    cursor = cursorIn(data.next) ?? undefined;
    pages += 1;
  } while (cursor !== undefined && pages < PAGES_MAX);
  const starts = Array.from({ length }, (_, at) => first + at * size);
  return sum(starts, rows, cursor !== undefined);
}

function sum(starts: readonly number[], rows: readonly Usage[], isCut: boolean): UsageSum {
  const periods = new Map(
    starts.map((startsMs) => [startsMs, { startsMs, admitted: 0, refused: 0, deleted: 0 }]),
  );
  const codes = new Map<string, number>();
  let remembered = 0;
  for (const row of rows) {
    const period = periods.get(Date.parse(row.starts_at));
    if (period === undefined) continue;
    period.admitted += row.admitted;
    period.refused += row.refused;
    period.deleted += row.persons_deleted;
    remembered += row.remembered_answers;
    for (const [code, times] of Object.entries(row.refused_by_code))
      codes.set(code, (codes.get(code) ?? 0) + times);
  }
  const all = [...periods.values()];
  const total = (member: 'admitted' | 'refused' | 'deleted') => all.reduce((so, one) => so + one[member], 0);
  return {
    periods: all,
    admitted: total('admitted'),
    refused: total('refused'),
    deleted: total('deleted'),
    remembered,
    codes: [...codes].toSorted(([, a], [, b]) => b - a),
    isCut,
  };
}

/** The cursor in the way to the next page; null on the last one. */
export const cursorIn = (next: string | null): string | null =>
  next !== null && URL.canParse(next) ? new URL(next).searchParams.get('cursor') : null;
