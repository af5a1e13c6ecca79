/** The package that `npm pack` makes: what is in it, that it is installed alone, runs, compiles and is small. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { CLIENT_BUNDLE } from '../../scripts/build-client.ts';
import { CLIENT_TYPES, clientTypes } from '../../scripts/client-types.ts';
import { REPOSITORY } from '../../scripts/worker.ts';
import { BEN } from '../../src/sandbox/seed/names.ts';
import { startBackend } from '../support/client/backend.ts';
import { installPackage } from '../support/client/package.ts';
import { startStack } from '../support/stack.ts';

const BYTES_MAX = 10_000;
const { origin, tenants } = await startStack({ bindings: { DELETION_LOOK_SECONDS: '1' } });
const { folder, files } = installPackage();
const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');

/** The Node that runs the tests, and every other on this machine that the package is for. */
function nodes(): readonly (readonly [string, string])[] {
  const found = new Map<string, string>();
  for (const path of [
    process.execPath,
    ...(process.env['PATH'] ?? '').split(delimiter).map((at) => join(at, 'node')),
  ]) {
    const version = spawnSync(path, ['--version']).stdout?.toString().trim() ?? '';
    const major = Number(/^v(\d+)\./.exec(version)?.[1] ?? 0);
    if (major >= 20 && !found.has(version)) found.set(version, path);
  }
  return [...found];
}

/** Runs a program in the folder that has the package. Fails with all it said. */
async function run(node: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(node, args, { cwd: folder })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(stdout + stderr, { cause: error });
  }
}

