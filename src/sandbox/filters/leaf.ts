import type { Properties } from '../store/json.ts';
import { isRecord, text } from '../wire/python.ts';

/** One condition of a property filter (PostHog contract §6.2). */
export interface Leaf {
  readonly type: string;
  readonly key: string;
  readonly value: unknown;
  readonly operator: string;
  readonly negation: boolean;
  /** Of a leaf of the Query API: its own test, in place of type and operator. */
  readonly judge?: (subject: Subject) => boolean;
}

/** Conditions joined by one word; a group may hold groups. */
export interface Group {
  readonly join: 'AND' | 'OR';
  readonly parts: readonly (Leaf | Group)[];
}

/** What a condition is asked about. */
export interface Subject {
  readonly person: Properties;
  readonly event?: Properties;
  readonly cohorts: ReadonlySet<number>;
  readonly distinctIds?: readonly string[];
  readonly uuid?: string;
  /** The properties of the group an event belongs to. */
  readonly group?: Properties;
}

/** The types upstream knows; an element of any other is dropped. */
const TYPES = new Set(
  `event event_metadata feature person cohort element static-cohort dynamic-cohort precalculated-cohort group recording
   log_entry log behavioral session hogql data_warehouse data_warehouse_person_property error_tracking_issue
   revenue_analytics flag`.split(/\s+/),
);

const NEEDS_NO_VALUE = new Set(['is_set', 'is_not_set']);

/**
 * Builds a condition, or nothing. Returning nothing is the trap: the legacy parser silently drops an element it cannot
 * build, and the request succeeds without that restriction (PostHog contract §6.2, §10 trap 3).
 */
export function parseLeaf(element: unknown): Leaf | undefined {
  if (!isRecord(element)) return undefined;
  const type = element['type'] ?? 'event';
  const operator = element['operator'] ?? 'exact';
  const key = element['key'] ?? (text(type).includes('cohort') ? 'id' : undefined);
  if (typeof type !== 'string' || !TYPES.has(type) || typeof operator !== 'string') return undefined;
  if (typeof key !== 'string' || key === '') return undefined;
  const value = element['value'];
  if ((value === undefined || value === null) && !NEEDS_NO_VALUE.has(operator)) return undefined;
  return { type, key, value, operator, negation: element['negation'] === true };
}

/** Tells the two kinds of a group's parts apart. */
export function isGroup(part: Leaf | Group): part is Group {
  return 'parts' in part;
}
