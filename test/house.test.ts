/** The size and the words of the source: what CONTRIBUTING promises to its readers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { parseAst } from 'vitest/node';
import { REPOSITORY } from '../scripts/worker.ts';

const LINES_MAX = 300;
const COMMENT_LINES_MAX = 4;
const FILES_MAX = 15;

const entries = readdirSync(join(REPOSITORY, 'src'), { recursive: true, withFileTypes: true }).filter(
  (entry) => entry.isFile(),
);
/** Written by `npm run docs` and read by nobody. */
const GENERATED = join(REPOSITORY, 'src/client/generated');
const sources = entries
  .filter(({ name, parentPath }) => /\.tsx?$/.test(name) && parentPath !== GENERATED)
  .map(({ parentPath, name }) => {
    const path = join(parentPath, name);
    return { file: relative(REPOSITORY, path), text: readFileSync(path, 'utf8') };
  });

/** Names that were used for what has a standard term. The glossary of CONTRIBUTING has the terms. */
const RETIRED = new Set(
  `Exchange writeRecord passOn noSuchPerson Door openDoor DoorConfig brokenOff rearm Patience Sent Holding Asker Mentions
  harmless Keep rebuilt flawOf no fromObject forTenant forHolder forEnding forAdminOf RecordShelf TokenBook RateMeter
  Standing LimitStanding LimitState Kept Spending Addressed Obstacle heldBack Carried Decided Intended replyOfNobody
  weighs waitFor isOwn namesOwnPerson deletedByOwn isWhole readWhole wholeSlice refuseOdd refuseTwins refuseWider
  nobody somebody`.split(/\s+/),
);

function identifiersIn(node: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(node)) for (const item of node) identifiersIn(item, found);
  else if (typeof node === 'object' && node !== null) {
    if ('type' in node && node.type === 'Identifier' && 'name' in node) found.add(String(node.name));
    for (const member of Object.values(node)) identifiersIn(member, found);
  }
  return found;
}

/** A comment, or comments that follow one another. */
const COMMENTS = /(?:^[ \t]*(?:\/\*[\s\S]*?\*\/|\/\/.*)(?:\n|$))+/gm;
const SIGNS = /^\s*(?:\/\*\*?|\*\/|\*|\/\/)?\s*|\s*\*\/$/g;

/** The lines of a comment that are prose: a table in it is not counted. */
const proseOf = (comment: string): string[] =>
  comment
    .split('\n')
    .map((line) => line.replaceAll(SIGNS, ''))
    .filter((line) => line !== '' && !line.startsWith('|'));

test('The test of the source finds its files', () => {
  expect(sources.length).toBeGreaterThan(150);
  expect(sources.flatMap(({ text }) => text.match(COMMENTS) ?? []).length).toBeGreaterThan(500);
});

test('Every file of src has at most 300 lines', () => {
  const long = sources.filter(({ text }) => text.trimEnd().split('\n').length > LINES_MAX);
  expect(long.map(({ file }) => file)).toEqual([]);
});

test('Every folder of src has at most fifteen files', () => {
  const folders = Map.groupBy(entries, ({ parentPath }) => relative(REPOSITORY, parentPath));
  expect([...folders].filter(([, files]) => files.length > FILES_MAX).map(([folder]) => folder)).toEqual([]);
});

test('Every comment of src has at most four lines', () => {
  const long = sources.flatMap(({ file, text }) =>
    (text.match(COMMENTS) ?? [])
      .map(proseOf)
      .filter((lines) => lines.length > COMMENT_LINES_MAX)
      .map(([first]) => `${file}: ${first}`),
  );
  expect(long).toEqual([]);
});

test('Every name in src is the standard term, where there is one', () => {
  const retired = sources.flatMap(({ file, text }) =>
    [...identifiersIn(parseAst(text, { lang: file.endsWith('x') ? 'tsx' : 'ts' }))]
      .filter((name) => RETIRED.has(name))
      .map((name) => `${file}: ${name}`),
  );
  expect(retired).toEqual([]);
});
