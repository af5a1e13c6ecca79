/** Tables for people: aligned columns, by the width that a terminal gives each character. */
import widthOf from 'fast-string-width';
import { shown } from './shown.ts';
import type { Style } from './style.ts';

export interface Column<Row> {
  readonly title: string;
  /** Empty where there is nothing to say. Made harmless before it is shown. */
  readonly of: (row: Row) => string | number | null | undefined;
  readonly align?: 'right';
}

const GAP = '  ';

/** Lines with a title, and none but a dash for nothing. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], style: Style): string {
  const cells = rows.map((row) => columns.map(({ of }) => cellOf(of(row))));
  const titles = columns.map(({ title }) => title.toUpperCase());
  const widths = columns.map((_, i) => Math.max(...[titles, ...cells].map((line) => widthOf(line[i] ?? ''))));
  const lineOf = (line: readonly string[]): string =>
    line
      .map((cell, i) => padded(cell, widths[i] ?? 0, columns[i]?.align === 'right'))
      .join(GAP)
      .trimEnd();
  return [style.bold(lineOf(titles)), ...cells.map(lineOf)].map((line) => `${line}\n`).join('');
}

/** Facts of one record, a line each. Names may be of others too, as those of properties are. */
export function facts(
  pairs: readonly (readonly [string, string | number | null | undefined])[],
  style: Style,
): string {
  const named = pairs.map(([name, value]) => [shown(name), value] as const);
  const width = Math.max(...named.map(([name]) => widthOf(name)));
  return named
    .map(([name, value]) => `${style.bold(padded(name, width, false))}${GAP}${cellOf(value)}\n`)
    .join('');
}

const cellOf = (value: string | number | null | undefined): string =>
  value === null || value === undefined || value === '' ? '-' : shown(String(value));

const padded = (cell: string, width: number, isRight: boolean): string => {
  const space = ' '.repeat(Math.max(0, width - widthOf(cell)));
  return isRight ? space + cell : cell + space;
};
