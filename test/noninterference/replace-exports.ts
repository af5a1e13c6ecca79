/** Builds a Worker in which exported functions of src are replaced, by their names: moved files do not matter. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { REPOSITORY } from '../../scripts/worker.ts';

export interface Replacement {
  /** The name of a function or constant that exactly one file of src exports. */
  readonly name: string;
  /** JavaScript that stands in its place. It may call the replaced one as `original`. */
  readonly instead: string;
}

/** Texts of source files by their paths. */
export type Sources = ReadonlyMap<string, string>;

/** The file that exports the name, with the replacement in it. Throws unless there is exactly one. */
export function replaceExport(
  sources: Sources,
  { name, instead }: Replacement,
): { readonly path: string; readonly text: string } {
  // Formatted sources have every export at the start of a line.
  const declaration = new RegExp(`^export ((?:async )?function\\*? ?|const )${name}\\b`, 'gm');
  const found = [...sources].flatMap(([path, text]) =>
    [...text.matchAll(declaration)].map(() => ({ path, text })),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const where = found.map(({ path }) => path).join(', ');
    throw new Error(`${name} has to be exported once in src, and is ${found.length} times: ${where}`);
  }
  const renamed = only.text.replace(declaration, `$1original_${name}`);
  const replaced = `export const ${name} = ((original) => (${instead}))(original_${name});`;
  return { path: only.path, text: `${renamed}\n${replaced}\n` };
}

/** For `startWorker`: callers of a replaced function reach its replacement, those in its own file too. */
export function replaceExports(replacements: readonly Replacement[]): Plugin {
  const sources = readSources();
  const changed = new Map<string, string>();
  for (const replacement of replacements) {
    const { path, text } = replaceExport(sources, replacement);
    sources.set(path, text);
    changed.set(path, text);
  }
  return {
    name: 'replace-exports',
    setup: (building) => {
      building.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = changed.get(path);
        return contents === undefined ? undefined : { contents, loader: 'ts' };
      });
    },
  };
}

function readSources(): Map<string, string> {
  const folder = join(REPOSITORY, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return new Map(files.map((file) => [join(folder, file), readFileSync(join(folder, file), 'utf8')]));
}
