/** Listings of the gateway's own records: newest or first names first, a page at a time, by cursor. */
import { LIMITS } from '../../core/limits.ts';
import type { Result } from '../../core/result.ts';
import type { Context, Reply } from '../context.ts';
import { targetOf } from '../input/path.ts';
import { CSV_TYPE, csvOf, NDJSON_TYPE, ndjsonOf } from '../reply/csv.ts';
import { answer, type Answer } from './serve.ts';

/** What a client asks for of a listing, parsed. */
export interface PageQuery<Cursor extends string> {
  readonly limit?: number | undefined;
  readonly cursor?: Cursor | undefined;
  readonly format?: 'json' | 'csv' | 'ndjson' | undefined;
}

export interface Page<Row> {
  readonly results: readonly Row[];
  readonly next: string | null;
}

export const limitOf = ({ limit }: PageQuery<string>): number => limit ?? LIMITS.listRowsDefault;

/** The page, with the way to the next one in `next`; as a table of `columns`, in a `Link` header (RFC 8288). */
export function pageAnswer<Row extends object>(
  { request }: Context,
  query: PageQuery<string>,
  rows: readonly Row[],
  nextCursor: string | null,
  columns: readonly string[] = [],
): Result<Answer<Page<Row>>> {
  const next = nextCursor === null ? null : nextUrl(request, query, nextCursor);
  const page = { results: rows, next };
  if (query.format === undefined || query.format === 'json') return answer(page);
  const form =
    query.format === 'csv'
      ? { type: CSV_TYPE, body: csvOf(rows, columns) }
      : { type: NDJSON_TYPE, body: ndjsonOf(rows) };
  return answer(page, { rendered: { ...form, headers: linkTo(next) } });
}

/** The same in a form that is made while it goes out. */
export function streamedAnswer<Row extends object>(
  { request }: Context,
  query: PageQuery<string>,
  rows: readonly Row[],
  nextCursor: string | null,
  form: Pick<Reply, 'type' | 'body'>,
): Result<Answer<Page<Row>>> {
  const next = nextCursor === null ? null : nextUrl(request, query, nextCursor);
  return answer({ results: rows, next }, { rendered: { ...form, headers: linkTo(next) } });
}

const linkTo = (next: string | null): Record<string, string> =>
  next === null ? {} : { Link: `<${next}>; rel="next"` };

/** All that the client asked for, with the next cursor. */
function nextUrl(request: Request, query: PageQuery<string>, cursor: string): string {
  const parameters = new URL(request.url).searchParams;
  parameters.set('limit', String(limitOf(query)));
  parameters.set('cursor', cursor);
  return `${new URL(request.url).origin}${targetOf(request.url).path}?${parameters.toString()}`;
}
