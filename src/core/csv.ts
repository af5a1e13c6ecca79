/** Lines of RFC 4180 text: CRLF at the end, quotes where they are needed, and nothing a spreadsheet would run. */

const EOL = '\r\n';

/**
 * Spreadsheets run text that starts like this as a formula, and anybody who may capture events chooses such text. It
 * gets an apostrophe in front; text that has apostrophes there already gets one more, so that taking one off undoes it.
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/** JSON that stands in its cell as it is written. */
export class WrittenJson {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Part of a cell that stands in quotes. */
export const quotedCell = (text: string): string => text.replaceAll('"', '""');

export const csvLine = (cells: readonly unknown[]): string =>
  cells.map((value) => csvCell(value)).join(',') + EOL;

/** Text as it is, guarded; `null` and a missing value as nothing; everything else as JSON. */
function csvCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = textOf(value);
  return /[",\r\n]/.test(text) ? `"${quotedCell(text)}"` : text;
}

function textOf(value: unknown): string {
  if (value instanceof WrittenJson) return value.text;
  return typeof value === 'string' ? guarded(value) : JSON.stringify(value);
}

const guarded = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);
