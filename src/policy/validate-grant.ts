/** Checks whether a grant can be enforced: when a tenant is saved and when a token is issued. */
import { failure, type Failure, type FailureCode } from '../core/failure.ts';
import type { Grant } from './grant.ts';
import { visibilityOf } from './visibility.ts';

/**
 * Refuses a grant that could not be enforced as it reads: for a tenant `grantOf` of its record, for a token its parent
 * narrowed. A slice of a hidden property would show by who is there what the property is, so it is refused both ways.
 */
export function checkGrant(grant: Grant, code: FailureCode = 'field_invalid'): Failure | null {
  const { showsProperty } = visibilityOf(grant);
  for (const { property, values } of grant.slices) {
    if (values.length === 0) {
      return failure(
        code,
        `No person can be in this slice: no value of ${property} is left that all its conditions allow.`,
        'slice.value',
      );
    }
    if (showsProperty(property)) continue;
    const how = grant.hidden.includes(property)
      ? `properties.hidden hides: take it off that list`
      : `properties.visible does not show: add it to that list`;
    return failure(
      code,
      `The slice is made of ${property}, which ${how}, or slice by another property. ` +
        'Who is in a slice shows what its property is.',
      'slice.property',
    );
  }
  return null;
}
