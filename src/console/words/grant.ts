/** What a tenant or a token may do, in plain words. */
import type { components } from '../../client/generated/openapi.ts';
import type { Tenant } from '../../client/names.ts';
import { SCOPE_TEXTS } from '../../core/scopes.ts';
import { count, counted, span } from '../view/text.tsx';

type Scope = Tenant['scopes'][number];
type Narrowing = components['schemas']['Token']['narrowing'];

/** Without the marks of code, which the documentation has. */
export const scopeWords = (scope: Scope): string => SCOPE_TEXTS[scope].replaceAll('`', '');

/** `acme`, or `acme, bolt or zeta`. */
const anyOf = (value: string | readonly string[]): string =>
  typeof value === 'string' ? `“${value}”` : value.map((one) => `“${one}”`).join(' or ');

export const sliceWords = (slice: Tenant['slice']): string =>
  slice === undefined
    ? 'All persons of the project'
    : `Persons whose “${slice.property}” is ${anyOf(slice.value)}`;

/** What it may do, one sentence each. */
export function tenantWords({
  slice,
  properties,
  rate,
  deletes,
  reads,
  origins,
  own_origins: own,
  scopes,
  split_out_of_slice: splits,
}: Tenant): string[] {
  const deletesAny = scopes.includes('person:delete');
  return [
    `${sliceWords(slice)}.`,
    ...hiddenWords(properties),
    `${counted(rate.requests_per_minute, 'request')} a minute in the long run, ${count(rate.burst)} at once.`,
    ...(deletesAny ? deleteWords(deletes) : ['May delete nobody.']),
    ...(splits ? ['A split may leave distinct ids without the property of the slice.'] : []),
    ...(reads.remember_seconds > 0
      ? [`Answers may be given again for ${span(reads.remember_seconds)}.`]
      : []),
    origins.length === 0
      ? 'No web page may use its tokens.'
      : `Web pages of ${origins.join(', ')} may use its tokens.`,
    ...(own.max > 0 || own.localhost ? ownOriginsWords(own) : []),
  ];
}

/** What it may add to its web pages by itself. */
export function ownOriginsWords({ max, patterns, localhost }: Tenant['own_origins']): string[] {
  const within = patterns.length === 0 ? '' : `, and patterns within ${patterns.join(' or ')} among them`;
  return [
    max === 0
      ? 'It may add no web pages by itself.'
      : `It may add ${counted(max, 'web origin')} by itself${within}.`,
    ...(localhost ? ['It may let pages on localhost use its tokens for a while.'] : []),
  ];
}

function hiddenWords(properties: Tenant['properties']): string[] {
  if (properties === undefined) return [];
  const { hidden = [], visible, distinct_ids: ids } = properties;
  return [
    ...(visible === undefined ? [] : [`Sees only the properties ${visible.join(', ')}.`]),
    ...(hidden.length === 0 ? [] : [`Does not see the properties ${hidden.join(', ')}.`]),
    ...(ids === undefined ? [] : ['Does not see distinct ids.']),
  ];
}

function deleteWords(deletes: Tenant['deletes']): string[] {
  const along = [...(deletes.events ? ['events'] : []), ...(deletes.recordings ? ['recordings'] : [])];
  const {
    approval_over: approval,
    preview_over: preview,
    hold_seconds: hold,
    calls_per_minute: calls,
    keep_ids_days: keep,
  } = deletes;
  return [
    `May delete ${counted(deletes.persons_per_day, 'person')} in any 24 hours${along.length === 0 ? ', profiles alone' : `, with their ${along.join(' and ')}`}.`,
    ...(hold > 0 ? [`Each deletion waits ${span(hold)}, in which it can be cancelled.`] : []),
    ...(preview === undefined
      ? []
      : [`Deletions of more than ${counted(preview, 'person')} have to be previewed.`]),
    ...(approval === undefined
      ? []
      : [`Deletions of more than ${counted(approval, 'person')} need an operator’s approval.`]),
    ...(calls === undefined ? [] : [`At most ${counted(calls, 'call')} a minute delete.`]),
    ...(keep === undefined
      ? []
      : [`Ids in the log become digests ${counted(keep, 'day')} after a deletion ended.`]),
  ];
}

/** By what a token is narrower than its parent. */
export function narrowingWords({ scopes, slice, properties, rate, deletes, origins }: Narrowing): string[] {
  return [
    ...(scopes === undefined ? [] : [scopes.join(', ')]),
    ...(slice === undefined ? [] : [sliceWords(slice)]),
    ...hiddenWords(properties),
    ...(rate === undefined ? [] : [`${count(rate.requests_per_minute)} requests a minute`]),
    ...(deletes?.persons_per_day === undefined
      ? []
      : [`${counted(deletes.persons_per_day, 'person')} deleted a day`]),
    ...(origins === undefined ? [] : [`for ${origins.length === 0 ? 'no page' : origins.join(', ')}`]),
  ];
}
