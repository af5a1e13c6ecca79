/**
 * Narrows a permitted call to the slice of its grant, before it is sent. Pure. The slice stays beside the client's
 * arguments as conditions made of constants: what the client asked for can neither read nor change them.
 */
import type { JsonObject } from '../core/json.ts';
import type { PermittedCall } from './decide.ts';
import type { Grant } from './grant.ts';
import { sliceFilters } from './slice.ts';

/** Stays in this file, so that nothing is sent that did not pass through here. */
const constrained = Symbol('constrained');

/** A permitted call, as narrow as its grant. */
export type ConstrainedCall = PermittedCall & {
  readonly [constrained]: true;
  /** Filters of persons that PostHog is sent besides the client's, all of which must hold; empty where there are none. */
  readonly conditions: readonly JsonObject[];
};

/** Grants without a slice, and operations whose slice is no filter, add no condition. */
export function constrain(call: PermittedCall, grant: Grant): ConstrainedCall {
  const { slicing } = call.operation;
  const form = slicing.kind === 'filtered' || slicing.kind === 'named' ? slicing.form : undefined;
  if (grant.slices.length === 0 || form === undefined || call.kind !== 'forward') {
    return { ...call, [constrained]: true, conditions: [] };
  }
  const filters = sliceFilters(grant.slices);
  if (filters.covers !== 'some') throw new Error('a grant that covers no person is refused before this');
  return { ...call, [constrained]: true, conditions: filters.leaves };
}
