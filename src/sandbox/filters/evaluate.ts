import { own } from '../store/json.ts';
import { invalid } from '../wire/errors.ts';
import { text } from '../wire/python.ts';
import { type Group, isGroup, type Leaf, type Subject } from './leaf.ts';
import { apply } from './operators.ts';

function truthOfCohort(leaf: Leaf, subject: Subject): boolean {
  const wanted: unknown[] = Array.isArray(leaf.value) ? leaf.value : [leaf.value];
  const inside = wanted.some((id) => subject.cohorts.has(Number(text(id))));
  return leaf.operator === 'not_in' || leaf.operator === 'is_not' ? !inside : inside;
}

/** Undefined: the condition is about something this query does not look at, so it restricts nothing. */
function truthOfLeaf(leaf: Leaf, subject: Subject, now: number): boolean | undefined {
  if (leaf.judge !== undefined) return leaf.judge(subject);
  switch (leaf.type) {
    case 'person':
      return apply(leaf.operator, own(subject.person, leaf.key), leaf.value, now);
    case 'event':
      return subject.event && apply(leaf.operator, own(subject.event, leaf.key), leaf.value, now);
    case 'cohort':
    case 'static-cohort':
    case 'dynamic-cohort':
    case 'precalculated-cohort':
      return truthOfCohort(leaf, subject);
    case 'hogql':
      // Upstream would run this as SQL. Pretending to would hide that something let it through.
      throw invalid('The sandbox evaluates no hogql expressions');
    default:
      return undefined;
  }
}

function truth(part: Leaf | Group, subject: Subject, now: number): boolean | undefined {
  if (!isGroup(part)) {
    const found = truthOfLeaf(part, subject, now);
    // Of a person filter the legacy parser does not read it.
    const isNegated = part.negation && part.type !== 'person';
    return found === undefined ? undefined : found !== isNegated;
  }
  const found = part.parts.map((inner) => truth(inner, subject, now)).filter((value) => value !== undefined);
  if (found.length === 0) return undefined;
  return part.join === 'AND' ? found.every(Boolean) : found.some(Boolean);
}

/** Does the subject satisfy the filter? A filter of which nothing is left is satisfied by everybody. */
export function satisfies(filter: Group, subject: Subject, now: number): boolean {
  return truth(filter, subject, now) ?? true;
}
