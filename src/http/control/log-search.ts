/** What a client looks for in the deletion log, as its object is asked for it. */
import type { LogQuery, RefusalQuery } from '../../contract/deletions/search.ts';
import { failure, type Failure } from '../../core/failure.ts';
import type { LogFilter } from '../../objects/deletion-log/deletion-log.ts';

type Searched = Omit<LogQuery, 'cursor' | 'limit'>;

/** The refusal of parameters that do not go together; null where they do. */
export function checkSearch({ person, distinct_id, ids, format }: Searched): Failure | null {
  if (person !== undefined && distinct_id !== undefined)
    return failure('input_conflict', 'Give person or distinct_id, not both.', 'distinct_id');
  return ids === true && (format === undefined || format === 'json')
    ? failure('input_conflict', 'ids goes with format=csv or format=ndjson.', 'ids')
    : null;
}

/** Does the answer depend on which ids were asked for? */
export const asksForIds = ({ person, distinct_id, ids }: Searched): boolean =>
  person !== undefined || distinct_id !== undefined || ids === true;

export const filterOf = (query: Searched): LogFilter => ({
  ...timesOf(query),
  state: query.state,
  person:
    query.person !== undefined
      ? { kind: 'uuid', id: query.person }
      : query.distinct_id !== undefined
        ? { kind: 'distinct_id', id: query.distinct_id }
        : undefined,
});

export const timesOf = ({
  from,
  to,
  token,
  request_id: requestId,
}: Pick<RefusalQuery, 'from' | 'to' | 'token' | 'request_id'>): LogFilter => ({
  from: from === undefined ? undefined : Date.parse(from),
  to: to === undefined ? undefined : Date.parse(to),
  token,
  requestId,
});
