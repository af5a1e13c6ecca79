/** The operations table of the README, from the catalogue. `npm run docs` writes it anew; a test holds it in step. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentationOf } from '../src/catalogue/documentation.ts';
import { CATALOGUE } from '../src/catalogue/index.ts';
import type { Slicing } from '../src/catalogue/operation.ts';

const START = '<!-- operations: made by `npm run docs` -->';
const END = '<!-- /operations -->';

/** How an operation is held to the slice of a grant, in a few words. */
const HELD: Readonly<Record<Slicing['kind'], string>> = {
  filtered: 'filter, rows checked',
  named: 'person read first',
  answered: 'answer checked',
  resolved: 'ids resolved first',
  logged: 'own deletions only',
  refused: 'refused',
};

/** One row per operation: method, path below `persons/`, scopes, how a slice holds it, what it does. */
export function operationsTable(): string {
  const rows = CATALOGUE.map(
    ({ id, methods, path, scopes, slicing, reply }) =>
      `| ${methods.join(', ')} | \`/${path === '' ? '' : `${path}/`}\` | ${scopes.map((scope) => `\`${scope}\``).join(' ')} | ${HELD[slicing.kind]} | ${documentationOf({ id }).summary}${reply.rows === null ? '' : ' (also `format=csv`)'} |`,
  );
  return ['| Method | Below `persons` | Scope | Under a slice | |', '|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

/** The README with its table replaced. @throws where the markers are gone. */
export function withOperations(readme: string): string {
  const start = readme.indexOf(START);
  const end = readme.indexOf(END);
  if (start === -1 || end < start) throw new Error('the README has lost the markers of its operations table');
  return `${readme.slice(0, start + START.length)}\n${operationsTable()}\n${readme.slice(end)}`;
}

if (import.meta.main) {
  const file = join(import.meta.dirname, '..', 'README.md');
  writeFileSync(file, withOperations(readFileSync(file, 'utf8')));
}
