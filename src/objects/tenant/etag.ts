/** Entity tags of a tenant's record (RFC 9110 §8.8.3), and the condition that a change may name one. */
import { failure, type Failure } from '../../core/failure.ts';
import type { StoredTenant } from './record-store.ts';

/** `If-Match`: the tags it lists, `any` for `*`, null where it was not sent. `none` is `If-None-Match: *`. */
export type IfMatch = readonly string[] | 'any' | 'none' | null;

/** The revision grows with every change, so no two states of a tenant share a tag. */
export const etagOf = ({ revision }: Pick<StoredTenant, 'revision'>): string => `"${revision}"`;

export function checkIfMatch(stored: StoredTenant | null, ifMatch: IfMatch): Failure | null {
  if (ifMatch === null) return null;
  if (ifMatch === 'none') return stored === null ? null : existsAlready();
  if (stored === null) return failed('No tenant of that name is registered, and If-Match asks for one.');
  return checkTag(stored, ifMatch, 'The tenant was');
}

/** The same of something that is always there; `what` says what it is. */
export const checkTag = (
  state: Pick<StoredTenant, 'revision'>,
  ifMatch: IfMatch,
  what: string,
): Failure | null =>
  ifMatch === null || ifMatch === 'any' || ifMatch.includes(etagOf(state))
    ? null
    : failed(`${what} changed since that ETag was read. Read again and repeat the change.`);

const failed = (detail: string): Failure => failure('precondition_failed', detail, 'If-Match');

const existsAlready = (): Failure =>
  failure(
    'precondition_failed',
    'A tenant of that name is registered already, and If-None-Match asks for none.',
    'If-None-Match',
  );
