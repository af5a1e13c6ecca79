/** The conditions of a slice as a query says them. */
import type { Json, JsonObject } from '../../core/json.ts';
import type { SliceLeaf } from './translate/nodes.ts';

/** Signs by which PostHog could read the name of a property as something else than that. */
const PATH_SIGNS = /[.`'"\\{}]|^\$/;

/**
 * `null` where a query cannot hold the slice, for the name of its property.
 * @throws for a condition that would restrict nothing: PostHog would answer as if it had not been there.
 */
export function sliceLeavesOf(conditions: readonly JsonObject[]): readonly SliceLeaf[] | null {
  const leaves = conditions.map(sliceLeafOf);
  return leaves.some(({ key }) => PATH_SIGNS.test(key)) ? null : leaves;
}

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
