/** Reads pages of usage: what is in the rows, and what is not in them yet. */
import type { UsagePeriod } from '../../../contract/usage/query.ts';
import type { TokenId } from '../../../core/ids.ts';
import {
  addUsage,
  DAY_MS,
  dayOf,
  HOUR_MS,
  hourOf,
  HOURS_OF_DAY,
  NO_USAGE,
  type UsageCounts,
} from '../../../core/usage/usage.ts';
import { addHours, UsageRow, type TokenUsage } from './stored.ts';

/** Where a row stands among others: in the order of time, and of the tokens at the same time. */
export interface UsagePlace {
  /** Milliseconds since 1970, when the hour or the day begins. */
  readonly startsMs: number;
  readonly token: TokenId;
}

export interface UsageAsk {
  /** Whole hours, in milliseconds since 1970; `toMs` is not among them. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly by: UsagePeriod;
  /** A token sees itself and what was derived from it; null: the operator sees all. */
  readonly seenBy: TokenId | null;
  /** Null: of every token. */
  readonly token: TokenId | null;
  /** The last row of the page before; null for the first page. */
  readonly after: UsagePlace | null;
  /** Rows at most; one more says that there is another page. */
  readonly limit: number;
}

export interface UsedRow extends UsagePlace {
  readonly name: string | null;
  readonly counts: UsageCounts;
}

export const PERIOD_MS: Readonly<Record<UsagePeriod, number>> = { hour: HOUR_MS, day: DAY_MS };

export const comparePlaces = (one: UsagePlace, other: UsagePlace): number =>
  one.startsMs - other.startsMs || (one.token < other.token ? -1 : one.token > other.token ? 1 : 0);

/** The rows of a page, in their order. */
export function readUsage(sql: SqlStorage, unwritten: Iterable<TokenUsage>, ask: UsageAsk): UsedRow[] {
  const journal = [...unwritten];
  const rows: UsedRow[] = [];
  const begins = Math.max(ask.fromMs, ask.after?.startsMs ?? ask.fromMs);
  const lastDay = dayOf(hourOf(ask.toMs - 1));
  let day = nextDay(sql, journal, dayOf(hourOf(begins)));
  while (day !== null && day <= lastDay && rows.length < ask.limit) {
    rows.push(...rowsOfDay(tokensOfDay(sql, journal, day), day, ask));
    day = nextDay(sql, journal, day + 1);
  }
  return rows.slice(0, ask.limit);
}

/** The first day from `from` on of which anything is known. */
function nextDay(sql: SqlStorage, journal: readonly TokenUsage[], from: number): number | null {
  const [row] = sql
    .exec<{ day: number }>('SELECT day FROM usage WHERE day >= ? ORDER BY day LIMIT 1', from)
    .toArray();
  const days = journal.flatMap(({ hours }) => [...hours.keys()].map(dayOf)).filter((day) => day >= from);
  const first = Math.min(row?.day ?? Infinity, ...days);
  return first === Infinity ? null : first;
}

function tokensOfDay(sql: SqlStorage, journal: readonly TokenUsage[], day: number): TokenUsage[] {
  const tokens = new Map<TokenId, TokenUsage>();
  const stored = sql
    .exec('SELECT token, name, ancestors, hours FROM usage WHERE day = ?', day)
    .toArray()
    .map((row) => UsageRow().parse(row));
  for (const one of [...stored, ...journal]) {
    const known = tokens.get(one.token);
    tokens.set(one.token, known === undefined ? one : { ...known, hours: addHours(known.hours, one.hours) });
  }
  return [...tokens.values()];
}

function rowsOfDay(tokens: readonly TokenUsage[], day: number, ask: UsageAsk): UsedRow[] {
  const first = Math.max(day * HOURS_OF_DAY, hourOf(ask.fromMs));
  const end = Math.min((day + 1) * HOURS_OF_DAY, hourOf(ask.toMs));
  const shown = tokens.filter(
    ({ token, ancestors }) =>
      (ask.token === null || token === ask.token) &&
      (ask.seenBy === null || token === ask.seenBy || ancestors.includes(ask.seenBy)),
  );
  const rows = shown.flatMap(({ token, name, hours }) => {
    const sums = new Map<number, UsageCounts>();
    for (const [hour, counts] of hours) {
      if (hour < first || hour >= end) continue;
      const periodMs = PERIOD_MS[ask.by];
      const startsMs = Math.floor((hour * HOUR_MS) / periodMs) * periodMs;
      sums.set(startsMs, addUsage(sums.get(startsMs) ?? NO_USAGE, counts));
    }
    return [...sums].map(([startsMs, counts]): UsedRow => ({ startsMs, token, name, counts }));
  });
  const { after } = ask;
  return rows.filter((row) => after === null || comparePlaces(row, after) > 0).toSorted(comparePlaces);
}
