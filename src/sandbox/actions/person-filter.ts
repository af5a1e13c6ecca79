import type { Call } from '../call.ts';
import { type Group, type Leaf, parseLeaf, type Subject } from '../filters/leaf.ts';
import { valueTest } from '../query/operators.ts';
import { own } from '../store/json.ts';
import { serverError } from '../wire/errors.ts';

/**
 * The list's `properties` in generations B and C, which the query engine evaluates (corrections §2.14). A leaf without a
 * type is about persons; `flag` restricts nothing; `negation` is no member of the filter's model, and fails.
 */
export function personFilter(call: Call, elements: readonly Record<string, unknown>[]): Group {
  const parts = elements.map((element) => compile(call, element)).filter((leaf) => leaf !== undefined);
  return { join: 'AND', parts };
}

function compile(call: Call, element: Record<string, unknown>): Leaf | undefined {
  if ('negation' in element) throw serverError();
  const leaf = parseLeaf({ type: 'person', ...element });
  if (leaf === undefined || leaf.type === 'flag') return undefined;
  return leaf.type === 'person' ? { ...leaf, judge: judgeOf(call, leaf) } : leaf;
}

function judgeOf(call: Call, leaf: Leaf): (subject: Subject) => boolean {
  const test = valueTest(leaf.operator, leaf.value, {
    now: call.now,
    generation: call.generation,
    isNumeric: call.settings.numeric_properties.includes(leaf.key),
  });
  if (leaf.key !== 'distinct_id') return (subject) => test(own(subject.person, leaf.key));
  return ({ distinctIds = [] }) => (distinctIds.length === 0 ? test(undefined) : distinctIds.some(test));
}
