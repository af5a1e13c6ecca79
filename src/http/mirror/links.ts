/** The links of a page: the client's own URL and arguments, moved to another position. */
import { COLUMNS, FORMAT } from '../../catalogue/format.ts';
import { toOwnQuery, toQuery } from '../../catalogue/fields/values.ts';
import type { Call } from '../../catalogue/operation.ts';
import { pageRequestOf } from '../../catalogue/paging.ts';
import type { Json } from '../../core/json.ts';
import type { PageLinksInput } from '../../upstream/page/links.ts';
import { targetOf } from '../input/path.ts';

/** The place from which the links of an answer lead; `null` where the operation has no pages. */
export function placeOf(call: Call, request: Request): PageLinksInput | null {
  const { paging } = call.operation.reply;
  const page = pageRequestOf(call);
  if (paging === null || page === null) return null;
  const url = new URL(request.url).origin + targetOf(request.url).path;
  return { url, asked: askedPairs(call), paging, page };
}

type Pair = readonly [name: string, value: string];

/** What the client asked for, as query pairs that read back as the same arguments. */
export function askedPairs({ operation, asked, format }: Call): readonly Pair[] {
  const { shape } = operation.input;
  const values: readonly [string, Json][] = Object.entries(asked);
  const pairs = values.flatMap(([name, value]): Pair[] => {
    const field = shape[name];
    return field === undefined ? [] : [[name, toOwnQuery(field, value)]];
  });
  if (format.kind === 'json') return pairs;
  const columns: Pair[] = format.columns.length === 0 ? [] : [[COLUMNS, toQuery(format.columns)]];
  return [...pairs, [FORMAT, 'csv'], ...columns];
}
