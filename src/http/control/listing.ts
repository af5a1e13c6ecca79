/** Listings of the gateway's own records: newest or first names first, a page at a time, by cursor. */
import * as z from 'zod';
import { parseArguments } from '../../catalogue/arguments.ts';
import { FORMAT } from '../../catalogue/format.ts';
import { oneOf, text, whole } from '../../catalogue/fields/values.ts';
import { LIMITS } from '../../core/limits.ts';
import { failure } from '../../core/failure.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { csvOf } from '../reply/csv.ts';
import { jsonReply, type Context, type Reply } from '../context.ts';
import { targetOf } from '../input/path.ts';
import { parseQuery } from '../input/query.ts';

const pageFields = { limit: whole(1, LIMITS.listRowsMax).optional(), cursor: text().optional() };

export interface Page<C> {
  readonly limit: number;
  readonly cursor: C | null;
  readonly format: 'json' | 'csv';
}

/**
 * Which page the client asks for. A cursor is of one kind, so that a wrong one is the client's mistake and never
 * reaches an object. CSV where `formats` has it.
 */
export function readPage<S extends z.ZodType<string>>(
  { request }: Context,
  cursor: S,
  formats: readonly ['json', ...'csv'[]],
): Result<Page<z.output<S>>> {
  const query = parseQuery(targetOf(request.url).query);
  if (!query.ok) return query;
  const schema = z.strictObject({ ...pageFields, [FORMAT]: oneOf(formats).optional() });
  const input = parseArguments(schema, 'query', { query: query.value, body: undefined });
  if (!input.ok) return input;
  const parsed = cursor.optional().safeParse(input.value.cursor);
  if (!parsed.success) {
    return err(failure('parameter_invalid', 'cursor must be as `next` of the page before has it.', 'cursor'));
  }
  return ok({
    limit: input.value.limit ?? LIMITS.listRowsDefault,
    cursor: parsed.data ?? null,
    format: input.value[FORMAT] ?? 'json',
  });
}

/** The page, with the way to the next one in `next`; as a table, in a `Link` header (RFC 8288). */
export function pageReply(
  { request }: Context,
  page: Page<unknown>,
  rows: readonly object[],
  nextCursor: string | null,
  columns: readonly string[] = [],
): Reply {
  const next = nextCursor === null ? null : nextUrl(request, page, nextCursor);
  if (page.format === 'json') return jsonReply(200, { results: rows, next });
  return {
    status: 200,
    type: 'text/csv; charset=utf-8',
    body: csvOf(rows, columns),
    headers: next === null ? {} : { Link: `<${next}>; rel="next"` },
  };
}

function nextUrl(request: Request, { limit, format }: Page<unknown>, cursor: string): string {
  const query = new URLSearchParams({
    limit: String(limit),
    cursor,
    ...(format === 'csv' ? { [FORMAT]: format } : {}),
  });
  return `${new URL(request.url).origin}${targetOf(request.url).path}?${query.toString()}`;
}
