/**
 * Builds the command line into one file, `dist/cli/hedgerow.js`. The packages it is made of are in it, so that those who
 * install the package for the client get none of them.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Not from build.ts, which would load all of the gateway, on every run of the command line. */
const REPOSITORY = join(import.meta.dirname, '..');
const FOLDER = join(REPOSITORY, 'dist/cli');
export const CLI_FILE = join(FOLDER, 'hedgerow.js');

/** For packages that are CommonJS. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** Writes the file, with the licences of what is in it. */
export async function buildCli(): Promise<void> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: REPOSITORY,
    entryPoints: ['src/cli/main.ts'],
    outfile: CLI_FILE,
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'none',
    banner: { js: REQUIRE },
    define: { HEDGEROW_VERSION: JSON.stringify(memberOf(join(REPOSITORY, 'package.json'), 'version')) },
  });
  mkdirSync(FOLDER, { recursive: true });
  writeWhole(CLI_FILE, outputFiles[0]?.text ?? '');
  writeWhole(join(FOLDER, 'LICENSES.txt'), licencesOf(Object.keys(metafile.inputs)));
}

/** Moved into place, as another run may be reading it, and left alone where nothing changed. */
function writeWhole(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  const beside = `${file}.${process.pid}`;
  try {
    writeFileSync(beside, text);
    renameSync(beside, file);
  } finally {
    rmSync(beside, { force: true });
  }
}

/** The licences of the packages that are in the file, which ask to be kept with them. */
function licencesOf(inputs: readonly string[]): string {
  const names = inputs.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))]
    .toSorted()
    .map((name) => `${name}\n\n${licenceOf(join(REPOSITORY, 'node_modules', name)).trim()}\n`)
    .join('\n---\n\n');
}

function licenceOf(folder: string): string {
  const paths = ['LICENSE', 'LICENSE.md', 'license'].map((name) => join(folder, name));
  const file = paths.find((path) => existsSync(path));
  return file === undefined ? memberOf(join(folder, 'package.json'), 'license') : readFileSync(file, 'utf8');
}

function memberOf(manifest: string, name: string): string {
  const value: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  const member: unknown = new Map(Object.entries(value ?? {})).get(name);
  if (typeof member === 'string') return member;
  throw new Error(`${manifest} has no ${name}`);
}

if (import.meta.main) await buildCli();
