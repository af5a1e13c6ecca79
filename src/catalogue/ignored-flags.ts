/** Flags of a deletion that the PostHog behind the gateway would not read. */
import { failure, type Failure } from '../core/failure.ts';
import type { Deletion } from './deletion.ts';
import type { Generation } from './generation.ts';
import { DELETING_OPERATIONS } from './persons/deleting.ts';

/** Refuses a flag that the generation would ignore: an unread `keep_person` means that the person is deleted. */
export function checkIgnoredFlags(
  { operation: id, flags }: Deletion,
  generation: Generation,
): Failure | null {
  const entry = DELETING_OPERATIONS.find((operation) => operation.id === id);
  const flag = entry?.ignoredIn?.[generation]?.find((name) => flags[name]);
  return flag === undefined
    ? null
    : failure(
        'generation_lacks',
        `The PostHog behind this gateway would ignore ${flag}. Leave it out.`,
        flag,
      );
}
