/** Grants and their parts in words, for people. */
import type { components } from '../../client/index.ts';

type Schemas = components['schemas'];
type Grant = Schemas['Grant'];

export const listText = (items: readonly string[]): string => items.join(', ');

export const slicesText = (slices: Grant['slices']): string =>
  slices.length === 0
    ? 'the whole project'
    : slices
        .map(
          ({ property, value }) => `${property} = ${typeof value === 'string' ? value : value.join(' or ')}`,
        )
        .join(' and ');

export function propertiesText({ hidden, visible, distinct_ids: ids }: Grant['properties']): string {
  const parts = [
    ...(visible === null ? [] : [`only ${listText(visible)}`]),
    ...(hidden.length === 0 ? [] : [`without ${listText(hidden)}`]),
    ...(ids === 'hidden' ? ['without distinct ids'] : []),
  ];
  return parts.length === 0 ? 'all' : parts.join(', ');
}

export const rateText = ({ requests_per_minute: perMinute, burst }: Grant['rate']): string =>
  `${perMinute} requests a minute, ${burst} at once`;

export function deletesText(deletes: Grant['deletes']): string {
  const { calls_per_minute: calls, approval_over: approval, preview_over: preview } = deletes;
  return [
    `${deletes.persons_per_day} persons a day`,
    ...(deletes.events ? ['events along'] : []),
    ...(deletes.recordings ? ['recordings along'] : []),
    ...(calls === undefined ? [] : [`${calls} calls a minute`]),
    ...(deletes.hold_seconds === 0 ? [] : [`${deletes.hold_seconds} s to cancel in`]),
    ...(approval === undefined ? [] : [`approval over ${approval}`]),
    ...(preview === undefined ? [] : [`preview over ${preview}`]),
  ].join(', ');
}

export const budgetText = ({
  holder,
  remaining,
  persons_per_day: total,
}: Schemas['DeletionBudget']): string => `${remaining} of ${total} today (${holder})`;

/** What a tenant may add to its web origins by itself. */
export function ownOriginsText({ max, patterns, localhost }: Schemas['OwnOrigins']['rules']): string {
  const parts = [
    ...(max === 0 ? [] : [`${max} origins`]),
    ...(max === 0 || patterns.length === 0 ? [] : [`patterns within ${listText(patterns)}`]),
    ...(localhost ? ['localhost for a while'] : []),
  ];
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}
