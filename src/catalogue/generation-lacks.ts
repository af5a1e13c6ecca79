/** What the PostHog behind the gateway does not have or would not read: operations, flags of a deletion, and filters that came with later generations. */
import { failure, type Failure } from '../core/failure.ts';
import type { Deletion } from './deletion.ts';
import { newerIn } from './fields/newer.ts';
import type { Generation } from './generation.ts';
import type { Call, Operation } from './operation.ts';
import { DELETING_OPERATIONS } from './persons/deleting.ts';

/** Refuses an operation that the generation does not have, and that no query answers either. */
export function checkAbsent({ route }: Operation, generation: Generation): Failure | null {
  if (route?.kind !== 'persons' || !route.absentIn.includes(generation)) return null;
  return route.because === 'removed'
    ? failure(
        'operation_removed',
        `PostHog has removed this from the version behind this gateway. ${route.instead}`,
      )
    : failure('generation_lacks', `The PostHog behind this gateway does not have this yet. ${route.instead}`);
}

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

/** Refuses a filter that generation A does not know: it would drop it, and answer as if it had not been there. */
export function checkNewerFilters(
  { operation, arguments: given }: Pick<Call, 'operation' | 'arguments'>,
  generation: Generation,
): Failure | null {
  if (generation !== 'A') return null;
  const { shape } = operation.input;
  for (const [name, value] of Object.entries(given)) {
    const field = shape[name];
    const lacking = field === undefined ? null : newerIn(field, value);
    if (lacking !== null) {
      const detail = `The PostHog behind this gateway does not know ${lacking}. Use an operator with one value.`;
      return failure('generation_lacks', detail, name);
    }
  }
  return null;
}
