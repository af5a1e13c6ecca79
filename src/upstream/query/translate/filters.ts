/** Property filters of a client, as PostHog's queries take them (query contract §3.0). */
import type * as z from 'zod/mini';
import type { InsightFilterList } from '../../../catalogue/fields/filters.ts';
import type { InsightInput } from '../../../catalogue/persons/insight-inputs.ts';
import type { FilterGroup, FilterLeaf, FilterTree, FilterValue } from './nodes.ts';

export type FilterInput = z.output<ReturnType<typeof InsightFilterList>>[number];
type Properties = NonNullable<InsightInput['properties']>;
type GroupInput = Exclude<Properties, readonly unknown[]>;

/** A filter with every member written out: without a type or an operator PostHog would take it for another filter. */
export const leafOf = ({ type, key, operator, value }: FilterInput): FilterLeaf => ({
  type,
  key,
  operator,
  value: valueOf(value),
});

/** As text: PostHog turns text into the type that the project declared, and compares text with text otherwise. */
function valueOf(value: FilterInput['value']): FilterValue {
  return Array.isArray(value) ? value.map(textOf) : textOf(value);
}

const textOf = (value: string | number | boolean): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

const isList = (properties: Properties): properties is readonly FilterInput[] & Properties =>
  Array.isArray(properties);

/** Filters of a whole insight: a flat list stays one, and a group of filters gets the group around it that PostHog asks for. */
export function filtersOf(properties: Properties): readonly FilterLeaf[] | FilterTree {
  if (isList(properties)) return properties.map(leafOf);
  const group = groupOf(properties);
  return isOfGroups(group) ? group : { type: 'AND', values: [group] };
}

function groupOf({ type, values }: GroupInput): FilterGroup {
  return { type, values: isOfLeaves(values) ? values.map(leafOf) : values.map(groupOf) };
}

const isOfLeaves = (values: GroupInput['values']): values is FilterInput[] =>
  values.every((value) => 'key' in value);

const isOfGroups = (group: FilterGroup): group is FilterTree =>
  group.values.every((value) => 'values' in value);

/** The filters as one flat list of which all hold; `null` where an OR of several makes that impossible. */
export function flatFiltersOf(properties: Properties): readonly FilterLeaf[] | null {
  if (isList(properties)) return properties.map(leafOf);
  return flattened(groupOf(properties));
}

function flattened({ type, values }: FilterGroup): readonly FilterLeaf[] | null {
  if (type === 'OR' && values.length > 1) return null;
  const parts = values.map((value) => ('values' in value ? flattened(value) : [value]));
  return parts.some((part) => part === null) ? null : parts.flatMap((part) => part ?? []);
}
