import type { Call } from '../../call.ts';
import { EVERYTHING } from '../../filters/parse.ts';
import { correlationMatches } from '../../insights/correlation.ts';
import type { Entity } from '../../insights/entity.ts';
import { invalid, serverError } from '../../wire/errors.ts';
import { compileFilter } from '../filters.ts';
import type { FunnelCorrelationActorsQuery } from '../schema/actors.ts';
import type { Series } from '../schema/series.ts';
import { aggregationOf } from './aggregation.ts';
import { entityOf, sceneOf } from './entities.ts';
import type { Found } from './found.ts';
import { funnelOf } from './funnel.ts';

/** FunnelCorrelationActorsQuery (PostHog query contract §3.2). */

function syntaxError(name: string) {
  return invalid(`Syntax error in query: WHERE event.event = '${name}'`);
}

/** The names of all steps are printed into the SQL as one list, in which only some characters are harmless. */
function checkStepNames(series: readonly Series[]): void {
  for (const step of series) {
    const name = step.kind === 'EventsNode' ? (step.event ?? '') : '';
    if (/['`{]/.test(name)) throw syntaxError(name);
  }
}

/**
 * The event's name is pasted into the SQL between two quotes, unescaped. A name that closes the first and opens the last
 * makes a condition of its own, here one that is always true; any other quote is an error of syntax.
 */
function entityAsked(call: Call, node: Series | null | undefined): Entity | undefined {
  if (node === null || node === undefined || node.kind !== 'EventsNode') throw serverError();
  const { event } = node;
  if (event === null || event === undefined) throw serverError();
  const quotes = event.split("'").length - 1;
  if (quotes % 2 === 1 || /[\\`{]/.test(event)) throw syntaxError(event);
  return quotes > 0 ? undefined : entityOf(call, node);
}

/** The actors of a correlation. */
export function correlationActors(call: Call, node: FunnelCorrelationActorsQuery): Found {
  const { funnelCorrelationType: type, source } = node.source;
  const query = source.source;
  const funnel = funnelOf(call, query);
  checkStepNames(query.series);
  const aggregation = aggregationOf(call, query);
  const converted = node.funnelCorrelationPersonConverted ?? undefined;
  const question = { funnel, properties: EVERYTHING, converted };
  if (type !== 'properties') {
    const entity = entityAsked(call, node.funnelCorrelationPersonEntity);
    const matches = correlationMatches(sceneOf(call, query, aggregation), { ...question, entity });
    return { matches, aggregation, isCounted: false };
  }
  const values = node.funnelCorrelationPropertyValues;
  if (values === null || values === undefined) throw serverError();
  if (converted === undefined) throw invalid('Syntax error in query: WHERE');
  // The values are appended to the funnel's own list, which a group is not.
  if (query.properties !== null && query.properties !== undefined && !Array.isArray(query.properties)) {
    throw serverError();
  }
  const scene = sceneOf(call, query, aggregation, compileFilter(call, values, 'events'));
  return {
    matches: correlationMatches(scene, { ...question, entity: undefined }),
    aggregation,
    isCounted: false,
  };
}
