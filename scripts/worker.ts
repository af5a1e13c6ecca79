/** Runs a Worker of this repository in a local workerd, from its own wrangler.toml: one definition for deploy and here. */
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { Miniflare, type MiniflareOptions } from 'miniflare';
import { buildParts, REPOSITORY } from './build.ts';
import { readWorkerConfig, type WorkerConfig } from './worker-config.ts';

export interface LocalWorker {
  /** Scheme, host and port it listens on, without a slash at the end. */
  readonly origin: string;
  /** The same of every isolate; the first is `origin`. */
  readonly origins: readonly string[];
  /** The same of the Worker beside it. */
  readonly besideOrigin: string | null;
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
  /** Another Worker in the same runtime, which is bound to this one. */
  readonly beside?: BesideOptions;
  /** How many isolates serve, each a Worker of its own over the same objects. 1 where it is left out. */
  readonly isolates?: number;
}

/** A Worker beside another. */
export interface BesideOptions {
  readonly config: string;
  readonly port: number;
  readonly bindings: Readonly<Record<string, string>>;
}

export { REPOSITORY };
const HOST = '127.0.0.1';
const MODULE = 'index.mjs';

/** Bundles the Worker as a deploy would, and starts it. */
export async function startWorker(options: LocalOptions): Promise<LocalWorker> {
  const config = readWorkerConfig(options.config);
  if (config.assets !== undefined) await (parts ??= buildParts());
  const gateway = miniflareOptions(config, await bundle(config, options.plugins), options);
  const beside = options.beside === undefined ? null : await besideOptions(options.beside);
  const miniflare = new Miniflare({
    ...gateway,
    workers: [...gateway.workers, ...(beside === null ? [] : [beside])],
  });
  await miniflare.ready;
  const besideOrigin =
    beside === null ? null : (await miniflare.unsafeGetDirectURL(beside.config.name)).origin;
  const names = workerNames(config, options.isolates);
  const urls = await Promise.all(names.map((name) => miniflare.unsafeGetDirectURL(name)));
  const origins = urls.map(({ origin }) => origin);
  const [origin] = origins;
  if (origin === undefined) throw new RangeError('A Worker has one isolate or more.');
  return { origin, origins, besideOrigin, miniflare, stop: () => miniflare.dispose() };
}

/** The first has the objects, and those after it use them. */
const workerNames = ({ name }: WorkerConfig, isolates = 1): string[] =>
  Array.from({ length: isolates }, (_, nth) => (nth === 0 ? name : `${name}-${nth + 1}`));

/** In the shape of Miniflare 5, not lifted from an older one: an option that does not exist fails to compile. */
export const miniflareOptions = (
  config: WorkerConfig,
  code: string,
  { bindings, port, stateFolder, onLine, isolates }: LocalOptions,
) =>
  ({
    workers: workerNames(config, isolates).map((name, nth) =>
      workerOptions({ ...config, name }, code, {
        bindings,
        port: nth === 0 ? port : 0,
        hasObjects: nth === 0,
        objectsIn: config.name,
      }),
    ),
    ...(stateFolder === null ? {} : { resourcePersistencePath: stateFolder }),
    host: HOST,
    port: 0,
    cf: false,
    logRequests: false,
    enableDevRegistry: false,
    telemetry: { enabled: false },
    handleStructuredLogs: ({ message }: { readonly message: string }) => onLine(message),
  }) satisfies MiniflareOptions;

interface Running {
  readonly bindings: Readonly<Record<string, string>>;
  readonly port: number;
  readonly hasObjects: boolean;
  /** The Worker that has the objects. */
  readonly objectsIn: string;
}

const workerOptions = (
  config: WorkerConfig,
  code: string,
  { bindings, port, hasObjects, objectsIn }: Running,
) => ({
  config: {
    name: config.name,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    manifest: {
      mainModule: MODULE,
      modulesRoot: REPOSITORY,
      modules: { [MODULE]: { type: 'esm' as const, contents: code } },
    },
    env: {
      ...variablesOf({ ...config.vars, ...bindings }),
      ...objectsOf(config, objectsIn),
      ...servicesOf(config),
      ...assetsOf(config),
    },
    exports: hasObjects ? storagesOf(config) : {},
  },
  // The usual entry point resolves dot segments before the Worker sees a path; this one hands it over as it was sent.
  dev: { rootPath: REPOSITORY, unsafeDirectSockets: [{ host: HOST, port }] },
});

async function besideOptions({ config: path, port, bindings }: BesideOptions) {
  const config = readWorkerConfig(path);
  return workerOptions(config, await bundle(config), {
    bindings,
    port,
    hasObjects: false,
    objectsIn: config.name,
  });
}

const servicesOf = ({ services }: WorkerConfig) =>
  Object.fromEntries(
    services.map(({ binding, service: worker, entrypoint }) => [
      binding,
      { type: 'worker' as const, worker, ...(entrypoint === undefined ? {} : { exportName: entrypoint }) },
    ]),
  );

const variablesOf = (variables: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [name, { type: 'text' as const, value }]),
  );

const objectsOf = ({ durable_objects: { bindings } }: WorkerConfig, worker: string) =>
  Object.fromEntries(
    bindings.map(({ name, class_name: exportName }) => [
      name,
      { type: 'durable-object' as const, worker, exportName },
    ]),
  );

/** Miniflare's own assets would put a Worker in front that tidies paths up; a folder answers by the path alone. */
const assetsOf = ({ assets, folder }: WorkerConfig) =>
  assets === undefined
    ? {}
    : {
        [assets.binding]: {
          type: 'disk' as const,
          path: join(folder, assets.directory),
          writable: false,
        },
      };

const storagesOf = ({ migrations }: WorkerConfig) =>
  Object.fromEntries(
    migrations
      .flatMap((migration) => migration.new_sqlite_classes)
      .map((className) => [className, { type: 'durable-object' as const, storage: 'sqlite' as const }]),
  );

/** Built once in a process, as bundles are. */
let parts: Promise<void> | undefined;
const bundles = new Map<string, Promise<string>>();

/** The code of the Worker as a deploy would have it, but for what the plugins change. */
export function bundle(config: WorkerConfig, plugins: readonly Plugin[] = []): Promise<string> {
  if (plugins.length > 0) return bundleAnew(config, plugins);
  const known = bundles.get(config.main) ?? bundleAnew(config, []);
  bundles.set(config.main, known);
  return known;
}

async function bundleAnew({ main }: WorkerConfig, plugins: readonly Plugin[]): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [main],
    absWorkingDir: REPOSITORY,
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
  if (file === undefined) throw new Error(`nothing came out of ${main}`);
  return file.text;
}
