/** Who may know whom. Read from the import lines of the source, so that it holds for every file there is. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const REPOSITORY = join(import.meta.dirname, '..');
const ROOT = join(REPOSITORY, 'src');

interface Source {
  readonly file: string;
  readonly text: string;
  /** Without comments and texts, so that what is left is code. */
  readonly code: string;
  readonly imports: readonly { readonly line: string; readonly from: string }[];
}

const IMPORT = /^(?:import|export)\b[^;'"`]*?\bfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\(\s*'([^']+)'/gm;
const NO_CODE = /\/\*[\s\S]*?\*\/|\/\/.*$|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/gm;

const readSources = (root: string): readonly Source[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const imports = [...text.matchAll(IMPORT)].map(([line, ...from]) => ({
        line,
        from: from.find((name) => name !== undefined) ?? '',
      }));
      return { file, text, code: text.replaceAll(NO_CODE, ''), imports };
    });
const sources = readSources(ROOT);

/** Types leave nothing behind in a bundle. */
const isTypeOnly = (line: string): boolean => /^(?:import|export) type\b/.test(line);

/** Every file whose code a bundle of the entry holds. */
function reachedFrom(entry: string): ReadonlySet<string> {
  const reached = new Set([entry]);
  for (const file of reached) {
    for (const { from, line } of sources.find((source) => source.file === file)?.imports ?? []) {
      if (isOwn(from) && !isTypeOnly(line)) reached.add(targetOf(file, from));
    }
  }
  return reached;
}

const areaOf = (file: string): string => file.split('/')[0] ?? file;
const targetOf = (file: string, from: string): string => normalize(join(dirname(file), from));
const isOwn = (from: string): boolean => from.startsWith('.');

/** What each area may import of our own, besides itself. Files at the top are areas of their own. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  core: [],
  catalogue: ['core'],
  policy: ['core', 'catalogue'],
  authn: ['core', 'catalogue', 'policy'],
  upstream: ['core', 'catalogue', 'policy'],
  'config.ts': ['core', 'catalogue', 'authn', 'upstream'],
  contract: ['core', 'catalogue', 'policy'],
  slicing: ['core', 'catalogue', 'policy', 'upstream'],
  openapi: ['core', 'catalogue', 'policy', 'contract'],
  objects: ['core', 'catalogue', 'policy', 'authn', 'upstream', 'contract', 'slicing', 'config.ts'],
  http: ['core', 'catalogue', 'policy', 'authn', 'upstream', 'contract', 'slicing', 'objects', 'config.ts'],
  'app.ts': [
    'core',
    'catalogue',
    'policy',
    'authn',
    'upstream',
    'contract',
    'slicing',
    'objects',
    'http',
    'config.ts',
  ],
  'operator-entrypoint.ts': ['app.ts', 'contract'],
  'index.ts': ['app.ts', 'objects', 'operator-entrypoint.ts'],
  sandbox: [],
  client: [],
  cli: ['client', 'core'],
  console: ['core', 'catalogue', 'policy', 'contract', 'openapi', 'client'],
};

/** What is bundled for elsewhere: a Worker to test against, what the package has for callers, and the console. */
const ELSEWHERE = new Set(['sandbox', 'client', 'cli', 'console']);
const gateway = sources.filter(({ file }) => !ELSEWHERE.has(areaOf(file)));

/** Files in which the code says something, with how it says it. */
const saying = (pattern: RegExp): string[] =>
  gateway.filter(({ code }) => pattern.test(code)).map(({ file }) => file);

const importing = (name: RegExp): string[] =>
  gateway.filter(({ imports }) => imports.some(({ from }) => name.test(from))).map(({ file }) => file);

/** The way from a file back to itself. Files that lead nowhere are taken off the map, so that each is walked once. */
function cycleFrom(
  next: Map<string, readonly string[]>,
  file: string,
  way: readonly string[],
): readonly string[] | null {
  if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
  for (const target of next.get(file) ?? []) {
    const cycle = cycleFrom(next, target, [...way, file]);
    if (cycle !== null) return cycle;
  }
  next.delete(file);
  return null;
}

describe('Source files', () => {
  test('The test of imports finds every source file', () => {
    expect(new Set(sources.map(({ file }) => areaOf(file)))).toEqual(new Set(Object.keys(MAY)));
    expect(gateway.length).toBeGreaterThan(60);
  });

  test('Every source file imports its own files by their whole name', () => {
    const odd = sources.flatMap(({ file, imports }) =>
      imports
        .filter(({ from }) => isOwn(from) && !sources.some((source) => source.file === targetOf(file, from)))
        .map(({ from }) => `${file}: ${from}`),
    );
    expect(odd).toEqual([]);
  });
});

describe('Directions of imports', () => {
  test.each(Object.entries(MAY))('The folder %s imports only itself and %j', (area, may) => {
    const strangers = sources
      .filter(({ file }) => areaOf(file) === area)
      .flatMap(({ file, imports }) =>
        imports
          .filter(({ from }) => isOwn(from))
          .map(({ from }) => targetOf(file, from))
          .filter((target) => areaOf(target) !== area && !may.includes(areaOf(target)))
          .map((target) => `${file} knows ${target}`),
      );
    expect(strangers).toEqual([]);
  });

  test('The file config.ts imports of authn and upstream what a configuration is made of, and nothing that acts', () => {
    const config = sources.find(({ file }) => file === 'config.ts');
    const taken = config?.imports.filter(({ from }) => /authn|upstream/.test(from)) ?? [];
    for (const { from, line } of taken) {
      expect(from).toMatch(/^\.\/(?:authn\/(?:keyring|bearer|operators)|upstream\/transport)\.ts$/);
      if (from.includes('upstream')) expect(line).toMatch(/^import type /);
    }
  });

  test.each(['src', 'scripts', 'bench'])(
    'No file of %s imports itself by a detour, not even for a type',
    (folder) => {
      const files = readSources(join(REPOSITORY, folder));
      const next = new Map(
        files.map(({ file, imports }) => [
          file,
          imports.filter(({ from }) => isOwn(from)).map(({ from }) => targetOf(file, from)),
        ]),
      );
      expect(files.map(({ file }) => cycleFrom(next, file, [])).filter((cycle) => cycle !== null)).toEqual(
        [],
      );
    },
  );
});

describe('The bundle of the Worker', () => {
  test('The bundle of the Worker holds nothing that is only for the OpenAPI document, which the build makes', () => {
    const reached = [...reachedFrom('index.ts')];
    expect(reached).toEqual(expect.arrayContaining(['http/control/document.ts', 'catalogue/replies.ts']));
    const documenting =
      /^(?:openapi\/|catalogue\/(?:reply-schemas|documentation)\.ts$|contract\/documentation\.ts$)/;
    expect(reached.filter((file) => documenting.test(file))).toEqual([]);
  });
});

describe('Packages', () => {
  test('Every imported package is hono, jose, zod or the platform', () => {
    const packages = gateway.flatMap(({ imports }) =>
      imports.filter(({ from }) => !isOwn(from)).map(({ from }) => from),
    );
    for (const name of packages)
      expect(name).toMatch(/^(?:zod\/(?:mini|v4\/core)|jose|hono(?:\/.*)?|cloudflare:workers)$/);
  });

  test('The package hono is imported by http and app.ts only', () => {
    for (const file of importing(/^hono/)) expect(file).toMatch(/^(?:http\/|app\.ts$)/);
  });

  test('The module cloudflare:workers is imported by objects and the entries only, even for a type', () => {
    for (const file of importing(/^cloudflare:/))
      expect(file).toMatch(/^(?:objects\/|(?:index|operator-entrypoint)\.ts$)/);
  });

  test('The package jose is imported by authn only', () => {
    for (const file of importing(/^jose/)) expect(file).toMatch(/^authn\//);
  });

  test('The folders core and catalogue import zod and no other package', () => {
    const used = sources
      .filter(({ file }) => ['core', 'catalogue', 'policy'].includes(areaOf(file)))
      .flatMap(({ imports }) => imports.map(({ from }) => from).filter((from) => !isOwn(from)));
    expect([...new Set(used)].toSorted()).toEqual(['zod/mini', 'zod/v4/core']);
  });

  test('The package zod comes as the namespace of zod/mini: zod itself costs 17 KB more, compressed', () => {
    const lines = gateway.flatMap(({ imports }) => imports.filter(({ from }) => from.startsWith('zod')));
    for (const { line } of lines) {
      expect(line).toMatch(/^import (?:type )?\* as (?:z from 'zod\/mini'|core from 'zod\/v4\/core')$/);
    }
    expect(lines.length).toBeGreaterThan(10);
  });

  test('A class of the core of zod comes from zod/v4/core: the value z.core costs 55 KB more, compressed', () => {
    expect(saying(/instanceof z\.core\b|\bz\.core\.\$?\w+\(/)).toEqual([]);
  });
});

describe('The world outside', () => {
  test('The global fetch is called for PostHog and for the webhook of alarms, and handed there by the files that compose it', () => {
    const calls = gateway.filter(({ code }) => /(?<![.\w])(?:fetch|fetcher)\(/.test(code));
    expect(calls.map(({ file }) => file).toSorted()).toEqual([
      'app.ts',
      'index.ts',
      'objects/alarms/alarms.ts',
      'objects/alarms/delivery.ts',
      'objects/deletion-log/deletion-log.ts',
      'operator-entrypoint.ts',
      'upstream/transport.ts',
    ]);
    // The doors call what they were given; three places give them the runtime's; the entries answer by that name.
    const handed = /\(input, init\) => fetch\(input, init\)/g;
    for (const { file, code } of calls) {
      const bare = code.replaceAll(handed, '').match(/(?<![.\w])fetch\(/g) ?? [];
      expect(bare.length, file).toBe(['index.ts', 'operator-entrypoint.ts'].includes(file) ? 1 : 0);
    }
  });

  test('The clock and randomness are read only at the edges', () => {
    for (const file of saying(/\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/)) {
      expect(file).toMatch(
        /^(?:app\.ts|objects\/(?:alarms\/alarms|tenant\/tenant|deletion-log\/deletion-log|directory\/directory|fuse\/fuse|shield\/(?:shield|waiting-room))\.ts)$/,
      );
    }
    for (const file of saying(/getRandomValues|randomUUID/)) {
      expect(file).toMatch(/^(?:app|objects\/(?:random|shield\/shield|tenant\/tenant))\.ts$/);
    }
    expect(saying(/\bMath\.random\b/)).toEqual([]);
  });

  test('The console is written by one file only', () => {
    expect(saying(/\bconsole\./).filter((file) => !/^(?:http\/log\.ts|objects\/)/.test(file))).toEqual([]);
  });

  test('No file reads a global environment', () => {
    expect(saying(/\bprocess\.env\b/)).toEqual([]);
  });

  test('Timers are used only for PostHog and its queue, for the body of a request, for streams of events, for the ends of leases, for reports of usage, for the webhook of alarms, in the deletion log and for objects that may never answer', () => {
    for (const file of saying(/\bset(?:Timeout|Interval)\(/)) {
      expect(file).toMatch(
        /^(?:app|upstream\/(?:deadline|share\/first-of|shared\/under-way)|http\/(?:input\/body|reply\/events)|objects\/(?:alarms\/delivery|deletion-log\/(?:deletion-log|resolving\/previews)|shield\/(?:shield|waiting-room)|tenant\/tenant|within))\.ts$/,
      );
    }
  });
});

describe('The sandbox', () => {
  test('The sandbox imports the platform, zod for what it is sent, and nothing of the gateway', () => {
    const sandbox = sources.filter(({ file }) => areaOf(file) === 'sandbox');
    const packages = sandbox.flatMap(({ imports }) =>
      imports.map(({ from }) => from).filter((from) => !isOwn(from)),
    );
    expect([...new Set(packages)].toSorted()).toEqual(['cloudflare:workers', 'zod']);
  });
});

describe('The client', () => {
  const client = sources.filter(({ file }) => areaOf(file) === 'client');
  const CALLS_OUT = /\bDate\.now\(|\bset(?:Timeout|Interval)\(|\brandomUUID\b|(?<![.\w])fetch\(|\bconsole\./;

  test('The client imports openapi-fetch and types, and nothing of the gateway', () => {
    const packages = client.flatMap(({ imports }) => imports.filter(({ from }) => !isOwn(from)));
    expect([...new Set(packages.map(({ from }) => from))].toSorted()).toEqual([
      'openapi-fetch',
      'openapi-typescript-helpers',
    ]);
    for (const { from, line } of packages) {
      if (from !== 'openapi-fetch') expect(isTypeOnly(line), from).toBe(true);
    }
  });

  test('The client reads the clock, waits, makes ids and sends in one file, which callers can replace', () => {
    expect(client.filter(({ code }) => CALLS_OUT.test(code)).map(({ file }) => file)).toEqual([
      'client/platform.ts',
    ]);
  });

  test('The types that are generated leave nothing behind in the code of the client', () => {
    for (const { imports } of client) {
      for (const { from, line } of imports) {
        if (from.includes('generated')) expect(isTypeOnly(line), from).toBe(true);
      }
    }
  });
});

describe('The console', () => {
  const areaOfConsole = sources.filter(({ file }) => areaOf(file) === 'console');
  const worker = areaOfConsole.filter(({ file }) => !file.startsWith('console/browser/'));

  const saysIn = (pattern: RegExp): string[] =>
    worker.filter(({ code }) => pattern.test(code)).map(({ file }) => file);

  test('The console imports hono, jose, and of the gateway what callers know of it', () => {
    const packages = areaOfConsole.flatMap(({ imports }) =>
      imports.map(({ from }) => from).filter((from) => !isOwn(from)),
    );
    for (const name of packages) expect(name).toMatch(/^(?:hono(?:\/jsx)?|jose(?:\/errors)?)$/);
    expect(areaOfConsole.length).toBeGreaterThan(40);
  });

  test('The console writes no HTML past the escapes of JSX', () => {
    const past = areaOfConsole.filter(({ code }) =>
      /dangerouslySetInnerHTML|\braw\(|\bhtml`|\binnerHTML\b|insertAdjacentHTML|document\.write/.test(code),
    );
    expect(past.map(({ file }) => file)).toEqual([]);
  });

  test('The console signs and verifies in one folder, reads the clock in one file and writes its log in another', () => {
    expect(saysIn(/\bDate\.now\(|\bnew Date\(\)/)).toEqual(['console/app.tsx']);
    expect(saysIn(/\bconsole\.(?:log|info|warn|error|debug)\(/)).toEqual(['console/log.ts']);
    for (const { file, imports } of worker) {
      if (imports.some(({ from }) => from.startsWith('jose'))) expect(file).toMatch(/^console\/identity\//);
    }
  });

  test('The script of the pages imports nothing but itself', () => {
    const script = areaOfConsole.filter(({ file }) => file.startsWith('console/browser/'));
    expect(script.length).toBeGreaterThan(3);
    for (const { file, imports } of script) {
      for (const { from } of imports) expect(targetOf(file, from)).toMatch(/^console\/browser\//);
    }
  });
});

describe('The command line', () => {
  const cli = sources.filter(({ file }) => areaOf(file) === 'cli');

  test('The command line imports its parser, questions, widths of text and Node, and of core the limits alone', () => {
    const packages = cli.flatMap(({ imports }) =>
      imports.map(({ from }) => from).filter((from) => !isOwn(from)),
    );
    const others = new Set(packages.filter((from) => !from.startsWith('node:')));
    expect([...others].toSorted()).toEqual([
      '@clack/prompts',
      '@commander-js/extra-typings',
      'fast-string-width',
    ]);
    const own = cli.flatMap(({ file, imports }) => imports.map(({ from }) => targetOf(file, from)));
    for (const target of own.filter((one) => areaOf(one) === 'core')) expect(target).toBe('core/limits.ts');
  });

  test('The command line writes to the terminal in one file, which makes what it shows harmless', () => {
    const writing = cli.filter(({ code }) => /\bconsole\.|\b(?:stdout|stderr)\.write\(/.test(code));
    expect(writing.map(({ file }) => file)).toEqual(['cli/output/terminal.ts']);
  });
});