function written(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const README = read('README.md');
const EXAMPLES = [...README.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);

test('The types of the client are those of the OpenAPI document as it is now', () => {
  expect(clientTypes() === readFileSync(CLIENT_TYPES, 'utf8'), '`npm run docs` writes them').toBe(true);
});

describe('The package', () => {
  test('The package holds the client with its types, the command line, licences and README, and nothing of the gateway', () => {
    const others = files.filter((file) => !file.startsWith('dist/client/'));
    expect(others).toEqual([
      'LICENSE',
      'README.md',
      'bin/hedgerow.js',
      'dist/cli/LICENSES.txt',
      'dist/cli/hedgerow.js',
      'package.json',
    ]);
    const modules = files.filter((file) => /^dist\/client\/[\w-]+(?<!bundle)\.js$/.test(file));
    expect(modules.length).toBeGreaterThan(5);
    for (const module of modules) expect(files).toContain(module.replace(/\.js$/, '.d.ts'));
    expect(files.filter((file) => !/\.(?:js|d\.ts)$/.test(file))).toHaveLength(4);
  });

  test('The package makes its user install what the client imports, and nothing else', () => {
    const manifest = JSON.parse(
      readFileSync(join(folder, 'node_modules/hedgerow/package.json'), 'utf8'),
    ) as object;
    expect(manifest).toMatchObject({
      dependencies: expect.any(Object) as unknown,
      engines: { node: '>=20' },
    });
    expect(manifest).toHaveProperty('dependencies', {
      'openapi-fetch': '0.17.0',
      'openapi-typescript-helpers': '0.1.0',
    });
    for (const more of ['optionalDependencies', 'peerDependencies'])
      expect(manifest).not.toHaveProperty(more);
    // npm runs these where the package is installed.
    const { scripts } = manifest as { readonly scripts: object };
    for (const hook of ['preinstall', 'install', 'postinstall']) expect(scripts).not.toHaveProperty(hook);
  });

  test.each(nodes())('The package is imported and used by Node %s', async (_, node) => {
    const program = written(
      'use.mjs',
      `import * as client from 'hedgerow/client';
       import * as bundle from 'hedgerow/client/bundle';
       for (const { createHedgerow, HedgerowError } of [client, bundle]) {
         const hedgerow = createHedgerow({ url: '${origin}', token: 'hgr_x' });
         const error = await hedgerow.GET('/v1/whoami').catch((reason) => reason);
         console.log(error instanceof HedgerowError, error.code, error.status);
       }`,
    );
    expect(await run(node, program)).toBe('true token_malformed 401\n'.repeat(2));
  });
});

describe('The command line of the package', () => {
  test.each(nodes())('The command line runs by Node %s, and is all there', async (_, node) => {
    const { token } = await tenants.fresh();
    const command = join('node_modules/hedgerow/bin/hedgerow.js');
    const env = { HEDGEROW_URL: origin, HEDGEROW_TOKEN: token, HOME: folder };
    const { stdout } = await promisify(execFile)(node, [command, 'whoami', '--json'], { cwd: folder, env });
    expect(JSON.parse(stdout)).toMatchObject({ grant: { project_id: 1 } });
  });

  test('The command line brings the licences of the packages that are in it', () => {
    const licences = readFileSync(join(folder, 'node_modules/hedgerow/dist/cli/LICENSES.txt'), 'utf8');
    for (const name of ['commander', '@clack/prompts', 'openapi-fetch'])
      expect(licences).toContain(`${name}\n\n`);
    expect(licences.match(/Permission is hereby granted/g)?.length).toBeGreaterThanOrEqual(3);
  });
});

/** A strict project of a user, which has the web and no Node. */
const config = (module: string, resolution: string) => ({
  compilerOptions: {
    module,
    moduleResolution: resolution,
    target: 'ES2022',
    lib: ['ES2022', 'DOM', 'DOM.Iterable'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  },
  include: ['*.ts'],
});

describe('The types of the package', () => {
  const uses = read('test/support/client/uses.ts').replace(
    /'[./]+src\/client\/index\.ts'/,
    "'hedgerow/client'",
  );
  const compilers = {
    5: join(REPOSITORY, 'test/clients/node_modules/typescript/bin/tsc'),
    7: join(REPOSITORY, 'node_modules/typescript/bin/tsc'),
  };

  /** Compiles these files, in a folder of their own below the package. */
  async function compile(
    name: string,
    sources: Readonly<Record<string, string>>,
    version: 5 | 7,
    at: object,
  ) {
    mkdirSync(join(folder, name), { recursive: true });
    written(`${name}/package.json`, '{ "type": "module" }');
    written(`${name}/tsconfig.json`, JSON.stringify(at));
    for (const [file, text] of Object.entries(sources)) written(`${name}/${file}`, text);
    return run(process.execPath, compilers[version], '-p', name);
  }

  test.each([
    [5, 'NodeNext', 'NodeNext'],
    [5, 'ESNext', 'Bundler'],
    [7, 'NodeNext', 'NodeNext'],
  ] as const)(
    'TypeScript %d with %s modules compiles the uses that are right, and no wrong scope, path or field',
    async (version, module, resolution) => {
      const name = `${version}-${module}`;
      await compile(name, { 'uses.ts': uses }, version, config(module, resolution));
    },
  );

  test('Every use that is expected to be wrong is an error of its own', async () => {
    const expected = uses.match(/@ts-expect-error/g) ?? [];
    expect(expected.length).toBeGreaterThan(15);
    const bare = uses.replaceAll('@ts-expect-error', '');
    const failing = compile('wrong', { 'uses.ts': bare }, 5, config('NodeNext', 'NodeNext'));
    const said = await failing.then(
      () => '',
      (error: unknown) => String(error),
    );
    expect(said.match(/uses\.ts\(\d+,\d+\): error/g)?.length).toBe(expected.length);
  });

  test('The examples of the README compile', async () => {
    expect(EXAMPLES).toHaveLength(2);
    const sources = Object.fromEntries(EXAMPLES.map((code, nth) => [`example-${nth}.ts`, code]));
    await compile('examples', sources, 5, config('NodeNext', 'NodeNext'));
  });
});

describe('The examples of the README', () => {
  const [first = '', page = ''] = EXAMPLES.map((code) => code.replaceAll('http://127.0.0.1:8787', origin));

  test('The first example lists the scopes and the persons, and deletes one', async () => {
    const { token } = await tenants.fresh();
    const said = await run(process.execPath, written('first.mjs', first.replace('hgr_…', token)));
    expect(said).toContain("'person:read'");
    expect(said).toContain(BEN.uuid);
    expect(said).toMatch(/\ndone\n$/);
  });

  test('The example of a page lists persons with a token of its backend', async () => {
    const { token } = await tenants.fresh();
    const backend = await startBackend(async () => (await tenants.derive(token)).token);
    const said = await run(
      process.execPath,
      written('page.mjs', page.replace('/hedgerow-token', backend.url)),
    );
    expect(said.match(/distinct_ids/g)).toHaveLength(2);
    expect(backend.count()).toBe(1);
  });
});

const bundled = async (contents: string) => {
  const stdin = { contents, resolveDir: folder };
  const { outputFiles } = await build({ ...CLIENT_BUNDLE, absWorkingDir: folder, write: false, stdin });
  return outputFiles[0]?.text ?? '';
};
const sizeOf = (text: string) => gzipSync(text, { level: 9 }).length;
const FROM = "from 'hedgerow/client'";

describe('The size of the client', () => {
  test('The whole client is under 10 KB, compressed, in one file that imports nothing', async () => {
    const text = readFileSync(join(folder, 'node_modules/hedgerow/dist/client/bundle.js'), 'utf8');
    expect(sizeOf(text)).toBeLessThan(BYTES_MAX);
    expect(text).not.toMatch(/\bimport\b/);
    expect(sizeOf(await bundled(`export * ${FROM}`))).toBeLessThan(BYTES_MAX);
  });

  test('A page that makes calls only is not given the iterators or the events', async () => {
    const calls = await bundled(`export { createHedgerow } ${FROM}`);
    const lists = await bundled(`import { persons } ${FROM}; export const all = persons.all;`);
    const whole = await bundled(`export * ${FROM}`);
    for (const [text, has] of [
      [calls, { events: false, pages: false, client: true }],
      [lists, { events: false, pages: true, client: false }],
      [whole, { events: true, pages: true, client: true }],
    ] as const) {
      expect({
        events: text.includes('text/event-stream'),
        pages: text.includes('leads to the page itself'),
        client: text.includes('Bearer'),
      }).toEqual(has);
    }
  });
});
