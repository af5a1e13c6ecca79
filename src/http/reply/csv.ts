/** Tables as RFC 4180 text: a header, CRLF, quotes where they are needed. */
import { isJsonObject } from '../../core/json.ts';

export const CSV_TYPE = 'text/csv; charset=utf-8';

const EOL = '\r\n';
/** Spreadsheets run text that starts like this as a formula; anybody who may capture events chooses such text. */
const FORMULA = /^[=+\-@\t\r]/;

/** One line per row. Members of members become dotted columns, as in PostHog's own CSV; lists stay JSON. */
export function csvOf(rows: readonly object[], columns: readonly string[] = []): string {
  const flat = rows.map((row) => flatten(row));
  const names = columns.length > 0 ? columns : [...new Set(flat.flatMap((row) => [...row.keys()]))];
  const lines = [
    names.map((name) => cell(name)),
    ...flat.map((row) => names.map((name) => cell(row.get(name)))),
  ];
  return lines.map((line) => line.join(',') + EOL).join('');
}

function flatten(row: object, prefix = '', into = new Map<string, unknown>()): Map<string, unknown> {
  const members: readonly [string, unknown][] = Object.entries(row);
  for (const [name, value] of members) {
    if (isJsonObject(value)) flatten(value, `${prefix}${name}.`, into);
    else into.set(prefix + name, value);
  }
  return into;
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? guarded(value) : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const guarded = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);
