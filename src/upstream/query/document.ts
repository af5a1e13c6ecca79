/**
 * The query that PostHog is asked for a call (query contract §3). Pure. Every node is built member by member from
 * validated arguments; the slice is a fixed property of persons, which the arguments can neither read nor change.
 */
import type { Call } from '../../catalogue/operation.ts';
import { pageRequestOf } from '../../catalogue/paging.ts';
import { failure } from '../../core/failure.ts';
import type { JsonObject } from '../../core/json.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { sliceLeavesOf } from './slice-leaves.ts';
import { failureOfFlaw } from './translate/flaw.ts';
import type { ActorsQuery } from './translate/nodes.ts';
import { sourceOf } from './translate/source.ts';

export type QueryDocument = ActorsQuery;

/** A constrained call, as far as the query is made of it. */
export interface QueryCall extends Pick<Call, 'operation' | 'method' | 'arguments' | 'asked'> {
  readonly conditions: readonly JsonObject[];
}

const BY_PERSON = { select: ['actor'], orderBy: ['actor_id ASC'] } as const;
const BY_COUNT = {
  select: ['actor', 'event_count'],
  orderBy: ['event_count DESC', 'actor_id DESC'],
} as const;

/** Fails with a 400 where the query cannot say what the arguments say, and with a 403 where it cannot hold the slice. */
export function documentOf(call: QueryCall): Result<QueryDocument> {
  const source = sourceOf(call.operation.id, call.arguments);
  if (!source.ok) return err(failureOfFlaw(source.failure, call.method));
  const page = pageRequestOf(call);
  if (page === null) throw new Error(`${call.operation.id} has no pages`);
  const slice = sliceLeavesOf(call.conditions);
  if (slice === null) return err(slicePropertyUnsafe());
  const { search } = call.arguments;
  return ok({
    kind: 'ActorsQuery',
    ...(call.operation.id === 'persons_trends' ? BY_COUNT : BY_PERSON),
    limit: page.limit,
    offset: page.position,
    ...(typeof search === 'string' ? { search } : {}),
    ...(slice.length === 0 ? {} : { fixedProperties: slice }),
    source: source.value,
  });
}

const slicePropertyUnsafe = () =>
  failure(
    'not_sliceable',
    'Insights cannot be narrowed to this slice: the name of its property holds a dot, a quotation mark or another sign ' +
      'that PostHog may read as a path.',
  );
