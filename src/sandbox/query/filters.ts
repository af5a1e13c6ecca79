import type { Call } from '../call.ts';
import type { Group, Leaf, Subject } from '../filters/leaf.ts';
import { own, type Properties } from '../store/json.ts';
import { invalid } from '../wire/errors.ts';
import { type ValueTest, valueTest } from './operators.ts';
import type { FilterGroup, FilterLeaf } from './schema/filters.ts';
import { unsupported } from './unsupported.ts';

/**
 * Turns a node's filters into the groups the insights evaluate. Several kinds of leaf restrict nothing, without a word
 * (PostHog query contract §2, corrections Q7): they are true here too.
 */

/** Where a filter stands: on persons, or on events with their persons. */
export type FilterPlace = 'persons' | 'events';

type LeafOf<T extends string> = Extract<FilterLeaf, { type: T }>;

function judged(key: string, judge: (subject: Subject) => boolean): Leaf {
  return { type: 'query', key, value: undefined, operator: '', negation: false, judge };
}

function testOf(call: Call, leaf: LeafOf<'event' | 'person' | 'group'>): ValueTest {
  return valueTest(leaf.operator ?? 'exact', leaf.value, {
    now: call.now,
    generation: call.generation,
    isNumeric: call.settings.numeric_properties.includes(leaf.key),
  });
}

const NOTHING: Properties = {};

function personJudge(call: Call, leaf: LeafOf<'person'>): (subject: Subject) => boolean {
  const test = testOf(call, leaf);
  // The newest upstream takes this key from the table of distinct ids (corrections §1.5).
  if (leaf.key === 'distinct_id' && call.generation !== 'A') {
    return (subject) => {
      const ids = subject.distinctIds ?? [];
      return ids.length === 0 ? test(undefined) : ids.some((id) => test(id));
    };
  }
  return (subject) => test(own(subject.person, leaf.key));
}

/** Of hogql the sandbox knows one form: the ids of an ownership check (PostHog query contract §4). */
function idsOf(leaf: LeafOf<'hogql'>): ReadonlySet<string> {
  const listed = /^id IN \(('[0-9a-f-]{36}'(?:, *'[0-9a-f-]{36}')*)\)$/i.exec(leaf.key)?.[1];
  if (listed === undefined) throw unsupported('evaluates no hogql expressions');
  return new Set(listed.split(',').map((id) => id.trim().slice(1, -1).toLowerCase()));
}

function compileLeaf(call: Call, leaf: FilterLeaf, place: FilterPlace): Leaf {
  if (leaf.type === undefined) return judged('', () => true);
  switch (leaf.type) {
    case 'empty':
    case 'flag':
      return judged('', () => true);
    case 'person':
      return judged(leaf.key, personJudge(call, leaf));
    case 'event': {
      if (place === 'persons') throw invalid(`Event property filters are not supported here: ${leaf.key}`);
      const test = testOf(call, leaf);
      return judged(leaf.key, (subject) => test(own(subject.event ?? NOTHING, leaf.key)));
    }
    case 'group': {
      if (place === 'persons') throw invalid(`Group property filters are not supported here: ${leaf.key}`);
      const test = testOf(call, leaf);
      return judged(leaf.key, (subject) => test(own(subject.group ?? NOTHING, leaf.key)));
    }
    case 'cohort': {
      const isNegated = leaf.operator === 'not_in' || leaf.operator === 'is_not';
      return judged(leaf.key, (subject) => subject.cohorts.has(leaf.value) !== isNegated);
    }
    case 'hogql': {
      const ids = idsOf(leaf);
      return judged(leaf.key, (subject) => ids.has(subject.uuid ?? ''));
    }
    default:
      throw unsupported(`evaluates no filters of type ${leaf.type}`);
  }
}

function isGroup(part: FilterLeaf | FilterGroup): part is FilterGroup {
  return 'values' in part;
}

/** Compiles a list, which is joined by AND, or a group; nothing asks nothing. */
export function compileFilter(
  call: Call,
  filter: readonly FilterLeaf[] | FilterGroup | null | undefined,
  place: FilterPlace,
): Group {
  if (filter === null || filter === undefined) return { join: 'AND', parts: [] };
  const isList = (value: typeof filter): value is readonly FilterLeaf[] => Array.isArray(value);
  const { type, values } = isList(filter) ? { type: 'AND' as const, values: filter } : filter;
  const parts = values.map((part: FilterLeaf | FilterGroup) =>
    isGroup(part) ? compileFilter(call, part, place) : compileLeaf(call, part, place),
  );
  return { join: type, parts };
}

/** Joins filters that all have to hold. */
export function allOf(...groups: readonly Group[]): Group {
  return { join: 'AND', parts: groups };
}
