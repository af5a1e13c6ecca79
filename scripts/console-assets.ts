/** Writes the style sheet, the script and the icon of the console to where a deploy takes its assets from. */
import { build } from 'esbuild';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './repository.ts';
import { writeWhole } from './write-whole.ts';

const SOURCES = join(REPOSITORY, 'src/console');

export async function writeConsoleAssets(folder: string): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: { console: join(SOURCES, 'browser/main.ts'), style: join(SOURCES, 'style/console.css') },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
    outdir: folder,
  });
  mkdirSync(folder, { recursive: true });
  const textOf = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
  writeWhole(join(folder, 'console.js'), textOf('.js'));
  writeWhole(join(folder, 'console.css'), textOf('.css'));
  writeWhole(join(folder, 'icon.svg'), readFileSync(join(SOURCES, 'style/icon.svg'), 'utf8'));
}
