/** Rows as lines of a table whose columns are given. Every value of a row is in its line (README, CSV). */
import { OTHER_MEMBERS, propertyColumn } from '../../catalogue/columns.ts';
import { csvLine } from '../../core/csv.ts';
import { withDigitsOf } from '../../core/exact-json.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { Table } from './plan.ts';

export const headerLine = ({ members, properties }: Table): string =>
  csvLine([...members, OTHER_MEMBERS, ...properties.map((name) => propertyColumn(name))]);

/** `source` is the text of the row where its digits may differ from those of a double. */
export function rowLine({ members, properties }: Table, row: JsonObject, source: string | null): string {
  const exact = source === null ? row : withDigitsOf(row, source);
  const cells = members.map((name) => ownOf(exact, name));
  const others = Object.entries(row).filter(([name]) => !members.includes(name));
  const other =
    others.length === 0 ? null : Object.fromEntries(others.map(([name]) => [name, ownOf(exact, name)]));
  const named = ownOf(exact, 'properties');
  return csvLine([...cells, other, ...properties.map((name) => ownOf(named, name))]);
}

const ownOf = (value: unknown, name: string): unknown =>
  isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
