/** A failing line in a CI log must be understood alone, so every test name is a sentence that begins with its subject. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAst } from 'vitest/node';
import { REPOSITORY } from '../scripts/worker.ts';

const FOLDER = join(REPOSITORY, 'test');
const FILES = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.test.ts'),
);

/** Words that only a fragment of a `describe` begins with: its subject is missing. */
const FRAGMENTS = new Set(
  `that which who of in on at by to for from with without under where when is are was were be may can cannot has have
  had does do holds takes gives says shows names keeps reads refuses answers never also and or but not`.split(
    /\s+/,
  ),
);

/** A name, or null for one that is understood alone. */
const problemOf = (name: string): string | null => {
  const first = /^[A-Za-z]+/.exec(name)?.[0] ?? '';
  const isSubject = /^[A-Z]/.test(first) && !(FRAGMENTS.has(first.toLowerCase()) && !NOUNS.has(first));
  return isSubject ? null : name;
};

/** Subjects that are spelled like a verb. */
const NOUNS = new Set(['Answers']);

interface Node {
  readonly type: string;
  readonly [member: string]: unknown;
}
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value;

/** The function that a call ends in: `test` of `test.each(…)(…)`. */
function rootOf(callee: unknown): unknown {
  if (!isNode(callee)) return undefined;
  return callee['name'] ?? rootOf(callee['object'] ?? callee['callee'] ?? callee['expression']);
}

/** The texts that calls of a function begin with. */
function namesIn(node: unknown, of: string): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => namesIn(item, of));
  if (typeof node !== 'object' || node === null) return [];
  const inside = Object.values(node).flatMap((member) => namesIn(member, of));
  if (!isNode(node) || node.type !== 'CallExpression' || rootOf(node['callee']) !== of) return inside;
  const [first, second] = node['arguments'] as readonly unknown[];
  return second === undefined ? inside : [...textOf(first), ...inside];
}

function textOf(node: unknown): string[] {
  if (!isNode(node)) return [];
  if (typeof node['value'] === 'string') return [node['value']];
  const [quasi] = (node['quasis'] ?? []) as readonly { value: { raw: string } }[];
  return quasi === undefined ? [] : [quasi.value.raw];
}

const parsed = FILES.map((file) => ({
  file,
  source: parseAst(readFileSync(join(FOLDER, file), 'utf8'), { lang: 'ts' }) as unknown,
}));

test('Every test name is a sentence that begins with its subject', () => {
  const named = parsed.flatMap(({ file, source }) => namesIn(source, 'test').map((name) => ({ file, name })));
  // A reader of names that found none would hold nothing.
  expect(named.length).toBeGreaterThan(900);
  expect(named.filter(({ name }) => problemOf(name) !== null)).toEqual([]);
});

test('Every test is called by the name of test', () => {
  expect(parsed.filter(({ source }) => namesIn(source, 'it').length > 0).map(({ file }) => file)).toEqual([]);
});
