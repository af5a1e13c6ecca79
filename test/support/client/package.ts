/** The package as `npm pack` makes it, unpacked into an empty folder beside the dependencies that it declares. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import * as z from 'zod';
import { REPOSITORY } from '../../../scripts/worker.ts';

const Manifest = z.object({ dependencies: z.record(z.string(), z.string()).default({}) });

export interface Installed {
  /** A folder whose `node_modules` has the package and what it depends on. */
  readonly folder: string;
  /** Paths in the package, sorted. */
  readonly files: readonly string[];
}

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: REPOSITORY, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

export function installPackage(): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-package-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  run('npm', 'pack', '--pack-destination', folder);
  const target = join(folder, 'node_modules/hedgerow');
  mkdirSync(target, { recursive: true });
  const packed = join(folder, 'hedgerow-0.1.0.tgz');
  run('tar', '-xzf', packed, '-C', target, '--strip-components=1');
  copyDependencies(join(target, 'package.json'), folder);
  const files = run('tar', '-tzf', packed)
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
  return { folder, files: files.toSorted() };
}

function copyDependencies(manifest: string, folder: string): void {
  const { dependencies } = Manifest.parse(JSON.parse(readFileSync(manifest, 'utf8')));
  for (const name of Object.keys(dependencies)) {
    const source = join(REPOSITORY, 'node_modules', name);
    cpSync(source, join(folder, 'node_modules', name), { recursive: true });
    copyDependencies(join(source, 'package.json'), folder);
  }
}
