import { type Answered, at, type Bench, column, KEY } from './ask.ts';

/** Words for asking the sandbox's Query API. */

type Node = Readonly<Record<string, unknown>>;

/** A key with the one scope the Query API asks for. */
export const SCOPED = { key: KEY, scopes: ['query:read'] };

/** A range that has everything of a fresh world in it. */
export const WIDE_RANGE = { date_from: '-30d' };

/** A step or series of one event; `null` is any event. */
export function event(name: string | null, more: Node = {}): Node {
  return { kind: 'EventsNode', event: name, ...more };
}

/** A condition on persons. */
export function person(key: string, value: unknown, operator = 'exact'): Node {
  return { type: 'person', key, operator, value };
}

/** An ActorsQuery for whole actors, in the order of their ids. */
export function actorsOf(source: Node | undefined, more: Node = {}): Node {
  const asked = source === undefined ? {} : { source };
  return { kind: 'ActorsQuery', select: ['actor'], orderBy: ['actor_id ASC'], ...asked, ...more };
}

/** The actors of a funnel over all time of a fresh world. */
export function funnel(steps: readonly string[], funnelStep: number | null, more: Node = {}): Node {
  const series = steps.map((name) => event(name));
  const source = { kind: 'FunnelsQuery', series, dateRange: WIDE_RANGE, ...more };
  return { kind: 'FunnelsActorsQuery', funnelStep, source };
}

/** The actors of a lifecycle, of trends or of stickiness. */
export function insight(kind: string, series: readonly Node[], members: Node, more: Node = {}): Node {
  return { kind: 'InsightActorsQuery', ...members, source: { kind, series, ...more } };
}

/** Posts a query to project 1. */
export function run(bench: Bench, query: unknown, envelope: Node = {}): Promise<Answered> {
  const body = { refresh: 'force_blocking', ...envelope, query };
  return bench.ask('POST', '/api/projects/1/query/', { body });
}

/** The cells of one column, found by its name. */
export function cells(answered: Answered, name: string): unknown[] {
  const [rows, names] = [at(answered.json, 'results'), at(answered.json, 'columns')];
  if (!Array.isArray(rows) || !Array.isArray(names)) return [];
  return rows.map((row: unknown) => at(row, names.indexOf(name)));
}

/** The ids of the actors on a page. */
export function actorIds(answered: Answered): unknown[] {
  return column(cells(answered, 'actor'), 'id');
}

/** The first distinct ids of the actors on a page, in alphabetical order. */
export function whoIs(answered: Answered): string[] {
  return column(cells(answered, 'actor'), 'distinct_ids')
    .map((list) => String(at(list, 0)))
    .toSorted();
}
