/** Tables of the gateway's own records: the columns are given, members of members are dotted. */
import { csvLine } from '../../core/csv.ts';
import { isJsonObject } from '../../core/json.ts';

export const CSV_TYPE = 'text/csv; charset=utf-8';

/** A header, and one line per row. A column `a.b` is the member `b` of the member `a`. */
export const csvOf = (rows: readonly object[], columns: readonly string[]): string =>
  [columns, ...rows.map((row) => columns.map((column) => memberAt(row, column)))].map(csvLine).join('');

const memberAt = (row: object, column: string): unknown =>
  column
    .split('.')
    .reduce<unknown>(
      (value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
      row,
    );
