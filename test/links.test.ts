/** Documents lead where they say: every relative link and every test file they name is there. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const DOCUMENTS = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'docs/storage.md',
  'docs/requests.md',
  'docs/deployment.md',
  'bench/README.md',
  'src/sandbox/README.md',
];

test.each(DOCUMENTS)('Every file that %s links to or names as a test exists', (document) => {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)].map(([, link = '']) =>
    join(ROOT, dirname(document), link),
  );
  const tests = [...text.matchAll(/`(test\/[^`*]+\.ts)`/g)].map(([, file = '']) => join(ROOT, file));
  expect([...links, ...tests].filter((file) => !existsSync(file))).toEqual([]);
});
