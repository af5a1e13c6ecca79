/** The Worker's zod: without JSON Schema and zod's English, which every schema holds on to. Saves 7 KB compressed. */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ZOD = dirname(fileURLToPath(import.meta.resolve('zod/package.json')));
const COPIED = ['index.js', 'package.json', 'v4/classic', 'v4/core', 'v4/locales'];
const JSON_SCHEMA = ['v4/core/json-schema-processors.js', 'v4/core/to-json-schema.js'];

const MADE_FROM = 'made-from.txt';

/** Texts of errors are the gateway's own; what has none says no more than that it is invalid. */
const ENGLISH = 'v4/locales/en.js';
const NO_TEXTS = 'export default () => ({});\n';

/** Every export is there and throws, so that a schema which is made into JSON Schema in the Worker is noticed. */
const withoutJsonSchema = (names: readonly string[]): string =>
  [
    "const missing = () => { throw new Error('The Worker has no JSON Schema: it is made at build time.'); };",
    `export { ${names.map((name) => `missing as ${name}`).join(', ')} };\n`,
  ].join('\n');

/** Made once for each version of zod and of this file, and in one step: several processes may do this at once, or read it. */
export async function writeSmallZod(folder: string): Promise<void> {
  const sources = [join(ZOD, 'package.json'), import.meta.filename];
  const madeFrom = sources.map((file) => readFileSync(file, 'utf8')).join('');
  const note = join(folder, MADE_FROM);
  if (existsSync(note) && readFileSync(note, 'utf8') === madeFrom) return;
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  for (const path of COPIED) {
    cpSync(join(ZOD, path), join(draft, path), {
      recursive: true,
      filter: (source) => !/\.(?:cjs|d\.[cm]?ts)$/.test(source),
    });
  }
  for (const path of JSON_SCHEMA) {
    const exported: unknown = await import(join(ZOD, path));
    if (typeof exported !== 'object' || exported === null) throw new Error(`zod has no ${path}`);
    writeFileSync(join(draft, path), withoutJsonSchema(Object.keys(exported)));
  }
  writeFileSync(join(draft, ENGLISH), NO_TEXTS);
  writeFileSync(join(draft, MADE_FROM), madeFrom);
  rmSync(folder, { recursive: true, force: true });
  try {
    renameSync(draft, folder);
  } catch {
    // Another process was first.
    rmSync(draft, { recursive: true, force: true });
  }
}
