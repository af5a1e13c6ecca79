/** Builds `hedgerow/client` into `dist/client`, as it is packed: modules with their types, and one file for a page without a bundler. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { REPOSITORY } from './build.ts';

const SOURCE = join(REPOSITORY, 'src/client');
const COMPILER = join(REPOSITORY, 'node_modules/.bin/tsc');

export interface ClientFiles {
  /** The folder that `exports` of package.json leads to. */
  readonly folder: string;
  /** The one file, which imports nothing. */
  readonly bundle: string;
}

/** Writes below `folder`, which is emptied before. */
export async function buildClient(folder = join(REPOSITORY, 'dist/client')): Promise<ClientFiles> {
  rmSync(folder, { recursive: true, force: true });
  // One module for each source, so that a bundler leaves out what a page does not use.
  execFileSync(process.execPath, [COMPILER, '-p', SOURCE, '--outDir', folder], { stdio: 'inherit' });
  const bundle = join(folder, 'bundle.js');
  await build({ ...CLIENT_BUNDLE, entryPoints: [join(SOURCE, 'index.ts')], outfile: bundle });
  return { folder, bundle };
}

/** How the client is bundled for a page. */
export const CLIENT_BUNDLE = {
  absWorkingDir: REPOSITORY,
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
} as const;

if (import.meta.main) await buildClient();
