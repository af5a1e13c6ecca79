import type { Match } from '../insights/actors.ts';
import { invalid } from '../wire/errors.ts';
import { unsupported } from './unsupported.ts';

/**
 * What is selected and how it is ordered. Upstream runs both as SQL; the sandbox knows the expressions a careful caller
 * would send, and nothing else.
 */

const COLUMNS = [
  ...(['actor', 'person', 'group', 'id', 'actor_id', 'created_at', 'person.$delete'] as const),
  ...(['event_count', 'event_distinct_ids'] as const),
] as const;

/** One column of an answer. */
export type Column = (typeof COLUMNS)[number];

const COUNTED: ReadonlySet<Column> = new Set(['event_count', 'event_distinct_ids']);

function columnNamed(name: string, isCounted: boolean): Column {
  const column = COLUMNS.find((known) => known === name);
  if (column === undefined) throw unsupported(`selects no expression ${name}`);
  if (COUNTED.has(column) && !isCounted) throw invalid(`Unable to resolve field: ${name}`);
  return column;
}

/** The columns asked for; an answer about trends gets the distinct ids of the events as well, asked or not. */
export function columnsOf(select: readonly string[] | null | undefined, isCounted: boolean): Column[] {
  const asked = select === null || select === undefined || select.length === 0 ? undefined : select;
  const columns = (asked ?? ['person', 'id', 'person.$delete']).map((name) => columnNamed(name, isCounted));
  const isAppended = isCounted && !columns.includes('event_distinct_ids');
  return isAppended ? [...columns, 'event_distinct_ids'] : columns;
}

type Comparison = (one: Match, other: Match) => number;

const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

function ascending(column: Column): Comparison {
  switch (column) {
    case 'event_count':
      return (one, other) => (one.value ?? 0) - (other.value ?? 0);
    case 'created_at':
      return (one, other) => one.person.createdAt - other.person.createdAt;
    case 'actor':
    case 'person':
    case 'group':
    case 'id':
    case 'actor_id':
    case 'person.$delete':
    case 'event_distinct_ids':
      return (one, other) => byText(one.person.uuid, other.person.uuid);
  }
}

/** Orders matches; without `orderBy` the newest first if that is selected, else by the first column. */
export function orderMatches(
  matches: readonly Match[],
  orderBy: readonly string[] | null | undefined,
  columns: readonly Column[],
  isCounted: boolean,
): Match[] {
  const fallback = columns.includes('created_at') ? 'created_at DESC' : (columns[0] ?? 'id');
  const wanted = orderBy === null || orderBy === undefined || orderBy.length === 0 ? [fallback] : orderBy;
  const comparisons = wanted.map((expression): Comparison => {
    const [, name = '', direction = ''] = /^\s*(\S+)(?:\s+(asc|desc))?\s*$/i.exec(expression) ?? [];
    const compare = ascending(columnNamed(name, isCounted));
    return direction.toLowerCase() === 'desc' ? (one, other) => compare(other, one) : compare;
  });
  return matches.toSorted(
    (one, other) => comparisons.map((compare) => compare(one, other)).find((found) => found !== 0) ?? 0,
  );
}
