/** A page of the log with its ids: they are read list by list while it goes out, so that no page is held whole. */
import { DELETION_COLUMNS, type DeletionEntry } from '../../contract/deletion.ts';
import { csvLine, quotedCell } from '../../core/csv.ts';
import { LIMITS } from '../../core/limits.ts';
import type { LogView } from '../../objects/deletion-log/deletion-log.ts';
import type { Context } from '../context.ts';
import { CSV_TYPE, csvCells, NDJSON_TYPE } from '../reply/csv.ts';

/** The first entries that take no more calls than one answer may make; one at least. */
export function exportable(rows: readonly DeletionEntry[]): readonly DeletionEntry[] {
  let lists = 0;
  const end = rows.findIndex(({ chunks }) => (lists += chunks.total) > LIMITS.exportedIdListsMax);
  return end === -1 ? rows : rows.slice(0, Math.max(1, end));
}

/** The page as a stream. One that cannot be read to its end breaks off, and does not look whole. */
export function exportBody(
  ctx: Context,
  rows: readonly DeletionEntry[],
  format: 'csv' | 'ndjson',
  view: LogView,
): { readonly type: string; readonly body: ReadableStream<Uint8Array> } {
  const parts = format === 'csv' ? tableOf(ctx, rows, view) : linesOf(ctx, rows, view);
  return { type: format === 'csv' ? CSV_TYPE : NDJSON_TYPE, body: streamOf(parts) };
}

async function* tableOf(
  ctx: Context,
  rows: readonly DeletionEntry[],
  view: LogView,
): AsyncGenerator<string, void> {
  yield csvLine([...DELETION_COLUMNS(), 'ids']);
  for (const row of rows) {
    yield `${csvLine(csvCells(row, DELETION_COLUMNS())).slice(0, -2)},"[`;
    for await (const ids of idsOf(ctx, row, view)) yield quotedCell(ids);
    yield ']"\r\n';
  }
}

async function* linesOf(
  ctx: Context,
  rows: readonly DeletionEntry[],
  view: LogView,
): AsyncGenerator<string, void> {
  for (const row of rows) {
    yield `${JSON.stringify(row).slice(0, -1)},"ids":[`;
    yield* idsOf(ctx, row, view);
    yield ']}\n';
  }
}

/** The ids as members of a JSON array, a list at a time. @throws where the log does not answer. */
async function* idsOf(
  { services }: Context,
  { id, tenant }: DeletionEntry,
  view: LogView,
): AsyncGenerator<string, void> {
  for (let list: number | null = 0, first = true; list !== null;) {
    const found: { ids: readonly string[]; next: number | null } | null = await services
      .deletionLog(tenant)
      .ids(id, list, view);
    if (found === null) throw new Error('an entry that was listed has ids');
    const text = JSON.stringify(found.ids).slice(1, -1);
    if (text !== '') yield first ? text : `,${text}`;
    first &&= text === '';
    list = found.next;
  }
}

function streamOf(parts: AsyncGenerator<string, void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const part = await parts.next();
      if (part.done === true) controller.close();
      else controller.enqueue(encoder.encode(part.value));
    },
    cancel: async () => {
      await parts.return();
    },
  });
}
