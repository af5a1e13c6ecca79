import type { Call } from '../../call.ts';
import { type Entity, plainEntity } from '../../insights/entity.ts';
import { parseRange } from '../../insights/range.ts';
import { gather, type Scene } from '../../insights/scene.ts';
import type { Group } from '../../filters/leaf.ts';
import { allOf, compileFilter } from '../filters.ts';
import type { InsightQuery } from '../schema/insights.ts';
import type { Exclusion, Series } from '../schema/series.ts';
import { unsupported } from '../unsupported.ts';
import { type Aggregation, gatherAggregated } from './aggregation.ts';

/** What all insights are made of: series, and the scene in which they are looked for. */

/** The entity a series or an exclusion stands for. */
export function entityOf(call: Call, node: Series | Exclusion): Entity {
  if (node.math?.startsWith('first_') === true) throw unsupported(`computes no math ${node.math}`);
  const [id, type] =
    node.kind === 'ActionsNode'
      ? [String(node.id), 'actions' as const]
      : [node.event ?? null, 'events' as const];
  return {
    ...plainEntity(id, type),
    filter: allOf(
      compileFilter(call, node.properties, 'events'),
      compileFilter(call, node.fixedProperties, 'events'),
    ),
    between: 'funnelFromStep' in node ? [node.funnelFromStep, node.funnelToStep] : undefined,
  };
}

/** Gathers what an insight looks at: persons, or whatever it aggregates by in their place. */
export function sceneOf(call: Call, query: InsightQuery, aggregation: Aggregation, more?: Group): Scene {
  const { date_from, date_to, explicitDate } = query.dateRange ?? {};
  const filter = compileFilter(call, query.properties, 'events');
  const sight = {
    filter: more === undefined ? filter : allOf(filter, more),
    isSought: () => true,
    withoutStaff: query.filterTestAccounts === true,
    range: parseRange({ date_from, date_to, explicit_date: explicitDate }, call.now),
  };
  return aggregation.by === 'person'
    ? gather(call, call.projectId, sight)
    : gatherAggregated(call, aggregation, sight);
}
