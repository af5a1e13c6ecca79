/** Every place in which the log holds ids of persons, and how they are replaced there. */
import * as z from 'zod/mini';
import { lazily } from '../../../core/lazily.ts';
import { JsonColumn } from '../entry.ts';

/** Columns with a JSON list of ids, and the other columns of the key beside the entry. */
const LISTS = [
  { table: 'intents', column: 'ids', key: [] },
  { table: 'resolutions', column: 'ids', key: [] },
  { table: 'remainders', column: 'ids', key: ['attempt'] },
  { table: 'chunks', column: 'ids', key: ['chunk'] },
  { table: 'rechecks', column: 'ids', key: ['chunk', 'of_chunk'] },
  { table: 'rechecks', column: 'left_slice', key: ['chunk', 'of_chunk'] },
  { table: 'named', column: 'ids', key: ['part'] },
  { table: 'looks', column: 'ids', key: ['pass', 'chunk'] },
] as const;

/** Columns with one text that says something of persons: a digest of their ids, or a filter that finds them. */
const TEXTS = [
  { table: 'intents', column: 'digest', key: [] },
  { table: 'findings', column: 'digest', key: ['finding'] },
  { table: 'selections', column: 'filter', key: [] },
] as const;

const Text = lazily(() => z.object({ text: z.string() }));
const ListText = lazily(() => z.object({ text: z.pipe(JsonColumn, z.array(z.string())) }));

type Place = (typeof LISTS)[number] | (typeof TEXTS)[number];

const rowsOf = (sql: SqlStorage, { table, column, key }: Place, entry: number) =>
  sql
    .exec(
      `SELECT ${[`${column} AS text`, ...key].join(', ')} FROM ${table} WHERE entry = ? AND ${column} IS NOT NULL`,
      entry,
    )
    .toArray();

function write(
  sql: SqlStorage,
  { table, column, key }: Place,
  entry: number,
  row: Record<string, SqlStorageValue>,
  text: string,
): void {
  const where = ['entry = ?', ...key.map((name) => `${name} = ?`)].join(' AND ');
  sql
    .exec(
      `UPDATE ${table} SET ${column} = ? WHERE ${where}`,
      text,
      entry,
      ...key.map((name) => row[name] ?? null),
    )
    .toArray();
}

/** Every text of an entry that is to be replaced, each once. */
export function idsOf(sql: SqlStorage, entry: number): ReadonlySet<string> {
  const lists = LISTS.flatMap((place) =>
    rowsOf(sql, place, entry).flatMap((row) => ListText().parse(row).text),
  );
  const texts = TEXTS.flatMap((place) => rowsOf(sql, place, entry).map((row) => Text().parse(row).text));
  return new Set([...lists, ...texts]);
}

/** Puts another text in the place of each. In one transaction, after the log says of the entry that they are replaced. */
export function replaceIds(sql: SqlStorage, entry: number, by: (id: string) => string): void {
  for (const place of LISTS) {
    for (const row of rowsOf(sql, place, entry))
      write(sql, place, entry, row, JSON.stringify(ListText().parse(row).text.map(by)));
  }
  for (const place of TEXTS) {
    for (const row of rowsOf(sql, place, entry)) {
      const text = by(Text().parse(row).text);
      const isFilter = place.column === 'filter';
      const stored = isFilter ? JSON.stringify({ arguments: { digest: text }, all: false }) : text;
      write(sql, place, entry, row, stored);
    }
  }
}
