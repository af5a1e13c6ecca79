/** Runs a Worker of this repository in a local workerd, from its own wrangler.toml: one definition for deploy and here. */
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { unstable_readConfig as readConfig } from 'wrangler';
import * as z from 'zod';

export interface LocalWorker {
  /** Scheme, host and port it listens on, without a slash at the end. */
  readonly origin: string;
  readonly miniflare: Miniflare;
  readonly stop: () => Promise<void>;
}

export interface LocalOptions {
  /** Path of the Worker's wrangler.toml below the repository. */
  readonly config: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Variables and secrets, over those of the configuration. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Where its objects keep their storage; `null` forgets it at the end. */
  readonly stateFolder: string | null;
  /** Every line the Worker writes to its console. */
  readonly onLine: (line: string) => void;
  /** Changes to the sources, for tests. */
  readonly plugins?: readonly Plugin[];
}

export const REPOSITORY = join(import.meta.dirname, '..');
const HOST = '127.0.0.1';

/** What a wrangler.toml says that matters here. */
const WorkerConfig = z.object({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  vars: z.record(z.string(), z.string()),
  durable_objects: z.object({ bindings: z.array(z.object({ name: z.string(), class_name: z.string() })) }),
  migrations: z.array(z.object({ new_sqlite_classes: z.array(z.string()).default([]) })),
});

/** Bundles the Worker as a deploy would, and starts it. */
export async function startWorker(options: LocalOptions): Promise<LocalWorker> {
  const config = WorkerConfig.parse(readConfig({ config: join(REPOSITORY, options.config) }));
  const sqlite = new Set(config.migrations.flatMap((migration) => migration.new_sqlite_classes));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      name: config.name,
      modules: true,
      script: await bundle(config.main, options.plugins),
      compatibilityDate: config.compatibility_date,
      bindings: { ...config.vars, ...options.bindings },
      durableObjects: Object.fromEntries(
        config.durable_objects.bindings.map(({ name, class_name: className }) => [
          name,
          { className, useSQLite: sqlite.has(className) },
        ]),
      ),
      ...(options.stateFolder === null ? {} : { durableObjectsPersist: options.stateFolder }),
      // The usual entry point resolves dot segments before the Worker sees a path; this one hands it over as it was sent.
      unsafeDirectSockets: [{ host: HOST, port: options.port }],
      host: HOST,
      port: 0,
      cf: false,
      handleStructuredLogs: ({ message }) => options.onLine(message),
    }),
  );
  await miniflare.ready;
  const { origin } = await miniflare.unsafeGetDirectURL();
  return { origin, miniflare, stop: () => miniflare.dispose() };
}

const bundles = new Map<string, Promise<string>>();

function bundle(entry: string, plugins: readonly Plugin[] = []): Promise<string> {
  if (plugins.length > 0) return bundleAnew(entry, plugins);
  const known = bundles.get(entry) ?? bundleAnew(entry, []);
  bundles.set(entry, known);
  return known;
}

async function bundleAnew(entry: string, plugins: readonly Plugin[]): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    minifySyntax: true,
    plugins: [...plugins],
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`nothing came out of ${entry}`);
  return file.text;
}
