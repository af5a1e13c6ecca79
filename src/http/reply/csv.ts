/** Tables of the gateway's own records: the columns are given, members of members are dotted. */
import { csvLine } from '../../core/csv.ts';
import { isJsonObject } from '../../core/json.ts';

export const CSV_TYPE = 'text/csv; charset=utf-8';
/** One JSON value a line. */
export const NDJSON_TYPE = 'application/x-ndjson';

/** A header, and one line per row. A column `a.b` is the member `b` of the member `a`. */
export const csvOf = (rows: readonly object[], columns: readonly string[]): string =>
  [columns, ...rows.map((row) => csvCells(row, columns))].map(csvLine).join('');

export const csvCells = (row: object, columns: readonly string[]): unknown[] =>
  columns.map((column) => memberAt(row, column));

export const ndjsonOf = (rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');

const memberAt = (row: object, column: string): unknown =>
  column
    .split('.')
    .reduce<unknown>(
      (value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
      row,
    );
