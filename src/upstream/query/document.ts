/**
 * The query that PostHog is asked for a call (query contract §3). Pure. Every node is built member by member from
 * validated arguments; the slice is a fixed property of persons, which the arguments can neither read nor change.
 */
import type { Call } from '../../catalogue/operation.ts';
import { pageRequestOf } from '../../catalogue/paging.ts';
import { failure } from '../../core/failure.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { failureOfFlaw } from './translate/flaw.ts';
import type { ActorsQuery, SliceLeaf } from './translate/nodes.ts';
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
  const slice = call.conditions.map(sliceLeafOf);
  if (slice.some(({ key }) => PATH_SIGNS.test(key))) return err(slicePropertyUnsafe());
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

/** Signs by which PostHog could read the name of a property as something else than that. */
const PATH_SIGNS = /[.`'"\\{}]|^\$/;

const slicePropertyUnsafe = () =>
  failure(
    'not_sliceable',
    'Insights cannot be narrowed to this slice: the name of its property holds a dot, a quotation mark or another sign ' +
      'that PostHog may read as a path.',
  );

/** @throws for a condition that would restrict nothing: PostHog would answer as if it had not been there. */
function sliceLeafOf({ type, key, operator, value }: JsonObject): SliceLeaf {
  if (type !== 'person' || typeof key !== 'string' || key === '' || operator !== 'exact') {
    throw new Error('a condition is an exact filter of a person property');
  }
  return { type, key, operator, value: sliceValueOf(value) };
}

function sliceValueOf(value: Json | undefined): SliceLeaf['value'] {
  const values = isList(value) ? value : [value];
  const texts = values.filter((one) => typeof one === 'string' && one !== '');
  if (texts.length === 0 || texts.length < values.length)
    throw new Error('a condition has texts for its values');
  return typeof value === 'string' ? value : texts.map(String);
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
