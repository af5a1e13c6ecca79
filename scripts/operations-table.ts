/** The operations table of the README, from the catalogue. `npm run docs` writes it anew; a test holds it in step. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../src/catalogue/index.ts';

const START = '<!-- operations: made by `npm run docs` -->';
const END = '<!-- /operations -->';

/** One row per operation: method, path below `persons/`, scopes, what it does. */
export function operationsTable(): string {
  const rows = CATALOGUE.map(
    ({ methods, path, scopes, doc, reply }) =>
      `| ${methods.join(', ')} | \`/${path === '' ? '' : `${path}/`}\` | ${scopes.map((scope) => `\`${scope}\``).join(' ')} | ${doc.summary}${reply.rows === null ? '' : ' (also `format=csv`)'} |`,
  );
  return ['| Method | Below `persons` | Scope | |', '|---|---|---|---|', ...rows].join('\n');
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
